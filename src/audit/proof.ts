/**
 * Builds inclusion and consistency proofs (RFC 9162 2.1.3.1 and 2.1.4.1). Where the nodes come
 * from is the caller's affair: a proof is first a list of ranges, then hashes of complete
 * subtrees.
 */
import { CompactRange, cover, nodeHash, type Subtree } from './merkle.ts';

/** Hashes of complete subtrees, in the order asked for. */
export type ReadNodes = (
  places: readonly { level: number; index: number }[],
) => Promise<readonly Buffer[]>;

interface Span {
  readonly begin: number;
  readonly end: number;
}

/** @throws RangeError when the leaf is not in a tree of that size. */
export async function inclusionPath(read: ReadNodes, seq: number, size: number): Promise<Buffer[]> {
  if (!(seq >= 0 && seq < size)) throw new RangeError('That entry is not in a tree of that size.');
  return hashes(read, inclusionSpans(seq, { begin: 0, end: size }));
}

/** @throws RangeError unless 0 < first <= second. */
export async function consistencyPath(
  read: ReadNodes,
  first: number,
  second: number,
): Promise<Buffer[]> {
  if (!(first > 0 && first <= second)) throw new RangeError('The first size is not in the second.');
  if (first === second) return [];
  return hashes(read, consistencySpans(first, { begin: 0, end: second }, true));
}

/** Root of the tree of `size` leaves, from the same nodes. */
export async function rootAt(read: ReadNodes, size: number): Promise<Buffer> {
  const places = cover(0, size);
  const found = await read(places);
  return new CompactRange(0, subtreesOf(places, found)).root();
}

/** Places with their hashes. @throws RangeError when one is missing. */
function subtreesOf(
  places: readonly { level: number; index: number }[],
  found: readonly Buffer[],
): Subtree[] {
  return places.map(({ level, index }, at) => {
    const hash = found[at];
    if (!hash) throw new RangeError('A node of the tree is missing.');
    return { level, index, hash };
  });
}

function inclusionSpans(seq: number, { begin, end }: Span): Span[] {
  if (end - begin === 1) return [];
  const middle = begin + split(end - begin);
  return seq < middle
    ? [...inclusionSpans(seq, { begin, end: middle }), { begin: middle, end }]
    : [...inclusionSpans(seq, { begin: middle, end }), { begin, end: middle }];
}

/** `whole` stays true as long as the span is exactly the first tree, whose root the asker has. */
function consistencySpans(first: number, { begin, end }: Span, whole: boolean): Span[] {
  if (first === end) return whole ? [] : [{ begin, end }];
  const middle = begin + split(end - begin);
  return first <= middle
    ? [...consistencySpans(first, { begin, end: middle }, whole), { begin: middle, end }]
    : [...consistencySpans(first, { begin: middle, end }, false), { begin, end: middle }];
}

/** Largest power of two that is smaller than n. */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** A span at the right edge is no complete subtree: it is folded from the ones that cover it. */
async function hashes(read: ReadNodes, spans: readonly Span[]): Promise<Buffer[]> {
  const covers = spans.map(({ begin, end }) => cover(begin, end));
  const found = await read(covers.flat());
  let at = 0;
  return covers.map((places) => {
    const subtrees = subtreesOf(places, found.slice(at, at + places.length));
    at += places.length;
    let hash: Buffer | undefined;
    for (const subtree of subtrees.toReversed()) {
      hash = hash ? nodeHash(subtree.hash, hash) : subtree.hash;
    }
    if (!hash) throw new RangeError('A span of a proof is empty.');
    return hash;
  });
}
