/**
 * Some access may only be given when somebody looks at it afterwards (consent.md section 6,
 * `REVIEW-FG`): an emergency, a care relation that was only declared. The item for the reviewer is
 * durable before the answer leaves; where it cannot be made, nothing is given.
 */
import type { Ledger, LedgerEvent, Numbered } from '../audit/index.ts';

export interface ReviewedAccess {
  readonly event: LedgerEvent;
  /** Where the access stands in the ledger. */
  readonly seq: number;
}

/** Puts accesses before whoever reviews them; resolves when that is durable. */
export type RaiseReviews = (accesses: readonly ReviewedAccess[]) => Promise<void>;

const REVIEWED = new Set(['REVIEW-FG', 'REVIEW-RELATION']);

/** A ledger that does not return before what has to be reviewed is in the queue. */
export function reviewedLedger(
  ledger: Pick<Ledger, 'record' | 'pseudonymOf'>,
  raise: RaiseReviews,
): Pick<Ledger, 'record' | 'pseudonymOf'> {
  return {
    pseudonymOf: (vault) => ledger.pseudonymOf(vault),
    async record(events: readonly LedgerEvent[]): Promise<Numbered[]> {
      const numbered = await ledger.record(events);
      const asked = events.flatMap((event, at) =>
        event.obligations?.some((one) => REVIEWED.has(one))
          ? [{ event, seq: numbered[at]?.seq ?? 0 }]
          : [],
      );
      if (asked.length > 0) await raise(asked);
      return numbered;
    },
  };
}
