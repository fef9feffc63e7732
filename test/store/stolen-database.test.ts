import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStore } from '../../src/store/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { HOSPITAL, keyring, resourceOf, steppingClock } from './records.ts';

let db: TestDatabase;
let owner: pg.Client;

const BSN = '999900705';
const WORDS = [
  BSN,
  'Roodborst',
  'schildklier',
  'SENDERID77',
  '73211009',
  'lab-noord',
  '2026-02-17',
];
const CODE = 'http://snomed.info/sct|73211009';

beforeAll(async () => {
  db = await testDatabase();
  owner = new pg.Client({ connectionString: db.ownerUrl });
  await owner.connect();
  const store = createStore({ keyring, clock: steppingClock() });
  const letter = Buffer.from(
    JSON.stringify({ resourceType: 'Observation', id: 'SENDERID77', note: WORDS.join(' ') }),
  );
  const bytes = Buffer.from(`MSH|^~\\&|lab-noord\rPID|||${BSN}||Roodborst\rNTE|||schildklier`);
  const about = { sender: 'lab-noord', custodian: HOSPITAL, channel: 'http' };
  const write = (text: Buffer) => {
    const one = resourceOf({ id: 'SENDERID77', months: ['2026-02'] });
    return {
      ...one,
      bytes: text,
      r4: text,
      native: 'STU3' as const,
      facts: { ...one.facts, codes: [CODE], date: '2026-02-17', authors: ['Roodborst'] },
      tokens: [`code|${CODE}`, `identifier|http://fhir.nl/fhir/NamingSystem/bsn|${BSN}`],
      sourceTime: '2026-02-17T10:00:00+01:00',
    };
  };
  const small = { ...about, mediaType: 'text/lab-noord', bytes };
  const { id } = await store.keepOriginal(db.database, small);
  await store.keepOriginal(db.database, { ...small, bytes: Buffer.alloc(1_500_000, bytes) });
  await db.database.transaction(async (tx) => {
    const system = 'http://fhir.nl/fhir/NamingSystem/bsn';
    const vault = await store.openVault(tx, [{ system, value: BSN }]);
    await store.putMany(tx, vault, [write(letter)]);
    await store.putMany(tx, vault, [write(Buffer.from(`${letter.toString()} `))]);
    await store.bindOriginal(tx, id, vault);
  });
});
afterAll(async () => {
  await owner.end();
  await db.close();
});

/** Every table, every column, as text and as whatever its bytes may be read as. */
async function dump(): Promise<string[]> {
  const { rows: tables } = await owner.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public'`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await owner.query<Record<string, unknown>>(`select * from "${name}"`);
    for (const value of rows.flatMap((row) => Object.values(row))) {
      if (!Buffer.isBuffer(value)) texts.push(JSON.stringify(value));
      else for (const as of ENCODINGS) texts.push(value.toString(as));
    }
  }
  return texts;
}

const ENCODINGS = ['utf8', 'latin1', 'utf16le', 'base64', 'hex'] as const;

/** The texts that hold the word: as a whole word, or anywhere in hexadecimal or base64. */
function shown(word: string, texts: readonly string[]): string[] {
  const literal = word.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  const whole = new RegExp(`(?<![\\p{L}\\d])${literal}(?![\\p{L}\\d])`, 'u');
  const bytes = Buffer.from(word);
  const spelled = [bytes.toString('hex'), bytes.toString('base64').replace(/.?=*$/, '')];
  return texts.filter((text) => whole.test(text) || spelled.some((one) => text.includes(one)));
}

/** Architecture D4: a stolen database shows no diagnosis, no name, no BSN. */
describe('a stolen database', () => {
  it('shows no number, name, code, date, letter text, sender or id as a word', async () => {
    const texts = await dump();
    expect(texts.join(' ')).toContain(HOSPITAL);
    for (const word of [...WORDS, CODE]) expect(shown(word, texts)).toEqual([]);
  });

  it('would show them if they were there, in clear or in another spelling', () => {
    const toText = (as: 'hex' | 'base64') => Buffer.from(BSN).toString(as);
    const clear = `de heer Roodborst (${BSN})`;
    for (const text of [clear, toText('hex'), toText('base64')]) {
      expect(shown(BSN, ['niets', text])).toEqual([text]);
    }
    expect(shown('Roodborst', [clear, 'Roodborstje'])).toEqual([clear]);
  });

  it('shows no digest by which a known document could be confirmed', async () => {
    const { createHash } = await import('node:crypto');
    const known = Buffer.from(`MSH|^~\\&|lab-noord\rPID|||${BSN}||Roodborst\rNTE|||schildklier`);
    const texts = (await dump()).join(' ');
    for (const hash of ['sha256', 'sha1', 'md5']) {
      const digest = createHash(hash).update(known).digest();
      for (const as of ENCODINGS) expect(texts).not.toContain(digest.toString(as));
    }
  });

  it('gives the row of an equal resource of two people nothing in common', async () => {
    const store = createStore({ keyring, clock: () => new Date('2026-05-01') });
    const [one, other] = await db.database.transaction(async (tx) => {
      const vaults = [await store.openVault(tx, []), await store.openVault(tx, [])];
      for (const vault of vaults) await store.put(tx, vault, resourceOf({ id: `v${vault}` }));
      return vaults;
    });
    const { rows } = await owner.query<{ tokens: string[]; place: string; sealed: Buffer }>(
      'select tokens::text[] as tokens, place, sealed from resource where vault in ($1, $2)',
      [one, other],
    );
    expect(rows).toHaveLength(2);
    const shared = rows[0]?.tokens.filter((token) => rows[1]?.tokens.includes(token));
    expect(shared).toEqual([]);
    expect(rows[0]?.sealed.equals(rows[1]?.sealed ?? Buffer.alloc(0))).toBe(false);
  });
});
