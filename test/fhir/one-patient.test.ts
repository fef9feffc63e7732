/** A person has one Patient for each custodian, whatever id its sender chooses. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BSN_SYSTEM, type Gateway, openGateway } from '../support/gateway.ts';
import { patientOf, person } from '../support/people.ts';

let gateway: Gateway;
let token: string;
let other: string;

const call = (
  method: 'POST' | 'PUT' | 'DELETE' | 'GET',
  path: string,
  body?: unknown,
  as = token,
) =>
  gateway.ask(`/fhir/r4/${path}`, {
    token: as,
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/fhir+json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

const codeOf = (answer: { json(): { issue: { details: { coding: { code: string }[] } }[] } }) =>
  answer.json().issue[0]?.details.coding[0]?.code;

beforeAll(async () => {
  gateway = await openGateway();
  token = await gateway.token('epd-proef');
  other = await gateway.token('epd-ander');
});
afterAll(() => gateway.close());

describe('a Patient', () => {
  it('keeps one Patient of a person also where the sender chooses the id', async () => {
    const twice = person(161);
    const put = (id: string, as = token) =>
      call('PUT', `Patient/${id}`, { ...patientOf(twice), id }, as);
    const answers = await Promise.all(['t1', 't2', 't3', 't4'].map((id) => put(id)));
    const statuses = answers.map(({ statusCode }) => statusCode);
    expect(statuses.toSorted()).toEqual([201, 409, 409, 409]);
    const mine = ['t1', 't2', 't3', 't4'][statuses.indexOf(201)] ?? '';
    const refused = answers.find(({ statusCode }) => statusCode === 409);
    expect(refused?.json().issue[0]).toMatchObject({
      code: 'conflict',
      details: { coding: [{ code: 'second-patient' }] },
      diagnostics: expect.stringContaining(`Patient/${mine}`),
      expression: ['Patient.id'],
    });
    const posted = await call('POST', 'Patient', patientOf(twice, { gender: 'female' }));
    expect([posted.statusCode, posted.json().id]).toEqual([200, mine]);
    const elsewhere = await put('t1', other);
    expect(elsewhere.statusCode).toBe(201);
    // Taken back, the place is free; and what was taken back does not come beside the new one.
    await call('DELETE', `Patient/${mine}`);
    expect((await put('t9')).statusCode).toBe(201);
    expect((await put(mine)).statusCode).toBe(409);
    expect((await call('GET', `Patient?identifier=${BSN_SYSTEM}|${twice.bsn}`)).statusCode).toBe(
      400,
    );
    const form = { identifier: `${BSN_SYSTEM}|${twice.bsn}` };
    const found = await gateway.ask('/fhir/r4/Patient/_search', { token, form });
    expect(found.json().total, found.body).toBe(1);
  });

  it('makes no two Patients of one person in one transaction, but changes its id there', async () => {
    const twice = person(163);
    const put = (id: string) => ({
      resource: { ...patientOf(twice), id },
      request: { method: 'PUT', url: `Patient/${id}` },
    });
    const post = { resource: patientOf(twice), request: { method: 'POST', url: 'Patient' } };
    const send = (...entry: unknown[]) =>
      call('POST', '', { resourceType: 'Bundle', type: 'transaction', entry });
    for (const entries of [
      [put('u1'), put('u2')],
      [post, put('u1')],
    ]) {
      const answer = await send(...entries);
      expect([answer.statusCode, codeOf(answer)]).toEqual([409, 'second-patient']);
      expect(answer.json().issue[0].expression).toEqual(['Bundle.entry[1].resource.id']);
    }
    expect((await send(put('u1'))).statusCode).toBe(200);
    const deletion = { request: { method: 'DELETE', url: 'Patient/u1' } };
    const moved = await send(deletion, put('u2'));
    expect(moved.statusCode, moved.body).toBe(200);
  });
});
