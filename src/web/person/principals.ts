/**
 * For whom a session may act: whoever gave a mandate that stands, for whom a court appointed this
 * one, and the child in whose custody somebody logged in. It is looked up at every request, so a
 * birthday or an end counts at once. consent.md 10.1 to 10.3.
 */
import { randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import {
  COURT_AUTHORITY,
  MANDATE_AUTHORITY,
  type Mandate,
  PARENTAL,
  type Recorded,
} from '../../consent/index.ts';
import { type AccessRequest, ageAt, refuseRepresentative } from '../../permission/index.ts';
import type { Text } from '../../platform/html/language.ts';
import type { Session } from '../portal.ts';
import type { WebDoor } from '../web-door.ts';
import { childTurns, mandateEndingFor } from './turns.ts';
import type { Deciding, Person } from './visit.ts';

export interface Principal {
  /** In addresses: the id of a mandate, or `kind`. */
  readonly as: string;
  /** Absent: nobody by that number is known; it shows as any other refusal. */
  readonly vault?: string;
  /** What the mandate calls the person; absent for a child. */
  readonly name?: string;
  readonly until?: string;
  /** What ends by itself soon, or changes at a birthday. */
  readonly soon?: Text;
  readonly authority: string;
  readonly reads: boolean;
  readonly decides?: Deciding;
  /** A provider lets this one not look along; then nothing is decided here either. */
  readonly isBlocked?: boolean;
}

const CHILD = 'kind';

export async function principalsOf(
  door: WebDoor,
  who: Person,
  request: FastifyRequest,
): Promise<Principal[]> {
  const { proxy, child } = who;
  if (proxy === undefined) return [];
  const { mandates, representatives } = door.consent;
  const given = await mandates.forProxy(proxy);
  const courts = await representatives.forSubject(proxy);
  const all = [
    ...(child ? [await byCustody(door, child.vault, proxy, request)] : []),
    ...courts.map((court) => byCourt(court, proxy, request)),
    ...given.map((mandate) => byMandate(mandate, proxy, request, door.clock())),
  ];
  return Promise.all(
    all.map(async (one) => ({
      ...one,
      isBlocked: one.vault !== undefined && (await representatives.isBlocked(one.vault, proxy)),
    })),
  );
}

/** A curator or mentor looks and decides; what the court ends, ends here as well. */
function byCourt(
  { id, vault, court }: Recorded,
  proxy: string,
  request: FastifyRequest,
): Principal {
  const { rel = 'mentor', principal = '', until } = court ?? {};
  return {
    as: id,
    vault,
    name: principal,
    ...(until === undefined ? {} : { until }),
    authority: `${COURT_AUTHORITY}${id}`,
    reads: true,
    decides: {
      base: `/mij/namens/${id}/delen`,
      performers: [{ rel }],
      agent: { kind: 'representative', id: proxy, onBehalfOf: vault, address: request.ip },
      mayLock: false,
    },
  };
}

function byMandate(mandate: Mandate, proxy: string, request: FastifyRequest, at: Date): Principal {
  const { id, vault, principal, until, scope = 'read' } = mandate;
  const decides: Deciding = {
    base: `/mij/namens/${id}/delen`,
    performers: [{ rel: 'proxy', scope }],
    agent: { kind: 'representative', id: proxy, onBehalfOf: vault, address: request.ip },
    mayLock: false,
  };
  return {
    as: id,
    vault,
    name: principal,
    until,
    ...soonIf(mandateEndingFor(principal, until, at)),
    authority: `${MANDATE_AUTHORITY}${id}`,
    reads: scope !== 'manage-consent',
    ...(scope === 'read' ? {} : { decides }),
  };
}

/** The same card for every child, known here or not, agreed or not: the pages behind refuse. */
async function byCustody(
  door: WebDoor,
  vault: string | undefined,
  proxy: string,
  request: FastifyRequest,
): Promise<Principal> {
  const shown = { as: CHILD, authority: PARENTAL, reads: true };
  const base = `/mij/namens/${CHILD}/delen`;
  const agent = { kind: 'representative' as const, id: proxy, address: request.ip };
  // Which of two parents: what one of them refused the other cannot open.
  const performers = [{ rel: 'parent' as const, custody: true, by: proxy }];
  const nobody = { ...shown, decides: { base, performers, agent, mayLock: false } };
  if (vault === undefined) return nobody;
  const { own, mandates } = door.consent;
  const at = door.clock();
  const [facts, childAgrees] = await Promise.all([own.facts(vault), mandates.agreed(vault, proxy)]);
  const age = ageAt(facts.birthDate, at);
  const evidence = { rel: 'parent' as const, custody: true, childAgrees };
  // For whom nothing is allowed the pages behind answer as for a child that is not known.
  if (refuseRepresentative(facts, age, evidence, at) !== undefined) return nobody;
  const deciding = {
    ...{ base, performers, mayLock: age !== undefined && age < 12 },
    agent: { ...agent, onBehalfOf: vault },
  };
  return { ...shown, vault, decides: deciding, ...soonIf(childTurns(facts.birthDate, at)) };
}

const soonIf = (soon: Text | undefined) => (soon ? { soon } : {});

/** The request as the decision and the ledger see it. */
export function accessFor(
  { authority }: Principal,
  { request, session, proxy }: { request: FastifyRequest; session: Session<Person>; proxy: string },
): AccessRequest {
  return {
    id: request.id,
    correlationId: randomUUID(),
    door: 'web',
    client: 'web',
    address: request.ip,
    actor: { kind: 'representative', subject: proxy, authority },
    purpose: 'PWATRNY',
    tokenId: session.id,
  };
}
