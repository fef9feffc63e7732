/**
 * Every entry about one patient, and whether these are all. Three things must agree: the
 * authenticated counter, the running numbers without a gap, and the leaf of each entry that is
 * shown.
 */
import type { KeyObject } from 'node:crypto';
import { commitOf, ENTRY_COLUMNS, openRow } from './entry-row.ts';
import type { LedgerEntry } from './ledger-entry-view.ts';
import { leafData } from './ledger-record.ts';
import { leafHash } from './merkle.ts';
import { checkedCounter } from './patient-counters.ts';
import { patientToken } from './pseudonyms.ts';
import type { NumberedRow, SearchParts } from './search.ts';

export interface PatientQuestion {
  /** Only entries before this running number: the next page. */
  readonly before?: number;
  readonly limit?: number;
}

export interface PatientLedger {
  /** Newest first. */
  readonly entries: readonly LedgerEntry[];
  /** How many entries there are about this patient. */
  readonly total: number;
  /** False when an entry was removed, changed or added by another hand: the page must say so. */
  readonly complete: boolean;
  /** Why not, for the operator: `counter`, `removed`, `changed`. */
  readonly fault?: 'counter' | 'removed' | 'changed';
  readonly next?: number;
  /** Of this page: lines that are gone because their term ended. They count in the total. */
  readonly past: number;
}

type PatientRow = NumberedRow & { readonly past: boolean };

const PATIENT_PAGE_MAX = 5_000;

/** No term is shorter: what is younger and gone was not taken by the end of a term. */
const TERM_MONTHS_MIN = 24;

/** In one statement, so that counter and leaves are of the same moment. */
const COUNT = `select p.count, p.mac, l.leaves, l.highest
  from (select count(*)::integer as leaves, coalesce(max(nth), 0) as highest
    from ledger_leaf where patient = $1) l
  left join ledger_patient p on p.patient = $1`;
const PAGE = `select ${ENTRY_COLUMNS}, l.seq, l.recorded, l.nth, l.hash,
    p.seq is not null and l.recorded < now() - interval '${TERM_MONTHS_MIN} months' as past
  from ledger_leaf l left join ledger_entry e on e.id = l.entry
  left join ledger_pruned p on p.seq = l.seq
  where l.patient = $1 and l.nth < $2 order by l.nth desc limit $3`;

export async function ofPatient(
  parts: SearchParts,
  counterKey: KeyObject,
  vault: string,
  question: PatientQuestion = {},
): Promise<PatientLedger> {
  const { sql, opener } = parts;
  const pseudonym = opener.pseudonyms.person(vault);
  const patient = patientToken(pseudonym);
  if (patient === null) return { entries: [], total: 0, complete: true, past: 0 };
  const limit = Math.min(question.limit ?? PATIENT_PAGE_MAX, PATIENT_PAGE_MAX);
  const counted = await countOf(parts, counterKey, patient);
  const before = Math.min(question.before ?? counted.count + 1, counted.count + 1);
  const { rows } = await sql.query<PatientRow>(PAGE, [patient, before, limit]);
  const entries: LedgerEntry[] = [];
  let fault: PatientLedger['fault'];
  let past = 0;
  for (const [at, row] of rows.entries()) {
    if (row.nth !== before - 1 - at) fault ??= 'removed';
    if (row.id === null) {
      if (row.past) past += 1;
      else fault ??= 'removed';
      continue;
    }
    const entry = await checked(parts, pseudonym, row);
    if (entry) entries.push(entry);
    else fault ??= 'changed';
  }
  if (counted.fault) fault = counted.fault;
  else if (rows.length < Math.min(limit, before - 1)) fault ??= 'removed';
  const last = rows.at(-1)?.nth ?? 1;
  return {
    entries,
    total: counted.count,
    complete: fault === undefined,
    past,
    ...(fault ? { fault } : {}),
    ...(last > 1 && rows.length === limit ? { next: last } : {}),
  };
}

async function countOf(
  { sql }: SearchParts,
  counterKey: KeyObject,
  patient: string,
): Promise<{ count: number; fault?: 'counter' | 'removed' }> {
  const { rows } = await sql.query<{
    count: number | null;
    mac: Buffer | null;
    leaves: number;
    highest: number;
  }>(COUNT, [patient]);
  const { count = null, mac = null, leaves = 0, highest = 0 } = rows[0] ?? {};
  if (count === null || mac === null) {
    return leaves === 0 ? { count: 0 } : { count: leaves, fault: 'counter' };
  }
  const { sound } = checkedCounter(counterKey, { patient, count, mac });
  if (!sound) return { count, fault: 'counter' };
  return count === leaves && leaves === highest ? { count } : { count, fault: 'removed' };
}

/** The entry, if it opens, is about this patient, and hashes to its own leaf. */
async function checked(
  { opener }: SearchParts,
  pseudonym: string,
  row: NumberedRow,
): Promise<LedgerEntry | undefined> {
  const opened = await openRow(opener, row);
  if (!opened || opened.record.patient !== pseudonym) return undefined;
  const { class: name, record } = opened;
  const commit = commitOf(row, opened);
  const leaf = leafHash(leafData({ class: name, commit, recorded: row.recorded, seq: row.seq }));
  if (!leaf.equals(row.hash)) return undefined;
  return {
    ledger: opener.origin,
    seq: row.seq,
    recorded: row.recorded.toISOString(),
    record,
    leafHash: leaf.toString('hex'),
    ...(row.nth === null ? {} : { nth: row.nth }),
    masked: false,
  };
}
