/** The one statement that numbers a group, and the values it takes. */
import { binaryArray } from '../platform/binary-array.ts';
import { statement } from '../platform/database.ts';
import type { EntryColumns } from './entry-columns.ts';
import { entryValues } from './entry-values.ts';
import type { RetentionClass } from './ledger-entry.ts';

/** An entry as it is kept, ready to be inserted. */
export interface SealedEntry {
  readonly class: RetentionClass;
  readonly commit: Buffer;
  readonly columns: EntryColumns;
  /** Token of the patient it is about. */
  readonly patient: string | null;
  readonly key: number;
  readonly salt: Buffer;
  readonly body: Buffer;
}

/** What numbering needs of an entry; `id` is there when its row was committed before. */
export interface Unnumbered {
  readonly id?: number;
  readonly class: RetentionClass;
  readonly commit: Buffer;
  readonly patient: string | null;
  readonly sealed?: SealedEntry;
}

export interface Place {
  readonly seq: number;
  readonly leafHash: Buffer;
}

/** `$1`-`$8` the head, `$9`-`$22` new rows, `$23`-`$27` leaves, then subtrees and counters. */
export const NUMBER = statement(
  'audit_number',
  `with moved as (
     update ledger_head set size = $3, root = $4, frontier = $5, recorded = $6, note = $7
     where size = $1 and root = $2
       and (select count(*) from ledger_entry where id = any($8::bigint[])) = cardinality($8)
     returning 1),
   fresh as materialized (
     select nextval('ledger_entry_id_seq') as id, u.*
     from unnest($9::integer[], $10::integer[], $11::integer[], $12::integer[], $13::integer[],
       $14::smallint[], $15::text[], $16::bytea[], $17::text[], $18::text[], $19::text[],
       $20::text[], $21::bytea[], $22::bigint[])
       as u(at, agent, organisation, holder, key, outcome, action, salt, event, purpose, route,
         holders, body, seq)
     where exists (select from moved)),
   entries as (
     insert into ledger_entry (id, at, agent, organisation, holder, key, outcome, action, salt,
       event, purpose, route, holders, body)
     select id, at, agent, organisation, holder, key, outcome, action::"char", salt, event,
       purpose, route, holders::integer[], body from fresh),
   leaves as (
     insert into ledger_leaf (seq, entry, recorded, patient, nth, hash)
     select u.seq, coalesce(u.entry, fresh.id), $6, u.patient, u.nth, u.hash
     from unnest($23::bigint[], $24::bigint[], $25::bigint[], $26::integer[], $27::bytea[])
       as u(seq, entry, patient, nth, hash)
     left join fresh on fresh.seq = u.seq
     where exists (select from moved)),
   subtrees as (
     insert into ledger_subtree (level, index, hash)
     select u.* from unnest($28::smallint[], $29::bigint[], $30::bytea[])
       as u(level, index, hash) where exists (select from moved)),
   counters as (
     insert into ledger_patient (patient, count, mac)
     select u.* from unnest($31::bigint[], $32::integer[], $33::bytea[])
       as u(patient, count, mac) where exists (select from moved)
     on conflict (patient) do update set count = excluded.count, mac = excluded.mac)
   select count(*)::integer as moved from moved`,
);

/** Columns of the rows that are new in this group: `$9` to `$22`. */
export function rowValues(group: readonly Unnumbered[], places: readonly Place[]): Buffer[] {
  const rows: SealedEntry[] = [];
  const seqs: number[] = [];
  for (const [at, { sealed }] of group.entries()) {
    if (!sealed) continue;
    rows.push(sealed);
    seqs.push(places[at]?.seq ?? 0);
  }
  return [...entryValues(rows), binaryArray.int8(seqs)];
}
