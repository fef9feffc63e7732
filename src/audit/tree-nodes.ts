/**
 * Reads hashes of complete subtrees: from a leaf, a kept subtree, or the 2 to 256 nodes below
 * it.
 */
import { type Sql, statement } from '../platform/database.ts';
import { nodeHash } from './merkle.ts';
import { KEPT_LEVELS } from './numbering.ts';
import type { ReadNodes } from './proof.ts';

const LEAVES = statement(
  'audit_leaf_hashes',
  'select hash from ledger_leaf where seq >= $1 and seq < $2 order by seq',
);
const SUBTREES = statement(
  'audit_subtree_hashes',
  `select hash from ledger_subtree
   where level = $3 and index >= $1 and index < $2 order by index`,
);

/** @throws Error, when read, if a row of the tree is missing. */
export function treeNodes(sql: Sql): ReadNodes {
  return async (places) => {
    const found: Buffer[] = [];
    for (const { level, index } of places) found.push(await node(sql, level, index));
    return found;
  };
}

async function node(sql: Sql, level: number, index: number): Promise<Buffer> {
  const base = KEPT_LEVELS.findLast((kept) => kept <= level) ?? 0;
  const width = 2 ** (level - base);
  const range = [index * width, (index + 1) * width];
  const { rows } = await sql.query<{ hash: Buffer }>(
    base === 0 ? { ...LEAVES, values: range } : { ...SUBTREES, values: [...range, base] },
  );
  if (rows.length !== width) {
    throw new Error(
      `The tree misses a node of level ${level} from entry ${index * 2 ** level} on.`,
    );
  }
  return fold(rows.map(({ hash }) => hash));
}

function fold(hashes: readonly Buffer[]): Buffer {
  let level = hashes;
  while (level.length > 1) {
    const up: Buffer[] = [];
    for (let at = 0; at + 1 < level.length; at += 2) {
      up.push(nodeHash(level[at] as Buffer, level[at + 1] as Buffer));
    }
    level = up;
  }
  return level[0] as Buffer;
}
