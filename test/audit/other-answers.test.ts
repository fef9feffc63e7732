/** What answers in the place of our tables and functions, without a row being touched. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { guardFindings, openLedger } from '../../src/audit/index.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { searchEvent, type TestLedger, testLedger } from './ledgers.ts';

let made: TestLedger;
beforeEach(async () => {
  made = await testLedger();
  await made.ledger.record([searchEvent(), searchEvent()]);
});
afterEach(() => made.close());

const EVER = `create schema beside;
  create function beside.ever(bigint[], bigint[]) returns boolean language sql as 'select true';`;

it.each([
  [
    'a schema of the name of the role, which is searched first',
    `create schema zorgsluis_app; grant usage on schema zorgsluis_app to zorgsluis_app;
     create view zorgsluis_app.choice as select * from choice limit 0`,
    /schema zorgsluis_app that is searched too/,
  ],
  [
    'an operator that fits better than the built-in one',
    `${EVER} create operator @> (leftarg = bigint[], rightarg = bigint[], function = beside.ever)`,
    /operator @>\(bigint\[\],bigint\[\]\)/,
  ],
  [
    'a cast',
    `create schema beside; create function beside.of(bytea) returns boolean
       language sql as 'select true';
     create cast (bytea as boolean) with function beside.of(bytea) as implicit`,
    /cast of bytea to boolean/,
  ],
  [
    'a built-in that was replaced',
    `create or replace function pg_catalog.cardinality(anyarray) returns integer
       language sql as 'select 0'`,
    /built-in function cardinality\(anyarray\) was replaced/,
  ],
  ['a table that a crash empties', 'alter table choice set unlogged', /choice is emptied by a/],
  [
    'a column that is computed',
    `alter table mandate drop column proxy;
     alter table mandate add column proxy bytea generated always as ('\\x00') stored`,
    /column mandate\.proxy is computed/,
  ],
  [
    'a sequence that was set far ahead',
    `select setval('ledger_entry_id_seq', 4000000000000000)`,
    /sequence of ledger_entry was set far ahead/,
  ],
  [
    'a sequence that was set back',
    `select setval('ledger_entry_id_seq', 1, false)`,
    /set back: nothing new/,
  ],
])('verify and the gateway name %s', async (_name, sql, text) => {
  const { database } = made.db;
  expect(await guardFindings(database)).toEqual([]);
  await made.tamper(sql);
  expect(await guardFindings(database)).toEqual([expect.stringMatching(text)]);
  const { findings } = await made.ledger.verify();
  expect(findings).toContainEqual({ kind: 'guard', text: expect.stringMatching(text) });
});

it('a search path that puts another schema before the built-in one is named', async () => {
  const { database } = made.db;
  await made.tamper(`create schema beside; grant usage on schema beside to zorgsluis_app;
    create function beside.now() returns timestamptz language sql as 'select ''epoch''::timestamptz'`);
  const found = await database.transaction(async (tx) => {
    await tx.query('set local search_path = beside, pg_catalog, public');
    return guardFindings(tx);
  });
  expect(found).toContainEqual(expect.stringMatching(/schema beside that is searched too/));
  expect(found).toContainEqual(expect.stringMatching(/schema beside before the built-in one/));
});

it('a sequence that was set far ahead holds up no gateway', async () => {
  await made.tamper(`select setval('ledger_entry_id_seq', 4000000000000000)`);
  await made.ledger.record([searchEvent()]);
  const again = openLedger({
    database: made.db.database,
    keyring: made.keyring,
    clock: systemClock,
  });
  await (await again).close();
});

it('a database whose clock runs ahead takes no line out', async () => {
  const early = () => new Date(Date.now() - 600_000);
  const { database } = made.db;
  const ledger = await openLedger({ database, keyring: made.keyring, clock: early });
  const ended = ledger.endTerms({ by: 'een', and: 'twee' });
  await expect(ended).rejects.toMatchObject({ code: 'clocks-apart' });
  await ledger.close();
});
