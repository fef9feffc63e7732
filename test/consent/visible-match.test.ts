/**
 * What a sender writes and reads back tells it nothing of what other holders have of a person: not
 * that they know the person, nor that something of a name is there.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BSN_SYSTEM, type Gateway, openGateway } from '../support/gateway.ts';
import { type Json, patientOf, person } from '../support/people.ts';

let gateway: Gateway;
let patient: string;
const [shared, theirs, nobody] = [person(191), person(192), person(193)];

async function call(as: string, method: string, path: string, body?: Json, more: Json = {}) {
  return gateway.ask(`/fhir/${path}`, {
    token: await gateway.token(as),
    method: method as 'POST',
    headers: { 'content-type': 'application/fhir+json', ...more },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}

const OWN = 'epd-proef';
const OTHER = 'epd-ander';

beforeAll(async () => {
  gateway = await openGateway();
  const made = await call(OWN, 'POST', 'r4/Patient', patientOf(shared));
  patient = made.json<{ id: string }>().id;
  for (const who of [shared, theirs]) {
    const body = patientOf(who, { id: `p-${who.bsn}` });
    expect((await call(OTHER, 'PUT', `r4/Patient/p-${who.bsn}`, body)).statusCode).toBe(201);
  }
  const visit = {
    resourceType: 'Encounter',
    id: 'intake-1',
    status: 'finished',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
    subject: { reference: `Patient/p-${shared.bsn}` },
  };
  expect((await call(OTHER, 'PUT', 'r4/Encounter/intake-1', visit)).statusCode).toBe(201);
});
afterAll(() => gateway.close());

describe.each(['r4', 'stu3'])('a condition that names a person by number (%s)', (version) => {
  const nobodys = { resourceType: 'Observation', status: 'final', code: { text: 'gewicht' } };
  const by = ({ bsn }: typeof shared) =>
    `code:text=niets&patient.identifier=${encodeURIComponent(`${BSN_SYSTEM}|${bsn}`)}`;

  const alone = (who: typeof shared) =>
    call(OWN, 'POST', `${version}/Observation`, nobodys, { 'if-none-exist': by(who) });
  const inTransaction = (who: typeof shared) => {
    const request = { method: 'POST', url: 'Observation', ifNoneExist: by(who) };
    const entry = [{ fullUrl: `urn:uuid:${randomUUID()}`, resource: nobodys, request }];
    return call(OWN, 'POST', version, { resourceType: 'Bundle', type: 'transaction', entry });
  };

  it.each([
    ['alone', alone, 201],
    ['in a transaction', inTransaction, 200],
  ] as const)('does not tell whom others know: %s', async (_how, create, done) => {
    const [ofOthers, ofNobody] = [await create(theirs), await create(nobody)];
    expect(ofOthers.statusCode).toBe(422);
    expect(ofOthers.body).toContain('no-person');
    expect([ofOthers.statusCode, ofOthers.body]).toEqual([ofNobody.statusCode, ofNobody.body]);
    expect((await create(shared)).statusCode).toBe(done);
  });
});

describe('what a sender refers to itself', () => {
  it.each(['intake-1', 'intake-2'])('stays as it wrote it: %s', async (id) => {
    const encounter = { reference: `Encounter/${id}` };
    const body = { resourceType: 'Condition', subject: { reference: `Patient/${patient}` } };
    const sent = { ...body, encounter, code: { text: 'klacht' } };
    const asked = `patient=${patient}&encounter=Encounter/${id}`;
    const make = () => call(OWN, 'POST', 'r4/Condition', sent, { 'if-none-exist': asked });
    const made = await make();
    const again = await make();
    expect([made.statusCode, again.statusCode]).toEqual([201, 200]);
    const name = `Condition/${made.json<{ id: string }>().id}`;
    for (const path of [name, `${name}/_history/1`]) {
      expect((await call(OWN, 'GET', `r4/${path}`)).json().encounter).toEqual(encounter);
    }
    const found = await call(OWN, 'GET', `r4/Condition?${asked}`);
    expect(found.json().entry[0].resource.encounter).toEqual(encounter);
    const all = await call(OWN, 'GET', `r4/${name}/_history`);
    expect(all.json().entry[0].resource.encounter).toEqual(encounter);
  });
});
