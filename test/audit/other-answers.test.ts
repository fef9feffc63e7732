/** What answers in the place of our tables and functions, without a row being touched. */
import pg from 'pg';
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
     alter table mandate add column proxy bytea not null
       generated always as ('\\x00') stored`,
    /column mandate\.proxy is computed/,
  ],
  [
    'a key without which an assertion serves twice',
    'alter table client_jti drop constraint client_jti_pkey',
    /client_jti may hold two rows of one client,jti/,
  ],
  [
    'a key that became a plain index',
    `alter table registry_told drop constraint registry_told_pkey;
     create index registry_told_pkey on registry_told (digest)`,
    /registry_told may hold two rows of one digest/,
  ],
  [
    'a key that is told to be broken',
    `update pg_index set indisvalid = false where indexrelid = 'sealed_state_pkey'::regclass`,
    /sealed_state may hold two rows of one hash/,
  ],
  [
    'a key that waits until the end, when nobody looks at it',
    `alter table sealed_state drop constraint sealed_state_pkey,
       add constraint sealed_state_pkey primary key (hash) deferrable initially deferred`,
    /sealed_state may hold two rows of one hash/,
  ],
  [
    'an index that is told to be going',
    `update pg_index set indislive = false where indexrelid = 'mandate_proxy'::regclass`,
    /index mandate_proxy answers, and hears of no new row/,
  ],
  [
    'one more key, for which a row is dropped in silence',
    'create unique index narrow on figure_told (region)',
    /No migration made the key narrow/,
  ],
  [
    'an index that hears of no new row',
    `update pg_index set indisready = false where indexrelid = 'mandate_proxy'::regclass`,
    /index mandate_proxy answers, and hears of no new row/,
  ],
  [
    'a notice that counts as read when it is made',
    'alter table choice_notice alter column acknowledged set default now()',
    /No migration gave choice_notice\.acknowledged the value now\(\)/,
  ],
  [
    'a default that was turned round',
    'alter table original alter column parts_whole set default true',
    /No migration gave original\.parts_whole the value true/,
  ],
  [
    'a column that may be left empty',
    'alter table ledger_leaf alter column hash drop not null',
    /column ledger_leaf\.hash may be left empty/,
  ],
  [
    'a column that must be filled, though it may be empty',
    'alter table vault_merge alter column undone set not null',
    /No migration forbade vault_merge\.undone to be empty/,
  ],
  [
    'a check that is off',
    'alter table vault drop constraint vault_state_check',
    /check of vault is off: state=ANY/,
  ],
  [
    'a check that lets one state more through',
    `alter table access_review drop constraint access_review_state_check,
       add constraint access_review_state_check check (state <> 'x')`,
    /check of access_review is off: state=ANY/,
  ],
  [
    'a check that was never tried on what is there',
    `alter table shared_item drop constraint shared_item_state_check, add constraint
       shared_item_state_check check (state in ('received', 'opened', 'filed', 'not-accepted'))
       not valid`,
    /check of shared_item is off/,
  ],
  [
    'rows that keep each other out',
    'alter table figure_told add exclude using btree (region with =)',
    /No migration made the rule figure_told_region_excl of figure_told/,
  ],
  [
    'a check that is written down and not kept',
    `alter table shared_item drop constraint shared_item_state_check, add constraint
       shared_item_state_check check (state in ('received', 'opened', 'filed', 'not-accepted'))
       not enforced`,
    /check of shared_item is off/,
  ],
  [
    'one check more, for which a write fails',
    'alter table choice add constraint never check (version < 2) not valid',
    /No migration made the rule never of choice/,
  ],
  [
    'a foreign key, through which a row goes with another',
    `alter table choice_notice add constraint gone foreign key (vault) references vault
       on delete cascade`,
    /No migration made the rule gone of choice_notice/,
  ],
  [
    'a moment that is cut to a day',
    'alter table ledger_hold alter column lifted_at type date',
    /No migration gave ledger_hold\.lifted_at the type or order date/,
  ],
  [
    'a moment that is cut to a minute',
    'alter table vault_merge alter column undone type timestamptz(0)',
    /vault_merge\.undone the type or order timestamp\(0\) with time zone/,
  ],
  [
    'an order in which two names are one',
    `create collation "any" (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
     alter table registry_told alter column digest type text collate "any"`,
    /registry_told\.digest the type or order text/,
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

it.each([
  ['session_replication_role', 'replica'],
  ['transform_null_equals', 'on'],
  ['zero_damaged_pages', 'on'],
])('a setting %s that bends what is found is named', async (name, value) => {
  const { db } = made;
  const server = new pg.Client({ connectionString: db.ownerUrl });
  await server.connect();
  try {
    await server.query(`set ${name} = ${value}`);
    expect(await guardFindings(server)).toEqual([
      expect.stringMatching(`The setting ${name} is ${value}`),
    ]);
  } finally {
    await server.end();
  }
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

it.each([
  ['was set back', `select setval('ledger_entry_id_seq', 1, false)`],
  ['came to its end', `select setval('ledger_entry_id_seq', 9223372036854775807)`],
])(
  'where the sequence %s nothing is written, and it works when that is mended',
  async (_n, sql) => {
    const { database } = made.db;
    const lines: string[] = [];
    const log = { error: (_fields: object, text: string) => void lines.push(text) };
    const ledger = await openLedger({
      ...{ database, log },
      keyring: made.keyring,
      clock: systemClock,
    });
    const written = () => database.transaction((tx) => ledger.write(tx, searchEvent()));
    const outage = { kind: 'busy', code: 'ledger-ids' };
    await made.tamper(sql);
    await expect(ledger.record([searchEvent()])).rejects.toMatchObject(outage);
    await made.tamper(sql);
    await expect(written()).rejects.toMatchObject(outage);
    expect(lines).toEqual([
      'a group of ledger entries could not be numbered',
      expect.stringMatching(/its ids are taken or used up, see zorgsluis db:check/),
    ]);
    await made.tamper(`select setval('ledger_entry_id_seq', (select max(id) from ledger_entry))`);
    await ledger.numbered(await written());
    await ledger.record([searchEvent()]);
    expect((await ledger.head()).size).toBe(4);
    expect((await ledger.verify()).findings).toEqual([]);
    await ledger.close();
  },
);

it('a database whose clock runs ahead takes no line out', async () => {
  const early = () => new Date(Date.now() - 600_000);
  const { database } = made.db;
  const ledger = await openLedger({ database, keyring: made.keyring, clock: early });
  const ended = ledger.endTerms({ by: 'een', and: 'twee' });
  await expect(ended).rejects.toMatchObject({ code: 'clocks-apart' });
  await ledger.close();
});
