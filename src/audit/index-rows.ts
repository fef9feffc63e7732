/**
 * Whether every index by which rows are found leads to all of them: one that was deaf for a while
 * and hears again hides what was written meanwhile (a withdrawal, a line) from whoever looks it up
 * by that index, though the row is there and nothing of the index shows it. audit.md 6.3.
 */
import { type Database, type Sql, statement } from '../platform/database.ts';

/** Those of plain columns over all rows, in the order that the database itself sorts by. */
const INDEXES = statement(
  'audit_index_rows',
  `select c.relname as table, i.relname as index,
          (select string_agg(quote_ident(a.attname)
                    || case when x.indoption[k.nth - 1] & 1 = 1 then ' desc' else '' end
                    || case when x.indoption[k.nth - 1] & 2 = 2 then ' nulls first'
                       else ' nulls last' end, ', ' order by k.nth)
             from unnest(x.indkey::int2[]) with ordinality as k(attnum, nth)
             join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
            where k.nth <= x.indnkeyatts) as columns
     from pg_index x join pg_class c on c.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
     join pg_am m on m.oid = i.relam
    where c.relkind = 'r' and m.amname = 'btree' and x.indisvalid and x.indpred is null
      and x.indexprs is null and c.relnamespace = (
        select relnamespace from pg_class where oid = to_regclass('ledger_head'))
    order by 1, 2`,
);
/** Only then a count is made by the index whose order is asked for. */
const BY_INDEX = `set local enable_seqscan = off; set local enable_bitmapscan = off;
  set local enable_sort = off; set local enable_incremental_sort = off;
  set local enable_indexscan = on; set local enable_indexonlyscan = on`;
const BY_TABLE = `set local enable_seqscan = on; set local enable_bitmapscan = off;
  set local enable_indexscan = off; set local enable_indexonlyscan = off`;

interface Index {
  readonly table: string;
  readonly index: string;
  readonly columns: string;
}

/**
 * Counts every table twice for each of its indexes: minutes where there are tens of millions.
 * @returns a sentence for each index that leads to another number of rows than there are
 */
export function unfoundRows(database: Database): Promise<string[]> {
  return database.transaction(async (tx) => {
    // Both counts are of one moment, while the gateway works on.
    await tx.query({ text: 'set transaction isolation level repeatable read' });
    await tx.query({ text: `set local statement_timeout = 0; set local jit = off` });
    const { rows: indexes } = await tx.query<Index>({ ...INDEXES, values: [] });
    await tx.query({ text: BY_TABLE });
    const tables = new Map<string, number>();
    for (const { table } of indexes) {
      if (!tables.has(table)) tables.set(table, await countOf(tx, `select from ${quoted(table)}`));
    }
    await tx.query({ text: BY_INDEX });
    const found: string[] = [];
    for (const { table, index, columns } of indexes) {
      // Without the offset the order would be left out, and with it the index.
      const led = await countOf(tx, `select from ${quoted(table)} order by ${columns} offset 0`);
      const all = tables.get(table) ?? 0;
      if (led !== all) found.push(`The index ${index} leads to ${led} of ${all} rows of ${table}.`);
    }
    return found;
  });
}

async function countOf(sql: Sql, rows: string): Promise<number> {
  const text = `select count(*)::float8 as rows from (${rows}) r`;
  return (await sql.query<{ rows: number }>({ text })).rows[0]?.rows ?? 0;
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
