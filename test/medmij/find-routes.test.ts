/** Find my provider, and honest words beside the answers: down, not all there, nothing recorded. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, HOSPITAL, openGateway, PGO, PRACTICE } from '../support/gateway.ts';
import {
  entry,
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

beforeAll(async () => {
  gateway = await openGateway();
  const { organisations, database } = gateway.rooms;
  await organisations.put(database, {
    ...PRACTICE,
    connection: 'not-connected',
    town: 'Proefdorp',
  });
  const sent = await gateway.send(
    'epd-proef',
    transaction([entry(self, patientOf(own)), entry(urn('o'), observation('o', self))]),
  );
  expect(sent.statusCode).toBe(200);
});
afterAll(() => gateway.close());

const find = async (q: string) =>
  (await gateway.ask(`/medmij/aanbieders?q=${encodeURIComponent(q)}`)).json();

async function search(path: string) {
  const { rooms } = gateway;
  const { token } = await rooms.tokens.issue(rooms.database, {
    kind: 'medmij',
    client: PGO,
    vault: await vaultOf(gateway, own),
    aanbieder: HOSPITAL.id,
    services: ['48'],
    consent: randomUUID(),
    correlationId: randomUUID(),
  });
  return (await gateway.ask(`/medmij/ziekenhuisproef/48/fhir/${path}`, { token })).json();
}

const said = (bundle: { entry?: { search: { mode: string }; resource: Json }[] }) =>
  (bundle.entry ?? [])
    .filter((one) => one.search.mode === 'outcome')
    .flatMap((one) => one.resource.issue.map((issue) => issue.details.coding[0]?.code));

interface Json {
  issue: { details: { coding: { code: string }[] } }[];
}

async function status(body: object) {
  const token = await gateway.token('epd-proef');
  const headers = { 'content-type': 'application/json' };
  const how = { token, method: 'PUT' as const, headers, body: JSON.stringify(body) };
  const answer = await gateway.ask('/intake/epd-proef/status', how);
  expect(answer.statusCode, answer.body).toBe(200);
}

describe('a provider', () => {
  it('is found by what people type, with what can be fetched and that it answers', async () => {
    const { found } = await find('zikenhuis proef');
    expect(found[0]).toMatchObject({
      name: 'Ziekenhuis Proef',
      aanbieder: 'ziekenhuisproef@medmij',
      connection: 'connected',
      answers: 'yes',
    });
    expect(found[0].services.map(({ id }: { id: string }) => id)).toEqual(['48', '51']);
    expect(found[0].services[0].function).toBe('verzamelen');
  });

  it('that is not connected is found, and says so', async () => {
    const [first] = (await find('huisarts proefdorp')).found;
    expect(first).toMatchObject({ connection: 'not-connected', services: [] });
    expect(first.aanbieder).toBeUndefined();
  });

  it('that nobody knows gives advice, and an empty question is wrong', async () => {
    expect(await find('qqqqqqq')).toMatchObject({ found: [], advice: expect.any(String) });
    expect((await gateway.ask('/medmij/aanbieders?q=%20')).statusCode).toBe(400);
    expect((await gateway.ask('/medmij/aanbieders')).statusCode).toBe(400);
  });
});

describe('an answer', () => {
  it('that is empty says that nothing is recorded', async () => {
    const empty = await search('Condition');
    expect(empty.total).toBe(0);
    expect(said(empty)).toEqual(['nothing-recorded']);
    expect(said(await search('Observation'))).toEqual([]);
  });

  it('that only counts says how many, and nothing beside it', async () => {
    for (const type of ['Observation', 'Condition']) {
      const { total } = await search(type);
      for (const how of ['_summary=count', '_count=0']) {
        const counted = await search(`${type}?${how}`);
        expect(counted.total, how).toBe(total);
        expect(counted.entry, how).toBeUndefined();
      }
    }
  });

  it('of a source that is down says so, beside what it sent before', async () => {
    await status({ state: 'down' });
    const bundle = await search('Observation');
    expect(bundle.total).toBe(1);
    expect(said(bundle)).toEqual(['source-down']);
    expect(said(await search('Condition'))).toEqual(['source-down']);
    expect((await find('ziekenhuis proef')).found[0]).toMatchObject({ answers: 'no' });
    await status({ state: 'up' });
    expect(said(await search('Observation'))).toEqual([]);
  });

  it('of a source that said when it is back is whole again after that', async () => {
    await status({ state: 'down', until: new Date(Date.now() + 60_000).toISOString() });
    expect(said(await search('Observation'))).toEqual(['source-down']);
    gateway.later(61);
    expect(said(await search('Observation'))).toEqual([]);
    await status({ state: 'up' });
  });
});
