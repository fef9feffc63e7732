/** A batch of questions at a data service: each as if it came by itself, and nothing is written. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BSN_SYSTEM, type Gateway, HOSPITAL, openGateway, PGO } from '../support/gateway.ts';
import {
  entry,
  type Json,
  observation,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

let gateway: Gateway;
let observationId: string;
const own = person(1);
const BASE = '/medmij/ziekenhuisproef/48/fhir';

beforeAll(async () => {
  gateway = await openGateway();
  const sent = transaction([
    entry(urn('p'), patientOf(own)),
    entry(urn('o'), observation('o', urn('p'))),
  ]);
  expect((await gateway.send('epd-proef', sent)).statusCode).toBe(200);
  const found = await gateway.ask(`${BASE}/Observation`, { token: await newToken() });
  observationId = found.json().entry[0].resource.id;
});
afterAll(() => gateway.close());

async function newToken(agreed: 'verzamelen' | 'delen' = 'verzamelen') {
  const { tokens, database } = gateway.rooms;
  const claims = { kind: 'medmij', client: PGO, aanbieder: HOSPITAL.id, agreed } as const;
  const vault = await vaultOf(gateway, own);
  const ids = { consent: randomUUID(), correlationId: randomUUID() };
  return (await tokens.issue(database, { ...claims, ...ids, vault, services: ['48'] })).token;
}

async function batch(urls: readonly string[], type = 'batch', method = 'GET') {
  const requests = urls.map((url) => ({ request: { method, url } }));
  return gateway.ask(BASE, {
    token: await newToken(),
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify({ resourceType: 'Bundle', type, entry: requests }),
  });
}

interface Answer extends Json {
  response: { status: string; outcome?: { issue: { diagnostics: string }[] } };
  resource?: { resourceType: string; total?: number; type?: string };
}
const answersOf = async (urls: readonly string[], type?: string, method?: string) => {
  const answer = await batch(urls, type, method);
  expect(answer.statusCode, answer.body).toBe(200);
  expect(answer.body).not.toContain(own.bsn);
  expect(answer.json().type).toBe('batch-response');
  return answer.json().entry as Answer[];
};

describe('a batch of an app', () => {
  it('is answered entry by entry, in the order of the questions', async () => {
    const [patient, latest, one, none, absent, foreign] = await answersOf([
      'Patient?_include=Patient:general-practitioner',
      'Observation/$lastn?code=http://loinc.org|29463-7',
      `Observation/${observationId}`,
      'Flag',
      'Observation/none',
      'Task',
    ]);
    expect(patient?.resource).toMatchObject({ type: 'searchset', total: 1 });
    expect(latest?.resource).toMatchObject({ type: 'searchset', total: 1 });
    expect(one?.resource?.resourceType).toBe('Observation');
    expect(none?.resource).toMatchObject({ total: 0 });
    expect(absent?.response.status).toBe('404');
    // A type of another service is no more there than by itself.
    expect(foreign?.response.status).toBe('404');
  });

  it.each([
    `Patient?identifier=${BSN_SYSTEM}|${own.bsn}`,
    `Patient?identifier=${own.bsn}`,
    'Observation?patient=Patient/1',
    'Observation?subject:Patient.identifier=1',
  ])('names no patient, as no question does: %s', async (url) => {
    const [answer] = await answersOf([url]);
    expect(answer?.response.status).toBe('400');
    expect(answer?.resource).toBeUndefined();
  });

  it.each(['POST', 'PUT', 'DELETE'])('writes nothing with %s', async (method) => {
    const answer = await batch([`Observation/${observationId}`], 'batch', method);
    expect(answer.statusCode).toBe(405);
  });

  it('is no transaction, and none at all for a token to send', async () => {
    expect((await batch(['Patient'], 'transaction')).statusCode).toBe(404);
    const sent = await gateway.ask(BASE, {
      ...{ token: await newToken('delen'), method: 'POST' },
      headers: { 'content-type': 'application/fhir+json' },
      body: JSON.stringify({
        ...{ resourceType: 'Bundle', type: 'batch' },
        entry: [{ request: { method: 'GET', url: 'Observation' } }],
      }),
    });
    expect(sent.json().entry?.[0]?.resource).toBeUndefined();
  });

  it('writes a line for each question', async () => {
    const count = async () =>
      (await gateway.rooms.database.query('select count(*)::int as n from ledger_entry')).rows[0].n;
    const before = await count();
    await answersOf(['Patient', 'Observation', 'Flag']);
    expect(await count()).toBe(before + 3);
  });
});
