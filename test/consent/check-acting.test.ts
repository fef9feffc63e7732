/** Mandates and blocks that were changed past the gateway: what opens, and what is named. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkEvidence, createCareRelations } from '../../src/consent/index.ts';
import { asOwner } from '../audit/ledgers.ts';
import { type Gateway, HOSPITAL, openGateway } from '../support/gateway.ts';
import { entry, patientOf, person, transaction, urn, vaultOf } from '../support/people.ts';

const BY = { agent: { kind: 'person' as const, id: 'test' }, requestId: 'test' };
const [one, other, helper, stranger] = [person(81), person(82), person(83), person(84)];
let gateway: Gateway;

beforeAll(async () => {
  gateway = await openGateway();
  const { consent, clock } = gateway.rooms;
  const until = new Date(clock().getTime() + 7 * 86_400_000).toISOString();
  const give = async (who: typeof one, to: typeof one) => {
    const draft = { proxyBsn: to.bsn, name: 'Marieke', principal: 'Oma', until };
    await consent.mandates.give(await vaultOf(gateway, who), draft, BY);
  };
  for (const who of [one, other]) {
    const sent = transaction([entry(urn(who.bsn), patientOf(who))]);
    expect((await gateway.send('epd-proef', sent)).statusCode).toBe(200);
  }
  await give(one, helper);
  await give(other, stranger);
  const vault = await vaultOf(gateway, one);
  const [given] = await consent.mandates.of(vault);
  await consent.mandates.end(vault, given?.id ?? '', BY);
  const block = { reason: 'De behandelaar acht dit nodig.', until };
  await consent.representatives.record(vault, { holder: HOSPITAL.id, bsn: helper.bsn, block }, BY);
});
afterAll(() => gateway.close());

async function found() {
  const { database, store, ledger, organisations, clock } = gateway.rooms;
  const relations = createCareRelations({ store, organisations, clock });
  const parts = { sql: database, store, ledger, relationsOff: relations.off };
  return (await checkEvidence(parts, new Date(clock().getTime() + 1_000))).findings;
}

const lets = async (who: typeof one) => {
  const { mandates } = gateway.rooms.consent;
  return (await mandates.forProxy(mandates.proxyOf(who.bsn))).length;
};

/** Undone after the look. */
async function tampered<T>(table: string, sql: string, look: () => Promise<T>): Promise<T> {
  const { ownerUrl } = gateway.db;
  await asOwner(ownerUrl, `create table kept_${table} as table ${table}`);
  await asOwner(ownerUrl, sql);
  const seen = await look();
  await asOwner(ownerUrl, `delete from ${table}`);
  await asOwner(ownerUrl, `insert into ${table} select * from kept_${table}`);
  await asOwner(ownerUrl, `drop table kept_${table}`);
  return seen;
}

describe('past the gateway', () => {
  it('nothing is found where nobody came', async () => {
    expect(await found()).toEqual([]);
    expect([await lets(helper), await lets(stranger)]).toEqual([0, 1]);
  });

  it('a mandate put with somebody else lets nobody in, and is named', async () => {
    const name = `update mandate set proxy = (select proxy from mandate where version = 2 limit 1)`;
    await tampered('mandate', name, async () => {
      expect([await lets(helper), await lets(stranger)]).toEqual([0, 0]);
      expect(await found()).toMatchObject([{ fault: 'mandate', version: 1 }]);
    });
  });

  it.each([
    ['mandate', 'an ended mandate without its end', 'delete from mandate where version = 2'],
    ['mandate', 'mandates that were taken out', 'delete from mandate'],
    [
      'mandate',
      'the end of one in the place of another’s',
      `update mandate m set sealed = o.sealed from mandate o where o.version = 2 and m.version = 1`,
    ],
    [
      'mandate',
      'a version put in again',
      `insert into mandate select vault, id, 3, epoch, recorded, proxy, sealed from mandate
        where version = 1 and id in (select id from mandate where version = 2)`,
    ],
    ['representative', 'a block that was taken out', 'delete from representative'],
    ['representative', 'a block under another epoch', 'update representative set epoch = 1'],
  ] as const)('%s: %s is named', async (table, _what, sql) => {
    const findings = await tampered(table, sql, found);
    expect(findings.map(({ fault }) => fault)).toContain(table);
    expect(JSON.stringify(findings)).not.toContain(one.bsn);
  });
});
