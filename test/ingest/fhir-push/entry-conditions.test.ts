/** Conditions of the entries of a transaction at `/intake/{sender}/fhir`. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, openGateway } from '../../support/gateway.ts';
import {
  entry,
  type Json,
  observation,
  patientOf,
  person,
  transaction,
  urn,
} from '../../support/people.ts';

let gateway: Gateway;
const one = person(230);
const self = urn(one.bsn);

beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

const send = (resource: Json, request: Json) =>
  gateway.send(
    'epd-proef',
    transaction([entry(self, patientOf(one)), entry(urn('o'), resource, request)]),
  );

const weight = (value: number, more: Json = {}) =>
  observation('w-230', self, { valueQuantity: { value, unit: 'kg' }, ...more });

const put = { method: 'PUT', url: 'Observation/w-230' };
const current = async () => {
  const token = await gateway.token('epd-proef');
  const answer = await gateway.ask('/fhir/r4/Observation/w-230', { token });
  return answer.json<{ valueQuantity: { value: number } }>().valueQuantity.value;
};

describe('If-Match', () => {
  it('lets in what replaces the version that is named, and nothing else', async () => {
    const first = await send(weight(70, { id: 'w-230' }), { ...put, ifNoneMatch: '*' });
    expect(first.statusCode, first.body).toBe(200);
    const again = await send(weight(71, { id: 'w-230' }), { ...put, ifNoneMatch: '*' });
    expect(again.statusCode).toBe(412);
    const stale = await send(weight(72, { id: 'w-230' }), { ...put, ifMatch: 'W/"7"' });
    expect(stale.statusCode).toBe(412);
    expect(stale.json().issue[0].expression).toEqual(['Bundle.entry[1].request.ifMatch']);
    const fresh = await send(weight(73, { id: 'w-230' }), { ...put, ifMatch: 'W/"1"' });
    expect(fresh.statusCode, fresh.body).toBe(200);
    expect(await current()).toBe(73);
  });
});

describe('If-None-Exist', () => {
  const post = { method: 'POST', url: 'Observation' };
  const own = 'identifier=urn:test:observation|p-230';
  const posted = (value: number) => ({ ...weight(value), ...observation('p-230', self) });

  it('creates once', async () => {
    const first = await send(posted(70), { ...post, ifNoneExist: own });
    expect(first.json().entry[1].response.status).toBe('201 Created');
    const second = await send(
      { ...posted(70), valueQuantity: { value: 99, unit: 'kg' } },
      { ...post, ifNoneExist: own },
    );
    expect(second.json().entry[1].response).toMatchObject({ status: '200 OK', etag: 'W/"1"' });
  });

  it.each([
    ['another search', { ...post, ifNoneExist: 'code=1' }, 'ifNoneExist'],
    ['a version that is none', { ...put, ifMatch: 'latest' }, 'ifMatch'],
    ['a question', { method: 'GET', url: 'Observation/1' }, 'method'],
  ])('%s is refused with its place', async (_name, request, name) => {
    const answer = await send(weight(70, { id: 'w-230' }), request);
    expect(answer.statusCode).toBe(422);
    expect(answer.json().issue[0].expression).toEqual([`Bundle.entry[1].request.${name}`]);
  });
});
