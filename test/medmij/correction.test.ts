/**
 * A correction that a person asks for, to its end (capabilities A11): the corrected version reaches
 * who read the old one, and the person sees whom it reached.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pushNotices } from '../../src/consent/index.ts';
import { correctionReaders } from '../../src/web/person/correction-readers.ts';
import { type Gateway, HOSPITAL, OTHER_PGO, openGateway, PGO } from '../support/gateway.ts';
import {
  choose,
  entry,
  HOSPITALS_TO_GPS,
  type Json,
  observation,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

let gateway: Gateway;
const own = person(1);
const other = person(2);
const SERVICES = ['52', '9000103'];
let reference = '';
let receipt = '';
let vault = '';

async function send(one: typeof own, key: string, more: Json = {}, place?: string) {
  const of = urn(one.bsn);
  const body = { ...observation(key, of), ...more };
  const row = place
    ? entry(urn(key), { ...body, id: place.split('/')[1] }, { method: 'PUT', url: place })
    : entry(urn(key), body);
  const answer = await gateway.send('epd-proef', transaction([entry(of, patientOf(one)), row]));
  expect(answer.statusCode, answer.body).toBe(200);
  const { location } = answer.json().entry.at(-1).response;
  return location.split('/').slice(-4, -2).join('/') as string;
}

async function app(client: string, service: string, path: string, body?: Json) {
  const { rooms } = gateway;
  const { token } = await rooms.tokens.issue(rooms.database, {
    ...{ kind: 'medmij', client, vault, aanbieder: HOSPITAL.id, services: SERVICES },
    ...{ consent: randomUUID(), correlationId: randomUUID() },
  });
  return gateway.ask(`/medmij/ziekenhuisproef/${service}/fhir/${path}`, {
    token,
    ...(body
      ? {
          method: 'POST' as const,
          headers: { 'content-type': 'application/fhir+json' },
          body: JSON.stringify(body),
        }
      : {}),
  });
}

const partner = async (path: string) =>
  gateway.ask(path, { token: await gateway.token('partner-huisarts') });

async function decide(body: Json) {
  return gateway.ask(`/intake/epd-proef/shared/${receipt}`, {
    token: await gateway.token('epd-proef'),
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

const readers = async (corrected: string) => {
  const { entries } = await gateway.rooms.ledger.ofPatient(vault, { limit: 1_000 });
  return correctionReaders(entries, corrected, HOSPITAL.id);
};

beforeAll(async () => {
  gateway = await openGateway();
  const { organisations, database } = gateway.rooms;
  await organisations.put(database, { ...HOSPITAL, services: SERVICES });
  reference = await send(own, 'weight');
  await send(other, 'theirs');
  vault = await vaultOf(gateway, own);
  await choose(gateway, own, [HOSPITALS_TO_GPS]);
  // Two apps and a partner read the old version; one app that comes later does not.
  expect((await app(PGO, '52', reference)).statusCode).toBe(200);
  expect((await app(OTHER_PGO, '52', 'Observation')).json().total).toBe(1);
  expect((await partner(`/fhir/r4/${reference}`)).statusCode).toBe(200);
  const { identifier: _number, ...named } = patientOf(own);
  const request = entry(urn('dwv'), {
    resourceType: 'Communication',
    status: 'completed',
    subject: { reference: urn('me') },
    payload: [{ contentString: 'Mijn gewicht klopt niet.' }],
  });
  gateway.later(60);
  const sent = await app(PGO, '9000103', '', transaction([entry(urn('me'), named), request]));
  expect(sent.statusCode, sent.body).toBe(200);
  receipt = sent.json().id;
});
afterAll(() => gateway.close());

describe('a correction', () => {
  it.each<[string, () => Json, string]>([
    ['did not change since', () => ({ corrected: [reference] }), 'not-corrected'],
    ['is not there', () => ({ corrected: ['Observation/none'] }), 'not-here'],
  ])('cannot be what %s', async (_name, body, code) => {
    const answer = await decide({ state: 'filed', ...body() });
    expect(answer.statusCode).toBe(422);
    expect(answer.json().issue[0].details.coding[0].code).toBe(code);
    expect(answer.json().issue[0].expression).toEqual(['corrected[0]']);
  });

  it('is said with what is filed, and with nothing else', async () => {
    expect((await decide({ state: 'opened', corrected: [reference] })).statusCode).toBe(422);
    expect((await decide({ state: 'filed', corrected: ['x'] })).statusCode).toBe(400);
    // Nothing of all this was decided.
    const { sharedItems, database } = gateway.rooms;
    expect(await sharedItems.ofPerson(database, vault)).toMatchObject([{ state: 'received' }]);
  });

  it('is told to who read the old version, and names what it is', async () => {
    gateway.later(60);
    await send(own, 'weight', { valueQuantity: { value: 65, unit: 'kg' } }, reference);
    const filed = await decide({ state: 'filed', corrected: [reference], reason: 'U had gelijk.' });
    expect(filed.statusCode, filed.body).toBe(200);
    expect(filed.json().corrected).toEqual([`${reference}@2`]);
    await gateway.rooms.retractions.search();
    const { notices } = (await partner('/regio/intrekkingen')).json();
    expect(notices).toMatchObject([{ reference, corrected: true }]);
    expect(await gateway.rooms.retractions.open(HOSPITAL.id)).toHaveLength(3);
  });

  it('is pushed to a partner as a correction, not as something that is gone', async () => {
    const heard: string[] = [];
    const server = createServer((request, response) => {
      request.on('data', (chunk) => heard.push(String(chunk)));
      request.on('end', () => response.writeHead(200).end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { database, store, clock } = gateway.rooms;
    await database.query('update retraction_notice set due = $1 where kind = $2', [
      clock(),
      'partner',
    ]);
    expect(await pushNotices({ database, store, clock, addressOf: async () => base })).toBe(1);
    expect(JSON.parse(heard[0] ?? '')).toMatchObject({ notification_type: 'corrected' });
    server.close();
  });

  it('reaches them when they ask again, and the person sees whom', async () => {
    const before = await readers(`${reference}@2`);
    expect(before.map(({ client }) => client).toSorted()).toEqual(
      [OTHER_PGO, 'partner-huisarts', PGO].toSorted(),
    );
    expect(before.every(({ told, reached }) => told && !reached)).toBe(true);
    gateway.later(60);
    const found = (await app(PGO, '52', 'Observation')).json().entry[0].resource;
    expect(found.valueQuantity.value).toBe(65);
    expect((await partner(`/fhir/r4/${reference}`)).json().valueQuantity.value).toBe(65);
    const after = await readers(`${reference}@2`);
    const reached = after.filter((one) => one.reached).map(({ client }) => client);
    expect(reached.toSorted()).toEqual(['partner-huisarts', PGO].toSorted());
  });

  it('stands with the request, and is told once', async () => {
    const { sharedItems, database, retractions } = gateway.rooms;
    const [item] = await sharedItems.ofPerson(database, vault);
    expect(item).toMatchObject({ state: 'filed', corrected: [`${reference}@2`] });
    await retractions.search();
    expect(await retractions.open(HOSPITAL.id)).toHaveLength(3);
    expect((await decide({ state: 'filed' })).json()).toMatchObject({ state: 'filed' });
    expect((await sharedItems.ofPerson(database, vault))[0]?.corrected).toHaveLength(1);
  });
});
