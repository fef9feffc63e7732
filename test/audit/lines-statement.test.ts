/** audit.md 10: lines that were taken along, with what the gateway signed about them. */
import { spawnSync } from 'node:child_process';
import { createHash, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifierKey } from '../../src/audit/index.ts';
import { linesStatement } from '../../src/audit/lines-statement.ts';
import { nodeHash } from '../../src/audit/merkle.ts';
import { HOSPITAL, searchEvent, type TestLedger, testLedger } from './ledgers.ts';

const SCRIPT = join(import.meta.dirname, '../../scripts/verify-ledger.mjs');
const ENTRIES = 13;
const CSV = Buffer.from('nummer;wie\n1;een\n');
const folder = mkdtempSync(join(tmpdir(), 'bewijs-'));

interface Statement {
  checkpoint: string;
  readonly files: { name: string; sha256: string }[];
  readonly entries: { seq: number; hash: string; path?: string[] }[];
}

let made: TestLedger;
let other: TestLedger;
let early: string;
let text: string;

beforeAll(async () => {
  made = await testLedger();
  other = await testLedger({ keyring: made.keyring });
  await made.ledger.record(Array.from({ length: 5 }, () => searchEvent()));
  early = await made.ledger.checkpoint();
  await made.ledger.record(Array.from({ length: ENTRIES - 5 }, () => searchEvent()));
  await other.ledger.record(Array.from({ length: ENTRIES }, () => searchEvent()));
  const { entries } = await made.ledger.search({ organisation: HOSPITAL, limit: 100 });
  text = await linesStatement(
    { sql: made.db.database, keys: made.keyring.ledger, made: new Date() },
    {
      ...{ organisation: HOSPITAL, question: 'wie', lines: entries.toReversed() },
      files: [{ name: 'logboek.csv', bytes: CSV }],
    },
  );
});
afterAll(async () => {
  await made.close();
  await other.close();
  rmSync(folder, { recursive: true });
});

function checked(statement: string, options: { checkpoint?: string; key?: string } = {}) {
  const { name, publicKey } = made.keyring.ledger;
  const files = { key: verifierKey(name, publicKey), ...options };
  const words = Object.entries(files).flatMap(([word, said]) => {
    writeFileSync(join(folder, word), said);
    return [`--${word}`, join(folder, word)];
  });
  writeFileSync(join(folder, 'bewijs.json'), statement);
  writeFileSync(join(folder, 'logboek.csv'), CSV);
  const run = [SCRIPT, join(folder, 'bewijs.json'), ...words];
  const { status, stdout, stderr } = spawnSync(process.execPath, run, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** As it is when who holds the key changes it. */
function signedAgain(change: (statement: Statement) => void): string {
  const all: Statement = JSON.parse(text).statement;
  change(all);
  const statement = JSON.stringify(all);
  const digest = createHash('sha256').update(statement).digest('hex');
  const signed = Buffer.from(`zorgsluis-ledger-lines\n${digest}\n`);
  const signature = sign(null, signed, made.keyring.ledger.privateKey).toString('base64');
  return `{"statement":${statement},"signature":"${signature}"}\n`;
}

const nothing = Buffer.alloc(32).toString('base64');

describe('a statement', () => {
  it('is good as it was signed, with a checkpoint of its own size too', async () => {
    const now = await made.ledger.checkpoint();
    expect(checked(text).stdout).toMatch(/1 files, 13 entries, 13 proved\nGood/);
    expect(
      checked(
        signedAgain(() => undefined),
        { checkpoint: now },
      ),
    ).toMatchObject({ status: 0 });
  });

  it.each(Array.from({ length: ENTRIES }, (_none, at) => at))(
    'that says something else of line %i is bad, though it is signed',
    (at) => {
      const changes: ((entry: Statement['entries'][number]) => void)[] = [
        (entry) => Object.assign(entry, { hash: nothing }),
        (entry) => Object.assign(entry, { seq: (entry.seq + 1) % ENTRIES }),
        (entry) => Object.assign(entry, { seq: entry.seq - ENTRIES }),
        (entry) => Object.assign(entry, { seq: -1 - entry.seq }),
        (entry) => Object.assign(entry, { seq: entry.seq + 0.5 }),
        (entry) => Object.assign(entry, { seq: entry.seq + 16 }),
        (entry) => entry.path?.pop(),
        (entry) => entry.path?.push(nothing),
        (entry) => entry.path?.splice(1, 1, nothing),
        (entry) => entry.path?.splice(0),
      ];
      const each = signedAgain(({ entries }) => {
        const kept = entries[at];
        entries.splice(0);
        for (const change of changes) {
          const entry = structuredClone(kept);
          if (!entry) continue;
          change(entry);
          entries.push(entry);
        }
      });
      const { status, stdout } = checked(each);
      expect(stdout.match(/It is not in the signed tree/g)).toHaveLength(changes.length);
      expect(status).toBe(1);
    },
  );

  it('that takes a node of the tree for a line is bad', () => {
    const found = signedAgain(({ entries }) => {
      const [first] = entries;
      const [sibling, ...rest] = first?.path ?? [];
      if (!first || !sibling) return;
      const node = nodeHash(Buffer.from(first.hash, 'base64'), Buffer.from(sibling, 'base64'));
      Object.assign(first, { hash: node.toString('base64'), path: rest });
    });
    expect(checked(found)).toMatchObject({ status: 1 });
  });

  it.each<[string, (statement: Statement) => void]>([
    ['another file', ({ files }) => Object.assign(files[0] ?? {}, { sha256: '00' })],
    ['a file that is not there', ({ files }) => Object.assign(files[0] ?? {}, { name: 'x.csv' })],
    ['an older head', (statement) => Object.assign(statement, { checkpoint: early })],
  ])('of %s is bad', (_what, change) => {
    expect(checked(signedAgain(change))).toMatchObject({ status: 1 });
    expect(checked(text.replace('"question":"wie"', '"question":"wat"'))).toMatchObject({
      status: 1,
    });
  });

  it('is held against a checkpoint that was kept', async () => {
    const { status, stdout } = checked(text, { checkpoint: await other.ledger.checkpoint() });
    expect(stdout).toContain('The tree differs from the checkpoint that you kept.');
    expect(status).toBe(1);
    const note = 'is of 5 entries, and this of 13: ask /ledger/proof/consistency?from=5&to=13';
    expect(checked(text, { checkpoint: early }).stdout).toContain(note);
  });

  it('is refused in a sentence, with the key of somebody else or when it is cut off', async () => {
    const stranger = await testLedger();
    const { name, publicKey } = stranger.keyring.ledger;
    await stranger.close();
    for (const found of [
      checked(text, { key: verifierKey(name, publicKey) }),
      checked(text.slice(0, 300)),
    ]) {
      expect(found).toMatchObject({ status: 1, stderr: '' });
      expect(found.stdout).toMatch(/^- .*\nBad\.\n$/);
    }
  });
});
