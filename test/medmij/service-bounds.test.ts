/**
 * A token for one small service gives what that service covers, however it is asked: not beside an
 * answer, not in the history, and not by asking whether something else fits.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, HOSPITAL, openGateway, PGO } from '../support/gateway.ts';
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

const own = person(1);
const LOINC = 'http://loinc.org';
let gateway: Gateway;
let token: string;
let weight: string;

const coded = (code: string) => ({ coding: [{ system: LOINC, code }] });
const PRESSURE = '85354-9';
const WEIGHT = '29463-7';

beforeAll(async () => {
  gateway = await openGateway();
  const { rooms } = gateway;
  await rooms.organisations.put(rooms.database, { ...HOSPITAL, services: ['48', '900000401'] });
  const self = urn(own.bsn);
  const related = [{ type: 'has-member', target: { reference: urn('zwaar') } }];
  const sent = await gateway.send(
    'epd-proef',
    transaction([
      entry(self, patientOf(own)),
      entry(urn('druk'), observation('druk', self, { code: coded(PRESSURE), related })),
      entry(urn('zwaar'), observation('zwaar', self, { code: coded(WEIGHT) })),
    ]),
    { mediaType: 'application/fhir+json; fhirVersion=3.0' },
  );
  expect(sent.statusCode, sent.body).toBe(200);
  const issue = async (service: string) => {
    const claims = { kind: 'medmij', client: PGO, services: [service] } as const;
    const vault = await vaultOf(gateway, own);
    const ids = { consent: randomUUID(), correlationId: randomUUID() };
    const issued = await rooms.tokens.issue(rooms.database, {
      ...{ ...claims, vault, aanbieder: HOSPITAL.id, ...ids },
    });
    return issued.token;
  };
  const all = await gateway.ask(
    `/medmij/ziekenhuisproef/48/fhir/Observation?code=${LOINC}|${WEIGHT}`,
    { token: await issue('48') },
  );
  weight = all.json().entry[0].resource.id;
  token = await issue('900000401');
});
afterAll(() => gateway.close());

const get = (path: string) =>
  gateway.ask(`/medmij/ziekenhuisproef/900000401/fhir/${path}`, { token });

describe('blood pressure and nothing else', () => {
  it('is found', async () => {
    const answer = await get('Observation');
    expect(answer.json().entry).toHaveLength(1);
  });

  it.each([
    `Observation?code=${LOINC}|${WEIGHT}`,
    `Observation?code:not=${LOINC}|${PRESSURE}`,
    `Observation/$lastn?code=${LOINC}|${WEIGHT}`,
    'Observation?_id=WEIGHT',
    `Observation?related-target.code=${LOINC}|${WEIGHT}`,
    `Observation?related-target:Observation.code=${LOINC}|${WEIGHT}`,
    `Observation?subject:Patient._has:Observation:subject:code=${LOINC}|${WEIGHT}`,
    `Observation?patient._has:Observation:patient:code=${LOINC}|${WEIGHT}`,
  ])('has no match for %s', async (path) => {
    const answer = await get(path.replace('WEIGHT', weight));
    const entries: { search: { mode: string }; resource: Json }[] = answer.json().entry ?? [];
    const matches = entries.filter(({ search }) => search?.mode === 'match');
    expect(matches, answer.body.slice(0, 600)).toEqual([]);
  });

  it.each([
    'Observation?_include=Observation:related-target',
    'Observation?_include=*',
    'Observation?_revinclude=Observation:related-target',
    'Observation?_include=Observation:subject&_revinclude:iterate=Observation:subject',
    'Observation/_history',
  ])('comes alone with %s', async (path) => {
    const answer = await get(path);
    expect(answer.body).not.toContain(WEIGHT);
  });

  it.each([
    'Observation/WEIGHT',
    'Observation/WEIGHT/_history',
    'Observation/WEIGHT/_history/1',
    'Observation/WEIGHT/$meta',
  ])('leaves %s unread', async (path) => {
    const answer = await get(path.replace('WEIGHT', weight));
    expect([400, 404]).toContain(answer.statusCode);
    expect(answer.body).not.toContain(WEIGHT);
  });
});
