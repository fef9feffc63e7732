/** What every write has in common. https://hl7.org/fhir/R4/http.html#create, #patch */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, openGateway } from '../support/gateway.ts';
import { type Json, observation, patientOf, person } from '../support/people.ts';

let gateway: Gateway;
let token: string;
let patient: string;

interface Ask {
  readonly headers?: Record<string, string>;
  readonly version?: string;
}

function call(
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'GET',
  path: string,
  body?: unknown,
  ask: Ask = {},
) {
  return gateway.ask(`/fhir/${ask.version ?? 'r4'}/${path}`, {
    token,
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/fhir+json' }),
      ...ask.headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

const codeOf = (answer: { json(): { issue: { details: { coding: { code: string }[] } }[] } }) =>
  answer.json().issue[0]?.details.coding[0]?.code;

const weight = (key: string, more: Json = {}) => observation(key, `Patient/${patient}`, more);

beforeAll(async () => {
  gateway = await openGateway();
  token = await gateway.token('epd-proef');
  patient = (await call('POST', 'Patient', patientOf(person(61)))).json().id;
});
afterAll(() => gateway.close());

describe('a write that is not by condition', () => {
  it('does nothing where its address names one, which would not be heeded', async () => {
    const own = { ...weight('uc'), id: 'uc' };
    const patch = { resourceType: 'Parameters', parameter: [] };
    expect((await call('PUT', 'Observation/uc', own)).statusCode).toBe(201);
    for (const [method, path, body] of [
      ['POST', 'Observation?identifier=urn:test:observation|uc', weight('uc')],
      ['POST', 'Observation?subject:Patient=1', weight('uc')],
      ['PUT', 'Observation/uc?status=final', own],
      ['PATCH', 'Observation/uc?_lastUpdated=2026', patch],
      ['DELETE', 'Observation/uc?_has:Observation:has-member:status=final', undefined],
    ] as const) {
      const answer = await call(method, path, body);
      expect([answer.statusCode, codeOf(answer)], answer.body).toEqual([400, 'condition']);
      const entry = { ...(body ? { resource: body } : {}), request: { method, url: path } };
      const bundle = { resourceType: 'Bundle', type: 'transaction', entry: [entry] };
      expect((await call('POST', '', bundle)).statusCode).toBe(400);
    }
    expect((await call('GET', 'Observation/uc')).json().meta.versionId).toBe('1');
  });

  it('passes over what means nothing, unless handling is strict', async () => {
    const ask = (path: string, prefer: string) =>
      call('POST', path, weight('up'), { headers: { prefer } });
    const strict = 'handling=strict';
    expect((await ask('Observation?colour=red', 'handling=lenient')).statusCode).toBe(201);
    expect((await ask('Observation?_format=json&_pretty=true', strict)).statusCode).toBe(201);
    const refused = await ask('Observation?colour=red', strict);
    expect([refused.statusCode, codeOf(refused)]).toEqual([400, 'search-parameter']);
  });
});

describe('a patch', () => {
  it.each(['r4', 'stu3'])('may test the version that was read, and tag (%s)', async (version) => {
    const headers = { 'content-type': 'application/json-patch+json' };
    const path = `Observation/pv-${version}`;
    await call('PUT', path, { ...weight(`pv${version}`), id: `pv-${version}` }, { version });
    const { meta } = (await call('GET', path, undefined, { version })).json();
    const patch = (versionId: string) =>
      call(
        'PATCH',
        path,
        [
          { op: 'test', path: '/meta/versionId', value: versionId },
          { op: 'add', path: '/meta/tag', value: [{ system: 'urn:test', code: 'seen' }] },
        ],
        { version, headers },
      );
    expect((await patch('9')).statusCode).toBe(422);
    const done = await patch(meta.versionId);
    expect(done.statusCode, done.body).toBe(200);
    expect(done.json().meta).toMatchObject({ versionId: '2', tag: [{ code: 'seen' }] });
    expect((await patch(meta.versionId)).statusCode).toBe(422);
  });
});
