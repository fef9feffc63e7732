/** `zorgsluis unmerge`: two clean records, and who read the mixed one (capabilities B6). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deskOf, unmerge } from '../../src/cli/unmerge-command.ts';
import { mergePeople } from '../../src/consent/index.ts';
import { BSN_SYSTEM, type Gateway, openGateway } from '../support/gateway.ts';
import {
  choose,
  entry,
  HOSPITALS_TO_GPS,
  observation,
  type Person,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

let gateway: Gateway;
const [stays, goes] = [person(141), person(142)];
beforeAll(async () => {
  gateway = await openGateway();
  for (const [sender, one] of [['epd-proef', stays] as const, ['epd-ander', goes] as const]) {
    const self = urn(one.bsn);
    const result = entry(urn(`o${one.bsn}`), observation(`o${one.bsn}`, self));
    await gateway.send(sender, transaction([entry(self, patientOf(one)), result]));
  }
  await choose(gateway, stays, [HOSPITALS_TO_GPS]);
});
afterAll(() => gateway.close());

const rooms = () => ({ ...gateway.rooms, ...gateway.rooms.consent });

async function run(bsn: string, ...args: string[]) {
  const said = { out: '', err: '' };
  const code = await unmerge(rooms(), bsn, {
    args,
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
  });
  return { code, ...said };
}

/** Numbers of the results that stand in a record. */
async function results(one: Person): Promise<string[]> {
  const { store, database } = gateway.rooms;
  const vault = await vaultOf(gateway, one);
  const { rows } = await store.candidates(database, { vault, types: ['Observation'] });
  return rows.map((row) => JSON.parse(row.bytes.toString('utf8')).identifier[0].value);
}

it('says so when nobody is known, or nothing was merged', async () => {
  const nobody = await run(person(143).bsn);
  expect([nobody.code, nobody.err]).toEqual([1, 'Nobody is known by this number.\n']);
  expect((await run(stays.bsn)).out).toContain('0 merges');
  expect((await run(stays.bsn, '00000000-0000-4000-8000-000000000000')).code).toBe(1);
});

it('lists the merge, takes it apart once, and lists who read the mix', async () => {
  const vault = await vaultOf(gateway, stays);
  const merged = await vaultOf(gateway, goes);
  await mergePeople(rooms(), vault, merged, { kind: 'operator', id: 'test' });
  expect((await results(goes)).toSorted()).toEqual([`o${stays.bsn}`, `o${goes.bsn}`].toSorted());
  const token = await gateway.token('partner-huisarts');
  const form = { 'patient.identifier': `${BSN_SYSTEM}|${goes.bsn}` };
  const seen = await gateway.ask('/fhir/r4/Observation/_search', { token, form });
  expect(seen.json().total).toBe(1);

  const { out: list } = await run(goes.bsn);
  const [merge = ''] = /[0-9a-f-]{36}/.exec(list) ?? [];
  expect(list).toContain('1 merges can be taken apart');
  const [first, second] = await Promise.all([run(goes.bsn, merge), run(goes.bsn, merge)]);
  const [done, refused] = first?.code === 0 ? [first, second] : [second, first];
  expect([done?.code, refused?.code]).toEqual([0, 1]);
  expect(done?.out).toContain('search-type by dokter-1');
  expect(done?.out).toMatch(/Two records again: 2 resources and 1 originals/);
  expect(await vaultOf(gateway, goes)).toBe(merged);
  expect(await results(goes)).toEqual([`o${goes.bsn}`]);
  expect(await results(stays)).toEqual([`o${stays.bsn}`]);
  for (const [sender, one] of [['epd-proef', stays] as const, ['epd-ander', goes] as const]) {
    const self = urn(one.bsn);
    const again = entry(urn(`n${one.bsn}`), observation(`n${one.bsn}`, self));
    const sent = await gateway.send(sender, transaction([entry(self, patientOf(one)), again]));
    expect(sent.statusCode, 'both take in what comes next').toBe(200);
    expect(await results(one)).toHaveLength(2);
  }
  expect(done?.out).not.toContain(goes.bsn);
});

it('leaves a notice for each source that subscribed to choices, for the gateway to send', async () => {
  const { database, clients, keyring, ledger } = gateway.rooms;
  for (const id of ['epd-proef', 'epd-ander']) {
    const client = await clients.byId(id);
    if (!client) throw new Error('the sender is not registered');
    const notificationBase = 'https://source.test.example';
    await clients.put(database, { ...client, choiceNotices: true, notificationBase });
  }
  const [vault, merged] = [await vaultOf(gateway, stays), await vaultOf(gateway, goes)];
  await mergePeople(rooms(), vault, merged, { kind: 'operator', id: 'test' });
  await database.query('delete from choice_notice');
  const [{ id: merge } = { id: '' }] = await gateway.rooms.store.merges(database, vault);
  const desk = deskOf(database, keyring, ledger);
  const quiet = { args: [merge], out: () => undefined, err: () => undefined };
  expect(await unmerge(desk, stays.bsn, quiet)).toBe(0);
  const { rows } = await database.query('select client, due, sent from choice_notice');
  expect(rows).toContainEqual({ client: 'epd-proef', due: expect.any(Date), sent: null });
});
