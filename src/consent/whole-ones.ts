/** What is given away, with the long texts that were cut out of it while it was looked at. */
import type { Sql } from '../platform/database.ts';
import type { Store } from '../store/index.ts';
import type { Opened } from './search-pool.ts';

export interface WholeParts {
  readonly store: Pick<Store, 'whole'>;
  readonly database: Sql;
}

/**
 * @param takeTurn waits until there is room for what is large; not called where nothing is
 * @returns `moved` when one of the versions is not there any more, or the epoch is another.
 */
export async function wholeOnes<One extends Opened>(
  { store, database }: WholeParts,
  { vault, epoch }: { readonly vault: string; readonly epoch: number },
  ones: readonly One[],
  takeTurn?: () => Promise<unknown>,
): Promise<readonly One[] | 'moved'> {
  const cut = ones.filter(({ row }) => row.wholeBytes !== undefined);
  if (cut.length === 0) return ones;
  await takeTurn?.();
  const rows = await store.whole(database, { vault, epoch, rows: cut.map(({ row }) => row) });
  if (rows === 'moved') return rows;
  const whole = new Map(cut.map((one, at) => [one, rows[at]]));
  return ones.map((one) => {
    const row = whole.get(one);
    return row ? { ...one, row } : one;
  });
}
