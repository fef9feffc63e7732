/** The one statement that numbers a group, and the values it takes. */
import { statement } from '../platform/database.ts';
import type { EntryColumns } from './entry-columns.ts';
import type { RetentionClass } from './ledger-entry.ts';

/** An entry as it is kept, ready to be inserted. */
export interface SealedEntry {
  readonly class: RetentionClass;
  readonly commit: Buffer;
  readonly columns: EntryColumns;
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

/** `$1`-`$9` the head, `$10`-`$24` new rows, `$25`-`$29` leaves, then subtrees and counters. */
export const NUMBER = statement(
  'audit_number',
  `with moved as (
     update ledger_head set size = $4, root = $5, frontier = $6, recorded = $7, note = $8
     where ledger = $1 and size = $2 and root = $3
       and (select count(*) from ledger_entry where id = any($9::bigint[])) = cardinality($9)
     returning 1),
   fresh as materialized (
     select nextval('ledger_entry_id_seq') as id, u.*
     from unnest($10::timestamptz[], $11::bigint[], $12::bigint[], $13::bigint[], $14::integer[],
       $15::smallint[], $16::uuid[], $17::text[], $18::bytea[], $19::text[], $20::text[],
       $21::text[], $22::text[], $23::bytea[], $24::bigint[])
       as u(at, agent, organisation, holder, key, outcome, patient, action, salt, event, purpose,
         route, holders, body, seq)
     where exists (select from moved)),
   entries as (
     insert into ledger_entry (id, at, agent, organisation, holder, key, ledger, outcome, patient,
       action, salt, event, purpose, route, holders, body)
     select id, at, agent, organisation, holder, key, $1, outcome, patient, action::"char", salt,
       event, purpose, route, holders::bigint[], body from fresh),
   leaves as (
     insert into ledger_leaf (ledger, seq, entry, recorded, patient, nth, hash)
     select $1, u.seq, coalesce(u.entry, fresh.id), $7, u.patient, u.nth, u.hash
     from unnest($25::bigint[], $26::bigint[], $27::uuid[], $28::integer[], $29::bytea[])
       as u(seq, entry, patient, nth, hash)
     left join fresh on fresh.seq = u.seq
     where exists (select from moved)),
   subtrees as (
     insert into ledger_subtree (ledger, level, index, hash)
     select $1, u.* from unnest($30::smallint[], $31::bigint[], $32::bytea[])
       as u(level, index, hash) where exists (select from moved)),
   counters as (
     insert into ledger_patient (ledger, patient, count, mac)
     select $1, u.* from unnest($33::uuid[], $34::integer[], $35::bytea[])
       as u(patient, count, mac) where exists (select from moved)
     on conflict (patient, ledger) do update set count = excluded.count, mac = excluded.mac)
   select count(*)::integer as moved from moved`,
);

/** Columns of the rows that are new in this group: `$10` to `$24`. */
export function rowValues(group: readonly Unnumbered[], places: readonly Place[]): unknown[] {
  const rows = group.flatMap(({ sealed }, at) => {
    return sealed ? [{ ...sealed, seq: places[at]?.seq }] : [];
  });
  const column = <T>(pick: (columns: EntryColumns) => T) => rows.map((row) => pick(row.columns));
  return [
    column(({ at }) => at),
    column(({ agent }) => agent),
    column(({ organisation }) => organisation),
    column(({ holder }) => holder),
    rows.map(({ key }) => key),
    column(({ outcome }) => outcome),
    column(({ patient }) => patient),
    column(({ action }) => action),
    rows.map(({ salt }) => salt),
    column(({ event }) => event),
    column(({ purpose }) => purpose),
    column(({ route }) => route),
    column(({ holders }) => (holders === null ? null : `{${holders.join(',')}}`)),
    rows.map(({ body }) => body),
    rows.map(({ seq }) => seq),
  ];
}
