/**
 * How far the consent epoch of a vault can have come, by what the ledger tells of it: each save,
 * each change of the person's own data and each renewal of the care relations raises it by one.
 * A line may name a Patient that came again unchanged, which raises nothing, so no more of those
 * count than there are versions of one. One that went further was raised by another hand.
 */
import type { LedgerEntry } from '../audit/index.ts';
import { type Sql, statement } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { Store } from '../store/index.ts';

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

type Versions = Pick<Store, 'candidates'>;

export interface EpochsTold {
  hear(record: LedgerEntry['record']): void;
  /** @param name the person as the ledger names them. */
  highest(sql: Sql, store: Versions, vault: string, name: string): Promise<number>;
}

export function epochsTold(): EpochsTold {
  const raised = new Map<string, number>();
  const persons = new Map<string, number>();
  const merged = new Set<string>();
  return {
    hear({ patient, event, action, outcome, what = [] }) {
      if (patient === undefined || action === 'R' || outcome === 8) return;
      // Records that were joined took relations along, and gave some back: nothing is told then.
      if (event === 'merge' || event === 'unmerge') merged.add(patient);
      if (RAISING.has(event)) raised.set(patient, (raised.get(patient) ?? 0) + 1);
      else if (action !== 'E') {
        const named = what.filter((one) => one.startsWith('Patient/')).length;
        const cut = what.length >= REFERENCES_MAX && named === 0 ? 1 : 0;
        if (named + cut > 0) persons.set(patient, (persons.get(patient) ?? 0) + named + cut);
      }
    },
    async highest(sql, store, vault, name) {
      if (merged.has(name)) return Number.POSITIVE_INFINITY;
      const { rows } = await sql.query<{ renewals: number }>({ ...RENEWALS, values: [vault] });
      const told = Math.min(persons.get(name) ?? 0, await versionsOfPerson(sql, store, vault));
      return 1 + (raised.get(name) ?? 0) + told + (rows[0]?.renewals ?? 0);
    },
  };
}

/**
 * All versions of each Patient that is there; of very many no more is said than that, and nothing
 * of a record that does not open: the check of the store names it.
 */
async function versionsOfPerson(sql: Sql, store: Versions, vault: string): Promise<number> {
  const asked = { vault, types: ['Patient'], deletedToo: true, olderToo: true, cut: true };
  try {
    const { rows, tooMany } = await store.candidates(sql, asked);
    return tooMany ? Number.POSITIVE_INFINITY : rows.length;
  } catch (error) {
    if (!(error instanceof Problem) || error.kind !== 'fault') throw error;
    return Number.POSITIVE_INFINITY;
  }
}
