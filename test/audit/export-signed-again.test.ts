/**
 * audit.md 6.3: who holds the signing key can sign a changed export again. Then the tree, the
 * times, the runs of retention and a checkpoint that somebody kept still tell; and the verifier
 * claims no more about the first bad entry than it can know.
 */
import { spawnSync } from 'node:child_process';
import { createHash, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { headNote } from '../../src/audit/head.ts';
import { verifierKey } from '../../src/audit/index.ts';
import { CompactRange, nodeHash } from '../../src/audit/merkle.ts';
import { DIRECTORY, PHARMACY, searchEvent, type TestLedger, testLedger } from './ledgers.ts';

const SCRIPT = join(import.meta.dirname, '../../scripts/verify-ledger.mjs');
const folder = mkdtempSync(join(tmpdir(), 'export-'));
const RENDERED = ',"auditEvent":';
const START =
  /^\{"seq":(\d+),"recorded":"([^"]+)","class":"([a-z]+)","hash":"([^"]+)","salt":"([^"]+)"/;
const KEPT = 12;
const ENTRIES = 24;

let made: TestLedger;
let other: TestLedger;
let whole: string[];
let ofPharmacy: string[];
let theirs: string[];
let kept: string;

beforeAll(async () => {
  made = await testLedger();
  other = await testLedger({ keyring: made.keyring });
  await made.ledger.record(Array.from({ length: KEPT }, () => searchEvent()));
  kept = await made.ledger.checkpoint();
  const rest = Array.from({ length: ENTRIES - KEPT - 1 }, () => searchEvent());
  await made.ledger.record([...rest, searchEvent(undefined, { holders: [PHARMACY] })]);
  await other.ledger.record(Array.from({ length: ENTRIES }, () => searchEvent()));
  whole = await linesOf(made);
  ofPharmacy = await linesOf(made, PHARMACY);
  theirs = await linesOf(other);
});
afterAll(async () => {
  await made.close();
  await other.close();
  rmSync(folder, { recursive: true });
});

async function linesOf({ ledger }: TestLedger, organisation?: string): Promise<string[]> {
  let text = '';
  const filter = organisation === undefined ? {} : { organisation };
  for await (const line of ledger.exportNdjson(filter, DIRECTORY)) text += line;
  return text.trimEnd().split('\n');
}

const sha256 = (...parts: (string | Buffer)[]): Buffer =>
  createHash('sha256')
    .update(Buffer.concat(parts.map((part) => Buffer.from(part))))
    .digest();
const hashOf = (line = ''): string => /"hash":"([^"]+)"/.exec(line)?.[1] ?? '';

/** The line with the hash that its record now has. */
function rehashed(line: string): string {
  const [, seq, recorded, name, hash = '', salt = ''] = START.exec(line) ?? [];
  const record = line.slice(line.indexOf('"record":') + 9, line.lastIndexOf(RENDERED));
  const commit = sha256(Buffer.from(salt, 'base64'), record).toString('base64');
  const ends = `"recorded":"${recorded}","seq":${seq},"v":1}`;
  const leaf = sha256(`\0{"class":"${name}","commit":"${commit}",${ends}`);
  return line.replace(hash, leaf.toString('base64'));
}

/** The first line with some of its values changed. */
function manifest(lines: string[], change: (one: Record<string, unknown>) => void): void {
  const one = JSON.parse(lines[0] ?? '');
  change(one);
  lines[0] = JSON.stringify(one);
}

/** A head of its own over all that is there, as if it had always been so. */
function regrown(lines: string[]): void {
  const range = new CompactRange();
  const entries = lines.filter((line) => line.startsWith('{"seq":'));
  for (const line of entries) range.appendLeaf(Buffer.from(hashOf(line), 'base64'));
  const checkpoint = headNote(made.keyring.ledger, entries.length, range.root());
  manifest(lines, (one) =>
    Object.assign(one, { size: entries.length, end: entries.length, checkpoint }),
  );
}

/** A digest and signature over the lines as they are now. */
function signedAgain(lines: readonly string[]): string {
  const body = lines.slice(0, -1);
  const isEntry = (line: string) => line.startsWith('{"seq":');
  const entries = body.filter(isEntry).length;
  const hash = createHash('sha256');
  for (const line of body) {
    const at = isEntry(line) ? line.lastIndexOf(RENDERED) : -1;
    hash.update(`${at < 0 ? line : line.slice(0, at + RENDERED.length)}\n`);
  }
  const digest = hash.digest('hex');
  const text = Buffer.from(`zorgsluis-ledger-export\n${digest}\n${entries}\n`);
  const signature = sign(null, text, made.keyring.ledger.privateKey).toString('base64');
  return `${[...body, JSON.stringify({ digest, entries, signature })].join('\n')}\n`;
}

function checked(text: string, options: { checkpoint?: string; key?: string } = {}) {
  const { name, publicKey } = made.keyring.ledger;
  const files = { key: verifierKey(name, publicKey), ...options };
  const words = Object.entries(files).flatMap(([word, said]) => {
    writeFileSync(join(folder, word), said);
    return [`--${word}`, join(folder, word)];
  });
  writeFileSync(join(folder, 'export.ndjson'), text);
  const run = [SCRIPT, join(folder, 'export.ndjson'), ...words];
  const { status, stdout } = spawnSync(process.execPath, run, { encoding: 'utf8' });
  return { status, stdout };
}

type Edit = (lines: string[]) => void;
const edited = (from: readonly string[], edit: Edit): string => {
  const lines = [...from];
  edit(lines);
  return signedAgain(lines);
};
const ofRecord: Edit = (lines) => {
  lines[8] = rehashed((lines[8] ?? '').replace('"TREAT"', '"HMARKT"'));
};
const earlier = (lines: string[], at: number) => {
  lines[at] = rehashed((lines[at] ?? '').replace(/"recorded":"20../, '"recorded":"2021'));
};
const nothing = Buffer.alloc(32).toString('base64');

describe('a changed export that was signed again', () => {
  it('is good when nothing was changed', () => {
    expect(checked(signedAgain(whole))).toMatchObject({ status: 0 });
    expect(checked(signedAgain(ofPharmacy), { checkpoint: kept })).toMatchObject({ status: 0 });
  });

  it.each<[string, Edit, string]>([
    ['a record', (lines) => lines.splice(8, 1, (lines[8] ?? '').replace('"TREAT"', '"X"')), '7'],
    ['a record with its hash', ofRecord, `one of 0 to ${ENTRIES - 1}`],
    ['a line of another ledger', (lines) => lines.splice(8, 1, theirs[8] ?? ''), '7 or 8'],
    [
      'a time with all hashes over it',
      (lines) => {
        earlier(lines, 8);
        regrown(lines);
      },
      '6 or 7',
    ],
    ['a removed line', (lines) => lines.splice(8, 1), '7'],
    ['a removed first line', (lines) => lines.splice(1, 1), '0'],
    ['a removed last line', (lines) => lines.splice(ENTRIES, 1), `${ENTRIES - 1}`],
    ['a line twice', (lines) => lines.splice(8, 0, lines[8] ?? ''), '7'],
    [
      'a line said to be unreadable',
      (lines) => lines.splice(8, 1, JSON.stringify({ seq: 7, hash: hashOf(lines[8]) })),
      '7',
    ],
    [
      'a line said to be past its term',
      (lines) =>
        lines.splice(8, 1, JSON.stringify({ seq: 7, hash: hashOf(lines[8]), pruned: 'x' })),
      '7',
    ],
    [
      'hashes after the last that are none of this tree',
      (lines) => lines.splice(-2, 1, JSON.stringify({ after: [nothing] })),
      `${ENTRIES}`,
    ],
    ['no end', (lines) => lines.splice(-2, 1), `${ENTRIES}`],
    ['a line of no kind', (lines) => lines.splice(8, 0, '{"x":1}'), '7'],
    [
      'a head of another history',
      (lines) => {
        manifest(lines, (one) => {
          one['checkpoint'] = JSON.parse(theirs[0] ?? '').checkpoint;
        });
      },
      `one of 0 to ${ENTRIES - 1}`,
    ],
    [
      'an older head',
      (lines) => manifest(lines, (one) => Object.assign(one, { checkpoint: kept })),
      '0',
    ],
    ['another name', (lines) => manifest(lines, (one) => Object.assign(one, { origin: 'x' })), '0'],
  ])('with %s is bad', (_what, edit, first) => {
    const { status, stdout } = checked(edited(whole, edit));
    expect(stdout).toContain(`Bad: the first bad entry is ${first}.`);
    expect(status).toBe(1);
  });

  it.each<[string, Edit]>([
    [
      'an AuditEvent',
      (lines) => lines.splice(8, 1, (lines[8] ?? '').replace('"outcome":"0"', '"outcome":"4"')),
    ],
    ['a second end', (lines) => lines.splice(-1, 0, lines.at(-2) ?? '')],
    ['an entry after the end', (lines) => lines.splice(-1, 0, lines[8] ?? '')],
    ['a line that does not end', (lines) => lines.splice(8, 1, `${lines[8]} `)],
    [
      'an end beyond the head',
      (lines) => manifest(lines, (one) => Object.assign(one, { end: 99 })),
    ],
    ['an end before the last', (lines) => manifest(lines, (one) => Object.assign(one, { end: 9 }))],
  ])('with %s is bad', (_what, edit) => {
    expect(checked(edited(whole, edit))).toMatchObject({ status: 1 });
  });

  it.each<[string, (part: { hidden: number[]; nodes: string[] }) => void]>([
    ['fewer', ({ nodes }) => nodes.pop()],
    ['more', ({ nodes }) => nodes.push(nodes[0] ?? '')],
    ['other', ({ nodes }) => nodes.splice(0, 1, nothing)],
    ['too short', ({ nodes }) => nodes.splice(0, 1, 'AAAA')],
    ['later', ({ hidden }) => hidden.splice(0, 1, 1)],
    ['further', ({ hidden }) => hidden.splice(1, 1, 99)],
  ])('with %s hashes for what is withheld is bad', (_what, change) => {
    const found = edited(ofPharmacy, (lines) => {
      const part = JSON.parse(lines[1] ?? '');
      change(part);
      lines[1] = JSON.stringify(part);
    });
    expect(checked(found)).toMatchObject({ status: 1 });
  });

  it('with a part that is withheld backwards is bad', () => {
    const back = JSON.stringify({ hidden: [0, -4], nodes: [] });
    const found = edited(ofPharmacy, (lines) => lines.splice(1, 0, back));
    expect(checked(found)).toMatchObject({ status: 1 });
  });
});

describe('a checkpoint that was kept', () => {
  const grown = (edit: Edit) =>
    edited(whole, (lines) => {
      edit(lines);
      regrown(lines);
    });

  it('tells a history that was grown again, and up to where it looked', () => {
    const found = grown(ofRecord);
    expect(checked(found)).toMatchObject({ status: 0 });
    const { status, stdout } = checked(found, { checkpoint: kept });
    expect(stdout).toContain(`the first bad entry is one of 0 to ${KEPT - 1}.`);
    expect(status).toBe(1);
  });

  it('tells an end that is gone', () => {
    const found = grown((lines) => lines.splice(9, ENTRIES - 8));
    const { status, stdout } = checked(found, { checkpoint: kept });
    expect(stdout).toContain('knows 12 entries: here the end is gone');
    expect(stdout).toContain('the first bad entry is 8.');
    expect(status).toBe(1);
  });

  it('clears what lies before it', () => {
    const found = edited(whole, (lines) => {
      lines[20] = rehashed((lines[20] ?? '').replace('"TREAT"', '"HMARKT"'));
    });
    const { stdout } = checked(found, { checkpoint: kept });
    expect(stdout).toContain(`the first bad entry is one of ${KEPT} to ${ENTRIES - 1}.`);
  });

  it('inside a part that is known by hash only is said to be of no use', () => {
    const hashes = whole.slice(11, 15).map((line) => Buffer.from(hashOf(line), 'base64'));
    const [first, second, third, fourth] = hashes as [Buffer, Buffer, Buffer, Buffer];
    const nodes = [nodeHash(first, second), nodeHash(third, fourth)];
    const part = { hidden: [10, 14], nodes: nodes.map((hash) => hash.toString('base64')) };
    const found = edited(whole, (lines) => lines.splice(11, 4, JSON.stringify(part)));
    expect(checked(found, { checkpoint: kept }).stdout).toMatch(/lies inside a part[\s\S]*Good/);
  });
});
