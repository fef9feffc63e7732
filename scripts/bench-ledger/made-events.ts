/**
 * Events of a region over two years, in the proportions of a gateway at work: mostly reading by
 * partners, receiving from sources and collecting by apps; seldom an emergency, a refusal, a change
 * of settings. A few rare facts are planted at known places, so that an answer can be checked.
 */
import { createHash } from 'node:crypto';
import type { LedgerEvent } from '../../src/audit/index.ts';
import { createRandom, type Random } from '../../src/demo/region/random.ts';

export const MADE = {
  from: Date.UTC(2024, 0, 1),
  months: 24,
  organisations: 40,
  users: 3_000,
  patients: 250_000,
  clients: 60,
  operators: 5,
} as const;

/** Of each so many stand in the ledger, spread over it; all of the first organisation. */
export const PLANTED = { settings: 7, merges: 5, clockSteps: 3, exports: 11 } as const;

export const organisationId = (at: number): string => idOf(`organisation/${at}`);
export const patientId = (at: number): string => idOf(`patient/${at}`);
export const userId = (at: number): string => String(100_000 + at);

const ROLES = ['01.015', '01.000', '30.000', '17.000', '01.010'];
const KINDS = ['Observation', 'Condition', 'MedicationStatement', 'DocumentReference', 'Encounter'];

function idOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export interface MadeEvents {
  /** The next so many, in the order of time. */
  next(count: number): LedgerEvent[];
}

/** @param total of all that will be asked for: the planted facts are spread over it. */
export function createMadeEvents(total: number, seed = 'ledger'): MadeEvents {
  const random = createRandom(seed);
  const ids = {
    organisations: listOf(MADE.organisations, organisationId),
    patients: listOf(MADE.patients, patientId),
    users: listOf(MADE.users, userId),
  };
  const planted = placesOf(total);
  let made = 0;
  return {
    next: (count) =>
      Array.from({ length: count }, () => {
        const rare = planted.get(made);
        made += 1;
        return rare ?? ordinary(random, ids);
      }),
  };
}

interface Ids {
  readonly organisations: readonly string[];
  readonly patients: readonly string[];
  readonly users: readonly string[];
}

const listOf = (count: number, make: (at: number) => string): string[] =>
  Array.from({ length: count }, (_none, at) => make(at));

/** Some patients, users and organisations come much more often than others. */
function often<T>(random: Random, from: readonly T[]): T {
  const at = Math.floor(random.next() * random.next() * from.length);
  return from[at] as T;
}

function ordinary(random: Random, ids: Ids): LedgerEvent {
  const dice = random.next();
  if (dice < 0.55) return reading(random, ids);
  if (dice < 0.75) return received(random, ids);
  if (dice < 0.9) return collected(random, ids);
  if (dice < 0.94) return refused(random, ids);
  if (dice < 0.99) return token(random, ids);
  if (dice < 0.993) return { ...reading(random, ids), purpose: 'ETREAT', route: 'emergency' };
  return choice(random, ids);
}

function reading(random: Random, ids: Ids): LedgerEvent {
  const user = Math.floor(random.next() * random.next() * ids.users.length);
  const holders = new Set(listOf(random.int(1, 3), () => often(random, ids.organisations)));
  const kind = random.pick(KINDS);
  const count = random.int(1, 6);
  return {
    ...{ class: 'care', event: random.chance(0.4) ? 'read' : 'search-type', action: 'E' },
    outcome: 0,
    patient: often(random, ids.patients),
    agent: {
      kind: 'professional',
      id: ids.users[user] as string,
      role: ROLES[user % ROLES.length] as string,
      organisation: ids.organisations[user % ids.organisations.length] as string,
      address: `192.0.2.${user % 250}`,
    },
    client: `partner-${user % ids.organisations.length}`,
    purpose: 'TREAT',
    route: random.chance(0.7) ? 'explicit' : 'presumed',
    holders: [...holders],
    basis: [`rule:${hexOf(random, 8)}@${random.int(1, 9)}`],
    epoch: random.int(1, 40),
    inputsHash: hexOf(random, 64),
    what: listOf(count, () => `${kind}/${hexOf(random, 16)}@1`),
    counts: { [kind]: count },
    released: count,
    withheld: random.int(0, 2),
    query: `${kind}?patient`,
    requestId: hexOf(random, 32),
    correlationId: hexOf(random, 32),
    door: 'fhir',
    ...(random.chance(0.03) ? { labels: ['R', 'PSY'] } : {}),
  };
}

function received(random: Random, ids: Ids): LedgerEvent {
  const at = Math.floor(random.next() * random.next() * ids.organisations.length);
  const organisation = ids.organisations[at] as string;
  return {
    ...{ class: 'care', event: 'receive', action: 'C', outcome: 0 },
    patient: often(random, ids.patients),
    agent: { kind: 'system', id: `epd-${at}`, organisation },
    client: `epd-${at}`,
    route: 'sender',
    holders: [organisation],
    counts: { Observation: random.int(1, 20) },
    requestId: hexOf(random, 32),
    door: 'ingest',
    detail: { format: 'hl7v2', receipt: hexOf(random, 32) },
  };
}

function collected(random: Random, ids: Ids): LedgerEvent {
  const patient = often(random, ids.patients);
  return {
    ...{ class: 'pgo', event: 'search-type', action: 'E', outcome: 0 },
    patient,
    agent: { kind: 'person', id: patient, address: '198.51.100.4' },
    client: `pgo-${random.int(1, 9)}.example`,
    purpose: 'PATRQT',
    route: 'own-right',
    holders: [often(random, ids.organisations)],
    counts: { Observation: random.int(1, 30) },
    released: random.int(1, 30),
    requestId: hexOf(random, 32),
    correlationId: hexOf(random, 32),
    door: 'medmij',
    detail: { gegevensdienst: '48' },
  };
}

function refused(random: Random, ids: Ids): LedgerEvent {
  const { what: _what, counts: _counts, ...asked } = reading(random, ids);
  return { ...asked, outcome: 4, reason: 'rule', route: 'none', released: 0, withheld: 2 };
}

function token(random: Random, ids: Ids): LedgerEvent {
  const at = Math.floor(random.next() * ids.organisations.length);
  return {
    ...{ class: 'security', event: 'token', action: 'E', outcome: 0 },
    agent: {
      kind: 'system',
      id: `partner-${at}`,
      organisation: ids.organisations[at] as string,
    },
    client: `partner-${at}`,
    tokenId: hexOf(random, 32),
    door: 'regions',
  };
}

function choice(random: Random, ids: Ids): LedgerEvent {
  const patient = often(random, ids.patients);
  return {
    ...{ class: 'evidence', event: 'consent-change', action: 'U', outcome: 0 },
    patient,
    agent: { kind: 'person', id: patient },
    holders: [often(random, ids.organisations)],
    door: 'web',
  };
}

/** The rare facts by their place: evenly spread, and never two at one place. */
function placesOf(total: number): Map<number, LedgerEvent> {
  const places = new Map<number, LedgerEvent>();
  const plant = (count: number, offset: number, event: LedgerEvent) => {
    for (let at = 0; at < count; at += 1) {
      places.set(Math.floor((total * (at + 0.5)) / count) + offset, event);
    }
  };
  const operator = {
    kind: 'operator' as const,
    id: 'beheer-1',
    organisation: organisationId(0),
  };
  const act = { action: 'U', outcome: 0, agent: operator } as const;
  plant(PLANTED.settings, 0, { class: 'security', event: 'client-change', ...act });
  plant(PLANTED.merges, 1, {
    ...{ class: 'evidence', event: 'merge', patient: patientId(7), ...act },
  });
  plant(PLANTED.clockSteps, 2, { class: 'ops', event: 'clock-step', ...act });
  plant(PLANTED.exports, 3, { class: 'care', event: 'export', patient: patientId(8), ...act });
  return places;
}

function hexOf(random: Random, digits: number): string {
  let text = '';
  while (text.length < digits) text += random.int(0, 0xfffffff).toString(16).padStart(7, '0');
  return text.slice(0, digits);
}
