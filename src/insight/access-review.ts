/**
 * One item for the reviewer: the time box of one user on one person, opened in an emergency or on a
 * care relation that was only declared (consent.md section 9).
 */
import type { LedgerEvent } from '../audit/index.ts';
import type { CaseReview, Verdict } from './case-book.ts';

export const ACCESS_REVIEW_LIMITS = {
  /** What is opened in an emergency is open for so long; then a new box begins. */
  boxSecondsMax: 3_600,
  workingDaysMax: 5,
  linesKeptMax: 200,
  /** Boxes of one user in a shift; beyond this no new emergency begins (consent.md section 9). */
  boxesPerShiftMax: 20,
  shiftHours: 8,
} as const satisfies Record<string, number>;

export interface ReviewedLine {
  readonly seq: number;
  readonly at: string;
  readonly event: string;
  /** How many of each type were shown. */
  readonly counts: Readonly<Record<string, number>>;
}

/** What stands sealed of an item. */
export interface AccessBody {
  readonly user: string;
  readonly role?: string;
  /** Pseudonym of the person in the ledger. */
  readonly patient: string;
  /** Typed by the user. */
  readonly reason: string;
  readonly reasonCode?: string;
  readonly level?: string;
  readonly patientIncapable?: boolean;
  /** Organisations whose data was shown. */
  readonly holders: readonly string[];
  readonly lines: readonly ReviewedLine[];
  readonly reviews: readonly CaseReview[];
}

export interface AccessReview extends AccessBody {
  readonly id: string;
  /** Organisation of the user: its privacy officer looks. */
  readonly holder: string;
  readonly kind: 'emergency' | 'declared';
  readonly state: 'open' | 'second' | 'closed';
  readonly opened: Date;
  /** End of the time box, exclusive. */
  readonly ends: Date;
  /** `YYYY-MM-DD`. */
  readonly due: string;
  readonly closed: Date | null;
}

/** An access as it is put forward, with its place in the ledger. */
export interface Raised {
  readonly event: LedgerEvent;
  readonly seq: number;
}

export const kindOf = ({ obligations }: LedgerEvent): AccessReview['kind'] =>
  obligations?.includes('REVIEW-FG') ? 'emergency' : 'declared';

export function lineOf({ event, seq }: Raised, at: Date): ReviewedLine {
  return { seq, at: at.toISOString(), event: event.event, counts: event.counts ?? {} };
}

/** The body of a new item. @param patient pseudonym. */
export function bodyOf(event: LedgerEvent, patient: string, line: ReviewedLine): AccessBody {
  const { agent, detail = {} } = event;
  const { reasonCode, level } = detail;
  return {
    user: agent.id,
    ...(agent.role === undefined ? {} : { role: agent.role }),
    patient,
    reason: detail['reason'] ?? detail['declaredRelation'] ?? '',
    ...(reasonCode === undefined ? {} : { reasonCode }),
    ...(level === undefined ? {} : { level }),
    ...(detail['patientIncapable'] === 'true' ? { patientIncapable: true } : {}),
    holders: event.holders ?? [],
    lines: [line],
    reviews: [],
  };
}

/** The body of an item with one more access in its box. */
export function withAccess(known: AccessReview, raised: Raised, at: Date): AccessBody {
  const body = sealedPart(known);
  return {
    ...body,
    holders: [...new Set([...body.holders, ...(raised.event.holders ?? [])])],
    lines: [...body.lines, lineOf(raised, at)].slice(-ACCESS_REVIEW_LIMITS.linesKeptMax),
  };
}

/** What stands sealed of an item; the rest are columns. */
export function sealedPart(one: AccessReview): AccessBody {
  const { id: _id, holder: _holder, kind: _kind, state: _state, ...rest } = one;
  const { opened: _opened, ends: _ends, due: _due, closed: _closed, ...body } = rest;
  return body;
}

/** The line of the ledger about a verdict. */
export function accessReviewEvent(
  { id, state, holder, kind }: AccessReview,
  verdict: Verdict,
  reason: string,
  by: LedgerEvent['agent'],
): LedgerEvent {
  return {
    class: 'security',
    event: state === 'closed' ? 'access-review-closed' : 'access-reviewed',
    action: 'U',
    outcome: 0,
    agent: by,
    holders: [holder],
    door: 'web',
    detail: { item: id, kind, verdict, reason: reason.slice(0, 300) },
  };
}
