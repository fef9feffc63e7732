/**
 * A large export is looked at in parts, side by side: what is wrong in any of them is named all the
 * same. And two checkpoints that two people kept are held against each other (audit.md 12.23).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifierKey } from '../../src/audit/index.ts';
import { DIRECTORY, searchEvent, type TestLedger, testLedger } from './ledgers.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/verify-ledger.mjs', import.meta.url));
const ENTRIES = 1_500;
const PARTS_MIN = 3;
const PART_BYTES = 8 << 20;
const folder = mkdtempSync(join(tmpdir(), 'export-'));
const path = join(folder, 'export.ndjson');
let made: TestLedger;
let lines: string[];

beforeAll(async () => {
  made = await testLedger();
  const what = Array.from({ length: 100 }, (_none, at) => `Observation/${'x'.repeat(60)}${at}@1`);
  for (let at = 0; at < ENTRIES; at += 50) {
    await made.ledger.record(Array.from({ length: 50 }, () => searchEvent(undefined, { what })));
  }
  lines = [];
  for await (const line of made.ledger.exportNdjson({}, DIRECTORY)) lines.push(line);
}, 120_000);
afterAll(async () => {
  await made.close();
  rmSync(folder, { recursive: true });
});

function run(...words: string[]) {
  const { status, stdout } = spawnSync(process.execPath, [SCRIPT, ...words], { encoding: 'utf8' });
  return { status, stdout };
}

function checked(change: (copy: string[]) => void) {
  const copy = [...lines];
  change(copy);
  writeFileSync(path, copy.join(''));
  return run(path);
}

describe('a large export', () => {
  it('is of several parts, and good', () => {
    const { status, stdout } = checked(() => undefined);
    expect(readFileSync(path).length).toBeGreaterThan(PARTS_MIN * PART_BYTES);
    expect(stdout).toContain(`${ENTRIES} records checked`);
    expect(status).toBe(0);
  });

  it.each<[string, number]>([
    ['in the first part', 3],
    ['in a part in the middle', 700],
    ['in the last part', 1_490],
  ])(
    'names the first bad entry %s',
    (_where, seq) => {
      const changed = checked((copy) => {
        copy[1 + seq] = (copy[1 + seq] ?? '').replace('"TREAT","query"', '"HMARKT","query"');
      });
      expect(changed.stdout).toContain(`the first bad entry is ${seq}`);
      const stopped = checked((copy) => copy.splice(1 + seq));
      expect(stopped.stdout).toContain(`the first bad entry is ${seq}`);
      expect([changed.status, stopped.status]).toEqual([1, 1]);
    },
    60_000,
  );

  it('has no line that is endless', () => {
    const { status, stdout } = checked((copy) => copy.splice(700, 0, 'x'.repeat(9_000_000)));
    expect(stdout).toContain('Bad');
    expect(status).toBe(1);
  });
});

describe('two checkpoints that two people kept', () => {
  async function compared(one: string, other: string, proof?: unknown) {
    const { name, publicKey } = made.keyring.ledger;
    const files = { split: one, and: other, key: verifierKey(name, publicKey) };
    const words = Object.entries(files).flatMap(([word, text]) => {
      writeFileSync(join(folder, word), text);
      return [`--${word}`, join(folder, word)];
    });
    if (proof === undefined) return run(...words);
    writeFileSync(join(folder, 'proof'), JSON.stringify(proof));
    return run(...words, '--proof', join(folder, 'proof'));
  }

  it('of one history fit, with the proof that the gateway gives', async () => {
    const early = await made.ledger.checkpoint();
    const { size: from } = await made.ledger.head();
    await made.ledger.record([searchEvent(), searchEvent(), searchEvent()]);
    const late = await made.ledger.checkpoint();
    const { size: to } = await made.ledger.head();
    expect((await compared(early, early)).status).toBe(0);
    const told = await compared(late, early);
    expect(told.stdout).toContain(`from=${from}&to=${to}`);
    const proof = await made.ledger.consistencyProof(from, to);
    expect((await compared(late, early, { proof })).stdout).toContain('Good');
    expect((await compared(late, early, { proof: proof.slice(1) })).status).toBe(1);
  });

  it('of which one is of no entries fit without a proof', async () => {
    const empty = await testLedger({ keyring: made.keyring });
    const none = await empty.ledger.checkpoint();
    await empty.close();
    expect(await compared(none, await made.ledger.checkpoint())).toMatchObject({ status: 0 });
  });

  it('of which one is signed by somebody else are refused in a sentence', async () => {
    const stranger = await testLedger();
    const theirs = await stranger.ledger.checkpoint();
    await stranger.close();
    const ours = await made.ledger.checkpoint();
    for (const found of [await compared(ours, theirs), await compared(theirs, ours)]) {
      expect(found).toEqual({ status: 1, stdout: expect.stringMatching(/^- .*\nBad\.\n$/) });
    }
  });

  it('of two histories are a split view, though both are signed', async () => {
    const other = await testLedger({ keyring: made.keyring });
    const { size } = await made.ledger.head();
    await other.ledger.record(Array.from({ length: size }, () => searchEvent()));
    const theirs = await other.ledger.checkpoint();
    const same = await compared(await made.ledger.checkpoint(), theirs);
    expect(same.stdout).toContain('split view');
    expect(same.status).toBe(1);
    await other.ledger.record([searchEvent()]);
    const proof = await other.ledger.consistencyProof(size, size + 1);
    const longer = await other.ledger.checkpoint();
    const ours = await made.ledger.checkpoint();
    expect((await compared(ours, longer, { proof })).stdout).toContain('split view');
    expect((await compared(theirs, longer, { proof })).status).toBe(0);
    await other.close();
  });
});
