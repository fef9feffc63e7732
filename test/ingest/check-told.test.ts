/** What the ledger tells that came in, against a store from which it was taken out whole. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { toldCheck } from '../../src/ingest/index.ts';
import { asOwner } from '../audit/ledgers.ts';
import { type Gateway, openGateway } from '../support/gateway.ts';
import {
  condition,
  entry,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

let gateway: Gateway;
const one = person(151);
const other = person(152);
beforeAll(async () => {
  gateway = await openGateway();
  for (const who of [one, other]) {
    const self = urn(who.bsn);
    const entries = [
      entry(self, patientOf(who)),
      entry(urn(`c${who.bsn}`), condition(`c${who.bsn}`, self)),
    ];
    expect((await gateway.send('epd-proef', transaction(entries))).statusCode).toBe(200);
  }
});
afterAll(() => gateway.close());

async function found() {
  const { database, store, ledger, clock } = gateway.rooms;
  const { hear, findings } = toldCheck(database, store);
  const until = new Date(clock().getTime() + 1_000);
  for await (const line of ledger.lines(new Date(0), until)) await hear(line);
  return (await findings()).map(({ fault }) => fault);
}

async function without(tables: readonly string[], tamper: readonly string[]): Promise<string[]> {
  const { ownerUrl } = gateway.db;
  for (const table of tables)
    await asOwner(ownerUrl, `create table kept_${table} as table ${table}`);
  for (const sql of tamper) await asOwner(ownerUrl, sql);
  const faults = await found();
  for (const table of tables) {
    await asOwner(ownerUrl, `delete from ${table}`);
    await asOwner(ownerUrl, `insert into ${table} select * from kept_${table}`);
    await asOwner(ownerUrl, `drop table kept_${table}`);
  }
  return faults;
}

it('finds nothing where nothing was taken', async () => {
  expect(await found()).toEqual([]);
});

it('finds an original that went, with its row and without', async () => {
  const tables = ['original', 'original_chunk', 'delivery'];
  const gone = ['truncate original', 'truncate original_chunk'];
  expect(await without(tables, gone)).toEqual(['original', 'original']);
  expect(await without(tables, [...gone, 'truncate delivery cascade'])).toEqual([
    'delivery',
    'delivery',
  ]);
});

it('finds resources that went with their history and all that led to them', async () => {
  const tables = ['resource', 'resource_history', 'resource_place'];
  const gone = tables.map((table) => `delete from ${table}`);
  expect(await without(tables, gone)).toEqual(['resource', 'resource', 'resource', 'resource']);
});

it('finds a resource that was put back as it was, with its later version taken out', async () => {
  const self = urn(one.bsn);
  const sent = async (note: string) => {
    const changed = { ...condition(`c${one.bsn}`, self), note: [{ text: note }] };
    const entries = [entry(self, patientOf(one)), entry(urn(`c${one.bsn}`), changed)];
    expect((await gateway.send('epd-proef', transaction(entries))).statusCode).toBe(200);
  };
  await sent('eerst');
  const { ownerUrl } = gateway.db;
  await asOwner(ownerUrl, 'create table before as table resource');
  await sent('later');
  expect(await found()).toEqual([]);
  const back = [
    'delete from resource_history h using resource r where r.place = h.place and r.versions = 3',
    'delete from resource where versions = 3',
    `insert into resource select b.* from before b
      where not exists (select from resource r where r.place = b.place)`,
  ];
  const faults = await without(['resource', 'resource_history'], back);
  await asOwner(ownerUrl, 'drop table before');
  expect(faults).toEqual(['resource']);
  expect(await found()).toEqual([]);
});

it('does not miss what ended with a record that was erased', async () => {
  const { database, store, ledger } = gateway.rooms;
  const vault = await vaultOf(gateway, other);
  const pending = await database.transaction(async (tx) => {
    await store.erase(tx, vault);
    return ledger.write(tx, {
      ...{ class: 'evidence', event: 'erase', action: 'D', outcome: 0, patient: vault },
      agent: { kind: 'operator', id: 'command-line' },
    });
  });
  await ledger.numbered(pending);
  expect(await found()).toEqual([]);
});

it('passes over an id that an earlier version masked, since nine of its digits pass for a BSN', async () => {
  const { database, store } = gateway.rooms;
  const { hear, findings } = toldCheck(database, store);
  const detail = { receipt: '8608e152-c876-4bdd-8728-39e*********' };
  const record = { event: 'receive', outcome: 0, detail };
  await hear({ seq: 1, record } as unknown as Parameters<typeof hear>[0]);
  expect(await findings()).toEqual([]);
});

it('leaves out what became another person’s after its sender took it back', async () => {
  const given = (who: typeof one, request: object) =>
    transaction(
      [
        entry(urn(who.bsn), patientOf(who)),
        entry(
          urn('given'),
          { ...condition('given', urn(who.bsn)), id: 'given-id' },
          { ...request },
        ),
      ],
      randomUUID(),
    );
  const put = { method: 'PUT', url: 'Condition/given-id' };
  expect((await gateway.send('epd-proef', given(one, put))).statusCode).toBe(200);
  const gone = [entry(urn(one.bsn), patientOf(one)), { request: { ...put, method: 'DELETE' } }];
  expect((await gateway.send('epd-proef', transaction(gone))).statusCode).toBe(200);
  expect((await gateway.send('epd-proef', given(other, put))).statusCode).toBe(200);
  expect(await found()).toEqual([]);
});
