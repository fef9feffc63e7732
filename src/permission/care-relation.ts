/**
 * A care relation is a fact with a begin and an end. It is a precondition for asking, where the
 * agreement of a region says so, and never a permit (consent.md 11). How long it counts around its
 * begin and end is data: `profiles/permission/care-relations.json`.
 */
import type { ReferralGrant } from './referral-grants.ts';
import { readRuleBook } from './rule-book.ts';

export type CareRelationKind =
  | 'encounter'
  | 'referral'
  | 'appointment'
  | 'registration'
  | 'admission';

export interface CareRelation {
  readonly id: string;
  /** Organisation id of the side that treats. */
  readonly organisation: string;
  readonly kind: CareRelationKind;
  /** Instants; the end is exclusive, absent while it lasts. */
  readonly from: string;
  readonly until?: string;
  /** What shows it: `Encounter/id`, `Task/id`, `ServiceRequest/id`, `Patient/id`. */
  readonly evidence: string;
  /** Organisation id of the source that said so: its evidence lies under this custodian. */
  readonly source: string;
  /** What a referral or hand-over lets its receiver see at the source (consent.md 11). */
  readonly grant?: ReferralGrant;
  /** Cancelled, entered in error or taken back by its source: it never counts again. */
  readonly withdrawn?: true;
}

/** Full days of 24 hours around the relation in which it counts. */
export interface RelationWindow {
  readonly daysBefore: number;
  readonly daysAfter: number;
  /** Counted from the begin, for a relation that its source never ended. */
  readonly openDaysMax: number;
}

export type RelationWindows = Readonly<Record<CareRelationKind, RelationWindow>>;

const DAY_MS = 86_400_000;

/** @returns the windows of `profiles/permission`, with the version of the file. */
export function readRelationWindows(): { version: string; windows: RelationWindows } {
  return readRuleBook<{ windows: RelationWindows }>('care-relations');
}

interface Counts {
  readonly windows: RelationWindows;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A record has many relations and each is asked about in every decision: read once. */
const known = new WeakMap<CareRelation, Counts>();

/** When a relation counts: begin inclusive, end exclusive, in milliseconds. */
export function relationCounts(relation: CareRelation, windows: RelationWindows): Counts {
  const before = known.get(relation);
  if (before?.windows === windows) return before;
  const counts = { windows, ...boundsOf(relation, windows[relation.kind]) };
  known.set(relation, counts);
  return counts;
}

function boundsOf({ from, until, withdrawn }: CareRelation, window: RelationWindow) {
  const begin = Date.parse(from);
  if (withdrawn || Number.isNaN(begin)) return { fromMs: 0, untilMs: 0 };
  const end =
    until === undefined
      ? begin + window.openDaysMax * DAY_MS
      : Date.parse(until) + window.daysAfter * DAY_MS;
  return { fromMs: begin - window.daysBefore * DAY_MS, untilMs: end };
}

/**
 * @returns the relation that shows it, or undefined when there is none at this moment. Of several
 *   the one that counts longest, so that the answer does not depend on their order.
 */
export function relationAt(
  relations: readonly CareRelation[],
  organisation: string,
  at: Date,
  windows: RelationWindows,
): CareRelation | undefined {
  const now = at.getTime();
  let found: { relation: CareRelation; untilMs: number } | undefined;
  for (const relation of relations) {
    if (relation.organisation !== organisation) continue;
    const { fromMs, untilMs } = relationCounts(relation, windows);
    if (now < fromMs || now >= untilMs) continue;
    const isLonger =
      !found ||
      untilMs > found.untilMs ||
      (untilMs === found.untilMs && relation.id < found.relation.id);
    if (isLonger) found = { relation, untilMs };
  }
  return found?.relation;
}
