/**
 * What verification looks at beside the tree: rows without a number, and the counters of
 * patients.
 */
import { statement } from '../platform/database.ts';
import { secondOf } from './entry-columns.ts';
import { changedIn, ENTRY_COLUMNS, type EntryRow, openRow } from './entry-row.ts';
import type { Findings } from './findings.ts';
import { KEPT_LEVELS } from './numbering.ts';
import { readCounters } from './patient-counters.ts';
import type { VerifyParts } from './verify.ts';

const STRAYS_MAX = 1_000;
const PATIENTS_BATCH = 5_000;

const STRAY_LEAVES = statement(
  'audit_stray_leaves',
  `select seq from ledger_leaf where seq < 0 or seq >= (select size from ledger_head)
   order by seq limit 10`,
);
/** What lies beyond the size that is signed, or belongs to no part of the tree that is kept. */
const STRAY_SUBTREES = statement(
  'audit_stray_subtrees',
  `select level, index from ledger_subtree
   where level <> all($1::smallint[]) or index < 0
      or (index + 1) * (2 ^ level)::bigint > (select size from ledger_head)
   order by level, index limit 10`,
);
const STRAY_LISTINGS = statement(
  'audit_stray_listings',
  `select seq from ledger_pruned where seq < 0 or seq >= (select size from ledger_head)
   order by seq limit 10`,
);
const STRAY_ENTRIES = statement(
  'audit_stray_entries',
  `select ${ENTRY_COLUMNS}, e.at < $1 as old,
     exists (select from ledger_entry o join ledger_leaf l on l.entry = o.id
       where o.agent = e.agent and o.at = e.at and o.salt = e.salt) as copy
   from ledger_entry e
   where e.id > $2 and e.id <= $3
     and not exists (select from ledger_leaf l where l.entry = e.id)
   order by e.id limit ${STRAYS_MAX}`,
);
/** So many rows in one statement, that each stays within its time however large the ledger is. */
const WINDOW = 200_000;
const LAST_ENTRY = statement(
  'audit_last_entry',
  'select coalesce(max(id), 0) as id, coalesce(min(id), 0) as first from ledger_entry',
);
const MARK = statement(
  'audit_verify_mark',
  'select swept, (select last_value from ledger_entry_id_seq) as last from ledger_head',
);
const SIZE = statement('audit_size', 'select size from ledger_head');
const COUNTED = statement(
  'audit_counted',
  `select p.patient::text, p.count, coalesce(l.count, 0)::integer as leaves,
     coalesce(l.highest, 0) as highest, l.last, l.astray
   from (select patient, count from ledger_patient where patient > $1
     order by patient limit ${PATIENTS_BATCH}) p
   left join lateral (select count(*), max(nth) as highest, max(seq) as last,
       min(seq) filter (where nth <> place) as astray
     from (select seq, nth, row_number() over (order by seq) as place from ledger_leaf
       where patient = p.patient) i) l on true
   order by p.patient`,
);
const UNCOUNTED = statement(
  'audit_uncounted',
  `select min(l.seq) as seq from ledger_leaf l
   where l.nth = 1 and l.seq >= $1 and l.seq < $2
     and not exists (select from ledger_patient p where p.patient = l.patient)`,
);

type Stray = EntryRow & { readonly old: boolean; readonly copy: boolean };

/**
 * Rows that never had a number, and leaves before the first or beyond the head.
 * @param keks key-encryption keys that lines tell of, now put away
 */
export async function checkStrays(
  parts: VerifyParts,
  findings: Findings,
  keks: ReadonlySet<string>,
): Promise<void> {
  const leaves = await parts.sql.query<{ seq: number }>(STRAY_LEAVES);
  for (const { seq } of leaves.rows) {
    findings.add(
      'inserted',
      seq,
      `was put in by another hand: its leaf lies ${seq < 0 ? 'before the first' : 'beyond the signed head'}`,
    );
  }
  await checkPlanted(parts, findings, keks);
  const mark = (await parts.sql.query<{ swept: number; last: number }>(MARK)).rows[0];
  if (mark && mark.swept > mark.last) {
    findings.add('head', undefined, 'The mark of what was swept was moved by another hand.');
  }
  const old = secondOf(new Date(Date.now() - 60_000));
  const { first, id: last } = (await parts.sql.query<{ first: number; id: number }>(LAST_ENTRY))
    .rows[0] ?? { first: 0, id: 0 };
  const strays: Stray[] = [];
  for (let from = first - 1; from < last && strays.length < STRAYS_MAX; from += WINDOW) {
    const values = [old, from, Math.min(last, from + WINDOW)];
    strays.push(...(await parts.sql.query<Stray>({ ...STRAY_ENTRIES, values })).rows);
  }
  for (const row of strays.slice(0, STRAYS_MAX)) {
    const opened = await openRow(parts.opener, row);
    if (!opened || row.copy || changedIn(parts.opener, row, opened)) {
      findings.add('inserted', undefined, `Row ${row.id} was put in by another hand.`);
    } else if (row.old) {
      findings.add('unnumbered', undefined, `Row ${row.id} was committed and has no number.`);
    }
  }
}

/** Rows beside the entries that nothing here put in. */
async function checkPlanted(
  { sql, opener }: VerifyParts,
  findings: Findings,
  keks: ReadonlySet<string>,
): Promise<void> {
  const subtrees = await sql.query<{ level: number; index: number }>({
    ...STRAY_SUBTREES,
    values: [KEPT_LEVELS],
  });
  for (const { level, index } of subtrees.rows) {
    const place = `${index} of level ${level}`;
    findings.add('tree', undefined, `Kept hash ${place} was put in by another hand.`);
  }
  for (const { seq } of (await sql.query<{ seq: number }>(STRAY_LISTINGS)).rows) {
    findings.add('inserted', undefined, `Listing ${seq} as gone was put in by another hand.`);
  }
  for (const { key, kek, isStrange } of await opener.keys.changedCopies(keks)) {
    const what = isStrange ? 'is under a key that nobody told of' : 'was changed';
    findings.add('key', undefined, `The copy of key ${key} under ${kek} ${what}.`);
  }
}

/** Every patient's counter against its leaves, and the leaves without a counter. */
export async function checkCounters(parts: VerifyParts, findings: Findings): Promise<void> {
  const { sql, counterKey } = parts;
  let after = '-9223372036854775808';
  for (;;) {
    const { rows } = await sql.query<{
      patient: string;
      count: number;
      leaves: number;
      highest: number;
      last: number | null;
      /** The first whose running number is not its place. */
      astray: number | null;
    }>({ ...COUNTED, values: [after] });
    const ids = rows.map(({ patient }) => patient);
    const counters = await readCounters(sql, counterKey, ids);
    for (const row of rows) {
      const seq = row.last ?? undefined;
      if (!counters.get(row.patient)?.sound) {
        findings.add('counter', seq, 'is the last of a patient whose counter was changed');
      } else if (row.count !== row.leaves || row.leaves !== row.highest) {
        findings.add('counter', seq, 'is the last of a patient whose entries are not all there');
      } else if (row.astray !== null) {
        findings.add('column', row.astray, 'has a changed running number of its patient');
      }
    }
    if (rows.length < PATIENTS_BATCH) break;
    after = rows.at(-1)?.patient ?? after;
  }
  await checkUncounted(parts, findings);
}

async function checkUncounted({ sql }: VerifyParts, findings: Findings): Promise<void> {
  const { rows } = await sql.query<{ size: number }>(SIZE);
  const size = rows[0]?.size ?? 0;
  for (let from = 0; from < size; from += WINDOW) {
    const values = [from, Math.min(size, from + WINDOW)];
    const found = await sql.query<{ seq: number | null }>({ ...UNCOUNTED, values });
    const seq = found.rows[0]?.seq ?? undefined;
    if (seq === undefined) continue;
    return findings.add('counter', seq, 'is of a patient whose counter was removed');
  }
}
