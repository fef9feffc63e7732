/**
 * How far the consent epoch of a vault can have come, by what the ledger tells of it: each save,
 * each change of the person's own data and each renewal of the care relations raises it by one.
 * One that went further was raised by another hand; it may lie below.
 */
import type { LedgerEntry } from '../audit/index.ts';
import { type Sql, statement } from '../platform/database.ts';

const RENEWALS = statement(
  'consent_check_renewals',
  'select count(distinct epoch)::int as renewals from care_relation where vault = $1',
);

/** Acts about a person that raise the epoch once each. */
const RAISING: ReadonlySet<string> = new Set([
  ...['consent-change', 'mandate-given', 'mandate-ended'],
  ...['representative-recorded', 'representative-ended'],
]);

const REFERENCES_MAX = 100;

export interface EpochsTold {
  hear(record: LedgerEntry['record']): void;
  /** @param name the person as the ledger names them */
  highest(sql: Sql, vault: string, name: string): Promise<number>;
}

export function epochsTold(): EpochsTold {
  const raised = new Map<string, number>();
  const merged = new Set<string>();
  return {
    hear({ patient, event, action, outcome, what = [] }) {
      if (patient === undefined || action === 'R' || outcome === 8) return;
      // Records that were joined took relations along, and gave some back: nothing is told then.
      if (event === 'merge' || event === 'unmerge') merged.add(patient);
      const persons = what.filter((one) => one.startsWith('Patient/')).length;
      const cut = what.length >= REFERENCES_MAX && persons === 0 ? 1 : 0;
      const more = RAISING.has(event) ? 1 : action === 'E' ? 0 : persons + cut;
      if (more > 0) raised.set(patient, (raised.get(patient) ?? 0) + more);
    },
    async highest(sql, vault, name) {
      if (merged.has(name)) return Number.POSITIVE_INFINITY;
      const { rows } = await sql.query<{ renewals: number }>({ ...RENEWALS, values: [vault] });
      return 1 + (raised.get(name) ?? 0) + (rows[0]?.renewals ?? 0);
    },
  };
}
