/** `zorgsluis keys rotate`: afterwards the old key opens nothing that is still needed. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keysCommand } from '../../src/cli/keys-command.ts';
import { SEALED_BY_CONSENT } from '../../src/consent/index.ts';
import { newKeyring, openKeyring, withNewKek } from '../../src/identity/index.ts';
import { SEALED_BY_INTAKE } from '../../src/ingest/index.ts';
import { SEALED_BY_INSIGHT } from '../../src/insight/index.ts';
import { lockFolder } from '../../src/platform/folder-lock.ts';
import { createStore } from '../../src/store/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

const ALL = [...SEALED_BY_INTAKE, ...SEALED_BY_CONSENT, ...SEALED_BY_INSIGHT];
const SRC = join(import.meta.dirname, '../../src');

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

const file = newKeyring({ demo: true, name: 'test.example/audit' });
const rotated = withNewKek(file);
const storeWith = (keys: typeof file) =>
  createStore({ keyring: openKeyring(keys), clock: () => new Date('2026-03-10T10:00:00Z') });

/** One row of a table: how it is put there, with the id that is bound into its bytes as `$1`. */
const now = '2026-03-10T10:00:00Z';
const TABLES: Record<string, { text: string; values: (id: string) => unknown[]; id?: string[] }> = {
  receipt: {
    text: `insert into delivery (id, sender, digest, original, channel, state, receipt, received)
           values ($1, 's', $3, $1, 'http', 'accepted', $2, '${now}')`,
    values: () => [randomBytes(16)],
  },
  'unknown-code': {
    text: `insert into unknown_code (sender, digest, sealed, seen, first_seen, last_seen)
           values (split_part($1, '|', 1), decode(split_part($1, '|', 2), 'hex'), $2, 1,
                   '${now}', '${now}')`,
    values: () => [],
    id: ['s|00ff', 's|ff00', 'other|00'],
  },
  'patient-group': {
    text: `insert into patient_group (client, id, changed, sealed)
           values (split_part($1, '|', 1), split_part($1, '|', 2), '${now}', $2)`,
    values: () => [],
    id: ['c|a', 'c|b', 'd|a'],
  },
  export: {
    text: `insert into export_job (id, client, state, request, created, touched, expires)
           values ($1, 'c', 'done', $2, '${now}', '${now}', '${now}')`,
    values: () => [],
  },
  'study-key': {
    text: `insert into study_key (organisation, created, sealed) values ($1, '${now}', $2)`,
    values: () => [],
  },
  'study-notice': {
    text: `insert into study_notice (id, organisation, created, due, sealed)
           values ($1, $1, '${now}', '${now}', $2)`,
    values: () => [],
  },
  'study-run': {
    text: `insert into study_run (organisation, run, at, sealed)
           values (split_part($1, '|', 1)::uuid, split_part($1, '|', 2)::uuid, '${now}', $2)`,
    values: () => [],
    id: [`${randomUUID()}|${randomUUID()}`, `${randomUUID()}|${randomUUID()}`],
  },
  case: {
    text: `insert into review_case (id, holder, subject, state, score, sealed, opened, due)
           values ($1, $1, $3, 'open', 1, $2, '${now}', '2026-04-01')`,
    values: () => [randomBytes(16)],
  },
  access: {
    text: `insert into access_review
                  (id, holder, kind, subject, actor, state, sealed, opened, ends, due)
           values ($1, $1, 'declared', $3, $3, 'open', $2, '${now}', '${now}', '2026-04-01')`,
    values: () => [randomBytes(16)],
  },
  'review-fact': {
    text: `insert into review_fact (organisation, name, lines, recorded, sealed)
           values (split_part($1, '/', 1)::uuid, split_part($1, '/', 2), 1, '${now}', $2)`,
    values: () => [],
    id: [`${randomUUID()}/staff.csv`, `${randomUUID()}/watch.csv`],
  },
  'figure-count': {
    text: `insert into figure_count (region, organisation, purpose, day, sealed)
           values (split_part($1, '|', 1), split_part($1, '|', 2)::uuid, split_part($1, '|', 3),
                   split_part($1, '|', 4)::date, $2)`,
    values: () => [],
    id: [`r|${randomUUID()}|HOPERAT|2026-03-10`, `r|${randomUUID()}|PUBHLTH|2026-03-09`],
  },
};

describe('what is sealed for the gateway', () => {
  it('is known to the rotation, whatever it is sealed for', () => {
    const purposes = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .flatMap((path) => [
        ...readFileSync(join(SRC, path), 'utf8').matchAll(
          /\bstore\.sealForGateway\(\s*'([a-z-]+)'/g,
        ),
      ])
      .map(([, purpose]) => purpose);
    expect([...new Set(purposes)].toSorted()).toEqual(ALL.map((one) => one.purpose).toSorted());
    expect(Object.keys(TABLES).toSorted()).toEqual(ALL.map((one) => one.purpose).toSorted());
  });

  it('opens without the old key after a rotation, also of many rows, and a second one is idle', async () => {
    const before = storeWith(file);
    const put: { purpose: string; id: string }[] = [];
    for (const [purpose, { text, values, id }] of Object.entries(TABLES)) {
      const ids = id ?? Array.from({ length: purpose === 'receipt' ? 450 : 3 }, () => randomUUID());
      for (const one of ids) {
        const sealed = before.sealForGateway(purpose, one, Buffer.from(`of ${one}`));
        await db.database.query(text, [one, sealed, ...values(one)]);
        put.push({ purpose, id: one });
      }
    }
    const after = storeWith(rotated);
    const reseal = async () => {
      let count = 0;
      for (const one of ALL) count += await after.resealRows(db.database, one);
      return count;
    };
    expect(await reseal()).toBe(put.length);
    expect(await reseal()).toBe(0);
    const { current, keys } = rotated.kek;
    const alone = storeWith({
      ...rotated,
      kek: { current, keys: { [current]: keys[current] ?? '' } },
    });
    const opened: string[] = [];
    for (const { purpose, key, idOf, page } of ALL) {
      const from = key.map(([, start]) => start);
      const { rows } = await db.database.query({ ...page, values: [...from, 1_000] });
      for (const row of rows as (Record<string, unknown> & { sealed: Buffer })[]) {
        const id = idOf(key.map(([column]) => String(row[column])));
        const text = alone.unsealForGateway(purpose, id, row.sealed).toString('utf8');
        expect(text).toBe(`of ${id}`);
        opened.push(`${purpose} ${id}`);
      }
    }
    expect(opened.toSorted()).toEqual(put.map(({ purpose, id }) => `${purpose} ${id}`).toSorted());
  });

  it('stays as somebody else wrote it meanwhile', async () => {
    const [one] = SEALED_BY_INSIGHT;
    if (!one) throw new Error('nothing is sealed');
    const id = randomUUID();
    const old = storeWith(file).sealForGateway('case', id, Buffer.from('old'));
    const fresh = storeWith(rotated).sealForGateway('case', id, Buffer.from('of another'));
    const text = TABLES['case']?.text ?? '';
    await db.database.query(text, [id, old, randomBytes(16)]);
    const meanwhile = {
      ...db.database,
      query: (async (asked: { name?: string }, ...more: unknown[]) => {
        if (asked.name === one.change.name) {
          await db.database.query('update review_case set sealed = $2 where id = $1', [id, fresh]);
        }
        return (db.database.query as (...all: unknown[]) => Promise<never>)(asked, ...more);
      }) as typeof db.database.query,
    };
    await storeWith(rotated).resealRows(meanwhile, one);
    const { rows } = await db.database.query('select sealed from review_case where id = $1', [id]);
    expect((rows[0] as { sealed: Buffer }).sealed).toEqual(fresh);
  });
});

describe('a key file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keys-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'keys.json');
  const rotate = async () => {
    const variables = { DATABASE_URL: db.url, KEY_FILE: path };
    const say = () => undefined;
    return keysCommand({ args: ['rotate'], variables, out: say, err: say }).then(String, String);
  };

  it('is rotated by one at a time: what the first wraps under stays in it', async () => {
    writeFileSync(path, JSON.stringify(file));
    const lock = lockFolder(`${path}.lock`);
    expect(await rotate()).toContain('which still runs');
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(file);
    lock.release();
  });

  it('that is none is named, and nothing of it is told', async () => {
    writeFileSync(path, 'geheim-1234');
    expect(await rotate()).toBe(`Error: KEY_FILE: ${path} could not be read as a key file.`);
    writeFileSync(path, '{}');
    expect(await rotate()).toContain('could not be read as a key file');
  });
});
