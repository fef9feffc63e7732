import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildHouse, type House } from '../../src/app.ts';
import { registerDemo } from '../../src/demo/demo-registry.ts';
import { loadRegion } from '../../src/demo/load-region.ts';
import { ORGANISATIONS, organisation } from '../../src/demo/region/organisations.ts';
import type { PersonRecord } from '../../src/demo/region/record.ts';
import { regionOf } from '../../src/demo/region/region.ts';
import { newKeyring, openKeyring } from '../../src/identity/index.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createLog } from '../../src/platform/log.ts';
import { BSN_SYSTEM, testConfig } from '../support/gateway.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

/** One value of the dump, with the table and column where it stands. */
interface Seen {
  readonly place: string;
  readonly text: string;
}

let db: TestDatabase;
let house: House;
let folder: string;
let dumped: Seen[];
const everybody: PersonRecord[] = [...regionOf({ seed: 'zorgsluis', people: 40 }).people()].map(
  ({ record }) => record,
);

beforeAll(async () => {
  db = await testDatabase();
  folder = mkdtempSync(join(tmpdir(), 'zorgsluis-test-'));
  house = await buildHouse({
    config: testConfig(),
    keyring: openKeyring(newKeyring({ demo: true, name: 'test.example/audit' })),
    database: db.database,
    clock: systemClock,
    log: createLog({ level: 'silent' }),
    checkpointsDir: join(folder, 'checkpoints'),
    isReady: () => true,
  });
  const none = { caFile: '', caKeyFile: '', serverCertFile: '', serverKeyFile: '', clients: {} };
  const clients = await registerDemo(house.rooms, none, folder);
  const truthFile = join(folder, 'truth.json');
  await loadRegion(house.rooms, clients, { size: 'S', truthFile, say: () => undefined });
  await live(house);
  dumped = await dump(db.ownerUrl);
}, 180_000);

afterAll(async () => {
  await house.close();
  rmSync(folder, { recursive: true, force: true });
  await db.close().catch(() => undefined);
});

/** What a gateway does besides taking in: choices, tokens, reads, refusals, a log-in under way. */
async function live({ app, rooms }: House): Promise<void> {
  const { store, database, tokens, state, consent } = rooms;
  const bsn = everybody[0]?.person.bsn ?? '';
  const vault = (await store.findVault(database, { system: BSN_SYSTEM, value: bsn })) ?? '';
  await consent.choices.save(
    vault,
    [
      {
        kind: 'put',
        rule: {
          type: 'permit',
          holder: { level: 'cat', value: 'ZKH' },
          recipient: { level: 'cat', value: 'HA' },
          data: { level: 'all' },
        },
      },
    ],
    {
      performers: [{ rel: 'self' }],
      agent: { kind: 'person', id: vault },
      channel: 'portal',
      text: { version: '1', language: 'nl', digest: 'd'.repeat(64) },
    },
    { patient: { birthDate: everybody[0]?.person.birthDate ?? '' } },
  );
  const { token } = await tokens.issue(database, {
    kind: 'partner',
    client: 'partner-huisarts-duin',
    organisation: organisation('duin').id,
    scope: 'system/*.read',
    purpose: 'TREAT',
    role: '01.015',
  });
  await state.put(
    database,
    { bsn, name: everybody[0]?.person.family },
    {
      kind: 'session',
      seconds: 600,
    },
  );
  for (const { person } of everybody.slice(0, 5)) {
    const answer = await app.inject({
      method: 'POST',
      url: '/fhir/r4/Patient/_search',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      payload: `identifier=${encodeURIComponent(`${BSN_SYSTEM}|${person.bsn}`)}`,
    });
    expect(answer.statusCode).toBe(200);
  }
}

const ENCODINGS = ['utf8', 'latin1', 'utf16le', 'hex', 'base64'] as const;

/** Every column of every table: text as it is and as base64 may hide it, bytes in each reading. */
async function dump(ownerUrl: string): Promise<Seen[]> {
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  const { rows: tables } = await owner.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public'`,
  );
  const seen: Seen[] = [];
  for (const { name } of tables) {
    const { rows } = await owner.query<Record<string, unknown>>(`select * from "${name}"`);
    for (const row of rows) {
      for (const [column, value] of Object.entries(row)) {
        for (const text of readings(value)) seen.push({ place: `${name}.${column}`, text });
      }
    }
  }
  await owner.end();
  return seen;
}

const plainly = (_name: string, value: unknown) =>
  typeof value === 'bigint' ? String(value) : value;

function readings(value: unknown): string[] {
  if (value === null) return [];
  if (Buffer.isBuffer(value)) return ENCODINGS.map((as) => value.toString(as));
  const text = typeof value === 'string' ? value : JSON.stringify(value, plainly);
  const hidden = text.match(/[A-Za-z0-9+/_-]{24,}/g) ?? [];
  return [text, ...hidden.map((one) => Buffer.from(one, 'base64').toString('latin1'))];
}

/** Where any of the words stands as a whole word, or spelled in hexadecimal or base64. */
function places(words: readonly string[], seen: readonly Seen[]): string[] {
  const any = [...new Set(words)];
  if (any.length === 0) throw new RangeError('nothing to look for');
  const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  const whole = `(?<![\\p{L}\\p{N}])(?:${any.map(literal).join('|')})(?![\\p{L}\\p{N}])`;
  const spelled = any.filter((word) => word.length >= SPELLED_LENGTH_MIN).flatMap(spellings);
  const pattern = new RegExp([whole, ...spelled.map(literal)].join('|'), 'u');
  return [...new Set(seen.filter(({ text }) => pattern.test(text)).map(({ place }) => place))];
}

/** Shorter ones would be found in random bytes by chance. */
const SPELLED_LENGTH_MIN = 8;

/** In hexadecimal, and in base64 at each of the three positions that a word can have in it. */
function spellings(word: string): string[] {
  const at = (before: number) => {
    const text = Buffer.from(`${'x'.repeat(before)}${word}`).toString('base64');
    return text.slice(before === 0 ? 0 : before + 1).replace(/.{2}=*$/, '');
  };
  return [Buffer.from(word).toString('hex'), at(0), at(1), at(2)];
}

const numbers = everybody.flatMap(({ person }) => person.bsn ?? []);
const surnames = [...new Set(everybody.map(({ person }) => person.family))];
/** Names of organisations are public; a patient may have the name of a practice. */
const publicNames = [...ORGANISATIONS.values()].map(({ name }) => name).join(' ');
const DIRECTORY = ['client.content', 'organisation.content'];

describe('a database that was stolen with the whole demo region in it', () => {
  it('holds the region: rows of many tables, and what is public in clear', () => {
    expect(dumped.length).toBeGreaterThan(20_000);
    expect(new Set(dumped.map(({ place }) => place.split('.')[0])).size).toBeGreaterThan(12);
    expect(places(['Ziekenhuis Kennemerzoom'], dumped).length).toBeGreaterThan(0);
  });

  it('shows no BSN', () => {
    expect(numbers.length).toBeGreaterThan(30);
    expect(places(numbers, dumped)).toEqual([]);
  });

  it('shows no surname of a patient', () => {
    expect(surnames.length).toBeGreaterThan(20);
    const long = surnames.filter((name) => name.length > 4 && !publicNames.includes(name));
    expect(places(long, dumped)).toEqual([]);
    // In megabytes of sealed bytes three letters stand by chance; with the given name they do not.
    const full = everybody.flatMap(({ person: { given, family } }) => [
      `${given} ${family}`,
      `${family}^${given}`,
      `"family":"${family}"`,
      `${family}&`,
    ]);
    expect(
      places(
        full.filter((one) => one.length > 7),
        dumped,
      ),
    ).toEqual([]);
  });

  it('shows the name of a practice that is also a surname in the directory only', () => {
    const shared = surnames.filter((name) => publicNames.includes(name));
    expect(shared).toContain('Jansen');
    expect(places(shared, dumped).filter((place) => !DIRECTORY.includes(place))).toEqual([]);
  });

  it('shows no code with its system, in whatever way the two are written', () => {
    const SNOMED = 'http://snomed.info/sct';
    const coded = everybody.flatMap(({ problems, allergies, medicines, labs }) => [
      ...[...problems.map(({ snomed }) => snomed), ...allergies].flatMap(({ code }) => [
        `${SNOMED}|${code}`,
        `"system":"${SNOMED}","code":"${code}"`,
        ...(code.length > 6 ? [code] : []),
      ]),
      ...problems.map(({ icpc }) => `code="${icpc.code}"`),
      ...medicines.flatMap(({ prk, hpk }) => [prk.code, hpk.code, prk.display]),
      ...labs.flatMap(({ results }) =>
        results.flatMap(({ loinc }) => [
          `http://loinc.org|${loinc.code}`,
          `"system":"http://loinc.org","code":"${loinc.code}"`,
          `${loinc.code}^${loinc.display}^LN`,
        ]),
      ),
    ]);
    expect(places(coded, dumped)).toEqual([]);
  });

  it('shows no text of a letter or of the journal of a GP', () => {
    const texts = everybody.flatMap(({ letters, contacts }) => [
      ...letters.flatMap(({ title, lines }) => [title, ...lines]),
      ...contacts.flatMap(({ subjective, objective, plan }) => [subjective, objective, plan]),
    ]);
    expect(texts.length).toBeGreaterThan(100);
    expect(places([...texts, 'Zwaluwstaart'], dumped)).toEqual([]);
  });

  it('would show them if they were there, however they were spelled', () => {
    const [bsn = ''] = numbers;
    const spelled = (text: string) => [{ place: 'x.y', text }];
    for (const text of [
      `BSN ${bsn}.`,
      Buffer.from(`a${bsn}`).toString('hex'),
      Buffer.from(`{"value":"${bsn}"}`).toString('base64'),
      Buffer.from(`ab${bsn}cd`).toString('base64'),
    ]) {
      expect(places([bsn], spelled(text))).toEqual(['x.y']);
    }
    expect(places(['Dekker'], spelled('mevrouw Dekker'))).toEqual(['x.y']);
    expect(places(['Dekker'], spelled('Dekkers'))).toEqual([]);
  });
});
