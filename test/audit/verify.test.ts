/**
 * audit.md 6.3 and 12.6: whatever is done to the tables is found, and the first bad entry is
 * named.
 */
import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openLedger } from '../../src/audit/index.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { refusedEvent, searchEvent, type TestLedger, testLedger } from './ledgers.ts';

const ENTRIES = 300;
const patient = randomUUID();
let made: TestLedger;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'checkpoints-'));
  made = await testLedger({ checkpointsDir: folder });
  const events = Array.from({ length: ENTRIES }, (_, at) =>
    at % 10 === 5 ? refusedEvent(patient) : searchEvent(at % 10 === 0 ? patient : undefined),
  );
  for (let at = 0; at < ENTRIES; at += 50) await made.ledger.record(events.slice(at, at + 50));
});
afterEach(async () => {
  await made.close();
  rmSync(folder, { recursive: true });
});

const entryOf = (seq: number) => `(select entry from ledger_leaf where seq = ${seq})`;

/** SQL that turns the last bit of one byte of a column. */
const flipped = (column: string, at: number) =>
  `set_byte(${column}, ${at}, get_byte(${column}, ${at}) # 1)`;

const findingsWritten = async () =>
  (
    await made.tamper(
      `select count(*)::integer as n from ledger_entry where event = 'ledger-finding'`,
    )
  ).rows[0].n;

describe('verify', () => {
  it('finds nothing in a ledger that nobody touched, and tells how far it is', async () => {
    const steps: number[] = [];
    const found = await made.ledger.verify((done) => steps.push(done));
    expect(found).toMatchObject({ ok: true, size: ENTRIES, checked: ENTRIES, findings: [] });
    expect(steps.at(-1)).toBe(ENTRIES);
  });

  it.each([
    [
      'a changed body',
      `update ledger_entry set body = ${flipped('body', 9)} where id = ${entryOf(42)}`,
      'changed',
      42,
    ],
    [
      'a changed salt',
      `update ledger_entry set salt = ${flipped('salt', 15)} where id = ${entryOf(42)}`,
      'changed',
      42,
    ],
    [
      'a changed leaf hash',
      `update ledger_leaf set hash = set_byte(hash, 0, get_byte(hash, 0) # 1) where seq = 42`,
      'changed',
      42,
    ],
    [
      'a changed time of numbering',
      `update ledger_leaf set recorded = recorded + interval '1 ms' where seq = 42`,
      'changed',
      42,
    ],
    ['a removed record', `delete from ledger_entry where id = ${entryOf(42)}`, 'removed', 42],
    ['a removed leaf', 'delete from ledger_leaf where seq = 42', 'removed', 42],
    ['a removed range', 'delete from ledger_leaf where seq between 42 and 60', 'removed', 42],
    ['a removed tail', 'delete from ledger_leaf where seq >= 290', 'cut-tail', 290],
    [
      'a changed organisation',
      `update ledger_entry set organisation = 1 where id = ${entryOf(42)}`,
      'column',
      42,
    ],
    [
      'a changed outcome',
      `update ledger_entry set outcome = 0 where id = ${entryOf(45)}`,
      'column',
      45,
    ],
    [
      'a changed event',
      `update ledger_entry set event = 'read' where id = ${entryOf(42)}`,
      'column',
      42,
    ],
    [
      'a changed moment',
      `update ledger_entry set at = at - 86400 where id = ${entryOf(42)}`,
      'column',
      42,
    ],
    [
      'a patient taken off a leaf',
      'update ledger_leaf set patient = null, nth = null where seq = 40',
      'column',
      40,
    ],
    [
      'a changed head',
      `update ledger_head set root = set_byte(root, 0, get_byte(root, 0) # 1)`,
      'head',
      300,
    ],
    [
      'a signature that is of another head',
      `update ledger_head set note = replace(note, E'\\n300\\n', E'\\n299\\n')`,
      'head',
      300,
    ],
    [
      'a signature by nobody',
      `update ledger_head set note = regexp_replace(note, '[A-Za-z0-9+/]{8}(?==*\\n$)', 'AAAAAAAA')`,
      'head',
      300,
    ],
    [
      'an entry moved to another person',
      `update ledger_leaf set patient = (select patient from ledger_leaf where seq = 41), nth = 900
        where seq = 40`,
      'column',
      40,
    ],
    [
      'an entry given to a second organisation',
      `update ledger_entry set holders = array[1, 2], holder = null where id = ${entryOf(42)}`,
      'column',
      42,
    ],
    [
      'a leaf that lost its entry',
      'update ledger_leaf set entry = -1 where seq = 42',
      'removed',
      42,
    ],
    [
      'a counter signed by nobody',
      `update ledger_patient set mac = ${flipped('mac', 0)}
        where patient = (select patient from ledger_leaf where seq = 40)`,
      'counter',
      undefined,
    ],
    [
      'a changed kept subtree',
      `update ledger_subtree set hash = set_byte(hash, 0, get_byte(hash, 0) # 1)`,
      'tree',
      0,
    ],
  ])('names %s', async (_what, sql, kind, seq) => {
    await made.tamper(sql);
    const { ok, findings } = await made.ledger.verify();
    expect(ok).toBe(false);
    expect(findings[0]).toMatchObject(seq === undefined ? { kind } : { kind, seq });
  });

  it('names a number that stands twice', async () => {
    for (const name of ['ledger_leaf_pkey', 'ledger_leaf_entry_key'])
      await made.tamper(`alter table ledger_leaf drop constraint ${name}`);
    await made.tamper(
      `insert into ledger_leaf (seq, entry, recorded, hash)
       select 42, entry, recorded, hash from ledger_leaf where seq = 43`,
    );
    const { ok, findings } = await made.ledger.verify();
    expect(ok).toBe(false);
    expect(findings[0]).toMatchObject({ seq: 42 });
  });

  it('names an entry of another ledger in the place of one of this', async () => {
    const other = await testLedger();
    await other.ledger.record(Array.from({ length: ENTRIES }, () => searchEvent()));
    const columns = 'at, agent, organisation, holder, key, outcome, action, salt, event, purpose';
    const rest = 'route, holders, body';
    const { rows } = await other.tamper(
      `select ${columns}, ${rest} from ledger_entry where id = ${entryOf(42)}`,
    );
    const names = Object.keys(rows[0]);
    await made.tamper(
      `update ledger_entry set ${names.map((name, at) => `${name} = $${at + 1}`).join(', ')}
       where id = ${entryOf(42)}`,
      Object.values(rows[0]),
    );
    await other.close();
    expect((await made.ledger.verify()).findings[0]).toMatchObject({ kind: 'changed', seq: 42 });
  });

  it('names an old head with its own good signature, put back over a longer ledger', async () => {
    const { rows } = await made.tamper('select * from ledger_head');
    await made.ledger.record([searchEvent(), searchEvent()]);
    const names = ['size', 'root', 'frontier', 'recorded', 'note'];
    await made.tamper(
      `update ledger_head set ${names.map((name, at) => `${name} = $${at + 1}`).join(', ')}`,
      names.map((name) => rows[0][name]),
    );
    expect((await made.ledger.verify()).findings.map(({ seq }) => seq)).toContain(300);
  });

  it('names two records that changed places', async () => {
    const { rows } = await made.tamper(
      'select seq, entry from ledger_leaf where seq in (42, 77) order by seq',
    );
    await made.tamper('update ledger_leaf set entry = -entry where seq in (42, 77)');
    await made.tamper('update ledger_leaf set entry = $1 where seq = 42', [rows[1].entry]);
    await made.tamper('update ledger_leaf set entry = $1 where seq = 77', [rows[0].entry]);
    const { findings } = await made.ledger.verify();
    expect(findings[0]).toMatchObject({ kind: 'swapped', seq: 42 });
    expect(findings[0]?.text).toContain('entry 77');
  });

  it('names two leaves that changed places with all they hold', async () => {
    await made.tamper('update ledger_leaf set seq = -seq where seq in (42, 77)');
    await made.tamper('update ledger_leaf set seq = 119 + seq where seq in (-42, -77)');
    const { findings } = await made.ledger.verify();
    expect(findings[0]).toMatchObject({ kind: 'swapped', seq: 42 });
  });

  it('names an entry that took the place of another', async () => {
    await made.tamper('delete from ledger_leaf where seq = 256');
    await made.tamper('update ledger_leaf set seq = 256 where seq = 257');
    const { findings } = await made.ledger.verify();
    expect(findings[0]).toMatchObject({ seq: 256 });
  });

  it('names a row that was put in by another hand, and never numbers it', async () => {
    await made.tamper(
      `insert into ledger_entry (at, agent, organisation, holder, key, outcome,
         action, salt, event, purpose, route, body)
       select at - 3600, agent, organisation, holder, key, outcome,
         action, salt, event, purpose, route, '\\x01' || body from ledger_entry limit 1`,
    );
    await made.ledger.sweep(new Date());
    await made.ledger.sweep(new Date());
    // The finding itself is the one line more, and once.
    expect((await made.ledger.head()).size).toBe(ENTRIES + 1);
    expect(await findingsWritten()).toBe(1);
    const { findings } = await made.ledger.verify();
    expect(findings).toMatchObject([{ kind: 'inserted' }]);
  });

  it('goes on behind a row of another hand, and does not look at it for ever', async () => {
    await made.tamper(
      `insert into ledger_entry (at, agent, organisation, holder, key, outcome,
         action, salt, event, purpose, route, body)
       select at - 3600, agent, organisation, holder, key, outcome,
         action, salt, event, purpose, route, '\\x01' || body from ledger_entry limit 1`,
    );
    vi.useFakeTimers({ toFake: ['Date'] });
    const passed = async () => {
      await made.ledger.sweep(new Date());
      vi.setSystemTime(Date.now() + 61_000);
      const { rows } = await made.tamper(
        'select swept, (select max(id) from ledger_entry) as last from ledger_head',
      );
      return Number(rows[0].swept) > Number(rows[0].last) - 2;
    };
    try {
      // Transactions of other databases of this server hold the mark back for a moment.
      await vi.waitUntil(passed, { timeout: 20_000, interval: 20 });
    } finally {
      vi.useRealTimers();
    }
    expect((await made.ledger.verify()).findings).toMatchObject([{ kind: 'inserted' }]);
  });

  it('does not number a copy of a row, which would open', async () => {
    await made.tamper(
      `insert into ledger_entry (at, agent, organisation, holder, key, outcome,
         action, salt, event, purpose, route, holders, body)
       select at, agent, organisation, holder, key, outcome,
         action, salt, event, purpose, route, holders, body
       from ledger_entry where id = ${entryOf(42)}`,
    );
    await made.ledger.sweep(new Date(Date.now() + 1_000));
    expect((await made.ledger.head()).size).toBe(ENTRIES + 1);
    expect((await made.ledger.verify()).findings).toMatchObject([{ kind: 'inserted' }]);
  });

  it('names a leaf beyond the signed head', async () => {
    await made.tamper(
      `insert into ledger_leaf (seq, entry, recorded, hash)
       select 300, 999999, recorded, hash from ledger_leaf where seq = 299`,
    );
    expect((await made.ledger.verify()).findings[0]).toMatchObject({ kind: 'inserted', seq: 300 });
  });

  it('names a counter that no longer fits its patient', async () => {
    await made.tamper('update ledger_patient set count = count - 1 where count > 1');
    expect((await made.ledger.verify()).findings[0]).toMatchObject({ kind: 'counter' });
  });

  it('sees a tail that was cut off together with the head, by the checkpoint outside', async () => {
    const { rows } = await made.tamper('select * from ledger_head');
    await made.ledger.record([searchEvent(), searchEvent()]);
    await made.ledger.close();
    await made.tamper('delete from ledger_leaf where seq >= 300');
    await made.tamper(
      `update ledger_head set size = $1, root = $2, frontier = $3, recorded = $4, note = $5`,
      ['size', 'root', 'frontier', 'recorded', 'note'].map((name) => rows[0][name]),
    );
    const found = await made.ledger.verify();
    expect(found.findings[0]).toMatchObject({ kind: 'cut-tail', seq: 300 });
  });

  it('sees a tail that was cut off while the gateway runs, before a checkpoint left', async () => {
    const { rows } = await made.tamper('select * from ledger_head');
    const counters = await made.tamper('select * from ledger_patient');
    await made.ledger.record([searchEvent(patient), searchEvent()]);
    await made.tamper(
      'delete from ledger_entry where id in (select entry from ledger_leaf where seq >= 300)',
    );
    await made.tamper('delete from ledger_leaf where seq >= 300');
    await made.tamper('delete from ledger_patient');
    for (const { patient: token, count, mac } of counters.rows)
      await made.tamper('insert into ledger_patient values ($1, $2, $3)', [token, count, mac]);
    await made.tamper(
      `update ledger_head set size = $1, root = $2, frontier = $3, recorded = $4, note = $5`,
      ['size', 'root', 'frontier', 'recorded', 'note'].map((name) => rows[0][name]),
    );
    await made.ledger.record([searchEvent(), searchEvent(), searchEvent()]);
    await made.ledger.record([searchEvent()]);
    const { rows: found } = await made.tamper(
      `select count(*)::integer as n from ledger_entry where event = 'ledger-finding'`,
    );
    expect(found[0].n).toBe(1);
  });

  it('sees a tail that was cut off and grown over by another gateway, while it wrote nothing', async () => {
    const other = await openLedger({
      ...{ database: made.db.database, keyring: made.keyring, clock: systemClock },
    });
    await other.lookBack();
    const { rows } = await made.tamper('select * from ledger_head');
    await made.ledger.record([searchEvent(), searchEvent()]);
    await made.tamper('delete from ledger_leaf where seq >= 300');
    await made.tamper(
      'delete from ledger_entry e where e.id not in (select entry from ledger_leaf)',
    );
    await made.tamper(
      `update ledger_head set size = $1, root = $2, frontier = $3, recorded = $4, note = $5`,
      ['size', 'root', 'frontier', 'recorded', 'note'].map((name) => rows[0][name]),
    );
    await other.record([searchEvent(), searchEvent(), searchEvent()]);
    await other.lookBack();
    expect(await findingsWritten()).toBe(0);
    await made.ledger.lookBack();
    await vi.waitUntil(async () => (await findingsWritten()) === 1);
    await made.ledger.lookBack();
    await other.close();
    expect(await findingsWritten()).toBe(1);
  });

  it('sees another history of the same keys, longer than its own, put in the place of it', async () => {
    const tables = ['entry', 'leaf', 'head', 'subtree', 'patient'].map((name) => `ledger_${name}`);
    await made.tamper('create schema kept');
    for (const table of tables) await made.tamper(`create table kept.${table} as table ${table}`);
    await made.ledger.record([searchEvent(), searchEvent(), searchEvent()]);
    for (const table of tables) {
      await made.tamper(`delete from ${table}`);
      await made.tamper(`insert into ${table} overriding system value table kept.${table}`);
    }
    const other = await openLedger({
      ...{ database: made.db.database, keyring: made.keyring, clock: systemClock },
    });
    await other.record(Array.from({ length: 9 }, () => searchEvent()));
    await made.ledger.record([searchEvent()]);
    expect(await findingsWritten()).toBe(0);
    await made.ledger.lookBack();
    await vi.waitUntil(async () => (await findingsWritten()) === 1);
    await other.close();
  });

  it('sees any single change of a row', async () => {
    const columns = [
      'at',
      'agent',
      'organisation',
      'holder',
      'key',
      'outcome',
      'action',
      'event',
      'purpose',
      'route',
    ];
    const change: Record<string, string> = {
      action: `'D'`,
      event: `'other'`,
      purpose: `'HMARKT'`,
      route: `'presumed'`,
    };
    await fc.assert(
      fc.asyncProperty(
        fc.nat(ENTRIES - 1),
        fc.oneof(
          fc.constantFrom(...columns).map((name) => `${name} = ${change[name] ?? `${name} + 1`}`),
          fc
            .tuple(fc.constantFrom('body', 'salt'), fc.nat(15), fc.nat(7))
            .map(
              ([name, at, bit]) =>
                `${name} = set_byte(${name}, ${at}, get_byte(${name}, ${at}) # ${1 << bit})`,
            ),
        ),
        async (seq, set) => {
          const { rows } = await made.tamper(
            `select * from ledger_entry where id = ${entryOf(seq)}`,
          );
          await made.tamper(`update ledger_entry set ${set} where id = ${entryOf(seq)}`);
          const { findings } = await made.ledger.verify();
          expect(findings[0]?.seq).toBe(seq);
          const names = [...columns, 'body', 'salt'];
          await made.tamper(
            `update ledger_entry set ${names.map((name, at) => `${name} = $${at + 1}`).join(', ')}
             where id = ${entryOf(seq)}`,
            names.map((name) => rows[0][name]),
          );
        },
      ),
      { numRuns: 25 },
    );
    expect(await made.ledger.verify()).toMatchObject({ ok: true });
  });
});

describe('checkpoint files that were put in the place of others', () => {
  const kept = () => readdirSync(join(folder, 'history')).sort();
  const path = (name: string) => join(folder, 'history', name);

  beforeEach(async () => {
    await made.ledger.close();
    for (let at = 0; at < 2; at += 1) {
      const again = await openLedger({
        ...{ database: made.db.database, keyring: made.keyring, clock: systemClock },
        checkpointsDir: folder,
      });
      await again.record([searchEvent(), searchEvent()]);
      await again.close();
    }
    expect(kept().length).toBeGreaterThan(2);
    expect((await made.ledger.verify()).findings).toEqual([]);
  });

  it.each<[string, (names: readonly string[]) => void]>([
    ['the latest by an older one', ([first = '']) => cpSync(path(first), join(folder, 'latest'))],
    [
      'one in the middle by the one before it',
      ([first = '', second = '']) => cpSync(path(first), path(second)),
    ],
    [
      'one in the middle by the one after it',
      ([, second = '', third = '']) => cpSync(path(third), path(second)),
    ],
  ])('are named: %s', async (_what, tamper) => {
    tamper(kept());
    expect((await made.ledger.verify()).findings).toEqual([
      { kind: 'checkpoint', text: 'A checkpoint file was put in the place of another.' },
    ]);
  });
});

describe('a restored backup', () => {
  async function reopen(acceptRollback = false) {
    const { db, keyring } = made;
    return openLedger({
      database: db.database,
      keyring,
      clock: systemClock,
      checkpointsDir: folder,
      acceptRollback,
    });
  }

  async function restoreOld(): Promise<void> {
    const { rows } = await made.tamper('select * from ledger_head');
    await made.ledger.record([searchEvent(), searchEvent()]);
    await made.ledger.close();
    await made.tamper(
      'delete from ledger_entry where id in (select entry from ledger_leaf where seq >= 300)',
    );
    await made.tamper('delete from ledger_leaf where seq >= 300');
    await made.tamper(
      `update ledger_head set size = $1, root = $2, frontier = $3, recorded = $4, note = $5`,
      ['size', 'root', 'frontier', 'recorded', 'note'].map((name) => rows[0][name]),
    );
  }

  it('keeps the gateway from opening until somebody says that it may', async () => {
    await restoreOld();
    await expect(reopen()).rejects.toMatchObject({
      code: 'ledger-rolled-back',
      message: expect.stringContaining('300 ledger entries and a signed checkpoint says 302'),
    });
    const accepted = await reopen(true);
    expect((await accepted.head()).size).toBe(301);
    await accepted.close();
    const again = await reopen();
    await again.close();
  });

  it('is seen when it was written on since: the history is another one', async () => {
    const kept = join(folder, 'kept');
    await restoreOld();
    cpSync(join(folder, 'latest'), kept);
    rmSync(join(folder, 'history'), { recursive: true });
    rmSync(join(folder, 'latest'));
    const other = await reopen();
    await other.record(Array.from({ length: 5 }, () => searchEvent()));
    await other.close();
    writeFileSync(join(folder, 'latest'), readFileSync(kept));
    await expect(reopen()).rejects.toMatchObject({
      message: expect.stringContaining('history was changed'),
    });
    const { findings } = await other.verify();
    expect(findings[0]).toMatchObject({ kind: 'tree' });
  });

  it('is not what an unsigned checkpoint says: that one is refused as it is', async () => {
    await made.ledger.close();
    writeFileSync(join(folder, 'latest'), 'test.example/audit\n9\nAAAA\n\n');
    await expect(reopen()).rejects.toThrow(/checkpoint/);
  });

  it('is not suspected when nothing happened', async () => {
    await made.ledger.close();
    const again = await reopen();
    await again.record([searchEvent()]);
    await again.close();
    expect(readFileSync(join(folder, 'latest'), 'utf8').split('\n')[1]).toBe('301');
  });
});
