/** What stands around the resources of a bundle. https://hl7.org/fhir/R4/bundle-definitions.html */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, openGateway } from '../support/gateway.ts';
import { type Json, observation, patientOf, person } from '../support/people.ts';

let gateway: Gateway;
let token: string;
let patient: string;
const one = person(171);

const send = (version: string, bundle: Json) =>
  gateway.ask(`/fhir/${version}`, {
    token,
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify({ resourceType: 'Bundle', ...bundle }),
  });

const create = (key: string, request: Json = {}, more: Json = {}): Json => ({
  resource: observation(key, `Patient/${patient}`),
  request: { method: 'POST', url: 'Observation', ...request },
  ...more,
});

const howMany = async (key: string) => {
  const query = `patient=${patient}&identifier=urn:test:observation|${key}`;
  const answer = await gateway.ask(`/fhir/r4/Observation?${query}`, { token });
  return answer.json<{ total: number }>().total;
};

beforeAll(async () => {
  gateway = await openGateway();
  token = await gateway.token('epd-proef');
  const made = await gateway.ask('/fhir/r4/Patient', {
    token,
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify(patientOf(one)),
  });
  patient = made.json<{ id: string }>().id;
});
afterAll(() => gateway.close());

describe.each(['r4', 'stu3'])('a member of a bundle that FHIR does not know (%s)', (version) => {
  it('is refused: entries under another name would be done by nobody', async () => {
    for (const type of ['batch', 'transaction']) {
      const answer = await send(version, { type, Entry: [create(`${version}-${type}`)] });
      expect(answer.statusCode, answer.body).toBe(422);
      const [issue] = answer.json().issue;
      expect(issue.details.coding[0].code).toBe('unknown-element');
      expect(issue.expression).toEqual(['Bundle.Entry']);
    }
  });

  it('is refused in what is asked: a condition that is misspelt would not be heeded', async () => {
    const key = `${version}-misspelt`;
    const condition = { ifNoneExists: `identifier=urn:test:observation|${key}` };
    const whole = await send(version, { type: 'transaction', entry: [create(key, condition)] });
    expect(whole.statusCode, whole.body).toBe(422);
    expect(whole.json().issue[0].expression).toEqual(['Bundle.entry[0].request.ifNoneExists']);
    expect(await howMany(key)).toBe(0);

    const entry = [create(key, condition), create(key, {}, { fullurl: 'urn:uuid:1' }), create(key)];
    const each = await send(version, { type: 'batch', entry });
    const statuses = each
      .json<{ entry: { response: { status: string } }[] }>()
      .entry.map(({ response }) => response.status);
    expect(statuses).toEqual(['422', '422', '201 Created']);
    expect(await howMany(key)).toBe(1);
  });

  it('is not what extends a primitive, or is of FHIR and says nothing here', async () => {
    const key = `${version}-extended`;
    const said = { _url: { extension: [{ url: 'urn:x', valueString: 'x' }] } };
    const bundle = {
      type: 'transaction',
      id: 'own',
      total: 1,
      link: [{ relation: 'self', url: 'http://example.org/' }],
      entry: [create(key, said, { search: { mode: 'match' }, extension: [{ url: 'urn:x' }] })],
    };
    const answer = await send(version, bundle);
    expect(answer.statusCode, answer.body).toBe(200);
  });
});

describe.each(['4.0', '3.0'])('such a member of a pushed bundle (FHIR %s)', (version) => {
  const pushed = (bundle: Json, path = '/fhir') =>
    gateway.send(
      'epd-proef',
      { resourceType: 'Bundle', ...bundle },
      {
        path,
        mediaType: `application/fhir+json; fhirVersion=${version}`,
      },
    );
  const waiting = async () => {
    const answer = await gateway.ask('/intake/epd-proef/quarantine?limit=200', { token });
    return answer.json<{ items: unknown[] }>().items.length;
  };
  const condition = { ifNoneExists: 'identifier=urn:test:observation|pushed' };

  it.each<[string, Json]>([
    ['Bundle.Entry', { type: 'transaction', Entry: [create('p')], entry: [create('p')] }],
    ['Bundle.Entry', { type: 'collection', Entry: [create('p')] }],
    ['Bundle.entry[0].fullurl', { type: 'batch', entry: [create('p', {}, { fullurl: 'urn:x' })] }],
    [
      'Bundle.entry[1].request.ifNoneExists',
      { type: 'transaction', entry: [create('p'), create('p', condition)] },
    ],
  ])('is refused with its place, and the message waits: %s', async (place, bundle) => {
    for (const path of ['/fhir', '']) {
      const before = await waiting();
      // The same bytes wait once.
      const id = `frame-${version}-${before}`;
      const answer = await pushed({ ...bundle, id }, path);
      expect(answer.statusCode, answer.body).toBe(422);
      const [issue] = answer.json().issue;
      expect([issue.details.coding[0].code, ...issue.expression]).toEqual([
        'unknown-element',
        place,
      ]);
      expect(await waiting()).toBe(before + 1);
      expect(await howMany('p')).toBe(0);
    }
  });

  it('is not what extends a primitive, or is of FHIR and says nothing here', async () => {
    const key = `pushed-${version}`;
    const said = { _url: { extension: [{ url: 'urn:x', valueString: 'x' }] } };
    const more = { search: { mode: 'match' }, response: { status: '200' }, link: [] };
    const answer = await pushed({
      type: 'searchset',
      id: 'own',
      total: 1,
      link: [{ relation: 'self', url: 'http://example.org/' }],
      signature: { who: { display: 'x' } },
      entry: [create(key, said, more)],
    });
    expect(answer.statusCode, answer.body).toBe(200);
    expect(await howMany(key)).toBe(1);
  });
});

describe('a condition of a create', () => {
  it('may have its type before it, but no other: that would find nothing, and make another', async () => {
    const key = 'typed';
    const query = `identifier=urn:test:observation|${key}`;
    const statusOf = async (ifNoneExist: string) => {
      const entry = [create(key, { ifNoneExist })];
      const answer = await send('r4', { type: 'batch', entry });
      return answer.json().entry[0].response.status;
    };
    expect(await statusOf(query)).toBe('201 Created');
    expect(await statusOf(`Observation?${query}`)).toBe('200 OK');
    expect(await statusOf(`?${query}`)).toBe('200 OK');
    expect(await statusOf(`http://example.org/fhir/Observation?${query}`)).toBe('200 OK');
    expect(await statusOf(`Condition?${query}`)).toBe('400');
    const alone = await gateway.ask('/fhir/r4/Observation', {
      token,
      method: 'POST',
      headers: {
        'content-type': 'application/fhir+json',
        'if-none-exist': `Condition?${query}`,
      },
      body: JSON.stringify(observation(key, `Patient/${patient}`)),
    });
    expect(alone.statusCode).toBe(400);
    expect(await howMany(key)).toBe(1);
  });
});
