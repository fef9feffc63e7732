/**
 * A gateway remembers the last head that it signed, and looks now and then whether the database
 * still answers to it: one that is idle, or whose cut tail another gateway grew over since, would
 * not see it by numbering. audit.md 6.3.
 */
import { type Sql, statement } from '../platform/database.ts';
import { type Head, readHead } from './head.ts';
import { rootAt } from './proof.ts';
import { treeNodes } from './tree-nodes.ts';

const LEAVES = statement(
  'audit_leaves_of_before',
  `select l.seq, encode(l.hash, 'hex') as hash from unnest($1::bigint[]) as a(seq)
     join ledger_leaf l on l.seq = a.seq`,
);

/**
 * @param before hashes of leaves that this gateway put in, by number
 * @returns whether entries that this head counts are gone, or others stand in their place.
 */
export async function isHistoryLost(
  sql: Sql,
  origin: string,
  last: Head,
  before: ReadonlyMap<number, string> = new Map(),
): Promise<boolean> {
  if (last.size === 0) return false;
  if (before.size > 0) {
    const { rows } = await sql.query<{ seq: number; hash: string }>({
      ...LEAVES,
      values: [[...before.keys()]],
    });
    const isThere = rows.every(({ seq, hash }) => before.get(seq) === hash);
    if (rows.length < before.size || !isThere) return true;
  }
  const now = await readHead(sql, origin);
  if ((now?.size ?? 0) < last.size) return true;
  const root = await rootAt(treeNodes(sql), last.size).catch(lostNode);
  return root === undefined || !root.equals(last.root);
}

/** A node that is not there was there when the head was signed; a database that is away was not. */
function lostNode(error: Error): undefined {
  if ('code' in error) throw error;
}
