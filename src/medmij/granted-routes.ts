/**
 * `GET /medmij/granted`: what a token opens, and why each other service is not in it (capabilities
 * A2, A3). An app hears only not offered, not in the consent, nothing recorded, source down or
 * partial; every other cause stands on the person's own pages.
 */
import type { FastifyInstance } from 'fastify';
import { r4TypeOf } from '../conformance/index.ts';
import type { Organisation, TokenClaims } from '../identity/index.ts';
import type { AccessRequest } from '../permission/index.ts';
import { fromFramework } from '../platform/framework-problem.ts';
import { Problem } from '../platform/problem.ts';
import { daysLeft, mandateEnds, representationEnds } from './consent-end.ts';
import type { Gegevensdienst } from './gegevensdienst.ts';
import type { MedmijDoor } from './medmij-door.ts';
import { event } from './medmij-event.ts';
import { ownToken, personAccess, requireOwnLine } from './resource-door.ts';
import { type SourceNote, sourceNotes } from './source-notes.ts';
import { HALF_YEAR_DAYS, lapsesAt, toestemming } from './toestemming.ts';

type MedmijClaims = Extract<TokenClaims, { kind: 'medmij' }>;

const SCHEMA = {
  tags: ['MedMij'],
  summary: 'What the token opens, why other services are not in it, and until when',
} as const;

const STATUS: Readonly<Record<string, number>> = {
  unauthenticated: 401,
  forbidden: 403,
  busy: 503,
  throttled: 429,
  fault: 500,
};

/** Ahead of the lapse of a consent this long it counts as soon. */
export const SOON_DAYS = 14;

/** Registers the address; bearer token and client certificate as at the resource interface. */
export async function grantedRoutes(app: FastifyInstance, door: MedmijDoor): Promise<void> {
  app.setErrorHandler((error, request, reply) => {
    const problem = fromFramework(error);
    if (problem.kind === 'fault') request.log.error({ err: error }, 'fault at /medmij/granted');
    const status = STATUS[problem.kind] ?? 400;
    const name = status === 401 ? 'invalid_token' : 'invalid_request';
    const isBare = problem.code === 'missing_token';
    if (status === 401) {
      const why = isBare ? '' : ` error="${name}", error_description="${problem.message}"`;
      reply.header('www-authenticate', `Bearer${why}`);
    }
    if (status === 503) reply.header('retry-after', '5');
    return reply.code(status).send({ error: name, error_description: problem.message });
  });
  app.get('/medmij/granted', { schema: SCHEMA }, async (request, reply) => {
    const token = await ownToken(door, request);
    const { claims } = token;
    if (claims.kind !== 'medmij') throw new Problem('forbidden', 'This token opens no service.');
    await requireOwnLine(door, request, claims);
    const answer = await granted(door, claims, personAccess(request, claims, token.id));
    await door.ledger.record([
      event(request, {
        event: 'granted',
        outcome: 0,
        ...{ patient: claims.vault, client: claims.client, correlationId: claims.correlationId },
        holders: [claims.aanbieder],
        basis: [`toestemming:${claims.consent}`],
        tokenId: token.id,
      }),
    ]);
    return reply.header('cache-control', 'no-store').send(answer);
  });
}

async function granted(door: MedmijDoor, claims: MedmijClaims, access: AccessRequest) {
  const [aanbieder, client, consent, counts] = await Promise.all([
    door.organisations.byId(claims.aanbieder),
    door.pgos.byId(claims.client),
    toestemming(door.database, claims.vault, claims.consent),
    door.counts(access, claims.vault),
  ]);
  const notes = aanbieder ? await sourceNotes(door, claims.vault, aanbieder) : [];
  const offered = new Set(aanbieder ? door.offer.servicesOf(aanbieder) : []);
  const here = counts.filter(({ custodian }) => custodian === claims.aanbieder);
  const isEmpty = ({ searchTypes }: Gegevensdienst) => {
    const types = new Set([...searchTypes].map(r4TypeOf));
    return types.size > 0 && !here.some(({ type }) => types.has(type));
  };
  const [note] = notes;
  const isOff = (id: string) => door.faults?.of(aanbieder?.aanbieder ?? '', id)?.kind === 'down';
  const noteOf = ({ id }: Gegevensdienst) => (isOff(id) ? 'source-down' : note?.code);
  const services = [...door.diensten.values()].flatMap((dienst) => {
    const { id, name } = dienst;
    if (claims.services.includes(id)) {
      const told = noteOf(dienst) ?? (isEmpty(dienst) ? 'nothing-recorded' : undefined);
      return [{ id, name, status: 'granted', ...(told ? { note: told } : {}) }];
    }
    if (dienst.function !== 'verzamelen' || !client?.mayAsk(id)) return [];
    const reason = offered.has(id) ? 'not-in-consent' : 'not-offered-by-provider';
    return [{ id, name, status: 'left-out', reason }];
  });
  return {
    aanbieder: `${aanbieder?.aanbieder ?? ''}@medmij`,
    services,
    source: sourceOf(aanbieder, notes),
    ...(consent?.longLived
      ? {
          consent: untilWhen(
            lapsesAt(consent),
            await representationEnds(door, claims),
            door.clock(),
          ),
        }
      : {}),
    ...mandateOf(claims, door.clock()),
  };
}

/** Whether the source answers, and how to ask again for what came meanwhile (A6). */
function sourceOf(aanbieder: Organisation | undefined, notes: readonly SourceNote[]) {
  const down = notes.find((one) => one.down)?.down;
  const isPartial = notes.some(({ code }) => code === 'partial');
  return {
    name: aanbieder?.name ?? '',
    status: down ? 'down' : isPartial ? 'partial' : 'up',
    ...(down
      ? {
          since: down.since.toISOString(),
          ...(down.until ? { until: down.until.toISOString() } : {}),
          askAgain: down.askAgain,
        }
      : {}),
  };
}

/** When the mandate of the log-in ends, and with it every token, whatever the consent says. */
function mandateOf(claims: MedmijClaims, at: Date) {
  const expires = mandateEnds(claims);
  if (expires === undefined) return {};
  const days = daysLeft(expires, at);
  const told = { expires: expires.toISOString(), expiresIn: `P${days}D` };
  return { mandate: { ...told, expiresSoon: days <= SOON_DAYS } };
}

function untilWhen(lapses: Date, ends: Date | undefined, at: Date) {
  const isEarlier = ends !== undefined && ends < lapses;
  const expires = isEarlier ? ends : lapses;
  const days = daysLeft(expires, at);
  return {
    expires: expires.toISOString(),
    expiresIn: `P${Math.min(days, HALF_YEAR_DAYS)}D`,
    expiresSoon: days <= SOON_DAYS,
    ...(isEarlier ? {} : { renews: 'Each refresh gives a fresh half year.' }),
  };
}

export type Counts = (
  access: AccessRequest,
  vault: string,
) => Promise<readonly { custodian: string; type: string; items: number }[]>;
