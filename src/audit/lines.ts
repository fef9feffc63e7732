/** All lines in order, for detectors that have to look at every one (audit.md section 11). */
import { firstSince, ROWS, type Row } from './export.ts';
import { readHead } from './head.ts';
import type { LedgerEntry } from './ledger-entry-view.ts';
import { entryOf, type SearchParts } from './search.ts';

/**
 * Lines by number, batch by batch. What does not open is passed over: `verify` names it.
 * @param since moment of numbering, inclusive; `until` exclusive.
 */
export async function* linesBetween(
  parts: SearchParts,
  since: Date,
  until: Date,
): AsyncGenerator<LedgerEntry> {
  const { sql, opener } = parts;
  const head = await readHead(sql, opener.origin);
  if (!head) return;
  let at = await firstSince(sql, head.size, since);
  const end = await firstSince(sql, head.size, until);
  while (at < end) {
    const { rows } = await sql.query<Row>({ ...ROWS, values: [at, end] });
    if (rows.length === 0) return;
    for (const row of rows) {
      at = row.seq + 1;
      const entry = row.id === null ? undefined : await entryOf(opener, row);
      if (entry) yield entry;
    }
  }
}
