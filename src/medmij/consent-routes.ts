/**
 * The question to the person, and what follows from the answer: a code, or the same refusal for
 * whatever reason there was (Autoriseren 1 and 2). medmij-protocol.md 1.6, 2.4.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createRecentWork, inTimeBand } from '../consent/index.ts';
import { languageOf } from '../platform/html/language.ts';
import {
  type AuthorizationRun,
  endCookie,
  handleOf,
  justTaken,
  keepWhereTo,
  peekRun,
  sealWayBack,
  takeRun,
} from './authorization-run.ts';
import {
  answerUrl,
  DENIED,
  type FormBody,
  sendFault,
  sendPage,
  withFault,
} from './authorize-answer.ts';
import type { Gegevensdienst } from './gegevensdienst.ts';
import { giveConsent } from './give-consent.ts';
import type { MedmijDoor } from './medmij-door.ts';
import { event } from './medmij-event.ts';
import { TASK_SERVICE } from './modules/module-ground.ts';
import { csrfFits, csrfOf, heldHere } from './run-cookie.ts';
import { consentScreen } from './screens/consent-screens.ts';
import { deniedScreen } from './screens/end-screens.ts';

const SCHEMAS = {
  ask: { tags: ['MedMij'], summary: 'The question to the person of an authorization run' },
  answer: { tags: ['MedMij'], summary: 'The answer to it; goes back to the PGO' },
} as const;

/** `/medmij/toestemming`: asks, and takes the answer. */
export function consentRoutes(app: FastifyInstance, door: MedmijDoor): void {
  app.get('/medmij/toestemming', { schema: SCHEMAS.ask }, (request, reply) =>
    ask(door, request, reply),
  );
  app.post<{ Body: FormBody }>(
    '/medmij/toestemming',
    { schema: SCHEMAS.answer },
    (request, reply) => answer(door, request, reply),
  );
}

/**
 * A refusal leaves at the end of a band that began with the answer: the ledger line of somebody who
 * is known here takes a little longer than that of somebody who is not.
 */
const REFUSAL_BAND_MS = 50;

/** On a machine that is busy the band grows with the work, the same for every refusal. */
const refusals = createRecentWork();

const isAsked = (run: AuthorizationRun | undefined): run is AuthorizationRun =>
  run?.isLoggedIn === true;

async function ask(door: MedmijDoor, request: FastifyRequest, reply: FastifyReply) {
  const run = await peekRun(door, request);
  const handle = handleOf(door, request);
  if (!isAsked(run) || run.kind === 'beheren' || handle === undefined) {
    return sendFault(door, request, reply.code(400));
  }
  const form = { csrf: csrfOf(handle), wayBack: sealWayBack(door, handle, run) };
  const screen = { lang: languageOf(request) };
  if (run.denied !== undefined) {
    // Somebody else at the screen learns no more than the app does.
    const reason = run.representative ? representativeReason(run.denied) : run.denied;
    return sendPage(reply, deniedScreen(screen, run, { reason, ...form }));
  }
  door.chain.note({
    type: 'show_consent_page',
    traceId: run.correlationId,
    sessionId: run.sessionId,
    request: { clientId: run.client },
  });
  const diensten = run.services.flatMap((id) => door.diensten.get(id) ?? []);
  const startsTasks = door.config.modules.length > 0 && run.services.includes(TASK_SERVICE);
  const notOffered = await leftOut(door, run);
  const names = door.lists.current('Gegevensdienstnamenlijst')?.names;
  const shown = { diensten, startsTasks, notOffered, ...form, ...(names ? { names } : {}) };
  return sendPage(reply, consentScreen(screen, run, shown));
}

const LEFT_OUT_SHOWN_MAX = 20;

/** What this app may ask for and the aanbieder does not offer (capabilities A2). */
async function leftOut(door: MedmijDoor, run: AuthorizationRun): Promise<Gegevensdienst[]> {
  if (run.kind !== 'verzamelen') return [];
  const [client, aanbieder] = await Promise.all([
    door.pgos.byId(run.client),
    door.organisations.byId(run.aanbieder),
  ]);
  const offered = aanbieder ? door.offer.servicesOf(aanbieder) : [];
  const missing = [...door.diensten.values()].filter(
    ({ id, function: kind }) =>
      kind === 'verzamelen' && client?.mayAsk(id) && !offered.includes(id),
  );
  // An app that may ask anything is not told off with a list of everything.
  return missing.length > LEFT_OUT_SHOWN_MAX ? [] : missing;
}

const TOLD_TO_REPRESENTATIVES = new Set(['representation-not-asked', 'birth-date-differs']);

function representativeReason(reason: string): string {
  return TOLD_TO_REPRESENTATIVES.has(reason) ? reason : 'not-released';
}

async function answer(
  door: MedmijDoor,
  request: FastifyRequest<{ Body: FormBody }>,
  reply: FastifyReply,
) {
  if (!csrfFits(handleOf(door, request), request.body?.['csrf'])) {
    return sendFault(door, request, reply.code(403));
  }
  const isRefusal = (one: Answered | undefined) => one !== undefined && one.code === undefined;
  const answered = await inTimeBand(
    async () => {
      const one = await settle(door, request);
      if (one) await keepWhereTo(door, request, one.run, addressOf(door, one));
      return one;
    },
    isRefusal,
    { ms: Math.max(REFUSAL_BAND_MS, refusals.bandMs()), works: refusals },
  );
  const to = answered ? addressOf(door, answered) : await whereItLed(door, request);
  if (!to) return sendFault(door, request, reply.code(400));
  const held = heldHere(door.config, request);
  if (held) endCookie(door, reply, held);
  return reply.redirect(to, 302);
}

/** Where the browser goes: to the PGO, with a code or with the one refusal. */
function addressOf(door: MedmijDoor, { run, code }: Answered): string {
  if (code === undefined) return withFault(door, run, DENIED);
  const url = new URL(run.redirectUri);
  url.searchParams.set('code', code);
  return answerUrl(door, url, run.state);
}

/**
 * Of a button that was pressed twice the browser shows the second answer only: that leads where the
 * first did, which may still be on its way.
 */
async function whereItLed(door: MedmijDoor, request: FastifyRequest): Promise<string | undefined> {
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    const run = await justTaken(door, request);
    if (!isAsked(run)) return undefined;
    if (run.ledTo !== undefined) return run.ledTo;
    await delay(BETWEEN_LOOKS_MS);
  }
  return undefined;
}

const LOOKS_MAX = 20;
const BETWEEN_LOOKS_MS = 100;

interface Answered {
  readonly run: AuthorizationRun;
  /** Absent: nothing is given, for whatever reason. */
  readonly code?: string;
}

/** @returns undefined when this browser was asked nothing. */
async function settle(
  door: MedmijDoor,
  request: FastifyRequest<{ Body: FormBody }>,
): Promise<Answered | undefined> {
  const run = await takeRun(door, request);
  if (!isAsked(run) || run.kind === 'beheren') return undefined;
  const isYes = request.body?.['keuze'] === 'ja';
  const { vault } = run;
  if (run.denied !== undefined || !isYes || vault === undefined) {
    await writeRefusal(door, request, run);
    return { run };
  }
  const longLived = run.kind === 'verzamelen' && request.body?.['langdurig'] === 'ja';
  const code = await giveConsent(door, request, { ...run, vault, kind: run.kind }, longLived);
  door.chain.note({
    type: 'send_authorization_response',
    traceId: run.correlationId,
    sessionId: run.sessionId,
    request: { clientId: run.client },
  });
  return { run, code };
}

/** One way for every reason: the same steps, so the same bytes. */
async function writeRefusal(
  door: MedmijDoor,
  request: FastifyRequest,
  run: AuthorizationRun,
): Promise<void> {
  await door.ledger.record([
    event(request, {
      event: 'authorize',
      outcome: 4,
      reason: run.denied ?? 'refused-by-person',
      patient: run.vault,
      representative: run.representative,
      client: run.client,
      correlationId: run.correlationId,
      holders: [run.aanbieder],
      detail: { services: run.services.join(' ') },
    }),
  ]);
  door.chain.note({
    type: 'send_authorization_request_error',
    traceId: run.correlationId,
    sessionId: run.sessionId,
    request: { clientId: run.client },
    error: { code: DENIED.error, description: DENIED.description },
  });
}
