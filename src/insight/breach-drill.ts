/**
 * What was done in a period with a key, an account or a token that leaked (capabilities E11, AVG 33
 * and 34): which persons, which kinds of data, whose, when. From the ledger alone, in one pass.
 */
import type { Ledger, LedgerEntry } from '../audit/index.ts';

const HOUR_MS = 3_600_000;
const BREACH_LIMITS = {
  /** AVG 33(1): the authority hears of it within so many hours of the discovery. */
  authorityHoursMax: 72,
  referencesOfPersonMax: 100,
} as const satisfies Record<string, number>;

/** What leaked; all that is named has to fit. */
export interface BreachScope {
  readonly from: Date;
  readonly until: Date;
  /** Id of a sender or partner, or hostname of an app: whoever holds the key. */
  readonly client?: string;
  /** Id of an account. */
  readonly user?: string;
  readonly tokenId?: string;
  readonly organisation?: string;
}

/** One person whose data may have been seen or changed. */
export interface TouchedPerson {
  /** As the ledger names the person. */
  readonly pseudonym: string;
  /** Acts that showed or changed something, and attempts that were refused. */
  acts: number;
  refused: number;
  emergencies: number;
  first: string;
  last: string;
  /** Resources by type, counted once for each act. */
  readonly kinds: Record<string, number>;
  /** Organisations whose data it was: each of them tells its own persons. */
  readonly holders: Set<string>;
  /** `Type/id@version`; beyond the limit they are only counted. */
  readonly references: Set<string>;
  moreReferences: number;
  readonly changed: Set<'C' | 'U' | 'D'>;
}

export interface BreachReport {
  readonly scope: BreachScope;
  /** Lines that fit, those about no person among them. */
  readonly lines: number;
  readonly persons: readonly TouchedPerson[];
  /** Addresses that it came from, with how often: a key in other hands often shows here. */
  readonly addresses: ReadonlyMap<string, number>;
}

/** Reads every line of the period once. @param progress told with the lines read so far. */
export async function breachOf(
  ledger: Pick<Ledger, 'lines'>,
  scope: BreachScope,
  progress: (read: number) => void = () => undefined,
): Promise<BreachReport> {
  const persons = new Map<string, TouchedPerson>();
  const addresses = new Map<string, number>();
  let lines = 0;
  let read = 0;
  // A line may be numbered a little later than its act.
  const end = new Date(scope.until.getTime() + HOUR_MS);
  for await (const entry of ledger.lines(scope.from, end)) {
    read += 1;
    if (read % 10_000 === 0) progress(read);
    if (!fits(entry, scope)) continue;
    lines += 1;
    const { address } = entry.record.agent;
    if (address !== undefined) addresses.set(address, (addresses.get(address) ?? 0) + 1);
    touch(persons, entry);
  }
  const sorted = [...persons.values()].sort(
    (a, b) => b.acts - a.acts || (a.pseudonym < b.pseudonym ? -1 : 1),
  );
  return { scope, lines, persons: sorted, addresses };
}

function fits({ record }: LedgerEntry, scope: BreachScope): boolean {
  const at = Date.parse(record.at);
  if (at < scope.from.getTime() || at >= scope.until.getTime()) return false;
  const { agent, client, tokenId } = record;
  return (
    (scope.client === undefined || client === scope.client || agent.id === scope.client) &&
    (scope.user === undefined || agent.id === scope.user) &&
    (scope.tokenId === undefined || tokenId === scope.tokenId) &&
    (scope.organisation === undefined || agent.organisation === scope.organisation)
  );
}

function touch(persons: Map<string, TouchedPerson>, { record }: LedgerEntry): void {
  const { patient, at, outcome, released = 0, action, counts = {}, what = [], route } = record;
  if (patient === undefined) return;
  const isChange = action === 'C' || action === 'U' || action === 'D';
  const isDone = outcome === 0 && (released > 0 || isChange);
  if (!isDone && outcome === 0) return;
  const one = persons.get(patient) ?? newPerson(patient, at);
  persons.set(patient, one);
  if (at < one.first) one.first = at;
  if (at > one.last) one.last = at;
  if (!isDone) {
    one.refused += 1;
    return;
  }
  one.acts += 1;
  if (route === 'emergency') one.emergencies += 1;
  if (isChange) one.changed.add(action);
  for (const [kind, count] of Object.entries(counts))
    one.kinds[kind] = (one.kinds[kind] ?? 0) + count;
  for (const holder of record.holders ?? []) one.holders.add(holder);
  if (record.whatDigest !== undefined) one.moreReferences += released;
  for (const reference of what) {
    if (one.references.size < BREACH_LIMITS.referencesOfPersonMax) one.references.add(reference);
    else if (!one.references.has(reference)) one.moreReferences += 1;
  }
}

const newPerson = (pseudonym: string, at: string): TouchedPerson => ({
  ...{ pseudonym, acts: 0, refused: 0, emergencies: 0, first: at, last: at, moreReferences: 0 },
  kinds: {},
  holders: new Set(),
  references: new Set(),
  changed: new Set(),
});

/** The clock of AVG 33: until when the authority has to hear of it. */
export function authorityClock(discovered: Date, now: Date): { until: Date; hoursLeft: number } {
  const until = new Date(discovered.getTime() + BREACH_LIMITS.authorityHoursMax * HOUR_MS);
  return { until, hoursLeft: (until.getTime() - now.getTime()) / HOUR_MS };
}
