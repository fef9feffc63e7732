/** What is given away, with the long texts that were cut out of it while it was looked at. */
import type { Sql } from '../platform/database.ts';
import type { Mark, Store } from '../store/index.ts';
import type { Opened } from './search-pool.ts';

export interface WholeParts {
  readonly store: Pick<Store, 'whole'>;
  readonly database: Sql;
}

export interface WholeWhere {
  readonly vault: string;
  readonly epoch: number;
  /** How the record stood at all that was decided; undefined where it changed meanwhile. */
  readonly asOf: Mark | undefined;
}

/** @returns `moved` when anything of the record is not as it was decided: decide again. */
export async function wholeOnes<One extends Opened>(
  { store, database }: WholeParts,
  { vault, epoch, asOf }: WholeWhere,
  ones: readonly One[],
): Promise<readonly One[] | 'moved'> {
  const cut = ones.filter(({ row }) => row.wholeBytes !== undefined);
  if (cut.length === 0) return ones;
  if (!asOf) return 'moved';
  const rows = await store.whole(database, { vault, epoch, asOf, rows: cut.map(({ row }) => row) });
  if (rows === 'moved') return rows;
  const whole = new Map(cut.map((one, at) => [one, rows[at]]));
  return ones.map((one) => {
    const row = whole.get(one);
    return row ? { ...one, row } : one;
  });
}
