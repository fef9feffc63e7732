/**
 * What the sender's people decide about a delivery that is held because of whose it is
 * (capabilities B10). Nothing is matched in silence: who decided, what and why stands in the
 * ledger.
 */
import type { LedgerEvent } from '../audit/index.ts';
import { normaliseBsn } from '../conformance/index.ts';
import { Problem } from '../platform/problem.ts';
import type { DeliveryRow } from './delivery.ts';

export interface HeldDecision {
  /**
   * `same-person`: the number is right although name or birth date differ. `verified`: the sender
   * made sure who it is. `link`: it belongs to the person with `bsn`. `reject`: it was a mistake and
   * never becomes part of a record; the original stays.
   */
  readonly decision: 'same-person' | 'verified' | 'link' | 'reject';
  /** In words, for the ledger. */
  readonly reason: string;
  /** With `link` only. */
  readonly bsn?: string;
}

export const REASON_LENGTH_MAX = 300;

/** Which reasons of holding each decision lifts; what it does not lift still holds. */
const LIFTS: Readonly<Record<HeldDecision['decision'], readonly string[]>> = {
  'same-person': ['birth-date-mismatch', 'name-mismatch', 'merge-of-two-records'],
  verified: ['bsn-unverified', 'identity-unknown'],
  link: ['no-verified-identifier', 'identity-unknown', 'bsn-unverified'],
  reject: [],
};

/** Reasons that a decision may be about; all others end with a mend and a replay. */
const OF_IDENTITY = new Set([...Object.values(LIFTS).flat(), 'identifier-conflict']);

export const liftedBy = (decision: HeldDecision | undefined): ReadonlySet<string> =>
  new Set(decision ? LIFTS[decision.decision] : []);

/**
 * @throws Problem `conflict` when the delivery does not wait for this; `invalid` with the place of
 * what is missing.
 */
export function checkDecision(row: DeliveryRow, made: HeldDecision): void {
  if (row.state !== 'held') {
    throw new Problem('conflict', 'This delivery does not wait for a decision.', {
      code: 'not-held',
    });
  }
  const fits =
    made.decision === 'reject'
      ? row.reasons.some((reason) => OF_IDENTITY.has(reason))
      : row.reasons.some((reason) => LIFTS[made.decision].includes(reason));
  if (!fits) {
    throw new Problem('conflict', 'This decision is not about why the delivery is held.', {
      code: 'decision-does-not-fit',
      expression: ['decision'],
    });
  }
  if (made.reason.trim() === '') {
    throw new Problem('invalid', 'A decision needs a reason.', { expression: ['reason'] });
  }
  if ((made.decision === 'link') !== (made.bsn !== undefined)) {
    throw new Problem('invalid', 'A BSN goes with the decision "link" only.', {
      expression: ['bsn'],
    });
  }
  if (made.bsn !== undefined && normaliseBsn(made.bsn) === undefined) {
    throw new Problem('unprocessable', 'The BSN fails the eleven-test.', {
      code: 'bsn-eleven-test',
      expression: ['bsn'],
    });
  }
}

/** The line of the ledger; the number of the person is not in it. */
export function decided(
  row: DeliveryRow,
  made: HeldDecision,
  by: LedgerEvent['agent'],
  requestId: string,
): LedgerEvent {
  const { decision, reason } = made;
  return {
    class: 'evidence',
    event: 'identity-decision',
    action: 'U',
    outcome: 0,
    agent: by,
    client: row.sender,
    ...(by.organisation === undefined ? {} : { holders: [by.organisation] }),
    requestId,
    correlationId: row.id,
    door: 'ingest',
    detail: { decision, reason: reason.slice(0, REASON_LENGTH_MAX), receipt: row.id },
  };
}
