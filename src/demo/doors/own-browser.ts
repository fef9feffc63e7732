/**
 * The PGO app of the demo in the visitor's own browser: it sends them to the gateway, and here they
 * come back. What it got is shown as numbers, as little as an app needs to show that it works.
 */
import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Content, html } from '../../platform/html/html.ts';
import { languageOf } from '../../platform/html/language.ts';
import { table } from '../../platform/html/layout.ts';
import { Problem } from '../../platform/problem.ts';
import { type Say, sendPage } from '../../web/index.ts';
import {
  authorizationUrl,
  collectService,
  type PgoAnswer,
  type PgoClient,
  PgoRefused,
  type PgoSession,
  redeem,
} from '../client/pgo-client.ts';
import { sendBloodPressure, sendCorrection } from '../client/pgo-shares.ts';
import { createTrail } from '../client/trail.ts';
import { DEMO_PGO } from '../demo-registry.ts';
import { OWN_BROWSER_TEXT as T } from './doors-text.ts';

/** What can be asked, by the word in the address. */
const ASKED: Readonly<Record<string, { readonly aanbieder: string; readonly scope: string }>> = {
  ziekenhuis: { aanbieder: 'kennemerzoom', scope: 'kennemerzoom' },
  huisarts: { aanbieder: 'huisartsenjansendewit', scope: 'huisartsenjansendewit' },
  meting: { aanbieder: 'kennemerzoom', scope: 'kennemerzoom~53' },
  verbetering: { aanbieder: 'kennemerzoom', scope: 'kennemerzoom~9000103' },
};

const COOKIE = 'demo-pgo';
const COOKIE_SECONDS = 900;
const HIDDEN = { schema: { hide: true } } as const;

/** Registers `/demo/pgo/start` and the address that answers come back to. */
export function ownBrowserRoutes(
  pages: FastifyInstance,
  { publicUrl, secure }: { readonly publicUrl: string; readonly secure: boolean },
): void {
  const app = {
    url: publicUrl,
    clientId: DEMO_PGO,
    redirectUri: `${publicUrl}/demo/pgo/callback`,
  };
  pages.get('/demo/pgo/start', HIDDEN, async (request, reply) => {
    const { wat } = request.query as { wat?: unknown };
    const asked = typeof wat === 'string' && Object.hasOwn(ASKED, wat) ? ASKED[wat] : undefined;
    if (!asked) throw new Problem('not-found', 'The app has no such question.');
    const state = randomBytes(16).toString('base64url');
    const correlationId = randomUUID();
    reply.setCookie(COOKIE, [state, correlationId, wat].join('.'), {
      ...{ path: '/demo/pgo', httpOnly: true, sameSite: 'lax', secure },
      maxAge: COOKIE_SECONDS,
    });
    const { scope } = asked;
    return reply.redirect(authorizationUrl(app, { scope, state, correlationId }), 303);
  });
  pages.get('/demo/pgo/callback', HIDDEN, (request, reply) => cameBack(app, request, reply));
}

async function cameBack(
  app: Omit<PgoClient, 'trail'>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const answer = request.query as Readonly<Record<string, unknown>>;
  const [state = '', correlationId = '', what = ''] = (request.cookies[COOKIE] ?? '').split('.');
  reply.clearCookie(COOKIE, { path: '/demo/pgo' });
  const { code, error } = answer;
  if (typeof error === 'string') return said(request, reply, (say) => refusedText(say, error));
  const asked = Object.hasOwn(ASKED, what) ? ASKED[what] : undefined;
  if (!asked || typeof code !== 'string' || !isSame(String(answer['state']), state)) {
    return said(request, reply, (say) => html`<p class="bad" role="alert">${say(T.strange)}</p>`);
  }
  const client = { ...app, trail: createTrail() };
  try {
    const session = await redeem(client, { aanbieder: asked.aanbieder, correlationId }, code);
    const shown = await useOf(client, session, what);
    return said(request, reply, (say) => shown(say, request));
  } catch (fault) {
    if (!(fault instanceof PgoRefused)) throw fault;
    return said(request, reply, (say) => refusedText(say, fault.error));
  }
}

type Shown = (say: Say, request: FastifyRequest) => Content;

/** Fetches all, or sends the one thing. */
async function useOf(client: PgoClient, session: PgoSession, what: string): Promise<Shown> {
  if (what === 'meting' || what === 'verbetering') {
    const answer =
      what === 'meting'
        ? await sendBloodPressure(client, session, {}, [128, 79])
        : await sendCorrection(client, session, {}, 'Mijn telefoonnummer klopt niet meer.');
    return (say) =>
      answer.status < 300
        ? html`<p class="good" role="status">${say(T.sent)}</p>
<p><a href="/mij/gestuurd">${say(T.fate)}</a></p>`
        : html`<p class="bad" role="alert">${say(T.notTaken)}</p>`;
  }
  const answers: PgoAnswer[] = [];
  for (const service of session.services) {
    answers.push(...(await collectService(client, session, service)));
  }
  return (say, request) => html`<p class="good" role="status">${say(T.got)}</p>
${table(
  {
    caption: T.got,
    columns: [T.service, T.question, T.items],
    rows: answers.map(({ service, name, entries }) => [service, name, entries]),
  },
  languageOf(request),
)}`;
}

function refusedText(say: Say, error: string): Content {
  const isDenied = error === 'access_denied';
  return html`<p class="note" role="status">${say(isDenied ? T.denied : T.faulty)}</p>
<p>${say(T.word)}: <code>${/^[a-z_]{1,40}$/.test(error) ? error : '?'}</code></p>`;
}

function said(
  request: FastifyRequest,
  reply: FastifyReply,
  body: (say: Say) => Content,
): FastifyReply {
  return sendPage(
    request,
    reply,
    {
      title: T.title,
      path: '/',
      body: (say) => html`<h1>${say(T.title)}</h1>${body(say)}
<p><a class="button" href="/">${say(T.back)}</a></p>`,
    },
    true,
  );
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && a.length > 0 && timingSafeEqual(a, b);
}
