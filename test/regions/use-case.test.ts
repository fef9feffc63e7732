/** A token of one use case opens the requests of that use case, and no other. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BSN_SYSTEM, type Gateway, openGateway, purposeOf } from '../support/gateway.ts';
import {
  choose,
  condition,
  entry,
  HOSPITALS_TO_GPS,
  observation,
  patientOf,
  person,
  transaction,
  urn,
} from '../support/people.ts';

let gateway: Gateway;
let token: string;
let patient: string;
const one = person(41);
const bgz = (more: object = {}) => purposeOf('TREAT', { use_case: 'bgz', ...more });

beforeAll(async () => {
  gateway = await openGateway();
  const self = urn(one.bsn);
  const sent = await gateway.send(
    'epd-proef',
    transaction([
      entry(self, patientOf(one)),
      entry(urn('c41'), condition('c41', self)),
      entry(urn('o41'), observation('o41', self)),
    ]),
  );
  expect(sent.statusCode, sent.body).toBe(200);
  await choose(gateway, one, [HOSPITALS_TO_GPS]);
  token = await gateway.token('partner-huisarts', bgz());
  const found = await gateway.ask('/fhir/stu3/Patient/_search', {
    token: await gateway.token('partner-huisarts'),
    form: { identifier: `${BSN_SYSTEM}|${one.bsn}` },
  });
  patient = found.json().entry[0].resource.id;
});
afterAll(() => gateway.close());

const status = async (path: string, as = token) =>
  (await gateway.ask(`/fhir/stu3/${path}`, { token: as })).statusCode;

describe('a token of a use case', () => {
  it('opens what is listed', async () => {
    expect(await status(`Condition?patient=Patient/${patient}`)).toBe(200);
    expect(await status(`Immunization?status=completed&patient=${patient}`)).toBe(200);
    // The first read of docs/partners.md, with the number of the person in no address.
    const first = {
      identifier: `${BSN_SYSTEM}|${one.bsn}`,
      _include: 'Patient:general-practitioner',
    };
    const found = await gateway.ask('/fhir/r4/Patient/_search', { token, form: first });
    expect([found.statusCode, found.json().total]).toEqual([200, 1]);
    const { _include: _left, ...alone } = first;
    const bare = await gateway.ask('/fhir/r4/Patient/_search', { token, form: alone });
    expect([bare.statusCode, bare.json().issue[0].details.coding[0].code]).toEqual([
      403,
      'query-not-allowed',
    ]);
    const form = { patient: `Patient/${patient}` };
    const answer = await gateway.ask('/fhir/stu3/Condition/_search', { token, form });
    expect(answer.json().total).toBe(1);
  });

  it.each([
    ['a search that is not listed', () => `Observation?patient=${patient}`],
    ['one parameter more', () => `Condition?patient=${patient}&code=38341003`],
    ['an include more', () => `Condition?patient=${patient}&_revinclude=Observation:patient`],
    ['two patients', () => `Condition?patient=${patient}&patient=${patient}`],
    ['everything', () => `Patient/${patient}/$everything`],
    ['a history', () => `Patient/${patient}/_history`],
    ['a read that is not listed', () => `Patient/${patient}`],
  ])('does not open %s', async (_name, path) => {
    expect(await status(path())).toBe(403);
  });

  it('does not open what is asked in the body of an operation, where nobody has seen it', async () => {
    const ask = (body?: string) =>
      gateway.ask(
        `/fhir/stu3/Observation/$lastn?code=http://loinc.org|29463-7&patient=${patient}`,
        {
          token,
          method: 'POST',
          ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
        },
      );
    const more = { name: '_revinclude', valueString: 'Observation:patient' };
    const asked = JSON.stringify({ resourceType: 'Parameters', parameter: [more] });
    expect((await ask()).statusCode).not.toBe(500);
    expect((await ask(asked)).statusCode).toBe(403);
  });

  it('goes on to the next page', async () => {
    const first = await gateway.ask(`/fhir/stu3/Condition?patient=${patient}&_count=1`, { token });
    expect(first.statusCode).toBe(200);
  });

  it('refuses the same for somebody who does not exist', async () => {
    const never = '00000000-0000-4000-8000-0000000000ff';
    expect(await status(`Observation?patient=${never}`)).toBe(403);
    expect(await status(`Condition?patient=${never}`)).toBe(200);
  });
});

describe('the notices of what was taken back', () => {
  it('are for whoever read it, under whatever use case', async () => {
    const path = '/regio/intrekkingen';
    const answer = await gateway.ask(path, { token });
    expect([answer.statusCode, answer.json()]).toEqual([200, { notices: [] }]);
    const none = `${path}/00000000-0000-4000-8000-0000000000ff/ontvangen`;
    expect((await gateway.ask(none, { token, method: 'POST' })).statusCode).toBe(404);
    for (const other of ['/regio/aantallen?maat=mensen', '/regio/intrekkingenlijst']) {
      expect((await gateway.ask(other, { token })).statusCode).toBeGreaterThanOrEqual(403);
    }
  });
});

describe('a client that was onboarded for use cases', () => {
  it('gets no token without one of them', async () => {
    const { clients, database } = gateway.rooms;
    const client = await clients.byId('partner-ander');
    if (!client) throw new Error('no client');
    await clients.put(database, { ...client, useCases: ['bgz'] });
    await expect(gateway.token('partner-ander')).rejects.toThrow('invalid_request');
    const other = purposeOf('TREAT', { use_case: 'pzp' });
    await expect(gateway.token('partner-ander', other)).rejects.toThrow('invalid_request');
    expect(
      await status(`Condition?patient=${patient}`, await gateway.token('partner-ander', bgz())),
    ).toBe(200);
  });
});
