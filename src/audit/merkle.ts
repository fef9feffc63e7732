/**
 * The Merkle tree of RFC 6962 and RFC 9162 section 2.1: hashes, a compact range that grows by one
 * leaf in O(log n), and the check of inclusion and consistency proofs. Pure; knows no database.
 */
import { hash as digest } from 'node:crypto';

const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

/** Root of the tree without leaves: the hash of nothing (RFC 9162 2.1.1). */
export const EMPTY_ROOT: Buffer = digest('sha256', '', 'buffer');

/** Hash of a leaf: SHA-256 of 0x00 and its data. */
export function leafHash(data: Buffer | string): Buffer {
  return digest('sha256', Buffer.concat([LEAF, Buffer.from(data)]), 'buffer');
}

/** Hash of an inner node: SHA-256 of 0x01 and the hashes of its children. */
export function nodeHash(left: Buffer, right: Buffer): Buffer {
  return digest('sha256', Buffer.concat([NODE, left, right]), 'buffer');
}

/** A complete subtree: leaves `index << level` up to `(index + 1) << level`. */
export interface Subtree {
  readonly level: number;
  readonly index: number;
  readonly hash: Buffer;
}

/**
 * The fewest complete subtrees that cover a run of leaves. Started at 0 it is the frontier of a
 * tree and gives its root; started elsewhere it is the piece of a proof that a verifier appends.
 */
export class CompactRange {
  readonly begin: number;
  #end: number;
  readonly #subtrees: Subtree[];

  constructor(begin = 0, subtrees: readonly Subtree[] = []) {
    this.begin = begin;
    this.#end = begin;
    this.#subtrees = [];
    for (const subtree of subtrees) this.append(subtree);
  }

  /** The range of a tree of `size` leaves from the concatenated hashes of its frontier. */
  static fromFrontier(size: number, hashes: Buffer): CompactRange {
    const range = new CompactRange();
    let at = 0;
    for (const { level, index } of cover(0, size)) {
      const hash = hashes.subarray(at, at + 32);
      if (hash.length !== 32) throw new RangeError('The frontier is too short for its size.');
      range.append({ level, index, hash: Buffer.from(hash) });
      at += 32;
    }
    if (at !== hashes.length) throw new RangeError('The frontier is too long for its size.');
    return range;
  }

  /** Index after the last leaf covered; of a range that starts at 0 this is the tree's size. */
  get end(): number {
    return this.#end;
  }

  get subtrees(): readonly Subtree[] {
    return this.#subtrees;
  }

  frontier(): Buffer {
    return Buffer.concat(this.#subtrees.map(({ hash }) => hash));
  }

  appendLeaf(hash: Buffer, made?: (subtree: Subtree) => void): void {
    this.append({ level: 0, index: this.#end, hash }, made);
  }

  /**
   * Adds the next subtree and joins what is complete; `made` hears of every node that is joined.
   * @throws RangeError when the subtree does not start where this range ends.
   */
  append(subtree: Subtree, made?: (subtree: Subtree) => void): void {
    const width = 2 ** subtree.level;
    if (subtree.index * width !== this.#end) throw new RangeError('A subtree is out of place.');
    this.#end += width;
    let node = subtree;
    for (;;) {
      const left = this.#subtrees.at(-1);
      // Only a right child (odd index) next to its own sibling may be joined.
      if (left?.level !== node.level || node.index % 2 === 0) break;
      this.#subtrees.pop();
      node = {
        level: node.level + 1,
        index: (node.index - 1) / 2,
        hash: nodeHash(left.hash, node.hash),
      };
      made?.(node);
    }
    this.#subtrees.push(node);
  }

  /** Root of the tree of `end` leaves; only for a range that starts at 0. */
  root(): Buffer {
    if (this.begin !== 0) throw new RangeError('Only a range from the first leaf has a root.');
    let hash: Buffer | undefined;
    for (const subtree of this.#subtrees.toReversed()) {
      hash = hash ? nodeHash(subtree.hash, hash) : subtree.hash;
    }
    return hash ?? EMPTY_ROOT;
  }
}

/** Places of the fewest complete subtrees that cover the leaves from `begin` up to `end`. */
export function cover(begin: number, end: number): { level: number; index: number }[] {
  const places: { level: number; index: number }[] = [];
  let at = begin;
  while (at < end) {
    let level = 0;
    while (at % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= end) level += 1;
    places.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return places;
}

/** RFC 9162 2.1.3.2. Sizes are big: foreign proofs may name indexes up to 2^64. */
export function verifyInclusion(proof: {
  index: bigint;
  size: bigint;
  leaf: Buffer;
  path: readonly Buffer[];
  root: Buffer;
}): boolean {
  const { index, size, leaf, path, root } = proof;
  if (index < 0n || index >= size || leaf.length !== 32) return false;
  let fn = index;
  let sn = size - 1n;
  let hash = leaf;
  for (const sibling of path) {
    if (sn === 0n || sibling.length !== 32) return false;
    if (fn % 2n === 1n || fn === sn) {
      hash = nodeHash(sibling, hash);
      while (fn % 2n === 0n && fn !== 0n) {
        fn /= 2n;
        sn /= 2n;
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    fn /= 2n;
    sn /= 2n;
  }
  return sn === 0n && hash.equals(root);
}

/**
 * RFC 9162 2.1.4.2. An old size of zero proves nothing about the old root, so it is refused:
 * whoever asks for consistency names a tree that he has seen.
 */
export function verifyConsistency(proof: {
  first: bigint;
  second: bigint;
  path: readonly Buffer[];
  firstRoot: Buffer;
  secondRoot: Buffer;
}): boolean {
  const { first, second, path, firstRoot, secondRoot } = proof;
  if (first <= 0n || second < first) return false;
  if (path.some((hash) => hash.length !== 32)) return false;
  if (first === second) return path.length === 0 && firstRoot.equals(secondRoot);
  const nodes = isPowerOfTwo(first) ? [firstRoot, ...path] : path;
  const [start, ...rest] = nodes;
  if (!start || path.length === 0) return false;
  let fn = first - 1n;
  let sn = second - 1n;
  while (fn % 2n === 1n) {
    fn /= 2n;
    sn /= 2n;
  }
  let oldHash = start;
  let newHash = start;
  for (const node of rest) {
    if (sn === 0n) return false;
    if (fn % 2n === 1n || fn === sn) {
      oldHash = nodeHash(node, oldHash);
      newHash = nodeHash(node, newHash);
      while (fn % 2n === 0n && fn !== 0n) {
        fn /= 2n;
        sn /= 2n;
      }
    } else {
      newHash = nodeHash(newHash, node);
    }
    fn /= 2n;
    sn /= 2n;
  }
  return sn === 0n && oldHash.equals(firstRoot) && newHash.equals(secondRoot);
}

function isPowerOfTwo(value: bigint): boolean {
  return (value & (value - 1n)) === 0n;
}
