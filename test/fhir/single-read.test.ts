/** What a read may ask beside the resource itself. https://hl7.org/fhir/R4/http.html#read */
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, openGateway } from '../support/gateway.ts';
import {
  choose,
  entry,
  HOSPITALS_TO_GPS,
  type Json,
  observation,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

let gateway: Gateway;
let token: string;
let id: string;
let shut: string;
const NEVER = '0f0f0f0f-0f0f-8f0f-8f0f-0f0f0f0f0f0f';
const open = person(51);
const closed = person(52);

async function observationOf(one: typeof open): Promise<string> {
  const { store, database } = gateway.rooms;
  const vault = await vaultOf(gateway, one);
  const epoch = await store.epoch(database, vault);
  const { rows } = await store.candidates(database, { vault, epoch, types: ['Observation'] });
  return rows[0]?.id ?? '';
}

beforeAll(async () => {
  gateway = await openGateway();
  for (const one of [open, closed]) {
    const note = [{ text: 'lang '.repeat(500) }];
    await gateway.send(
      'epd-proef',
      transaction([
        entry(urn(one.bsn), patientOf(one)),
        entry(urn(`w${one.bsn}`), observation(`w${one.bsn}`, urn(one.bsn), { note })),
      ]),
    );
  }
  await choose(gateway, open, [HOSPITALS_TO_GPS]);
  token = await gateway.token('partner-huisarts');
  id = await observationOf(open);
  shut = await observationOf(closed);
});
afterAll(() => gateway.close());

const get = (path: string, headers: Record<string, string> = {}, version = 'r4') =>
  gateway.ask(`/fhir/${version}/${path}`, { token, headers });

describe.each(['r4', 'stu3'])('a conditional read (%s)', (version) => {
  it.each(['W/"1"', '"1"', '"9", W/"1"', '*', ',, "a,b" ,W/"1"'])(
    'answers 304 to If-None-Match: %s',
    async (tag) => {
      const answer = await get(`Observation/${id}`, { 'if-none-match': tag }, version);
      expect(answer).toMatchObject({ statusCode: 304, body: '' });
      expect(answer.headers.etag).toBe('W/"1"');
    },
  );

  it.each(['W/"2"', '"a,1,b"', '"1'])('answers in full to another version: %s', async (tag) => {
    const answer = await get(`Observation/${id}`, { 'if-none-match': tag }, version);
    expect(answer.statusCode).toBe(200);
  });

  it('answers 304 when nothing was modified since, unless a tag says otherwise', async () => {
    const since = new Date(Date.now() + 5_000).toUTCString();
    const old = new Date(Date.now() - 86_400_000).toUTCString();
    const headers = (time: string, tag?: string) => ({
      'if-modified-since': time,
      ...(tag ? { 'if-none-match': tag } : {}),
    });
    const status = async (given: Record<string, string>) =>
      (await get(`Observation/${id}`, given, version)).statusCode;
    expect(await status(headers(since))).toBe(304);
    expect(await status(headers(old))).toBe(200);
    expect(await status(headers(since, 'W/"2"'))).toBe(200);
    expect(await status(headers('no date'))).toBe(200);
  });

  it.each([
    { 'if-none-match': '*' },
    { 'if-none-match': 'W/"1"' },
    { 'if-modified-since': new Date(Date.now() + 5_000).toUTCString() },
  ])('answers for the withheld as for an id never used: %j', async (headers) => {
    const withheld = await get(`Observation/${shut}`, headers, version);
    const absent = await get(`Observation/${NEVER}`, headers, version);
    expect(withheld.statusCode).toBe(404);
    expect(withheld.body).toBe(absent.body);
  });
});

describe('a part of one resource', () => {
  it('is given by _elements and _summary, and marked', async () => {
    const few = (await get(`Observation/${id}?_elements=valueQuantity`)).json();
    expect(few).toHaveProperty('valueQuantity');
    expect(few).not.toHaveProperty('note');
    expect(few.meta.tag[0].code).toBe('SUBSETTED');
    expect((await get(`Observation/${id}?_summary=true`)).json()).not.toHaveProperty('note');
    expect((await get(`Observation/${id}?_summary=count`)).statusCode).toBe(400);
  });

  it('is its meta', async () => {
    const parameters = (await get(`Observation/${id}/$meta`)).json();
    expect(parameters.parameter[0]).toMatchObject({
      name: 'return',
      valueMeta: { versionId: '1' },
    });
    const withheld = await get(`Observation/${shut}/$meta`);
    expect(withheld.body).toBe((await get(`Observation/${NEVER}/$meta`)).body);
  });
});

describe('compression', () => {
  it('is by brotli or gzip, as asked, and the content is the same', async () => {
    const plain = await get(`Observation/${id}`, { 'accept-encoding': 'identity' });
    const gzip = await get(`Observation/${id}`, { 'accept-encoding': 'gzip' });
    const brotli = await get(`Observation/${id}`, { 'accept-encoding': 'br, gzip' });
    expect(gzip.headers['content-encoding']).toBe('gzip');
    expect(brotli.headers['content-encoding']).toBe('br');
    expect(brotli.headers.vary).toContain('accept-encoding');
    expect(gunzipSync(gzip.rawPayload).toString()).toBe(plain.body);
    expect(brotliDecompressSync(brotli.rawPayload).toString()).toBe(plain.body);
  });

  it('has the same length for the withheld and for what was never there', async () => {
    const length = async (path: string) =>
      (await get(path, { 'accept-encoding': 'br' })).rawPayload.length;
    expect(await length(`Observation/${shut}`)).toBe(await length(`Observation/${NEVER}`));
    const search = (id: string) => `Observation?patient=Patient/${id}&code=29463-7`;
    expect(await length(search(shut))).toBe(await length(search(NEVER)));
  });

  it('does not touch pages, which carry a cookie', async () => {
    const page = await gateway.ask('/', { headers: { 'accept-encoding': 'gzip' } });
    expect(page.headers['content-encoding']).toBeUndefined();
  });
});

describe('$validate', () => {
  const validate = (
    body: unknown,
    path = 'Observation/$validate',
    type = 'application/fhir+json',
  ) =>
    gateway.ask(`/fhir/r4/${path}`, {
      token,
      method: 'POST',
      headers: { 'content-type': type },
      body: JSON.stringify(body),
    });

  it('names what is wrong and where, and keeps nothing', async () => {
    const { status: _none, ...wrong } = observation('v', 'Patient/x');
    const answer = await validate(wrong);
    expect(answer.statusCode).toBe(200);
    expect(answer.json().issue[0]).toMatchObject({
      severity: 'error',
      expression: ['Observation.status'],
    });
    const good = await validate(observation('v', 'Patient/x'));
    expect(good.json().issue[0].severity).toBe('information');
  });

  it('reads Parameters, and says when the address is of another type or id', async () => {
    const resource = observation('v', 'Patient/x');
    const parameters = { resourceType: 'Parameters', parameter: [{ name: 'resource', resource }] };
    expect((await validate(parameters)).json().issue[0].severity).toBe('information');
    const other = await validate(parameters, 'Condition/$validate');
    expect(other.json().issue[0]).toMatchObject({ severity: 'error', diagnostics: /type/ });
    const id = await validate(parameters, 'Observation/abc/$validate');
    expect(id.json().issue[0].expression).toEqual(['Observation.id']);
  });

  it.each([
    ...[[null], [7, 'resource'], [[]], [{ name: 'resource', resource: null }]],
    ...[[{ name: 'resource', resource: 'Observation' }], [{ name: 'resource', resource: [] }]],
  ])('refuses parameters that hold no resource: %j', async (...parameter) => {
    const answer = await validate({ resourceType: 'Parameters', parameter });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().issue[0]).toMatchObject({ expression: ['Parameters.parameter'] });
  });

  it('says what a write would be refused for, though it is right FHIR', async () => {
    const div = (inner: string) => `<div xmlns="http://www.w3.org/1999/xhtml">${inner}</div>`;
    const text = (inner: string) => ({ status: 'generated', div: div(inner) });
    const told = async (more: Json, type = 'Observation') => {
      const body = { ...observation('v', 'Patient/x'), ...more };
      const answer = await validate(body, `${type}/$validate`);
      return answer.json().issue.map((one: Json) => [one['severity'], one['expression']]);
    };
    expect(await told({ text: text('<b>a</b>') })).toEqual([['information', undefined]]);
    expect(await told({ text: text('<script>a</script>') })).toContainEqual([
      'error',
      ['Observation.text.div'],
    ]);
    const tag = [
      { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' },
    ];
    expect(await told({ meta: { tag } })).toContainEqual(['error', ['Observation.meta.tag']]);
  });

  it('of a deletion looks at what is stored, and needs nothing sent', async () => {
    const ask = (one: string) =>
      gateway.ask(`/fhir/r4/Observation/${one}/$validate?mode=delete`, { token, method: 'POST' });
    const stored = await ask(id);
    expect(stored.statusCode, stored.body).toBe(200);
    expect(stored.json().issue[0].severity).toBe('information');
    expect((await ask('never-was')).statusCode).toBe(404);
  });

  it('knows the modes there are and no other', async () => {
    const body = observation('v', 'Patient/x');
    for (const mode of ['create', 'update', 'delete', 'profile']) {
      expect((await validate(body, `Observation/$validate?mode=${mode}`)).statusCode).toBe(200);
    }
    const odd = await validate(body, 'Observation/$validate?mode=nonsense');
    expect([odd.statusCode, odd.json().issue[0].expression]).toEqual([400, ['mode']]);
    const parameter = [
      { name: 'mode', valueCode: 'nonsense' },
      { name: 'resource', resource: body },
    ];
    const sent = await validate({ resourceType: 'Parameters', parameter });
    expect([sent.statusCode, sent.json().issue[0].details.coding[0].code]).toEqual([400, 'mode']);
  });

  it('refuses what is no FHIR, and nobody sends a body without a token', async () => {
    expect((await validate({}, undefined, 'text/csv')).statusCode).toBe(415);
    expect((await validate({})).statusCode).toBe(400);
    const body = 'x'.repeat(100);
    const anybody = { method: 'POST' as const, body };
    expect((await gateway.ask('/fhir/r4/Observation/$validate', anybody)).statusCode).toBe(401);
  });
});
