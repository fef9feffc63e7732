/** Entries in the transaction of what they are about: they commit with it, without a number. */
import { statement, type Tx } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { entryValues } from './entry-values.ts';
import type { SealedEntry, Unnumbered } from './number-statement.ts';

/** An entry in the caller's transaction; hand it to `numbered` after the commit. */
export interface PendingEntry extends Unnumbered {
  readonly id: number;
}

const INSERT = statement(
  'audit_write_all',
  `with fresh as materialized (
     select nextval('ledger_entry_id_seq') as id, u.*
       from unnest($1::integer[], $2::integer[], $3::integer[], $4::integer[], $5::integer[],
         $6::smallint[], $7::text[], $8::bytea[], $9::text[], $10::text[], $11::text[],
         $12::text[], $13::bytea[])
       with ordinality as u(at, agent, organisation, holder, key, outcome, action, salt, event,
         purpose, route, holders, body, nth)),
   entries as (
     insert into ledger_entry (id, at, agent, organisation, holder, key, outcome, action, salt,
       event, purpose, route, holders, body)
     select id, at, agent, organisation, holder, key, outcome, action::"char", salt, event,
       purpose, route, holders::integer[], body from fresh)
   select id from fresh order by nth`,
);

export async function insertEntries(
  tx: Tx,
  entries: readonly SealedEntry[],
): Promise<PendingEntry[]> {
  if (entries.length === 0) return [];
  const { rows } = await tx.query<{ id: number }>({ ...INSERT, values: entryValues(entries) });
  return entries.map(({ class: name, commit, patient }, at) => {
    const id = rows[at]?.id;
    if (id === undefined) throw new Problem('fault', 'The ledger gave an entry no id.');
    return { id, class: name, commit, patient };
  });
}
