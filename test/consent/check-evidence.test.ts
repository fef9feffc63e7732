/** Rows of choices, receipts, care relations and contexts that were changed past the gateway. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkEvidence, createCareRelations, erasePerson } from '../../src/consent/index.ts';
import { tellStart } from '../../src/registry-told.ts';
import { asOwner } from '../audit/ledgers.ts';
import { BSN_SYSTEM, type Gateway, openGateway, purposeOf } from '../support/gateway.ts';
import {
  choose,
  condition,
  entry,
  HOSPITALS_TO_GPS,
  type Json,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

let gateway: Gateway;
const one = person(131);
const other = person(132);
beforeAll(async () => {
  gateway = await openGateway();
  for (const who of [one, other]) {
    const self = urn(who.bsn);
    const visit: Json = {
      resourceType: 'Encounter',
      status: 'in-progress',
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
      subject: { reference: self },
      period: { start: '2026-03-01T10:00:00+01:00' },
    };
    const parts = [entry(self, patientOf(who)), entry(urn(`v${who.bsn}`), visit)];
    const sent = await gateway.send(
      'epd-proef',
      transaction([...parts, entry(urn(`c${who.bsn}`), condition(`c${who.bsn}`, self))]),
    );
    expect(sent.statusCode, sent.body).toBe(200);
    await choose(gateway, who, [HOSPITALS_TO_GPS]);
    await choose(gateway, who, [{ ...HOSPITALS_TO_GPS, type: 'deny' }]);
  }
  // Again, unchanged: that raises no epoch, so it leaves no room for one that is raised.
  for (const message of ['again-1', 'again-2']) {
    const same = transaction([entry(urn(one.bsn), patientOf(one))], message);
    expect((await gateway.send('epd-proef', same)).statusCode).toBe(200);
  }
  await tellStart(gateway.rooms);
  const token = await gateway.token('partner-huisarts', purposeOf('TREAT'));
  const form = { 'patient.identifier': `${BSN_SYSTEM}|${one.bsn}` };
  await gateway.ask('/fhir/r4/Condition/_search', { token, form });
});
afterAll(() => gateway.close());

async function found() {
  const { database, store, ledger, organisations, clock } = gateway.rooms;
  const relations = createCareRelations({ store, organisations, clock });
  const parts = { sql: database, store, ledger, relationsOff: relations.off };
  return (await checkEvidence(parts, new Date(clock().getTime() + 1_000))).findings;
}

const FLIP = (table: string) =>
  `update ${table} set sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)
    where ctid = (select ctid from ${table} order by vault, id limit 1)`;
const NEWEST = 'ctid = (select ctid from choice order by recorded desc, id limit 1)';

describe('a check of the evidence', () => {
  it('finds nothing where nobody came past the gateway', async () => {
    expect(await found()).toEqual([]);
  });

  it.each([
    ['a choice that was changed', FLIP('choice'), 'choice'],
    ['a choice that was taken out', `delete from choice where ${NEWEST}`, 'choice'],
    ['all of them', 'truncate choice', 'choice'],
    [
      'two that changed places',
      `update choice c set sealed = (select o.sealed from choice o where o.ctid <> c.ctid
         and o.vault = c.vault limit 1)`,
      'choice',
    ],
    ['an epoch', `update choice set epoch = epoch - 1 where ${NEWEST}`, 'choice'],
    ['a moment', `update choice set recorded = now() where ${NEWEST}`, 'choice'],
    ['a save', `update choice set change = change + 1 where ${NEWEST}`, 'choice'],
    [
      'a version that was put in twice',
      `insert into choice select vault, id, version + 1, change, epoch, recorded, sealed
         from choice where ${NEWEST}`,
      'choice',
    ],
    ['a receipt that was changed', FLIP('choice_receipt'), 'receipt'],
    ['a receipt that was taken out', 'delete from choice_receipt', 'receipt'],
    ['the epoch of a vault', 'update vault set epoch = 1', 'choice'],
    ['an epoch that was raised', 'update vault set epoch = epoch + 1', 'vault'],
    ['a relation that was changed', FLIP('care_relation'), 'relation'],
    ['relations that were taken out', 'truncate care_relation', 'relation'],
    [
      'the policy of a decision',
      `update decision_context set content = replace(content, 'TREAT', 'HMARKT')`,
      'context',
    ],
    ['what decisions rested on', 'truncate decision_context', 'context'],
    ['a vault that was taken out', 'truncate vault cascade', 'vault'],
    [
      'a partner that may do more',
      `update client set content = jsonb_set(content, '{scopes}', '["system/*.cruds"]')`,
      'registry',
    ],
    [
      'a partner of another hand',
      `insert into client select id || '-2', content, changed from client limit 1`,
      'registry',
    ],
    [
      'an organisation in another region',
      `update organisation set content = jsonb_set(content, '{regions}', '[{"id":"elders"}]')`,
      'registry',
    ],
  ])('names %s', async (_what, sql, fault) => {
    const evidence = ['choice', 'choice_receipt', 'care_relation', 'decision_context', 'vault'];
    const tables = [...evidence, 'client', 'organisation'];
    const { ownerUrl } = gateway.db;
    for (const table of tables) {
      await asOwner(ownerUrl, `drop table if exists kept_${table}`);
      await asOwner(ownerUrl, `create table kept_${table} as table ${table}`);
    }
    await asOwner(ownerUrl, sql);
    const findings = await found();
    for (const table of tables) {
      await asOwner(ownerUrl, `delete from ${table}`);
      await asOwner(ownerUrl, `insert into ${table} select * from kept_${table}`);
    }
    expect(findings.map((one) => one.fault)).toContain(fault);
    expect(JSON.stringify(findings)).not.toContain(one.bsn);
    expect(await found()).toEqual([]);
  });

  it('names every epoch that was raised by one, of who came again unchanged too', async () => {
    const { ownerUrl } = gateway.db;
    await asOwner(ownerUrl, 'update vault set epoch = epoch + 1');
    const faults = (await found()).map(({ fault }) => fault);
    await asOwner(ownerUrl, 'update vault set epoch = epoch - 1');
    expect(faults).toEqual(['vault', 'vault']);
    expect(await found()).toEqual([]);
  });

  it.each([
    ['taken out', 'delete from person_setting', /taken out/],
    [
      'put back as they were',
      'update person_setting p set (version, sealed) = (1, k.sealed)',
      /older/,
    ],
  ])('names settings of a person that were %s', async (_what, sql, text) => {
    const { ownerUrl } = gateway.db;
    const vault = await vaultOf(gateway, one);
    const keep = (notices: 'each' | 'off') =>
      gateway.rooms.consent.own.keepSettings(
        vault,
        { notices },
        { kind: 'person', id: vault },
        'r',
      );
    await keep('off');
    await asOwner(ownerUrl, 'create table kept_setting as table person_setting');
    await keep('each');
    expect(await found()).toEqual([]);
    await asOwner(ownerUrl, 'create table newest_setting as table person_setting');
    await asOwner(ownerUrl, sql.includes('update') ? `${sql} from kept_setting k` : sql);
    const findings = await found();
    await asOwner(ownerUrl, 'delete from person_setting');
    await asOwner(ownerUrl, 'insert into person_setting select * from newest_setting');
    await asOwner(ownerUrl, 'drop table newest_setting; drop table kept_setting');
    expect(findings).toMatchObject([{ fault: 'setting', text: expect.stringMatching(text) }]);
    expect(await found()).toEqual([]);
  });

  it('names the row of the registry, and not only the table', async () => {
    const { ownerUrl } = gateway.db;
    const ids = async () =>
      (await found()).filter(({ fault }) => fault === 'registry').map(({ id, text }) => [id, text]);
    const change = `update client set content = jsonb_set(content, '{scopes}', '["system/*.x"]')
      where id = 'partner-huisarts' returning 1`;
    await asOwner(ownerUrl, 'create table kept_client2 as table client');
    await asOwner(ownerUrl, change);
    await asOwner(
      ownerUrl,
      `insert into client select 'indringer', content, changed from client
      where id = 'epd-proef'`,
    );
    await asOwner(ownerUrl, `delete from client where id = 'epd-ander'`);
    expect((await ids()).toSorted()).toEqual([
      ['epd-ander', 'One of the clients was removed since this line.'],
      ['indringer', 'One of the clients was added since this line.'],
      ['partner-huisarts', 'One of the clients was changed since this line.'],
    ]);
    await asOwner(ownerUrl, `update registry_told set content = content || ' '`);
    expect(await ids()).toEqual([
      ['clients', expect.stringContaining('the list of then is gone')],
      ['organisations', expect.stringContaining('a change could not be named')],
    ]);
    await asOwner(ownerUrl, `update registry_told set content = left(content, -1)`);
    await asOwner(ownerUrl, 'delete from client');
    await asOwner(ownerUrl, 'insert into client select * from kept_client2');
    expect(await found()).toEqual([]);
  });

  it('tells at the next start what nobody told of', async () => {
    const findings = async () =>
      (await gateway.rooms.ledger.lastOf(['ledger-finding']))?.record.detail?.['what'];
    await tellStart(gateway.rooms);
    expect(await findings()).toBeUndefined();
    await asOwner(
      gateway.db.ownerUrl,
      `update organisation set ura = '90009999' where ura = (
      select min(ura) from organisation)`,
    );
    await tellStart(gateway.rooms);
    expect(await findings()).toBe('organisations');
    const rows = (await gateway.rooms.ledger.lastOf(['ledger-finding']))?.record.detail?.['rows'];
    expect(rows).toMatch(/^00000000-0000-4000-8000-00000000000\d changed$/);
    expect((await found()).map(({ fault }) => fault)).not.toContain('registry');
  });

  it('passes over who was erased as it should, and names who was closed past the gateway', async () => {
    const gone = person(133);
    const taken = person(134);
    for (const who of [gone, taken]) {
      const sent = transaction([entry(urn(who.bsn), patientOf(who))]);
      expect((await gateway.send('epd-proef', sent)).statusCode).toBe(200);
      await choose(gateway, who, [HOSPITALS_TO_GPS]);
    }
    const closed = async () => (await found()).filter(({ fault }) => fault === 'vault');
    expect(await closed()).toEqual([]);
    await erasePerson(gateway.rooms, gone.bsn, 'beheer');
    expect(await closed()).toEqual([]);
    const vault = await vaultOf(gateway, taken);
    await asOwner(
      gateway.db.ownerUrl,
      `update vault set state = 'erased', data_key = null where id = '${vault}'`,
    );
    expect(await closed()).toMatchObject([{ text: expect.stringContaining('not there any more') }]);
  });
});
