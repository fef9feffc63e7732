/**
 * The MedMij authorization step by step, to where the app gets an address back; and the token
 * request on its own. The app of the demo does both in one go, which hides what the tour wants to
 * see.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { createVisitor, formAction, hiddenField } from '../../src/demo/client/browserless.ts';
import type { Answer } from '../../src/demo/client/trail.ts';
import { title } from './title.ts';
import type { Tour } from './tour-parts.ts';

export interface Walked {
  /** Everything the app gets back, without the state that it made up itself. */
  readonly answer: URLSearchParams;
  readonly stateKept: boolean;
  readonly correlationId: string;
  /** Titles of the pages on the way. */
  readonly pages: readonly string[];
}

/** Walks from the app to the app, and says yes or no where consent is asked. */
export async function walk(
  { pgo, trail }: Tour,
  asked: { bsn: string; aanbieder: string; consent: boolean; services?: readonly string[] },
): Promise<Walked> {
  const visitor = createVisitor(trail);
  const correlationId = randomUUID();
  const state = randomBytes(16).toString('base64url');
  const services = asked.services ?? [];
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: pgo.clientId,
    redirect_uri: pgo.redirectUri,
    scope:
      services.length > 0
        ? services.map((id) => `${asked.aanbieder}~${id}`).join(' ')
        : asked.aanbieder,
    state,
    'MedMij-Request-ID': randomUUID(),
    'X-Correlation-ID': correlationId,
  });
  const until = pgo.redirectUri;
  const pages: string[] = [];
  const seen = (page: Answer | undefined) =>
    pages.push(/<h1>([^<]*)<\/h1>/.exec(page?.text() ?? '')?.[1] ?? '?');
  const landing = await visitor.follow(title('start'), `${pgo.url}/medmij/authorize?${query}`, {
    until,
  });
  seen(landing.page);
  const login = await visitor.follow(title('landing page'), formAction(landing), {
    call: { form: { csrf: hiddenField(landing.page, 'csrf'), keuze: 'inloggen' } },
  });
  seen(login.page);
  let back = await visitor.follow(title('DigiD'), formAction(login), {
    call: { form: { bsn: asked.bsn } },
    until,
  });
  if (back.page) {
    seen(back.page);
    const form = {
      csrf: hiddenField(back.page, 'csrf'),
      keuze: asked.consent ? 'ja' : 'nee',
    };
    back = await visitor.follow(title('consent'), formAction(back), { call: { form }, until });
  }
  const answer = new URL(back.url).searchParams;
  const stateKept = answer.get('state') === state;
  answer.delete('state');
  return { answer, stateKept, correlationId, pages };
}

/** The code for a token, over TLS with the certificate of the app. */
export function exchangeCode({ pgo, trail }: Tour, walked: Walked): Promise<Answer> {
  return trail.send(title('token'), `${pgo.secure?.url}/medmij/token`, {
    form: {
      grant_type: 'authorization_code',
      code: walked.answer.get('code') ?? '',
      redirect_uri: pgo.redirectUri,
      client_id: pgo.clientId,
    },
    headers: { 'MedMij-Request-ID': randomUUID(), 'X-Correlation-ID': walked.correlationId },
    ...(pgo.secure ? { tls: pgo.secure.tls } : {}),
  });
}
