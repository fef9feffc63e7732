/** The newest line of the gateway itself or of an operator, by what it tells. */
import { statement } from '../platform/database.ts';
import type { LedgerEntry } from './ledger-entry-view.ts';
import { entryOf, NUMBERED_COLUMNS, type NumberedRow, type SearchParts } from './search.ts';

/** Such lines are seldom and of no organisation, so the index of those leads to it. */
const LAST = statement(
  'audit_last_of',
  `select ${NUMBERED_COLUMNS}
     from ledger_entry e join ledger_leaf l on l.entry = e.id
    where e.organisation is null and e.event = any($1)
      and e.event
        <> all ('{read,search-type,receive,token,create,update,login,authorize}'::text[])
    order by e.at desc, e.id desc limit 1`,
);

/** @param events none that the index leaves out. @returns undefined when there is none. */
export async function lastOf(
  { sql, opener }: SearchParts,
  events: readonly string[],
): Promise<LedgerEntry | undefined> {
  const { rows } = await sql.query<NumberedRow>({ ...LAST, values: [events] });
  return rows[0] && entryOf(opener, rows[0]);
}
