/** RFC 9162 section 2.1: the tree, inclusion proofs and consistency proofs. */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CompactRange,
  cover,
  EMPTY_ROOT,
  leafHash,
  nodeHash,
  verifyConsistency,
  verifyInclusion,
} from '../../src/audit/merkle.ts';
import { consistencyPath, inclusionPath, type ReadNodes, rootAt } from '../../src/audit/proof.ts';

/** The definition of RFC 9162 2.1.1, word for word and as slow as that. */
function definedRoot(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (!only) return EMPTY_ROOT;
  if (leaves.length === 1) return only;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeHash(definedRoot(leaves.slice(0, k)), definedRoot(leaves.slice(k)));
}

function treeOf(size: number) {
  const leaves = Array.from({ length: size }, (_, index) => leafHash(`leaf ${index}`));
  const read: ReadNodes = async (places) =>
    places.map(({ level, index }) =>
      definedRoot(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)),
    );
  return { leaves, read };
}

const size = fc.integer({ min: 1, max: 130 });

describe('the Merkle tree of RFC 9162', () => {
  it('hashes nothing, a leaf and a node with their own prefixes', () => {
    expect(EMPTY_ROOT.toString('hex')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    expect(leafHash('').toString('hex')).toBe(
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    );
  });

  it('grows leaf by leaf to the root of the definition, also from a stored frontier', () => {
    fc.assert(
      fc.property(size, fc.nat(130), (n, cut) => {
        const { leaves } = treeOf(n);
        let range = new CompactRange();
        for (const [index, leaf] of leaves.entries()) {
          if (index === cut) range = CompactRange.fromFrontier(range.end, range.frontier());
          range.appendLeaf(leaf);
        }
        expect(range.root()).toEqual(definedRoot(leaves));
      }),
    );
  });

  it('joins any run of leaves with what lies before and after it', () => {
    fc.assert(
      fc.property(size, fc.nat(130), fc.nat(130), (n, a, b) => {
        const { leaves } = treeOf(n);
        const begin = Math.min(a, b, n);
        const end = Math.min(Math.max(a, b), n);
        const piece = (from: number, to: number) => {
          const range = new CompactRange(from);
          for (const leaf of leaves.slice(from, to)) range.appendLeaf(leaf);
          expect(range.subtrees.map(({ level, index }) => ({ level, index }))).toEqual(
            cover(from, to),
          );
          return range.subtrees;
        };
        const whole = new CompactRange();
        const pieces = [piece(0, begin), piece(begin, end), piece(end, n)];
        for (const subtree of pieces.flat()) whole.append(subtree);
        expect(whole.root()).toEqual(definedRoot(leaves));
      }),
    );
  });

  it('refuses a frontier that does not fit its size, and a subtree out of place', () => {
    expect(() => CompactRange.fromFrontier(3, Buffer.alloc(32))).toThrow(/short/);
    expect(() => CompactRange.fromFrontier(1, Buffer.alloc(64))).toThrow(/long/);
    const range = new CompactRange();
    range.appendLeaf(Buffer.alloc(32));
    expect(() => range.append({ level: 1, index: 0, hash: Buffer.alloc(32) })).toThrow(/place/);
  });
});

describe('proofs', () => {
  it('prove every leaf of every tree, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(size, fc.nat(), fc.nat(), async (n, pick, bit) => {
        const { leaves, read } = treeOf(n);
        const index = pick % n;
        const path = await inclusionPath(read, index, n);
        const leaf = leaves[index] ?? EMPTY_ROOT;
        const root = definedRoot(leaves);
        const proof = { index: BigInt(index), size: BigInt(n), leaf, path, root };
        expect(verifyInclusion(proof)).toBe(true);
        expect(verifyInclusion({ ...proof, leaf: randomBytes(32) })).toBe(false);
        expect(verifyInclusion({ ...proof, path: [...path, randomBytes(32)] })).toBe(false);
        expect(verifyInclusion({ ...proof, root: flipped(root, bit) })).toBe(false);
        if (n > 1) {
          const other = BigInt((index + 1) % n);
          expect(verifyInclusion({ ...proof, index: other })).toBe(false);
          expect(verifyInclusion({ ...proof, path: path.slice(1) })).toBe(false);
        }
      }),
    );
  });

  it('prove that a tree extends an older one, and fail for any other older tree', async () => {
    await fc.assert(
      fc.asyncProperty(size, size, async (a, b) => {
        const first = Math.min(a, b);
        const second = Math.max(a, b);
        const { leaves, read } = treeOf(second);
        const path = await consistencyPath(read, first, second);
        const proof = {
          first: BigInt(first),
          second: BigInt(second),
          path,
          firstRoot: definedRoot(leaves.slice(0, first)),
          secondRoot: definedRoot(leaves),
        };
        expect(proof.firstRoot).toEqual(await rootAt(read, first));
        expect(verifyConsistency(proof)).toBe(true);
        expect(verifyConsistency({ ...proof, firstRoot: randomBytes(32) })).toBe(false);
        expect(verifyConsistency({ ...proof, secondRoot: randomBytes(32) })).toBe(false);
        expect(verifyConsistency({ ...proof, path: [...path, randomBytes(32)] })).toBe(false);
      }),
    );
  });

  it('are of the size and the place that they name', async () => {
    const { leaves, read } = treeOf(4);
    const [first = EMPTY_ROOT, , , last = EMPTY_ROOT] = leaves;
    const root = definedRoot(leaves);
    const path = await inclusionPath(read, 3, 4);
    const proof = { index: 3n, size: 4n, leaf: last, path, root };
    expect(verifyInclusion(proof)).toBe(true);
    // All that lies before the last leaf is to its left, so the place alone would not show it.
    for (const [index, size] of [
      [0n, 1n],
      [1n, 2n],
      [3n, 8n],
      [4n, 4n],
      [3n, 3n],
      [-1n, 4n],
    ]) {
      expect(verifyInclusion({ ...proof, index: index ?? 0n, size: size ?? 0n })).toBe(false);
    }
    // A part of a path leads to a part of the tree.
    const left = definedRoot(leaves.slice(0, 2));
    const part = (await inclusionPath(read, 0, 4)).slice(0, 1);
    expect(verifyInclusion({ index: 0n, size: 2n, leaf: first, path: part, root: left })).toBe(
      true,
    );
    expect(verifyInclusion({ index: 0n, size: 4n, leaf: first, path: part, root: left })).toBe(
      false,
    );
  });

  it('are of hashes of 32 bytes', async () => {
    const { leaves, read } = treeOf(3);
    const [leaf = EMPTY_ROOT] = leaves;
    const path = await inclusionPath(read, 0, 3);
    const [one = EMPTY_ROOT, two = EMPTY_ROOT] = path;
    // The same bytes, cut in another place, make the same hash of a node.
    const moved = Buffer.concat([leaf, one]);
    const root = definedRoot(leaves);
    const proof = { index: 0n, size: 3n, leaf, path, root };
    expect(verifyInclusion(proof)).toBe(true);
    const longer = { leaf: moved.subarray(0, 33), path: [moved.subarray(33), two] };
    const shorter = { leaf: moved.subarray(0, 31), path: [moved.subarray(31), two] };
    for (const cut of [longer, shorter]) {
      expect(verifyInclusion({ ...proof, ...cut })).toBe(false);
    }
    expect(verifyInclusion({ ...proof, path: [moved.subarray(33), two] })).toBe(false);
    const bare = { index: 0n, size: 1n, path: [] };
    expect(
      verifyInclusion({ ...bare, leaf: EMPTY_ROOT.subarray(1), root: EMPTY_ROOT.subarray(1) }),
    ).toBe(false);
  });

  it('of consistency are of the sizes that they name', async () => {
    const { leaves, read } = treeOf(4);
    const half = definedRoot(leaves.slice(0, 2));
    const whole = definedRoot(leaves);
    const path = await consistencyPath(read, 2, 4);
    const proof = { first: 2n, second: 4n, path, firstRoot: half, secondRoot: whole };
    expect(verifyConsistency(proof)).toBe(true);
    for (const [first, second] of [
      [4n, 2n],
      [2n, 8n],
      [-2n, 4n],
      [2n, 2n],
    ]) {
      const sizes = { first: first ?? 0n, second: second ?? 0n };
      expect(verifyConsistency({ ...proof, ...sizes }), `${first} of ${second}`).toBe(false);
    }
    // Without a path nothing was added, whatever the sizes say.
    const same = { ...proof, path: [], secondRoot: half };
    expect(verifyConsistency(same)).toBe(false);
    expect(verifyConsistency({ ...same, first: 3n })).toBe(false);
    expect(verifyConsistency({ ...proof, path: [EMPTY_ROOT.subarray(1)] })).toBe(false);
  });

  it('are refused for an old size of zero: whoever asks names a tree that he has seen', () => {
    const root = randomBytes(32);
    const empty = { first: 0n, second: 1n, path: [], firstRoot: EMPTY_ROOT, secondRoot: root };
    expect(verifyConsistency(empty)).toBe(false);
    expect(verifyConsistency({ ...empty, second: 0n, secondRoot: EMPTY_ROOT })).toBe(false);
  });

  it('are not made for what is not in the tree', async () => {
    const { read } = treeOf(3);
    await expect(inclusionPath(read, 3, 3)).rejects.toThrow(RangeError);
    await expect(consistencyPath(read, 0, 3)).rejects.toThrow(RangeError);
    await expect(consistencyPath(read, 4, 3)).rejects.toThrow(RangeError);
  });
});

function flipped(hash: Buffer, bit: number): Buffer {
  const changed = Buffer.from(hash);
  const at = bit % 256;
  changed.writeUInt8(changed.readUInt8(at >> 3) ^ (1 << (at & 7)), at >> 3);
  return changed;
}

it('a range that does not begin with the first leaf has no root', () => {
  const range = new CompactRange(4, [{ level: 2, index: 1, hash: leafHash('x') }]);
  expect(() => range.root()).toThrow(RangeError);
});
