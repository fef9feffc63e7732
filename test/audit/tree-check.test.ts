/**
 * audit.md 6.3: leaves that were changed together with their records fit each other; only what was
 * signed or kept over them tells, and it is named as closely as that allows.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Checkpoint, openCheckpoint } from '../../src/audit/checkpoint.ts';
import { Findings } from '../../src/audit/findings.ts';
import { type Head, readHead } from '../../src/audit/head.ts';
import { leafHash } from '../../src/audit/merkle.ts';
import { TreeCheck } from '../../src/audit/tree-check.ts';
import type { VerifyParts } from '../../src/audit/verify.ts';
import { searchEvent, type TestLedger, testLedger } from './ledgers.ts';

const ENTRIES = 600;
let made: TestLedger;
let head: Head;
let leaves: Buffer[];
let checkpoints: Checkpoint[];

beforeAll(async () => {
  made = await testLedger();
  const { name, publicKey } = made.keyring.ledger;
  checkpoints = [];
  const keep = async () =>
    checkpoints.push(openCheckpoint(await made.ledger.checkpoint(), name, publicKey));
  await keep();
  for (let at = 0; at < ENTRIES; at += 100) {
    await made.ledger.record(Array.from({ length: 100 }, () => searchEvent()));
    await keep();
  }
  const found = await readHead(made.db.database, name);
  if (!found) throw new Error('No head.');
  head = found;
  const { rows } = await made.db.database.query<{ hash: Buffer }>(
    'select hash from ledger_leaf order by seq',
  );
  leaves = rows.map(({ hash }) => hash);
});
afterAll(() => made.close());

/** What is found when these leaves are others than were numbered. */
async function found(
  changed: readonly number[],
  { known = [] as readonly Checkpoint[], removed = -1, at = head } = {},
) {
  const findings = new Findings();
  const parts = { sql: made.db.database } as unknown as VerifyParts;
  const tree = new TreeCheck(parts, at, [...known], findings);
  for (const [seq, hash] of leaves.entries()) {
    if (seq === removed) tree.broken = true;
    else tree.append(changed.includes(seq) ? leafHash(`other ${seq}`) : hash);
    if (seq % 90 === 0) await tree.compare();
  }
  await tree.compare();
  tree.end();
  return findings.list().map(({ kind, text }) => `${kind}: ${text}`);
}

const differs = (begin: number, last: number, whose: string) => [
  `tree: Entry ${begin} to ${last}: one of these differs from ${whose}.`,
];

describe('the tree over the leaves', () => {
  it('is found whole, with every head that was signed, the first of no entries too', async () => {
    expect(checkpoints.map(({ size }) => size)).toEqual([0, 100, 200, 300, 400, 500, 600]);
    expect(await found([], { known: checkpoints })).toEqual([]);
  });

  it.each([
    ['in the first kept part', 20, 0, 255],
    ['in the last kept part', 511, 256, 511],
    ['behind the kept parts', 512, 0, 599],
  ])('that differs %s is told by the signed head alone', async (_where, seq, begin, last) => {
    expect(await found([seq])).toEqual(differs(begin, last, 'the signed head'));
  });

  it.each([
    [20, 0, 99],
    [99, 0, 99],
    [100, 100, 199],
    [210, 200, 255],
    [260, 256, 299],
    [299, 256, 299],
    [450, 400, 499],
    [505, 500, 511],
    [599, 500, 599],
  ])(
    'that differs in entry %i is told as closely as checkpoints and kept parts allow',
    async (seq, begin, last) => {
      const said = await found([seq], { known: checkpoints });
      expect(said).toEqual(differs(begin, last, 'a signed checkpoint'));
    },
  );

  it('that differs in two places is told by the first', async () => {
    const said = await found([150, 550], { known: checkpoints });
    expect(said).toEqual(differs(100, 199, 'a signed checkpoint'));
  });

  it('in which a leaf is missing is not said to differ: that would be everything after', async () => {
    expect(await found([], { known: checkpoints, removed: 250 })).toEqual([]);
    expect(await found([20], { known: checkpoints, removed: 250 })).toEqual(
      differs(0, 99, 'a signed checkpoint'),
    );
  });

  it('is told apart from a frontier that was changed', async () => {
    const frontier = Buffer.from(head.frontier);
    frontier[40] = (frontier[40] ?? 0) ^ 1;
    expect(await found([], { at: { ...head, frontier } })).toEqual([
      'head: Entry 600 is the size of the head, and its frontier is changed.',
    ]);
  });
});
