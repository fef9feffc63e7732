/** What is new since last time, what was taken back included (capabilities A7). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, HOSPITAL, openGateway, PGO } from '../support/gateway.ts';
import {
  entry,
  type Json,
  letter,
  observation,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

let gateway: Gateway;
const own = person(1);
const self = urn(own.bsn);
let since: string;
let letterId: string;

const SERVICES = ['52', '51', '46', '900000402', '900000403'];

async function get(service: string, path: string) {
  const { rooms } = gateway;
  const { token } = await rooms.tokens.issue(rooms.database, {
    kind: 'medmij',
    client: PGO,
    vault: await vaultOf(gateway, own),
    aanbieder: HOSPITAL.id,
    services: SERVICES,
    consent: randomUUID(),
    correlationId: randomUUID(),
  });
  return gateway.ask(`/medmij/ziekenhuisproef/${service}/fhir/${path}`, { token });
}

async function send(sender: string, ...entries: Json[]) {
  const sent = await gateway.send(sender, transaction([entry(self, patientOf(own)), ...entries]));
  expect(sent.statusCode, sent.body).toBe(200);
}

const versions = (bundle: Json) =>
  ((bundle['entry'] ?? []) as { request: { method: string; url: string } }[]).map(
    ({ request }) => request,
  );

beforeAll(async () => {
  gateway = await openGateway();
  const { organisations, database } = gateway.rooms;
  await organisations.put(database, { ...HOSPITAL, services: SERVICES });
  await send('epd-proef', entry(urn('old'), observation('old', self)), ...letter('brief', self));
  letterId = (await get('51', 'DocumentReference')).json().entry[0].resource.id;
  gateway.later(60);
  since = gateway.rooms.clock().toISOString();
  gateway.later(60);
  await send('epd-proef', entry(urn('new'), observation('new', self)));
  await send('epd-ander', entry(urn('else'), observation('else', self)));
  const url = `DocumentReference/${letterId}`;
  const gone = { fullUrl: url, request: { method: 'DELETE', url } };
  await send('epd-proef', gone);
});
afterAll(() => gateway.close());

describe('since last time', () => {
  it('gives the one new result, of this aanbieder only', async () => {
    const found = (await get('52', `Observation/_history?_since=${since}`)).json();
    expect(found.type).toBe('history');
    expect(found.entry).toHaveLength(1);
    expect(found.entry[0].resource.identifier[0].value).toBe('new');
    const all = (await get('52', 'Observation/_history')).json();
    expect(all.entry).toHaveLength(2);
    expect(JSON.stringify(all)).not.toContain(own.bsn);
  });

  it('gives the letter as taken back, and a search the rest', async () => {
    const found = (await get('51', `DocumentReference/_history?_since=${since}`)).json();
    expect(versions(found)).toEqual([{ method: 'DELETE', url: `DocumentReference/${letterId}` }]);
    expect((await get('51', `DocumentReference/${letterId}`)).statusCode).toBe(410);
    const fresh = (await get('52', `Observation?_lastUpdated=gt${since}`)).json();
    expect(fresh.total).toBe(1);
  });

  it('gives of a part of a type that part, what was taken back of it too', async () => {
    const of = async (service: string) =>
      (await get(service, 'Observation/_history')).json().entry ?? [];
    const before = (await of('900000403')).length;
    expect(before).toBe(2);
    expect(await of('900000402')).toEqual([]);
    const [{ resource }] = await of('900000403');
    const url = `Observation/${resource.id}`;
    await send('epd-proef', { fullUrl: url, request: { method: 'DELETE', url } });
    expect(versions({ entry: await of('900000403') })).toContainEqual({ method: 'DELETE', url });
    expect(await of('900000402')).toEqual([]);
    expect(await of('46')).toEqual([]);
  });

  it('is not there for a type of another service', async () => {
    expect((await get('52', 'DocumentReference/_history')).statusCode).toBe(404);
    expect((await get('52', `Observation/_history?patient=1&_since=${since}`)).statusCode).toBe(
      400,
    );
  });
});
