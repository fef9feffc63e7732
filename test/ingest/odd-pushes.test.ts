/** Pushed FHIR that is well formed and yet not safe to take as it is. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BSN_SYSTEM, type Gateway, openGateway } from '../support/gateway.ts';
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
const [one, other] = [person(181), person(182)];
const self = urn(one.bsn);
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

const send = (...entries: unknown[]) =>
  gateway.send('epd-proef', transaction([entry(self, patientOf(one)), ...(entries as never[])]));

async function refused(...entries: unknown[]) {
  const answer = await send(...entries);
  const [issue] = answer.json().issue ?? [];
  return [answer.statusCode, issue?.details?.coding?.[0]?.code, issue?.expression?.[0]];
}

it('a result whose contained Patient has the BSN of another is not taken into this record', async () => {
  const inside = (bsn: string) => ({
    ...observation('inside', '#p'),
    contained: [
      { resourceType: 'Patient', id: 'p', identifier: [{ system: BSN_SYSTEM, value: bsn }] },
    ],
  });
  const several = [422, 'several-people', 'Bundle.entry[1].resource'];
  expect(await refused(entry(urn('inside'), inside(other.bsn)))).toEqual(several);
  expect((await send(entry(urn('inside'), inside(one.bsn)))).statusCode).toBe(200);
});

it('an address is a type and at most an id', async () => {
  for (const url of ['Observation/a/b', 'Observation/..', '/Observation/1']) {
    const odd = {
      ...entry(urn('odd'), { ...observation('odd', self) }),
      request: { method: 'PUT', url },
    };
    expect(await refused(odd)).toEqual([422, 'url', 'Bundle.entry[1].request.url']);
  }
});

it('two entries of one name are refused, unless they say the same', async () => {
  const twice = (number: string) => entry(urn('twice'), observation(number, self));
  const place = 'Bundle.entry[2].fullUrl';
  expect(await refused(twice('t1'), twice('t2'))).toEqual([422, 'full-url-twice', place]);
  expect((await send(twice('t1'), twice('t1'))).statusCode).toBe(200);
});

it('a time that is still to come does not keep out what the source says later', async () => {
  const said = (lastUpdated: string, value: number) =>
    entry(urn('clock'), {
      ...observation('clock', self),
      meta: { lastUpdated },
      valueQuantity: { value, unit: 'kg' },
    });
  expect((await send(said('2199-01-01T00:00:00Z', 70))).statusCode).toBe(200);
  expect((await send(said(new Date().toISOString(), 71))).statusCode).toBe(200);
  const vault = await vaultOf(gateway, one);
  const { rows } = await gateway.rooms.store.candidates(gateway.rooms.database, {
    vault,
    types: ['Observation'],
  });
  const values = rows.map((row) => JSON.parse(row.bytes.toString('utf8')));
  const found = values.filter(({ identifier }) => identifier?.[0]?.value === 'clock');
  expect(found.map(({ valueQuantity }) => valueQuantity.value)).toEqual([71]);
});

it('a result whose subject carries the BSN of another is not taken into this record', async () => {
  const subject = { reference: self, identifier: { system: BSN_SYSTEM, value: other.bsn } };
  const result = { ...observation('beside', self), subject };
  expect(await refused(entry(urn('beside'), result))).toEqual([
    422,
    'several-people',
    'Bundle.entry[1].resource',
  ]);
});

it('what is called by its type and id, in whatever version, leads to what is stored', async () => {
  const base = 'https://fhir.example/r4';
  const named = (type: string, id: string, resource: object) => ({
    fullUrl: `${base}/${type}/${id}`,
    resource: { ...resource, id },
  });
  const panel = {
    ...observation('panel-of', 'Patient/12/_history/3'),
    hasMember: [{ reference: `${base}/Observation/k-1/_history/2` }],
  };
  const bundle = {
    resourceType: 'Bundle',
    type: 'collection',
    entry: [
      named('Patient', '12', patientOf(one)),
      named('Observation', 'p-1', panel),
      named('Observation', 'k-1', observation('member-of', 'Patient/12')),
    ],
  };
  const answer = await gateway.send('epd-proef', bundle as never);
  expect(answer.statusCode, answer.body).toBeLessThan(300);
  const { store, database } = gateway.rooms;
  const vault = await vaultOf(gateway, one);
  const epoch = await store.epoch(database, vault);
  const { rows } = await store.candidates(database, { vault, epoch });
  const stored = (text: string) =>
    rows.filter(({ bytes }) => bytes.includes(text)).map(({ type, id }) => `${type}/${id}`);
  const found = rows.find(({ bytes }) => bytes.includes('hasMember'));
  const content = JSON.parse(found?.bytes.toString('utf8') ?? '{}');
  expect(rows.map(({ type, id }) => `${type}/${id}`)).toContain(content.subject.reference);
  expect(stored('member-of')).toContain(content.hasMember[0].reference);
});
