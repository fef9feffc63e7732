/**
 * What an administrator of the database may try beside rows of the record: each alone, against all
 * that `db:check` and `audit verify` look at together.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkEvidence, createCareRelations } from '../../src/consent/index.ts';
import { checkStore, toldCheck } from '../../src/ingest/index.ts';
import { tellStart } from '../../src/registry-told.ts';
import { createStore } from '../../src/store/index.ts';
import { asOwner } from '../audit/ledgers.ts';
import { type Gateway, openGateway } from '../support/gateway.ts';
import {
  choose,
  condition,
  entry,
  HOSPITALS_TO_GPS,
  patientOf,
  person,
  transaction,
  urn,
} from '../support/people.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
  for (const who of [person(161), person(162)]) {
    const self = urn(who.bsn);
    for (const text of ['een', 'twee']) {
      const entries = [
        entry(self, patientOf(who)),
        entry(urn(`c${who.bsn}`), condition(`c${who.bsn}`, self, { note: [{ text }] })),
      ];
      const sent = await gateway.send('epd-proef', transaction(entries));
      expect(sent.statusCode, sent.body).toBe(200);
    }
    await choose(gateway, who, [HOSPITALS_TO_GPS]);
  }
  await tellStart(gateway.rooms);
});
afterAll(() => gateway.close());

/** Every finding of every check, as its kind. */
async function found(): Promise<string[]> {
  const { database, ledger, organisations, clock, keyring } = gateway.rooms;
  // As the command does, with no key of before at hand.
  const store = createStore({ keyring, clock });
  const relations = createCareRelations({ store, organisations, clock });
  const told = toldCheck(database, store);
  const evidence = await checkEvidence(
    { sql: database, store, ledger, relationsOff: relations.off, hear: told.hear },
    new Date(clock().getTime() + 1_000),
  );
  const rows = await checkStore(store, database, () => undefined);
  const verified = await ledger.verify();
  return [
    ...evidence.findings.map(({ fault }) => fault),
    ...rows.findings.map(({ fault }) => fault),
    ...(await told.findings()).map(({ fault }) => fault),
    ...verified.findings.map(({ kind }) => kind),
  ];
}

const WAYS: Readonly<Record<string, readonly [tables: string, ...sql: string[]]>> = {
  'a version taken out, and the count of versions with it': [
    'resource resource_history',
    'delete from resource_history',
    'update resource set versions = 1',
  ],
  'the evidence keys of two people given to each other': [
    'vault',
    `update vault v set evidence_key = o.evidence_key from vault o where o.id <> v.id`,
  ],
  'the data key of one person taken out': [
    'vault',
    `update vault set state = 'erased', data_key = null
      where id = (select id from vault order by id limit 1)`,
  ],
  'the key number of a vault raised': ['vault', 'update vault set key_number = key_number + 1'],
  'all that leads to people given to one of them': [
    'vault_lookup',
    'update vault_lookup set vault = (select id from vault order by id limit 1)',
  ],
  'a receipt and its choices taken out together': [
    'choice choice_receipt',
    'delete from choice',
    'delete from choice_receipt',
  ],
  'a client changed, and the list of what was told with it': [
    'client registry_told',
    `update client set content = jsonb_set(content, '{name}', '"ander"')`,
    'delete from registry_told',
  ],
  'the list of what was told of clients': ['registry_told', 'delete from registry_told'],
  'the original of one message given to another': [
    'original',
    `update original o set data_key = (
       select p.data_key from original p where p.id <> o.id limit 1)`,
  ],
  'a delivery that leads to another original': [
    'delivery',
    'update delivery set original = gen_random_uuid()',
  ],
  'a resource taken out with its history, place and tokens': [
    'resource resource_history resource_place',
    `delete from resource where type = 'Condition'`,
    `delete from resource_history where type = 'Condition'`,
    `delete from resource_place where place not in (select place from resource)`,
  ],
  'a resource moved to another holder with its place': [
    'resource resource_place',
    `update resource set custodian = '00000000-0000-4000-8000-000000000002'`,
    `update resource_place set custodian = '00000000-0000-4000-8000-000000000002'`,
  ],
  'the search tokens of one person given to another': [
    'resource',
    `update resource r set tokens = o.tokens from resource o
      where o.type = r.type and o.vault <> r.vault`,
  ],
  'one search token more': ['resource', 'update resource set tokens = tokens || 42::bigint'],
  'no search tokens': ['resource', `update resource set tokens = '{}'`],
  'what is there said to be deleted': [
    'resource',
    `update resource set deleted = true where type = 'Condition'`,
  ],
  'all of one person given to another': [
    'resource resource_history resource_place',
    `update resource r set vault = (select max(vault::text)::uuid from resource)
      where type = 'Condition'`,
    `update resource_history r set vault = (select max(vault::text)::uuid from resource)
      where type = 'Condition'`,
    `update resource_place set vault = (select max(vault::text)::uuid from resource)`,
  ],
  'the consent epoch of a person set back': ['vault', 'update vault set epoch = epoch - 1'],
  'what is known to be deleted brought back by its history': [
    'resource',
    `update resource r set sealed = h.sealed, version = h.version from resource_history h
      where h.vault = r.vault and h.place = r.place`,
  ],
};

describe('every check together', () => {
  it('finds nothing where nobody came', async () => {
    expect(await found()).toEqual([]);
  });

  it.each(Object.keys(WAYS))('finds %s', async (name) => {
    const [tables = '', ...tamper] = WAYS[name] ?? [];
    const { ownerUrl } = gateway.db;
    const names = tables.split(' ');
    for (const table of names) {
      await asOwner(ownerUrl, `create table kept_${table} as table ${table}`);
    }
    for (const sql of tamper) await asOwner(ownerUrl, sql);
    const faults = await found();
    for (const table of names) {
      await asOwner(ownerUrl, `delete from ${table}`);
      await asOwner(ownerUrl, `insert into ${table} select * from kept_${table}`);
      await asOwner(ownerUrl, `drop table kept_${table}`);
    }
    expect(faults.length).toBeGreaterThan(0);
  });
});
