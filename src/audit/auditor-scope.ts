/**
 * What an auditor was asked in for (audit.md 7.3): a moment at which the access ends, and the
 * period whose lines may be seen, at the pages and at the FHIR door alike. What lies outside is not
 * found, as if it were another organisation's.
 */
import type { ExportFilter } from './export.ts';
import type { LedgerEntry } from './ledger-entry-view.ts';
import type { LedgerQuery } from './search.ts';

export interface AuditorScope {
  /** ISO moment after which nothing is shown. */
  readonly ends?: string;
  /** ISO moments: from (inclusive) and until (exclusive) which acts may be seen. */
  readonly from?: string;
  readonly until?: string;
}

export const hasEnded = ({ ends }: AuditorScope, now: Date): boolean =>
  ends !== undefined && new Date(ends) <= now;

/** The question, within the period that may be seen. */
export function within<T extends LedgerQuery | ExportFilter>(asked: T, scope: AuditorScope): T {
  const from = latest(asked.from, momentOf(scope.from));
  const until = earliest(asked.until, momentOf(scope.until));
  return { ...asked, ...(from ? { from } : {}), ...(until ? { until } : {}) };
}

/** Whether a line is of the period that may be seen. */
export function isWithin({ record }: LedgerEntry, { from, until }: AuditorScope): boolean {
  const at = new Date(record.at);
  return (
    (from === undefined || at >= new Date(from)) && (until === undefined || at < new Date(until))
  );
}

const momentOf = (text: string | undefined) => (text === undefined ? undefined : new Date(text));
const latest = (a: Date | undefined, b: Date | undefined) => (a && b ? (a > b ? a : b) : (a ?? b));
const earliest = (a: Date | undefined, b: Date | undefined) =>
  a && b ? (a < b ? a : b) : (a ?? b);
