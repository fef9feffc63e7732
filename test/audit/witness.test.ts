/** https://c2sp.org/tlog-witness: a real witness over HTTP, and histories that it refuses. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ledger, openLedger, verifyConsistency } from '../../src/audit/index.ts';
import type { Keyring } from '../../src/identity/index.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { asOwner, searchEvent, testKeyring } from './ledgers.ts';

const NAME = 'witness.example/w1';
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const raw = Buffer.from(String(publicKey.export({ format: 'jwk' }).x), 'base64url');
const typed = Buffer.concat([Buffer.from([4]), raw]);
const id = createHash('sha256').update(`${NAME}\n`).update(typed).digest().subarray(0, 4);
const KEY = `${NAME}+${id.toString('hex')}+${typed.toString('base64')}`;

let seen: { size: number; root: Buffer };
let asked: number[];
let server: Server;
let url: string;
let db: TestDatabase;
let keyring: Keyring;
let ledger: Ledger | undefined;
let folder: string;

beforeEach(async () => {
  seen = { size: 0, root: Buffer.alloc(0) };
  asked = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { status, text } = witnessed(Buffer.concat(chunks).toString('utf8'));
      asked.push(status);
      response.writeHead(status).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  db = await testDatabase();
  keyring = testKeyring();
  folder = mkdtempSync(join(tmpdir(), 'witness-'));
});
afterEach(async () => {
  await ledger?.close();
  ledger = undefined;
  server.close();
  await db.close();
});

/** What a witness does, by the text of the specification. */
function witnessed(body: string): { status: number; text: string } {
  const [head = '', ...rest] = body.split('\n\n');
  const [old = '', ...proof] = head.split('\n');
  const note = rest.join('\n\n');
  const [origin, sizeText, rootText] = note.split('\n');
  const first = Number(old.slice('old '.length));
  if (first !== seen.size) return { status: 409, text: `${seen.size}\n` };
  const [size, root] = [Number(sizeText), Buffer.from(String(rootText), 'base64')];
  const path = proof.map((line) => Buffer.from(line, 'base64'));
  const isExtension =
    first === 0 ||
    (first === size
      ? root.equals(seen.root)
      : verifyConsistency({
          ...{ first: BigInt(first), second: BigInt(size), path },
          ...{ firstRoot: seen.root, secondRoot: root },
        }));
  if (!isExtension) return { status: 422, text: '' };
  seen = { size, root };
  const time = BigInt(Math.floor(Date.now() / 1000));
  const text = `cosignature/v1\ntime ${time}\n${origin}\n${sizeText}\n${rootText}\n`;
  const stamp = Buffer.alloc(8);
  stamp.writeBigUInt64BE(time);
  const bytes = Buffer.concat([id, stamp, sign(null, Buffer.from(text), privateKey)]);
  return { status: 200, text: `\u2014 ${NAME} ${bytes.toString('base64')}\n` };
}

async function open(key: string = KEY, checkpointsDir = folder): Promise<Ledger> {
  ledger = await openLedger({
    ...{ database: db.database, keyring, clock: systemClock, checkpointsDir },
    witnessAt: { url, key },
  });
  return ledger;
}

const findings = async () =>
  (
    await db.database.query<{ n: number }>(
      `select count(*)::integer as n from ledger_entry where event = 'ledger-finding'`,
    )
  ).rows[0]?.n;

const latest = () => readFileSync(join(folder, 'latest'), 'utf8');

async function write(count: number): Promise<void> {
  const one = await open();
  await one.record(Array.from({ length: count }, () => searchEvent()));
  await one.close();
}

describe('a witness', () => {
  it('cosigns a head that extends the last, also after a start that forgot it', async () => {
    await write(5);
    expect(latest()).toContain(`\u2014 ${NAME} `);
    await write(300);
    await write(1);
    expect(asked).toEqual([200, 409, 200, 409, 200]);
    expect(seen.size).toBe(306);
  });

  it('is not believed with another key than its own', async () => {
    const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
    const bytes = Buffer.concat([Buffer.from([4]), Buffer.from(String(other.x), 'base64url')]);
    const hash = createHash('sha256').update(`${NAME}\n`).update(bytes).digest();
    const one = await open(
      `${NAME}+${hash.subarray(0, 4).toString('hex')}+${bytes.toString('base64')}`,
    );
    await one.record([searchEvent()]);
    await one.close();
    expect(latest()).not.toContain(NAME);
  });

  it.each([
    ['nothing', 'x'],
    ['a key of another kind', KEY.replace(typed.toString('base64'), raw.toString('base64'))],
    ['a key of another name', KEY.replace(NAME, 'other')],
  ])('with %s for a key keeps the ledger from opening', async (_name, key) => {
    await expect(open(key)).rejects.toThrow('WITNESS_KEY');
  });

  it.each([
    ['a second history of the same size', 5, 'ledger-split'],
    ['a history that is shorter', 3, 'ledger-rolled-back'],
  ])(
    'shows %s, made with our own keys, where our checkpoints are gone',
    async (_n, count, code) => {
      await write(5);
      await ledger?.close();
      await asOwner(
        db.ownerUrl,
        'truncate ledger_head, ledger_entry, ledger_leaf, ledger_subtree, ledger_patient',
      );
      folder = mkdtempSync(join(tmpdir(), 'witness-'));
      const one = await open();
      await one.record(Array.from({ length: count }, () => searchEvent()));
      await expect.poll(findings, { timeout: 20_000 }).toBe(1);
      expect(asked.at(-1)).toBe(code === 'ledger-split' ? 422 : 409);
    },
  );
});
