/** Sources hear that choices of their patients changed, in order, once: capabilities B11. */
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { NewRule } from '../../src/consent/choice.ts';
import { mergePeople, unmergePeople } from '../../src/consent/index.ts';
import { addToestemming } from '../../src/medmij/toestemming.ts';
import { ownPages } from '../../src/own-pages.ts';
import {
  type Gateway,
  HOSPITAL,
  OTHER_HOSPITAL,
  openGateway,
  PGO,
  PRACTICE,
} from '../support/gateway.ts';
import {
  choose,
  condition,
  entry,
  HOSPITALS_TO_GPS,
  type Person,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
  withdraw,
} from '../support/people.ts';

let gateway: Gateway;
let system: Server;
let status = 204;
const heard: { url: string; body: string }[] = [];
const [known, elsewhere] = [person(240), person(241)];

beforeAll(async () => {
  gateway = await openGateway();
  system = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      if (status < 300) heard.push({ url: request.url ?? '', body });
      response.statusCode = status;
      response.end();
    });
  });
  await new Promise<void>((resolve) => system.listen(0, '127.0.0.1', resolve));
  const { port } = system.address() as AddressInfo;
  for (const id of ['epd-proef', 'epd-ander']) {
    await change(id, { choiceNotices: true, notificationBase: `http://127.0.0.1:${port}/${id}` });
  }
  await send('epd-proef', known);
  await send('epd-ander', elsewhere);
});
afterAll(async () => {
  await gateway.close();
  system.close();
});
beforeEach(() => {
  status = 204;
  heard.length = 0;
});

async function change(id: string, to: Record<string, unknown>) {
  const { clients, database } = gateway.rooms;
  const client = await clients.byId(id);
  if (!client) throw new Error('the sender is not registered');
  await clients.put(database, { ...client, ...to });
}

async function send(sender: string, one: Person) {
  const self = urn(one.bsn);
  const entries = [
    entry(self, patientOf(one)),
    entry(urn(`c${one.bsn}`), condition(one.bsn, self)),
  ];
  const answer = await gateway.send(sender, transaction(entries));
  expect(answer.statusCode, answer.body).toBe(200);
}

interface Notice {
  id: string;
  at: string;
  effective: string;
  until?: string;
  patient: string[];
  sent?: string;
  couldSee?: { reader: string; items: number; of: number }[];
}

async function ask(sender: string, path = '', method: 'GET' | 'POST' = 'GET') {
  const token = await gateway.token(sender);
  return gateway.ask(`/intake/${sender}/choices${path}`, { token, method });
}
const open = async (sender: string, path = '') =>
  (await ask(sender, path)).json<{ items: Notice[] }>().items;
const deliver = () => gateway.rooms.consent.notices?.deliver();
/** A delivery that began before the save is over may be the one that `deliver` waits for. */
const hear = (count: number) =>
  vi.waitFor(async () => {
    await deliver();
    expect(heard).toHaveLength(count);
  });
const ids = () => heard.map(({ body }) => JSON.parse(body).id as string);

it('says within five seconds that something changed, not what, nor of whom', async () => {
  const saved = Date.now();
  await choose(gateway, known, [HOSPITALS_TO_GPS]);
  while (heard.length === 0 && Date.now() - saved < 5_000) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(heard).toHaveLength(1);
  expect(heard[0]?.url).toBe('/epd-proef/Notification');
  const { id, ...rest } = JSON.parse(heard[0]?.body ?? '{}');
  expect(Object.keys(rest).toSorted()).toEqual(['at', 'kind', 'where']);
  const whole = JSON.stringify(heard);
  for (const secret of [known.bsn, known.family, await vaultOf(gateway, known), 'permit', 'HA"']) {
    expect(whole).not.toContain(secret);
  }
  // That it was taken is written down after the answer.
  await vi.waitFor(async () => expect((await open('epd-proef'))[0]?.sent).toBeDefined());
  const [notice] = await open('epd-proef');
  expect(notice).toMatchObject({ id, patient: [expect.stringMatching(/^Patient\//)] });
  expect(notice?.effective).toBe(notice?.at);
});

it('never reaches a source that does not have this person', async () => {
  expect(await open('epd-ander')).toEqual([]);
  const [notice] = await open('epd-proef');
  for (const method of ['GET', 'POST'] as const) {
    const path = `/${notice?.id}${method === 'POST' ? '/received' : ''}`;
    expect((await ask('epd-ander', path, method)).statusCode).toBe(404);
  }
  expect(heard).toEqual([]);
});

it('tells when asked who could see the own items now, and writes that down', async () => {
  const [notice] = await open('epd-proef');
  const one = (await ask('epd-proef', `/${notice?.id}`)).json<Notice>();
  const gps = one.couldSee?.find(({ reader }) => reader === 'HA');
  expect(gps).toEqual({ reader: 'HA', items: 1, of: 1 });
  const { entries } = await gateway.rooms.ledger.ofPatient(await vaultOf(gateway, known));
  expect(entries.map(({ record }) => record.event)).toEqual(
    expect.arrayContaining(['choice-notice', 'choice-looked']),
  );
});

it('is over when it is acknowledged, and once more is the same', async () => {
  const [notice] = await open('epd-proef');
  const path = `/${notice?.id}/received`;
  expect((await ask('epd-proef', path, 'POST')).statusCode).toBe(204);
  expect((await ask('epd-proef', path, 'POST')).statusCode).toBe(204);
  expect(await open('epd-proef')).toEqual([]);
  expect(await open('epd-proef', '?all=true')).toHaveLength(1);
  const { entries } = await gateway.rooms.ledger.ofPatient(await vaultOf(gateway, known));
  const lines = entries.filter(({ record }) => record.event === 'choice-acknowledged');
  expect(lines).toHaveLength(1);
});

it('waits for a source that is down, and comes afterwards in order and once', async () => {
  status = 503;
  const refusal: NewRule = { ...HOSPITALS_TO_GPS, type: 'deny' };
  const [first = ''] = (await choose(gateway, known, [refusal])).slice(-1);
  await deliver();
  await choose(gateway, known, [{ ...refusal, data: { level: 'ggc', value: 'GGC002' } }]);
  await withdraw(gateway, known, [first]);
  await Promise.all([deliver(), deliver()]);
  // Each try makes the pause longer: by now longer than this test can take.
  for (let attempt = 0; attempt < 5; attempt += 1) {
    gateway.later(3_600);
    await deliver();
  }
  expect(heard).toEqual([]);
  status = 204;
  // Nothing goes before the first, and that is not due yet.
  expect(await deliver()).toBe(0);
  gateway.later(3_600);
  await Promise.all([deliver(), deliver()]);
  gateway.later(3_600);
  expect(await deliver()).toBe(0);
  expect(ids()).toEqual((await open('epd-proef')).map(({ id }) => id));
  expect(heard).toHaveLength(3);
});

it('is only about what the source holds, also when a choice moves away from it', async () => {
  const own = { level: 'org' as const, value: HOSPITAL.id };
  const other = { level: 'org' as const, value: OTHER_HOSPITAL.id };
  await choose(gateway, known, [{ ...HOSPITALS_TO_GPS, holder: other }]);
  await deliver();
  expect(heard).toEqual([]);
  const [id = ''] = (await choose(gateway, known, [{ ...HOSPITALS_TO_GPS, holder: own }])).slice(
    -1,
  );
  await hear(1);
  await gateway.rooms.consent.choices.save(
    await vaultOf(gateway, known),
    [{ kind: 'put', id, rule: { ...HOSPITALS_TO_GPS, holder: other } }],
    {
      performers: [{ rel: 'self' }],
      agent: { kind: 'person', id: 'self' },
      channel: 'portal',
      text: { version: '1', language: 'nl', digest: 'd'.repeat(64) },
    },
    { patient: { birthDate: known.birthDate } },
  );
  await hear(2);
});

it('says from when and until when a choice counts', async () => {
  const [start, end] = ['2031-01-01T00:00:00.000Z', '2031-02-01T00:00:00.000Z'];
  await choose(gateway, known, [{ ...HOSPITALS_TO_GPS, period: { start, end } }]);
  const notice = (await open('epd-proef')).at(-1);
  expect(notice).toMatchObject({ effective: start, until: end });
});

it('keeps still about quiet mode, and to who did not ask or is suspended', async () => {
  const quiet: NewRule = {
    ...{ type: 'deny', quiet: true, purpose: ['PATRQT'] },
    ...{ holder: { level: 'any' }, recipient: { level: 'any' }, data: { level: 'all' } },
  };
  const before = (await open('epd-proef')).length;
  await choose(gateway, known, [quiet]);
  expect(await open('epd-proef')).toHaveLength(before);
  await change('epd-proef', { choiceNotices: false });
  await choose(gateway, known, [HOSPITALS_TO_GPS]);
  expect(await open('epd-proef')).toHaveLength(before);
  await change('epd-proef', { choiceNotices: true, status: 'suspended' });
  await choose(gateway, known, [HOSPITALS_TO_GPS]);
  await deliver();
  await change('epd-proef', { status: 'active' });
  expect(await open('epd-proef')).toHaveLength(before);
});

it('is not there when the save is not', async () => {
  const before = (await open('epd-proef')).length;
  const wrong: NewRule = { ...HOSPITALS_TO_GPS, period: { start: '2030', end: '2029' } };
  await expect(choose(gateway, known, [HOSPITALS_TO_GPS, wrong])).rejects.toThrow(/period/);
  expect(await open('epd-proef')).toHaveLength(before);
});

it('tells the holder that an app may no longer fetch from, once', async () => {
  const { rooms } = gateway;
  const vault = await vaultOf(gateway, known);
  const given = rooms.clock();
  const one = { vault, id: randomUUID(), client: PGO, services: ['48'], longLived: true, given };
  await addToestemming(rooms.database, { ...one, aanbieder: HOSPITAL.id });
  const other = { ...one, id: randomUUID(), aanbieder: OTHER_HOSPITAL.id };
  await addToestemming(rooms.database, other);
  await deliver();
  heard.length = 0;
  const { apps } = ownPages(rooms);
  const end = ({ id, client, aanbieder }: typeof other) =>
    apps.end(vault, id, rooms.clock(), {
      ...{ class: 'evidence', event: 'toestemming-ended', action: 'U', outcome: 0, door: 'web' },
      ...{ agent: { kind: 'person', id: vault }, patient: vault, client, holders: [aanbieder] },
      basis: [`toestemming:${id}`],
    });
  const first = { ...one, aanbieder: HOSPITAL.id };
  expect(await end(first)).toBe(true);
  expect(await end(first)).toBe(false);
  expect(await end(other)).toBe(true);
  const { entries } = await rooms.ledger.ofPatient(vault);
  const told = entries.filter(({ record }) => record.event === 'toestemming-ended');
  expect(told.map(({ record }) => record.basis?.[0]).toSorted()).toEqual(
    [one.id, other.id].map((id) => `toestemming:${id}`).toSorted(),
  );
  await deliver();
  expect(heard.map(({ url }) => url)).toEqual(['/epd-proef/Notification']);
});

it('without an address waits to be asked for', async () => {
  await deliver();
  await change('epd-proef', { notificationBase: undefined });
  heard.length = 0;
  const recipient = { level: 'org' as const, value: PRACTICE.id };
  await choose(gateway, known, [{ ...HOSPITALS_TO_GPS, recipient }]);
  expect(await deliver()).toBe(0);
  expect(heard).toEqual([]);
  expect((await open('epd-proef')).at(-1)?.sent).toBeUndefined();
});

it('tells once more when a choice ends by itself, then and not before', async () => {
  await deliver();
  const { port } = system.address() as AddressInfo;
  await change('epd-proef', { notificationBase: `http://127.0.0.1:${port}/epd-proef` });
  const ends = (hours: number) => new Date(gateway.rooms.clock().getTime() + hours * 3_600_000);
  const [soon, late] = [ends(1), ends(3)];
  const until = (end: Date): NewRule => ({
    ...HOSPITALS_TO_GPS,
    period: { start: gateway.rooms.clock().toISOString(), end: end.toISOString() },
  });
  const before = (await open('epd-proef')).length;
  await choose(gateway, known, [until(soon), HOSPITALS_TO_GPS, until(late)]);
  await deliver();
  expect(heard).toHaveLength(1);
  expect(await open('epd-proef')).toHaveLength(before + 1);
  await choose(gateway, known, [HOSPITALS_TO_GPS]);
  await deliver();
  expect(heard).toHaveLength(2);
  for (const [end, count] of [
    [soon, 3],
    [late, 4],
  ] as const) {
    gateway.later((end.getTime() - gateway.rooms.clock().getTime()) / 1_000 + 1);
    await Promise.all([deliver(), deliver()]);
    expect(heard).toHaveLength(count);
    const told = (await open('epd-proef')).at(-1);
    expect(told).toMatchObject({ at: end.toISOString(), effective: end.toISOString() });
    expect(told?.until).toBeUndefined();
  }
});

it('tells the sources of both records of a merge, for permits as for refusals, and apart again', async () => {
  await deliver();
  for (const id of ['epd-proef', 'epd-ander']) {
    const { port } = system.address() as AddressInfo;
    await change(id, { notificationBase: `http://127.0.0.1:${port}/${id}` });
  }
  await choose(gateway, elsewhere, [HOSPITALS_TO_GPS]);
  await deliver();
  heard.length = 0;
  const { consent, ...rooms } = gateway.rooms;
  const [vault, merged] = [await vaultOf(gateway, known), await vaultOf(gateway, elsewhere)];
  const operator = { kind: 'operator' as const, id: 'test' };
  await mergePeople({ ...rooms, ...consent }, vault, merged, operator);
  await deliver();
  expect(new Set(heard.map(({ url }) => url))).toEqual(
    new Set(['/epd-proef/Notification', '/epd-ander/Notification']),
  );
  heard.length = 0;
  await unmergePeople({ ...rooms, ...consent }, vault, merged, operator);
  await deliver();
  expect(heard.map(({ url }) => url)).toContain('/epd-ander/Notification');
});
