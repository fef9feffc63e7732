/**
 * Undo of the tidy list: which pairs of rows the person keeps apart (capabilities A8). Only pairs
 * are kept, so a new row of some source can still stand with either.
 */
import { APART_PAIRS_MAX } from '../../consent/index.ts';

export type Pulled = 'apart' | 'together';

const NAME = /^[A-Z][A-Za-z]{1,40}\/[A-Za-z0-9.-]{1,64}$/;
const ROWS_MAX = 60;

/**
 * The pairs after the person pressed a button at these rows.
 * @param rows `Type/id`, as the form sent them; what is no such name is left out
 */
export function apartAfter(
  before: readonly string[],
  rows: readonly string[],
  pulled: Pulled,
): readonly string[] {
  const named = [...new Set(rows.filter((one) => NAME.test(one)))].slice(0, ROWS_MAX).toSorted();
  if (pulled === 'together') {
    return before.filter((pair) => !pair.split(' ').some((one) => named.includes(one)));
  }
  const pairs = named.flatMap((one, at) => named.slice(at + 1).map((other) => `${one} ${other}`));
  // The latest are kept when there are too many.
  return [...new Set([...before, ...pairs])].slice(-APART_PAIRS_MAX);
}
