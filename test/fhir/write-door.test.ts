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

const transaction = (...entry: unknown[]) => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry,
});

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

describe('a condition of HTTP on a write (RFC 9110 section 13)', () => {
  const JSON_PATCH = { 'content-type': 'application/json-patch+json' };
  const amend = [{ op: 'replace', path: '/status', value: 'amended' }];

  /** The same by itself and as an entry; what it says of the version that stands there after. */
  async function both(id: string, method: 'PUT' | 'PATCH' | 'DELETE', ifNoneMatch: string) {
    const path = `Observation/${id}`;
    const put = { ...weight(id), id, status: 'amended' };
    const bytes = Buffer.from(JSON.stringify(amend)).toString('base64');
    const binary = { resourceType: 'Binary', contentType: JSON_PATCH['content-type'], data: bytes };
    const body = { PUT: put, PATCH: amend, DELETE: undefined }[method];
    const resource = { PUT: put, PATCH: binary, DELETE: undefined }[method];
    const headers = { 'if-none-match': ifNoneMatch, ...(method === 'PATCH' ? JSON_PATCH : {}) };
    const entry = { resource, request: { method, url: path, ifNoneMatch } };
    const statuses: number[] = [];
    for (const ask of [
      () => call(method, path, body, { headers }),
      () => call('POST', '', { resourceType: 'Bundle', type: 'transaction', entry: [entry] }),
    ]) {
      await call('PUT', path, { ...weight(id), id });
      statuses.push((await ask()).statusCode);
    }
    return statuses;
  }

  it.each(['PUT', 'PATCH', 'DELETE'] as const)(
    'lets no %s through on a version that is named in If-None-Match',
    async (method) => {
      const id = `inm-${method.toLowerCase()}`;
      await call('PUT', `Observation/${id}`, { ...weight(id), id });
      for (const tag of ['W/"1"', '"1"', 'W/"7", W/"1"', '*']) {
        expect(await both(id, method, tag), tag).toEqual([412, 412]);
      }
      const read = await call('GET', `Observation/${id}`);
      expect([read.json().meta.versionId, read.json().status]).toEqual(['1', 'final']);
      const refused = method === 'DELETE' ? [204, 200] : [200, 200];
      expect(await both(id, method, 'W/"77", "of-another-server"')).toEqual(refused);
    },
  );

  it('counts a withdrawn one as nothing, and reads no tag as no condition', async () => {
    const put = (ifNoneMatch: string) =>
      call(
        'PUT',
        'Observation/inm-gone',
        { ...weight('ig'), id: 'inm-gone' },
        {
          headers: { 'if-none-match': ifNoneMatch },
        },
      );
    expect((await put('W/"1"')).statusCode).toBe(201);
    await call('DELETE', 'Observation/inm-gone');
    expect((await put('W/"2"')).statusCode).toBe(201);
    const vague = await put('version one');
    expect([vague.statusCode, codeOf(vague)]).toEqual([400, 'etag']);
  });

  it('takes several tags in If-Match, and * for whatever stands there', async () => {
    const path = 'Observation/im-some';
    const ask = async (ifMatch: string, method: 'PUT' | 'DELETE' = 'PUT') => {
      const text = `${Math.random()}`;
      const body = { ...weight('ims'), id: 'im-some', note: [{ text }] };
      const sent = method === 'PUT' ? body : undefined;
      const alone = await call(method, path, sent, { headers: { 'if-match': ifMatch } });
      const entry = { resource: { ...sent, note: [{ text: `${text}.` }] } };
      const request = { method, url: path, ifMatch };
      const both = await call('POST', '', transaction(sent ? { ...entry, request } : { request }));
      return [alone.statusCode, both.statusCode];
    };
    expect(await ask('*')).toEqual([412, 412]);
    expect(await ask('W/"1", W/"2"')).toEqual([412, 412]);
    expect(await ask('W/"0"')).toEqual([412, 412]);
    expect(await ask('W/"0", W/"1"')).toEqual([412, 412]);
    await call('PUT', path, { ...weight('ims'), id: 'im-some' });
    expect(await ask('W/"2", W/"3"')).toEqual([412, 412]);
    expect(await ask('*')).toEqual([200, 200]);
    expect(await ask('W/"3","4"')).toEqual([200, 200]);
    expect(await ask('W/"1", W/"2"', 'DELETE')).toEqual([412, 412]);
    // Nothing may stand between two commas, and a comma in a tag (RFC 9110 section 5.6.1).
    expect(await ask(', ,W/"5",')).toEqual([200, 412]);
    expect(await ask('"a,6,b", W/"6"')).toEqual([200, 412]);
    expect(await ask('"6,7"')).toEqual([412, 412]);
    expect(await ask('7')).toEqual([200, 412]);
    for (const none of ['of mine', '"8', 'W/', '*, "8"', '"8" "9"']) {
      expect(await ask(none), none).toEqual([400, 400]);
    }
    expect(await ask('*', 'DELETE')).toEqual([204, 412]);
    expect(await ask('*')).toEqual([412, 412]);
  });

  it('knows tags of others: none of them is the current version', async () => {
    const path = 'Observation/im-other';
    await call('PUT', path, { ...weight('imo'), id: 'im-other' });
    const put = (headers: Record<string, string>) =>
      call('PUT', path, { ...weight('imo'), id: 'im-other' }, { headers });
    for (const tag of ['"abc"', 'W/"1,1"', '""', '"99999999999999"']) {
      expect((await put({ 'if-match': tag })).statusCode, tag).toBe(412);
      expect((await put({ 'if-none-match': tag })).statusCode, tag).toBe(200);
      const gone = await call('DELETE', 'Observation/im-never', undefined, {
        headers: { 'if-match': tag },
      });
      expect(gone.statusCode, tag).toBe(412);
    }
    expect((await put({ 'if-none-match': '"x,y", ,W/"1"' })).statusCode).toBe(412);
  });

  it('holds for a create too: there is no version yet that If-Match could name', async () => {
    const create = (headers: Record<string, string>) =>
      call('POST', 'Observation', weight('imc'), { headers });
    for (const tag of ['*', 'W/"1"', '"abc"']) {
      expect((await create({ 'if-match': tag })).statusCode, tag).toBe(412);
      const request = { method: 'POST', url: 'Observation', ifMatch: tag };
      const both = await call('POST', '', transaction({ resource: weight('imc'), request }));
      expect(both.statusCode, tag).toBe(412);
    }
    expect((await create({ 'if-none-match': '*' })).statusCode).toBe(201);
    expect((await create({ 'if-none-match': 'one' })).statusCode).toBe(400);
  });

  it('lets nothing through that has to be there and not to be there', async () => {
    const path = 'Observation/im-both';
    const put = () =>
      call(
        'PUT',
        path,
        { ...weight('imb'), id: 'im-both' },
        {
          headers: { 'if-match': 'W/"1"', 'if-none-match': '*' },
        },
      );
    expect((await put()).statusCode).toBe(412);
    await call('PUT', path, { ...weight('imb'), id: 'im-both' });
    expect((await put()).statusCode).toBe(412);
  });

  it('holds where the resource is named by search parameters', async () => {
    const only = `Observation?patient=${patient}&identifier=urn:test:observation|by-search`;
    const one = weight('by-search');
    const first = await call('PUT', only, one, { headers: { 'if-none-match': '*' } });
    expect(first.statusCode).toBe(201);
    const again = await call('PUT', only, one, { headers: { 'if-none-match': '*' } });
    expect(again.statusCode).toBe(412);
    const stale = { headers: { 'if-match': 'W/"9"' } };
    expect((await call('DELETE', only, undefined, stale)).statusCode).toBe(412);
    const current = { headers: { 'if-match': 'W/"1"' } };
    expect((await call('DELETE', only, undefined, current)).statusCode).toBe(204);
  });
});

describe('a condition that stands alone', () => {
  it('is refused where nobody is named: it would leave what it means', async () => {
    await call('POST', 'Observation', weight('del-4'));
    const named = 'identifier=urn:test:observation|del-4';
    const two = `patient=Patient/${patient},Patient/x&${named}`;
    for (const query of [named, two]) {
      for (const version of ['r4', 'stu3']) {
        const ask = { version, headers: { 'content-type': 'application/json-patch+json' } };
        const patch = [{ op: 'replace', path: '/status', value: 'amended' }];
        for (const answer of [
          await call('DELETE', `Observation?${query}`, undefined, { version }),
          await call('PATCH', `Observation?${query}`, patch, ask),
        ]) {
          expect([answer.statusCode, codeOf(answer)]).toEqual([400, 'patient-required']);
        }
      }
    }
    const kept = await call('GET', `Observation?patient=Patient/${patient}&${named}`);
    expect(kept.json().total).toBe(1);
    // Somebody who is named and not known here has nothing.
    const nobody = await call('DELETE', `Observation?patient=Patient/nobody&${named}`);
    expect(nobody.statusCode).toBe(204);
  });
});

/** https://hl7.org/fhir/R4/search.html#summary: the tag is there so that this does not happen. */
describe('a part of a resource', () => {
  it.each(['r4', 'stu3'])('takes the place of no whole one (%s)', async (version) => {
    const path = `Observation/part-${version}`;
    const whole = { ...weight('part'), id: `part-${version}`, issued: '2026-01-06T09:00:00Z' };
    await call('PUT', path, whole, { version });
    for (const shown of ['_summary=true', '_elements=status']) {
      const part = (await call('GET', `${path}?${shown}`, undefined, { version })).json();
      const entry = { resource: part, request: { method: 'PUT', url: path } };
      for (const [method, at, body, place] of [
        ['PUT', path, part, 'Observation'],
        ['POST', 'Observation', part, 'Observation'],
        ['POST', '', transaction(entry), 'Bundle.entry[0].resource'],
      ] as const) {
        const answer = await call(method, at, body, { version });
        expect([answer.statusCode, codeOf(answer)], shown).toEqual([422, 'subsetted']);
        expect(answer.json().issue[0].expression).toEqual([`${place}.meta.tag`]);
      }
    }
    expect((await call('GET', path, undefined, { version })).json().meta.versionId).toBe('1');
  });

  it('is known by its tag, which is no word of another system', async () => {
    const tag = [{ system: 'urn:test', code: 'SUBSETTED' }];
    const answer = await call('POST', 'Observation', { ...weight('other'), meta: { tag } });
    expect(answer.statusCode).toBe(201);
  });
});

describe('a delete', () => {
  it.each(['r4', 'stu3'])('of what never was is done already (%s)', async (version) => {
    const ask = (headers: Record<string, string>) =>
      call('DELETE', 'Observation/del-never', undefined, { version, headers });
    const { size } = await gateway.rooms.ledger.head();
    const done = await ask({});
    expect([done.statusCode, done.body, done.headers.etag]).toEqual([204, '', undefined]);
    expect((await gateway.rooms.ledger.head()).size).toBe(size + 1);
    const told = await ask({ prefer: 'return=OperationOutcome' });
    expect([told.statusCode, codeOf(told)]).toEqual([200, 'absent']);
    const named = await ask({ 'if-match': 'W/"1"' });
    expect([named.statusCode, codeOf(named)]).toEqual([412, 'version-mismatch']);
  });
});

describe('a patch', () => {
  it.each(['application/json-patch+json-x', 'application/json-patch+json.v2'])(
    'is not what only begins like one: %s',
    async (type) => {
      await call('PUT', 'Observation/like', { ...weight('like'), id: 'like' });
      const patch = [{ op: 'replace', path: '/status', value: 'amended' }];
      const headers = { 'content-type': type };
      const answer = await call('PATCH', 'Observation/like', patch, { headers });
      expect(answer.statusCode).toBe(415);
      const same = { 'content-type': 'Application/JSON-Patch+json ; charset=utf-8' };
      expect((await call('PATCH', 'Observation/like', patch, { headers: same })).statusCode).toBe(
        200,
      );
    },
  );

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
