/**
 * The consent page of an authorization run, and the code that follows from a yes (Autoriseren 2).
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PendingEntry } from '../audit/index.ts';
import { newFamily } from '../identity/index.ts';
import type { Tx } from '../platform/database.ts';
import { languageOf } from '../platform/html/language.ts';
import {
  type AuthorizationRun,
  csrfFits,
  csrfOf,
  endCookie,
  handleOf,
  peekRun,
  takeRun,
} from './authorization-run.ts';
import { back, DENIED, type FormBody, sendFault, sendPage } from './authorize-answer.ts';
import type { MedmijDoor } from './medmij-door.ts';
import { event, type MedmijAct } from './medmij-event.ts';
import { consentScreen } from './screens.ts';
import { addToestemming } from './toestemming.ts';
import type { TokenGround } from './token-request.ts';

const SCHEMAS = {
  ask: { tags: ['MedMij'], summary: 'The consent page of an authorization run' },
  answer: { tags: ['MedMij'], summary: 'The answer to it; goes back to the PGO' },
} as const;

/** `/medmij/toestemming`: asks, and takes the answer. */
export function consentRoutes(app: FastifyInstance, door: MedmijDoor): void {
  app.get('/medmij/toestemming', { schema: SCHEMAS.ask }, (request, reply) =>
    askConsent(door, request, reply),
  );
  app.post<{ Body: FormBody }>(
    '/medmij/toestemming',
    { schema: SCHEMAS.answer },
    (request, reply) => consent(door, request, reply),
  );
}

async function askConsent(door: MedmijDoor, request: FastifyRequest, reply: FastifyReply) {
  const run = await peekRun(door, request);
  const handle = handleOf(door, request);
  if (!run?.vault || handle === undefined) return sendFault(door, request, reply.code(400));
  const diensten = run.services.flatMap((id) => door.diensten.get(id) ?? []);
  return sendPage(
    reply,
    consentScreen(
      { lang: languageOf(request), path: '/medmij/toestemming' },
      { aanbieder: run.aanbiederName, pgo: run.pgo, csrf: csrfOf(handle), diensten },
    ),
  );
}

async function consent(
  door: MedmijDoor,
  request: FastifyRequest<{ Body: FormBody }>,
  reply: FastifyReply,
) {
  if (!csrfFits(handleOf(door, request), request.body?.['csrf'])) {
    return sendFault(door, request, reply.code(400));
  }
  const run = await takeRun(door, request);
  if (!run?.vault) return sendFault(door, request, reply.code(400));
  endCookie(door, reply);
  const given = request.body?.['keuze'] === 'ja';
  const about = {
    patient: run.vault,
    client: run.client,
    correlationId: run.correlationId,
    holders: [run.aanbieder],
    detail: { services: run.services.join(' ') },
  };
  if (!given) {
    await door.ledger.record([
      event(request, { event: 'authorize', outcome: 4, reason: 'refused-by-person', ...about }),
    ]);
    return back(reply, run.redirectUri, run.state, DENIED);
  }
  const longLived = request.body?.['langdurig'] === 'ja';
  const id = newFamily();
  const line: MedmijAct = {
    event: 'toestemming',
    class: 'evidence',
    action: 'C',
    outcome: 0,
    ...about,
    basis: [`toestemming:${id}`],
  };
  const { code, pending } = await giveConsent(door, run, run.vault, {
    id,
    longLived,
    write: (tx) => door.ledger.write(tx, event(request, line)),
  });
  await door.ledger.numbered([pending]);
  const url = new URL(run.redirectUri);
  url.searchParams.set('code', code);
  url.searchParams.set('state', run.state);
  return reply.redirect(url.href, 302);
}

/** The consent, its ledger line and the code: all of them or none. */
async function giveConsent(
  door: MedmijDoor,
  run: AuthorizationRun,
  vault: string,
  given: { id: string; longLived: boolean; write: (tx: Tx) => Promise<PendingEntry> },
): Promise<{ code: string; pending: PendingEntry }> {
  const { id, longLived } = given;
  const { client, aanbieder, services, redirectUri, correlationId } = run;
  return door.database.transaction(async (tx) => {
    await addToestemming(tx, {
      vault,
      id,
      client,
      aanbieder,
      services,
      longLived,
      given: door.clock(),
    });
    const ground: TokenGround = {
      client,
      redirectUri,
      vault,
      aanbieder,
      services,
      consent: id,
      longLived,
      correlationId,
    };
    const code = await door.state.put(tx, ground, {
      kind: 'code',
      seconds: door.config.codeSeconds,
      family: id,
    });
    return { code, pending: await given.write(tx) };
  });
}
