/**
 * Beheren toestemmingen: the overview of consents in force, and the end of one. Every step asks the
 * run of this browser anew; what ends, ends with its tokens and subscriptions in one transaction.
 * medmij-protocol.md 8.2.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Text } from '../platform/html/language.ts';
import { languageOf } from '../platform/html/language.ts';
import {
  type AuthorizationRun,
  endCookie,
  handleOf,
  peekRun,
  takeRun,
} from './authorization-run.ts';
import { answerUrl, type FormBody, sendFault, sendPage } from './authorize-answer.ts';
import type { MedmijDoor } from './medmij-door.ts';
import { event } from './medmij-event.ts';
import { csrfFits, csrfOf, pageOf } from './run-cookie.ts';
import { endConsentScreen, overviewScreen } from './screens/manage-screens.ts';
import { activeSubscriptions } from './subscription/subscription.ts';
import { endToestemming, isActive, toestemmingenOf } from './toestemming.ts';

export interface ActiveConsent {
  readonly id: string;
  readonly client: string;
  readonly pgo: string;
  readonly aanbieder: string;
  readonly aanbiederId: string;
  readonly services: readonly Text[];
  readonly isSubscription: boolean;
  readonly given: Date;
  readonly lastUsed: Date;
}

const schema = { tags: ['MedMij'], summary: 'Overview of consents, and the end of one' } as const;

type Post = FastifyRequest<{ Body: FormBody }>;

/** Where a run to manage consents shows what there is. */
const OVERVIEW = '/medmij/toestemmingen/overzicht';

export function manageRoutes(app: FastifyInstance, door: MedmijDoor): void {
  app.get(OVERVIEW, { schema }, (request, reply) => overview(door, request, reply, false));
  app.post<{ Body: FormBody }>('/medmij/toestemmingen/kies', { schema }, (request, reply) =>
    choose(door, request, reply),
  );
  app.post<{ Body: FormBody }>('/medmij/toestemmingen/einde', { schema }, (request, reply) =>
    end(door, request, reply),
  );
}

/** The run after its log-in; undefined when there is none of this kind in this browser. */
async function managing(
  door: MedmijDoor,
  request: FastifyRequest,
): Promise<{ run: AuthorizationRun; handle: string } | undefined> {
  const run = await peekRun(door, request);
  const handle = handleOf(door, request);
  if (run?.kind !== 'beheren' || run.login || run.isLoggedIn !== true || handle === undefined) {
    return undefined;
  }
  return { run, handle };
}

async function overview(
  door: MedmijDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  isEnded: boolean,
) {
  const found = await managing(door, request);
  if (!found) return sendFault(door, request, reply.code(400));
  const { run, handle } = found;
  const consents = await consentsOf(door, run);
  const given = { csrf: csrfOf(handle), consents, isEnded };
  return sendPage(reply, overviewScreen({ lang: languageOf(request) }, run, given));
}

async function choose(door: MedmijDoor, request: Post, reply: FastifyReply) {
  if (!csrfFits(handleOf(door, request), request.body?.['csrf'])) {
    return sendFault(door, request, reply.code(403));
  }
  const found = await managing(door, request);
  if (!found) return sendFault(door, request, reply.code(400));
  const { run, handle } = found;
  if (request.body?.['terug'] === 'ja') {
    await takeRun(door, request);
    endCookie(door, reply, run);
    return reply.redirect(answerUrl(door, new URL(run.redirectUri), run.state), 302);
  }
  const one = (await consentsOf(door, run)).find(({ id }) => id === request.body?.['id']);
  if (!one) return reply.redirect(pageOf(OVERVIEW, run), 303);
  const screen = { lang: languageOf(request) };
  return sendPage(reply, endConsentScreen(screen, run, { csrf: csrfOf(handle), one }));
}

async function end(door: MedmijDoor, request: Post, reply: FastifyReply) {
  if (!csrfFits(handleOf(door, request), request.body?.['csrf'])) {
    return sendFault(door, request, reply.code(403));
  }
  const found = await managing(door, request);
  const vault = found?.run.vault;
  if (!found) return sendFault(door, request, reply.code(400));
  const one = (await consentsOf(door, found.run)).find(({ id }) => id === request.body?.['id']);
  if (request.body?.['keuze'] !== 'ja' || !one || vault === undefined) {
    return reply.redirect(pageOf(OVERVIEW, found.run), 303);
  }
  const at = door.clock();
  const pending = await door.database.transaction(async (tx) => {
    await endToestemming(tx, vault, one.id, at);
    await door.state.endFamily(tx, one.id);
    const ended = { holder: one.aanbiederId, at };
    return door.ledger.writeAll(tx, [
      ...((await door.consentEnded?.(tx, vault, ended)) ?? []),
      event(request, {
        event: 'toestemming-ended',
        class: 'evidence',
        action: 'U',
        outcome: 0,
        patient: vault,
        client: one.client,
        correlationId: found.run.correlationId,
        holders: [one.aanbiederId],
        basis: [`toestemming:${one.id}`],
      }),
    ]);
  });
  await door.tokens.revokeFamily(door.database, one.id);
  await door.ledger.numbered(pending);
  door.chain.note({
    type: 'end_consent',
    traceId: found.run.correlationId,
    sessionId: found.run.sessionId,
    request: { clientId: one.client },
  });
  return overview(door, request, reply, true);
}

/** Consents that let an app in now: long-lived ones, and subscriptions that run. */
async function consentsOf(door: MedmijDoor, run: AuthorizationRun): Promise<ActiveConsent[]> {
  const { vault } = run;
  if (vault === undefined) return [];
  const at = door.clock();
  const [all, subscriptions] = await Promise.all([
    toestemmingenOf(door.database, vault),
    activeSubscriptions(door.database, vault, at),
  ]);
  const notifying = new Set(subscriptions.map(({ consent }) => consent));
  const active = all.filter((one) => isActive(one, at) || (!one.ended && notifying.has(one.id)));
  return Promise.all(
    active.map(async (one) => ({
      id: one.id,
      client: one.client,
      pgo: (await door.pgos.byId(one.client))?.name ?? one.client,
      aanbieder: (await door.organisations.byId(one.aanbieder))?.name ?? '',
      aanbiederId: one.aanbieder,
      services: one.services.flatMap((id) => door.diensten.get(id)?.text ?? []),
      isSubscription: one.kind === 'abonneren',
      given: one.given,
      lastUsed: one.lastUsed,
    })),
  );
}
