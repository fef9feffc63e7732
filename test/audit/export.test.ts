/** audit.md 6.2 and 10: an export that somebody else can check, with nothing but the file. */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ExportFilter, verifierKey } from '../../src/audit/index.ts';
import {
  DIRECTORY,
  HOSPITAL,
  PHARMACY,
  PRACTICE,
  refusedEvent,
  searchEvent,
  type TestLedger,
  testLedger,
} from './ledgers.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/verify-ledger.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'export-'));
let made: TestLedger;
let whole: string;
let early: string;

beforeAll(async () => {
  made = await testLedger();
  const patient = randomUUID();
  await made.ledger.record(Array.from({ length: 40 }, () => searchEvent(patient)));
  early = await made.ledger.checkpoint();
  await made.ledger.record([
    refusedEvent(patient),
    searchEvent(patient, { holders: [PHARMACY] }),
    searchEvent(patient, {
      agent: {
        kind: 'professional',
        id: '000054321',
        organisation: PHARMACY,
        address: '192.0.2.8',
      },
      detail: { auditEvent: 'x', note: ',"auditEvent":{"record":' },
    }),
  ]);
  await made.ledger.record(Array.from({ length: 40 }, () => searchEvent(patient)));
  whole = await exported({});
});
afterAll(async () => {
  await made.close();
  rmSync(folder, { recursive: true });
});

async function exported(filter: ExportFilter): Promise<string> {
  let text = '';
  for await (const line of made.ledger.exportNdjson(filter, DIRECTORY)) text += line;
  return text;
}

function checked(text: string | Buffer, options: { checkpoint?: string; key?: string } = {}) {
  const file = join(folder, 'export.ndjson');
  writeFileSync(file, text);
  const words = [SCRIPT, file];
  for (const [name, value] of Object.entries(options)) {
    writeFileSync(join(folder, name), value);
    words.push(`--${name}`, join(folder, name));
  }
  const { status, stdout } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  return { status, stdout };
}

describe('an export of the whole ledger', () => {
  it('has a manifest, a line for each entry, and a signed digest', () => {
    const lines = whole
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(1 + 83 + 2);
    expect(lines[0]).toMatchObject({ export: 'zorgsluis-ledger', size: 83, begin: 0, end: 83 });
    expect(lines[1]).toMatchObject({
      seq: 0,
      record: { v: 1, event: 'search-type' },
      auditEvent: { resourceType: 'AuditEvent', id: '0' },
    });
    expect(lines.at(-1)).toMatchObject({ entries: 83 });
  });

  it('is found good by the verifier, with the key and an older checkpoint at hand', () => {
    const { name, publicKey } = made.keyring.ledger;
    const key = verifierKey(name, publicKey);
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    expect(checked(whole)).toMatchObject({ status: 0 });
    expect(checked(whole, { key, checkpoint: early })).toMatchObject({ status: 0 });
    expect(checked(whole, { key: pem }).stdout).toContain('83 records checked');
  });

  it('is refused with the key of somebody else', async () => {
    const other = await testLedger();
    const { name, publicKey } = other.keyring.ledger;
    expect(checked(whole, { key: verifierKey(name, publicKey) }).status).toBe(1);
    await other.close();
  });

  it('is refused when the checkpoint that was kept knows more, or something else', async () => {
    const { keyring } = made;
    const other = await testLedger({ keyring });
    await other.ledger.record(Array.from({ length: 5 }, () => searchEvent()));
    expect(checked(whole, { checkpoint: await other.ledger.checkpoint() }).stdout).toContain(
      'the first bad entry is one of 0 to 4',
    );
    await other.ledger.record(Array.from({ length: 95 }, () => searchEvent()));
    expect(checked(whole, { checkpoint: await other.ledger.checkpoint() }).stdout).toContain(
      'the end is gone',
    );
    await other.close();
  });

  const lineOf = (seq: number) => 1 + seq;
  const edited = (edit: (lines: string[]) => void): string => {
    const lines = whole.split('\n');
    edit(lines);
    return lines.join('\n');
  };
  it.each<[string, (lines: string[]) => void, number]>([
    [
      'a changed record',
      (lines) => change(lines, lineOf(17), '"TREAT","query"', '"HMARKT","query"'),
      17,
    ],
    [
      'a changed AuditEvent',
      (lines) => change(lines, lineOf(17), '"outcome":"0"', '"outcome":"4"'),
      17,
    ],
    ['a removed line', (lines) => lines.splice(lineOf(17), 1), 17],
    ['two lines that changed places', (lines) => swap(lines, lineOf(17), lineOf(18)), 17],
    ['a line put in', (lines) => lines.splice(lineOf(17), 0, lines[lineOf(3)] ?? ''), 3],
    ['a cut tail', (lines) => lines.splice(lineOf(80), 3), 80],
    ['a file that stops', (lines) => lines.splice(lineOf(80)), 80],
  ])('names the first bad entry of %s', (_what, edit, seq) => {
    const { status, stdout } = checked(edited(edit));
    expect(stdout).toContain(`the first bad entry is ${seq}`);
    expect(status).toBe(1);
  });

  it('is refused after any single changed byte', () => {
    const bytes = Buffer.from(whole);
    fc.assert(
      fc.property(fc.nat(bytes.length - 2), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const copy = Buffer.from(bytes);
        copy.writeUInt8(copy.readUInt8(at) ^ mask, at);
        expect(checked(copy).status).toBe(1);
      }),
      { numRuns: 60 },
    );
  }, 180_000);
});

describe('an export of a part', () => {
  it('of a period is proved complete between its ends', async () => {
    const page = await made.ledger.search({ organisation: HOSPITAL, limit: 500 });
    const times = page.entries.map(({ recorded }) => recorded).sort();
    const from = new Date(times[45] ?? 0);
    const text = await exported({ from });
    expect(JSON.parse(text.split('\n')[0] ?? '')).toMatchObject({ end: 83 });
    expect(JSON.parse(text.split('\n')[0] ?? '').begin).toBeGreaterThan(0);
    expect(checked(text)).toMatchObject({ status: 0 });
    const until = await exported({ until: from });
    expect(checked(until, { checkpoint: early })).toMatchObject({ status: 0 });
    expect(checked(await exported({ from: new Date(Date.now() + 9e6) })).status).toBe(0);
  });

  it('for one organisation holds its own lines, and the hashes of all others', async () => {
    const text = await exported({ organisation: PHARMACY });
    expect(checked(text, { checkpoint: early })).toMatchObject({ status: 0 });
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.filter(({ seq }) => seq !== undefined).map(({ seq }) => seq)).toEqual([41, 42]);
    expect(text).not.toContain('"seq":40');
  });

  it('tells an organisation that asked nothing of what was withheld from it', async () => {
    const text = await exported({ organisation: PRACTICE });
    expect(checked(text)).toMatchObject({ status: 0 });
    const line = text.split('\n').find((one) => one.startsWith('{"seq":40,')) ?? '';
    expect(JSON.parse(line)).toMatchObject({ masked: true, auditEvent: { outcome: '0' } });
    expect(line).not.toMatch(/withheld|rule|record"/);
  });
});

function change(lines: string[], at: number, from: string, to: string): void {
  const line = lines[at] ?? '';
  if (!line.includes(from)) throw new Error(`Nothing to change: ${from}`);
  lines[at] = line.replace(from, to);
}

function swap(lines: string[], a: number, b: number): void {
  [lines[a], lines[b]] = [lines[b] ?? '', lines[a] ?? ''];
}
