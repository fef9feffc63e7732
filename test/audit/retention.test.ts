/** audit.md 6.4 and 12.16, 12.17: lines go when their term ends, and the proofs of others hold. */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ledger, type LedgerEvent, openLedger } from '../../src/audit/index.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { asOwner, DIRECTORY, searchEvent, testKeyring } from './ledgers.ts';

const VERIFIER = join(import.meta.dirname, '../../scripts/verify-ledger.mjs');
const DAY = 86_400_000;
const AGREED = { by: 'beheerder', and: 'functionaris' };
const patient = randomUUID();
const other = randomUUID();

let db: TestDatabase;
const keyring = testKeyring();
let ledger: Ledger;

beforeEach(async () => {
  db = await testDatabase();
  // What a region may choose: five years for care, the least there is.
  await asOwner(db.ownerUrl, `insert into ledger_term values ('care', 60)`);
});
afterEach(async () => {
  await ledger.close();
  await db.close();
});

const ago = (months: number, days = 0): Date => {
  const at = new Date();
  at.setUTCMonth(at.getUTCMonth() - months);
  return new Date(at.getTime() - days * DAY);
};

/** Writes each event at its own moment, oldest first. */
async function writtenAt(...events: readonly (readonly [Date, LedgerEvent])[]): Promise<void> {
  for (const [moment, event] of events) {
    const then = await openLedger({ database: db.database, keyring, clock: () => moment });
    await then.record([event]);
    await then.close();
  }
  ledger = await openLedger({ database: db.database, keyring, clock: systemClock });
}

const entries = async (): Promise<number> =>
  (await db.database.query<{ n: number }>('select count(*)::integer as n from ledger_entry'))
    .rows[0]?.n ?? -1;

async function offline(): Promise<string> {
  const file = join(mkdtempSync(join(tmpdir(), 'export-')), 'export.ndjson');
  let text = '';
  for await (const line of ledger.exportNdjson({}, DIRECTORY)) text += line;
  writeFileSync(file, text);
  return spawnSync(process.execPath, [VERIFIER, file], { encoding: 'utf8' }).stdout;
}

describe('a line of care', () => {
  it('is there a day before five years, and gone a day after', async () => {
    await writtenAt(
      [ago(60, 1), searchEvent(patient)],
      [ago(60, -1), searchEvent(patient)],
      [ago(1), searchEvent(other)],
    );
    const [run, ...more] = await ledger.endTerms(AGREED);
    expect(run).toMatchObject({ class: 'care', count: 1, first: 0, last: 0 });
    expect(more).toEqual([]);
    expect(await ledger.verify()).toMatchObject({ ok: true, size: 4 });
    const seen = await ledger.ofPatient(patient);
    expect(seen).toMatchObject({ total: 2, past: 1, complete: true });
    expect(seen.entries.map(({ seq }) => seq)).toEqual([1]);
    expect(await offline()).toMatch(/1 past their term[\s\S]*Good/);
    expect(await ledger.endTerms(AGREED)).toEqual([]);
  });

  it('stays as long as a hold keeps it, and goes after that', async () => {
    await writtenAt([ago(61), searchEvent(patient)], [ago(61), searchEvent(other)]);
    const hold = await ledger.setHold({ seq: 0, by: 'jurist', reason: 'klacht 12' });
    expect(await ledger.terms()).toContainEqual(
      expect.objectContaining({ class: 'care', due: 1, held: 1 }),
    );
    expect(await ledger.endTerms(AGREED)).toMatchObject([{ count: 1, first: 1 }]);
    expect(await ledger.endTerms(AGREED)).toEqual([]);
    await ledger.liftHold({ hold, by: 'jurist' });
    expect(await ledger.endTerms(AGREED)).toMatchObject([{ count: 1, first: 0 }]);
    await expect(ledger.liftHold({ hold, by: 'jurist' })).rejects.toMatchObject({
      kind: 'not-found',
    });
    expect((await ledger.verify()).findings).toEqual([]);
  });
});

describe('two lines of one act', () => {
  it('go each by its own class: 36 months for the app, five years for the holder', async () => {
    const act = searchEvent(patient);
    await writtenAt([ago(37), { ...act, class: 'pgo' }], [ago(37), act]);
    expect(await ledger.endTerms(AGREED)).toMatchObject([{ class: 'pgo', count: 1 }]);
    const { entries: left } = await ledger.ofPatient(patient);
    expect(left.map(({ record }) => record.class)).toEqual(['care']);
    expect(await ledger.verify()).toMatchObject({ ok: true });
  });
});

describe('a retention run', () => {
  it.each([
    ['by one alone', { by: 'beheerder', and: '' }],
    ['by one under two names', { by: 'Beheerder', and: ' beheerder' }],
  ])('is refused %s', async (_name, agreed) => {
    await writtenAt([ago(61), searchEvent(patient)]);
    await expect(ledger.endTerms(agreed)).rejects.toMatchObject({ code: 'two-people' });
    expect(await entries()).toBe(1);
  });

  it('cannot be used by the gateway’s role for what is not past its term', async () => {
    await writtenAt([ago(59), searchEvent(patient)]);
    const take = `select * from ledger_end_of_term('care', $1, 10)`;
    expect((await db.database.query(take, [randomUUID()])).rows).toEqual([]);
    await expect(db.database.query('delete from ledger_entry')).rejects.toThrow('permission');
    await expect(db.database.query('update ledger_term set months = 1')).rejects.toThrow(
      'permission',
    );
    const shorter = `update ledger_term set months = 59`;
    await expect(asOwner(db.ownerUrl, shorter)).rejects.toThrow('check');
  });

  it('ends the keys of a month when nothing of it is left', async () => {
    await writtenAt([ago(64), searchEvent(patient)]);
    const wraps = `select count(*)::integer as n from ledger_key_wrap w
      join ledger_key k on k.id = w.key where k.class = 'care'`;
    const before = (await db.database.query<{ n: number }>(wraps)).rows[0]?.n ?? 0;
    await ledger.endTerms(AGREED);
    expect((await db.database.query<{ n: number }>(wraps)).rows[0]?.n).toBe(before - 2);
    expect(await ledger.verify()).toMatchObject({ ok: true });
  });
});

describe('the mark of how far it went', () => {
  const lines = [
    [ago(61), searchEvent(patient)],
    [ago(61), searchEvent(other)],
    [ago(59), searchEvent(other)],
  ] as const;

  it.each([
    ['moved beyond what is due', 'update ledger_term_done set done = 2', 2],
    ['moved beyond the end', 'update ledger_term_done set done = 1000000', 2],
    ['put in for another class', `insert into ledger_term_done values ('ops', 9)`, 3],
    ['set back', 'update ledger_term_done set done = 0', 3],
    ['taken out', 'delete from ledger_term_done', 3],
  ])('is seen when it was %s', async (_name, sql, seq) => {
    await writtenAt(...lines);
    await ledger.endTerms(AGREED);
    expect((await ledger.verify()).findings).toEqual([]);
    await asOwner(db.ownerUrl, sql);
    const [first, ...more] = (await ledger.verify()).findings;
    expect([first?.kind, first?.seq, more]).toEqual(['mark', seq, []]);
  });

  it('is good beside a hold, and after it was lifted', async () => {
    await writtenAt(...lines);
    const hold = await ledger.setHold({ seq: 0, by: 'jurist', reason: 'klacht 12' });
    await ledger.endTerms(AGREED);
    expect((await ledger.verify()).findings).toEqual([]);
    await ledger.liftHold({ hold, by: 'jurist' });
    expect((await ledger.verify()).findings).toEqual([]);
    await ledger.endTerms(AGREED);
    expect((await ledger.verify()).findings).toEqual([]);
  });
});

describe('who removes a line by hand', () => {
  const listed = (seq: number) =>
    `insert into ledger_pruned (seq, run) select ${seq}, run from ledger_pruned limit 1`;
  const removed = (seq: number) =>
    `delete from ledger_entry where id = (select entry from ledger_leaf where seq = ${seq})`;

  it.each([
    ['and lists it with a run that was', [removed(1), listed(1)], 0],
    [
      'and lists it with a run that never was',
      [removed(2), `insert into ledger_pruned (seq, run) values (2, gen_random_uuid())`],
      2,
    ],
    ['and leaves out of the list what a run took', ['delete from ledger_pruned'], 0],
  ])('%s is found out', async (_name, acts, first) => {
    await writtenAt(
      [ago(61), searchEvent(patient)],
      [ago(30), searchEvent(patient)],
      [ago(1), searchEvent(patient)],
    );
    await ledger.endTerms(AGREED);
    for (const sql of acts) await asOwner(db.ownerUrl, sql);
    const { findings } = await ledger.verify();
    expect(findings[0]).toMatchObject({ kind: 'removed', seq: first });
    expect(await offline()).toMatch(new RegExp(`first bad entry is ${first}\\.`));
  });

  it('cannot tell the patient that its term ended', async () => {
    await writtenAt([ago(61), searchEvent(patient)], [ago(20), searchEvent(patient)]);
    await ledger.endTerms(AGREED);
    for (const sql of [removed(1), listed(1)]) await asOwner(db.ownerUrl, sql);
    expect(await ledger.ofPatient(patient)).toMatchObject({ complete: false, fault: 'removed' });
  });
});
