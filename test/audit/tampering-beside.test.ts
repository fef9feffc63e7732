/** What stands beside the lines: head, mark, holds, listings of what is gone. audit.md 6.3. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLedger } from '../../src/audit/index.ts';
import { CompactRange } from '../../src/audit/merkle.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { searchEvent, type TestLedger, testLedger } from './ledgers.ts';

const LINES = 20;
const patient = randomUUID();
let made: TestLedger;

beforeEach(async () => {
  made = await testLedger();
  const events = Array.from({ length: LINES }, () => searchEvent(patient));
  await made.ledger.record([...events, searchEvent()]);
  await made.ledger.setHold({ seq: 3, by: 'beheer', reason: 'geschil' });
});
afterEach(() => made.close());

const HEAD = LINES + 2;
const FRONTIER = `update ledger_head set frontier =
  set_byte(frontier, 3, get_byte(frontier, 3) # 1)`;

describe('verify names', () => {
  it.each([
    ['a moved frontier', FRONTIER, 'head', HEAD],
    ['a moved mark', 'update ledger_head set swept = 1000000', 'head', undefined],
    [
      'a moved time of the head',
      `update ledger_head set recorded = recorded + interval '1 day'`,
      'head',
      HEAD,
    ],
    ['a hold that was taken out', 'delete from ledger_hold', 'hold', HEAD - 1],
    ['a hold that was lifted', 'update ledger_hold set lifted_at = now()', 'hold', HEAD - 1],
    ['a hold of somebody else', 'update ledger_hold set patient = 1', 'hold', HEAD - 1],
    [
      'a hold that was put in',
      `insert into ledger_hold values ('${randomUUID()}', 1, now())`,
      'hold',
      undefined,
    ],
    [
      'a line listed as gone that is there',
      `insert into ledger_pruned values (7, '${randomUUID()}')`,
      'removed',
      7,
    ],
    [
      'a line listed as gone that never was',
      `insert into ledger_pruned values (9999, '${randomUUID()}')`,
      'inserted',
      undefined,
    ],
    [
      'a kept hash that was put in',
      `insert into ledger_subtree values (9, 8, decode(repeat('00', 32), 'hex'))`,
      'tree',
      undefined,
    ],
    [
      'the counter of the patient of the very first line, taken out',
      `delete from ledger_patient
        where patient = (select patient from ledger_leaf where seq = 0)`,
      'counter',
      0,
    ],
    [
      'the first line that never was, listed as gone',
      `insert into ledger_pruned values (${HEAD}, '${randomUUID()}')`,
      'inserted',
      undefined,
    ],
    [
      'a line before the first, listed as gone',
      `insert into ledger_pruned values (-1, '${randomUUID()}')`,
      'inserted',
      undefined,
    ],
    [
      'a kept hash of a height at which none is kept',
      `insert into ledger_subtree values (0, 4, decode(repeat('00', 32), 'hex'))`,
      'tree',
      undefined,
    ],
    [
      'a kept hash before the first',
      `insert into ledger_subtree values (-1, 8, decode(repeat('00', 32), 'hex'))`,
      'tree',
      undefined,
    ],
    [
      'a copy of a line with a leaf before the first, which a search would show',
      `insert into ledger_entry (id, at, agent, organisation, holder, key, outcome, action, salt,
         event, purpose, route, holders, body)
       select nextval('ledger_entry_id_seq'), at, agent, organisation, holder, key, outcome,
         action, salt, event, purpose, route, holders, body
       from ledger_entry where id = (select entry from ledger_leaf where seq = 5);
       insert into ledger_leaf (seq, entry, recorded, hash)
       select -1, (select max(id) from ledger_entry), recorded, hash
       from ledger_leaf where seq = 0`,
      'inserted',
      -1,
    ],
    [
      'a time of a leaf that was moved by less than a clock tells',
      `update ledger_leaf set recorded = recorded + interval '1 microsecond' where seq = 9`,
      'changed',
      9,
    ],
    [
      'a running number of two lines of one patient that was swapped',
      `update ledger_leaf set nth = nth + 1000 where seq in (4, 6);
       update ledger_leaf set nth = (select sum(nth) from ledger_leaf where seq in (4, 6))
         - nth - 1000 where seq = 4;
       update ledger_leaf set nth = 5 where seq = 6`,
      'column',
      4,
    ],
    ['the keys of the bodies, taken out', 'delete from ledger_key_wrap', 'changed', 0],
    [
      'the keys of the bodies, given to each other',
      `update ledger_key_wrap w set wrapped = o.wrapped from ledger_key_wrap o
        where o.key = (select max(key) from ledger_key_wrap where key <> w.key)`,
      'changed',
      0,
    ],
    [
      'a key of a month that nothing is sealed with yet',
      `update ledger_key_wrap set wrapped = decode(repeat('00', 60), 'hex')
        where key = (select id from ledger_key where class = 'chain' limit 1)`,
      'key',
      undefined,
    ],
    ['a trigger that is off', 'alter table ledger_leaf disable trigger all', 'guard', undefined],
    ['a trigger that is gone', 'drop trigger written_once on ledger_entry', 'guard', undefined],
    [
      'a trigger that refuses nothing',
      `create or replace function ledger_is_written_once() returns trigger language plpgsql
         as $$ begin return null; end $$`,
      'guard',
      undefined,
    ],
    [
      'a policy that hides rows of any table',
      `alter table choice enable row level security;
       create policy less on choice for select to zorgsluis_app using (false)`,
      'guard',
      undefined,
    ],
    [
      'a rule that does nothing in the place of a write',
      'create rule quiet as on insert to choice do instead nothing',
      'guard',
      undefined,
    ],
    [
      'a trigger that rewrites what is written',
      `create function rewrite() returns trigger language plpgsql as $$ begin return new; end $$;
       create trigger later before insert on choice for each row execute function rewrite()`,
      'guard',
      undefined,
    ],
    [
      'a view in the place of a table',
      `alter table mandate rename to mandate_kept;
       create view mandate as select * from mandate_kept`,
      'guard',
      undefined,
    ],
    [
      'a table whose rows are read as those of another',
      'create table more_choices () inherits (choice)',
      'guard',
      undefined,
    ],
    [
      'a right that nobody has',
      'grant delete on ledger_entry to zorgsluis_app',
      'guard',
      undefined,
    ],
    [
      'a right on one column that nobody has',
      'grant update (body) on ledger_entry to zorgsluis_app',
      'guard',
      undefined,
    ],
    [
      'a right on one column that everybody was given',
      'grant insert (run) on ledger_pruned to public',
      'guard',
      undefined,
    ],
    [
      'a right to make tables beside ours',
      'grant create on schema public to zorgsluis_app',
      'guard',
      undefined,
    ],
    [
      'a view of terms that tells of another end',
      `create or replace view ledger_terms as
         select usual.class, usual.months, 900::bigint as done
           from (values ('care', 180), ('evidence', 240), ('pgo', 36), ('chain', 36),
             ('security', 24)) as usual (class, months)`,
      'guard',
      undefined,
    ],
    [
      'the key of a class that nothing is written of yet, taken out',
      `delete from ledger_key_wrap
        where key = (select id from ledger_key where class = 'chain' limit 1)`,
      'guard',
      undefined,
    ],
    [
      'a term that is shorter than law asks',
      `alter table ledger_term drop constraint ledger_term_check;
       insert into ledger_term values ('care', 1)`,
      'guard',
      undefined,
    ],
    [
      'a copy of a key under one that nobody told of',
      `insert into ledger_key_wrap (key, kek, wrapped)
       select key, 'kek-deadbeef', wrapped from ledger_key_wrap limit 1`,
      'key',
      undefined,
    ],
    [
      'a key that was put in',
      `insert into ledger_key overriding system value values (9999, 'care', '2099-01-01')`,
      'guard',
      undefined,
    ],
  ])('%s', async (_name, sql, kind, seq) => {
    expect(await made.ledger.verify()).toMatchObject({ ok: true });
    await made.tamper(sql);
    const [first] = (await made.ledger.verify()).findings;
    expect([first?.kind, first?.seq]).toEqual([kind, seq]);
  });

  it('nothing after a hold that was lifted as it should', async () => {
    const { rows } = await made.tamper('select id from ledger_hold');
    await made.ledger.liftHold({ hold: rows[0].id, by: 'beheer' });
    expect((await made.ledger.verify()).findings).toEqual([]);
  });
});

describe('a gateway that starts on a changed head', () => {
  it.each([
    ['a moved frontier', FRONTIER],
    ['another root', 'update ledger_head set root = set_byte(root, 0, get_byte(root, 0) # 1)'],
    ['a smaller size', 'update ledger_head set size = size - 1'],
  ])('writes nothing on %s, so that no proof breaks', async (_name, sql) => {
    await made.ledger.close();
    await made.tamper(sql);
    const { db, keyring } = made;
    const other = await openLedger({ database: db.database, keyring, clock: systemClock });
    await expect(other.record([searchEvent()])).rejects.toMatchObject({
      code: 'ledger-head-changed',
      kind: 'busy',
    });
    await other.close();
  });

  it('writes nothing on the frontier and root of another tree, which fit each other', async () => {
    await made.ledger.close();
    const { rows } = await made.tamper('select size, frontier from ledger_head');
    const frontier = Buffer.from(rows[0].frontier);
    frontier.writeUInt8(frontier.readUInt8(0) ^ 1, 0);
    const root = CompactRange.fromFrontier(Number(rows[0].size), frontier).root();
    await made.tamper(`update ledger_head set
      frontier = '\\x${frontier.toString('hex')}', root = '\\x${root.toString('hex')}'`);
    const { db, keyring } = made;
    const other = await openLedger({ database: db.database, keyring, clock: systemClock });
    await expect(other.record([searchEvent()])).rejects.toMatchObject({
      code: 'ledger-head-changed',
    });
    await other.close();
  });
});
