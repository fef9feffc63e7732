/** The FHIR door of partners: what is not consented does not show in any way (consent.md 7). */
import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BSN_SYSTEM, type Gateway, HOSPITAL, openGateway, PUBLIC_URL } from '../support/gateway.ts';
import {
  choose,
  condition,
  entry,
  HOSPITALS_TO_GPS,
  letter,
  observation,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
  withdraw,
} from '../support/people.ts';

let gateway: Gateway;
let token: string;
/** Consented: all but the conditions, for which there is a refusal. */
const open = person(1);
/** Known, and nothing consented. */
const closed = person(2);
const nobody = person(3);
const WEIGHTS = 7;

beforeAll(async () => {
  gateway = await openGateway();
  for (const one of [open, closed]) {
    const self = urn(one.bsn);
    const panel = urn(`panel${one.bsn}`);
    const hidden = urn(`c${one.bsn}`);
    const weights = Array.from({ length: WEIGHTS }, (_none, at) =>
      entry(
        urn(`w${at}${one.bsn}`),
        observation(`w${at}${one.bsn}`, self, {
          effectiveDateTime: `2026-01-0${at + 1}T08:00:00+01:00`,
          valueQuantity: { value: 70 + at, unit: 'kg' },
        }),
      ),
    );
    const sent = await gateway.send(
      'epd-proef',
      transaction([
        entry(self, patientOf(one)),
        ...weights,
        entry(hidden, condition(`c${one.bsn}`, self)),
        entry(panel, {
          resourceType: 'Encounter',
          identifier: [{ system: 'urn:test:encounter', value: one.bsn.slice(4) }],
          status: 'finished',
          class: {
            system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
            code: 'AMB',
            display: 'poli',
          },
          subject: { reference: self },
          diagnosis: [{ condition: { reference: hidden } }],
        }),
        ...letter(`l${one.bsn}`, self),
      ]),
    );
    expect(sent.statusCode, sent.body).toBe(200);
  }
  await choose(gateway, open, [
    HOSPITALS_TO_GPS,
    { ...HOSPITALS_TO_GPS, type: 'deny', data: { level: 'type', value: 'Condition' } },
  ]);
  token = await gateway.token('partner-huisarts');
});
afterAll(() => gateway.close());

const get = (path: string, headers: Record<string, string> = {}, as = token) =>
  gateway.ask(`/fhir/r4/${path}`, { token: as, headers });

const post = (type: string, form: Record<string, string>, as = token) =>
  gateway.ask(`/fhir/r4/${type}/_search`, { token: as, form });

const byBsn = ({ bsn }: { bsn: string }) => ({ identifier: `${BSN_SYSTEM}|${bsn}` });

/** Id of something of this person, from the store itself. */
async function idOf(one: typeof open, type: string): Promise<string> {
  const { store, database } = gateway.rooms;
  const vault = await vaultOf(gateway, one);
  const epoch = await store.epoch(database, vault);
  const { rows } = await store.candidates(database, { vault, epoch, types: [type] });
  return rows[0]?.id ?? '';
}

/** Everything of an answer that depends on what was found. */
function shape({ statusCode, headers, body }: LightMyRequestResponse, id: string) {
  const {
    date: _date,
    'x-request-id': _request,
    'x-ratelimit-remaining': _left,
    'x-ratelimit-reset': _reset,
    ...rest
  } = headers;
  return { statusCode, headers: rest, body: body.replaceAll(id, '{id}') };
}

const codeOf = (answer: LightMyRequestResponse) =>
  answer.json().issue[0].details?.coding[0].code ?? answer.json().issue[0].code;

describe('what is withheld', () => {
  it('is found by nobody: an unknown and a closed person give the same empty bundle', async () => {
    const bundles = await Promise.all(
      [closed, nobody].map(async (one) => {
        const { id: _id, meta: _meta, ...bundle } = (await post('Patient', byBsn(one))).json();
        return bundle;
      }),
    );
    expect(bundles[0]).toEqual({
      resourceType: 'Bundle',
      type: 'searchset',
      total: 0,
      link: [{ relation: 'self', url: `${PUBLIC_URL}/fhir/r4/Patient` }],
    });
    expect(bundles[1]).toEqual(bundles[0]);
  });

  it.each(['Patient', 'Observation', 'Condition', 'DocumentReference', 'Binary', 'Encounter'])(
    'answers to a read of a %s as an id that was never used, byte for byte',
    async (type) => {
      const id = await idOf(closed, type);
      const never = '0f0f0f0f-0f0f-8f0f-8f0f-0f0f0f0f0f0f';
      for (const path of ['', '/_history/1', '/_history/7']) {
        for (const accept of ['application/fhir+json', 'application/fhir+xml']) {
          const there = await get(`${type}/${id}${path}`, { accept });
          expect(there.statusCode).toBe(404);
          const absent = await get(`${type}/${never}${path}`, { accept });
          expect(shape(there, id)).toEqual(shape(absent, never));
        }
      }
      const etag = { 'if-none-match': 'W/"1"' };
      expect((await get(`${type}/${id}`, etag)).statusCode).toBe(404);
      const head = await gateway.ask(`/fhir/r4/${type}/${id}`, { token, method: 'HEAD' });
      expect(head.statusCode).toBe(404);
    },
  );

  it('takes no part in totals, counts, sorting or pages', async () => {
    const patient = `Patient/${await idOf(open, 'Patient')}`;
    for (const query of ['', '&_summary=count', '&_count=0', '&_sort=-date', '&_total=estimate']) {
      const bundle = (await get(`Condition?patient=${patient}${query}`)).json();
      expect(bundle.total).toBe(0);
      expect(bundle.entry).toBeUndefined();
    }
    expect((await get(`Observation?patient=${patient}`)).json().total).toBe(WEIGHTS);
  });

  it('is not included, is no reason to match, and is not referred to', async () => {
    const patient = `Patient/${await idOf(open, 'Patient')}`;
    const hidden = await idOf(open, 'Condition');
    const included = await get(
      `Encounter?patient=${patient}&_include=Encounter:diagnosis&_revinclude=Condition:encounter`,
    );
    expect(included.json()).toMatchObject({ total: 1, entry: [{ search: { mode: 'match' } }] });
    expect(included.json().entry).toHaveLength(1);
    expect(included.body).not.toContain(hidden);
    const code = 'http://snomed.info/sct|38341003';
    const chained = `Encounter?patient=${patient}&diagnosis:Condition.code=${code}`;
    expect((await get(chained)).json().total).toBe(0);
    const direct = `Encounter?patient=${patient}&diagnosis=Condition/${hidden}`;
    expect((await get(direct)).json().total).toBe(0);
    const has = `Patient?_id=${patient.slice(8)}&_has:Condition:patient:code=${code}`;
    expect((await get(has)).json().total).toBe(0);
    const back = `Patient?_id=${patient.slice(8)}&_revinclude=Condition:patient`;
    expect((await get(back)).json().entry).toHaveLength(1);
  });

  it('a document and its bytes go together', async () => {
    const document = await idOf(open, 'DocumentReference');
    const [binary, shut] = [await idOf(open, 'Binary'), await idOf(closed, 'Binary')];
    const pdf = { accept: 'application/pdf' };
    expect((await get(`DocumentReference/${document}`)).statusCode).toBe(200);
    const bytes = await get(`Binary/${binary}`, pdf);
    expect(bytes).toMatchObject({ statusCode: 200 });
    expect(bytes.headers['content-type']).toBe('application/pdf');
    expect(bytes.headers['x-content-type-options']).toBe('nosniff');
    expect(bytes.rawPayload.subarray(0, 5).toString()).toBe('%PDF-');
    expect((await get(`Binary/${shut}`, pdf)).statusCode).toBe(404);
    const asResource = await get(`Binary/${binary}`, { accept: 'application/fhir+json' });
    expect(asResource.json()).toMatchObject({ resourceType: 'Binary' });
  });

  it('is there after consent and gone at once after withdrawal', async () => {
    const one = person(4);
    await gateway.send('epd-proef', transaction([entry(urn(one.bsn), patientOf(one))]));
    const count = async () => (await post('Patient', byBsn(one))).json().total;
    expect(await count()).toBe(0);
    const ids = await choose(gateway, one, [HOSPITALS_TO_GPS]);
    expect(await count()).toBe(1);
    await withdraw(gateway, one, ids);
    expect(await count()).toBe(0);
  });
});

describe('a search', () => {
  it.each([
    'Observation',
    'Observation?code=29463-7',
    'Patient',
    'Patient?name=x',
    'Condition?subject=Group/1',
    'Observation?patient=Patient/a,Patient/b',
  ])('without exactly one patient is refused in the same words to everyone: %s', async (path) => {
    const other = await gateway.token('partner-ander');
    const answers = [await get(path), await get(path, {}, other)];
    expect(answers[0]?.statusCode).toBe(400);
    expect(codeOf(answers[0] as LightMyRequestResponse)).toBe('patient-required');
    expect(answers[1]?.body).toBe(answers[0]?.body);
  });

  it('carries no BSN in its links, whatever was asked', async () => {
    for (const one of [open, closed, nobody]) {
      const answer = await post('Patient', { ...byBsn(one), _count: '1' });
      expect(JSON.stringify(answer.json().link)).not.toContain(one.bsn);
    }
  });

  it('in the compartment of a Patient is the same search, named by the address', async () => {
    const id = await idOf(open, 'Patient');
    const inside = await get(`Patient/${id}/Observation?_count=3&_sort=date`);
    expect(inside.statusCode, inside.body).toBe(200);
    const beside = (await get(`Observation?patient=${id}&_count=3&_sort=date`)).json();
    const { entry: entries, total, link } = inside.json();
    expect([total, entries]).toEqual([beside.total, beside.entry]);
    expect(link[0]).toEqual(beside.link[0]);
    const hidden = await get(`Patient/${await idOf(closed, 'Patient')}/Observation`);
    expect(hidden.json()).toMatchObject({ total: 0 });
    expect(hidden.json().entry).toBeUndefined();
    expect((await get(`Patient/${id}/Patient`)).json().total).toBe(1);
    expect((await get(`Patient/${id}/Practitioner`)).statusCode).toBe(404);
    expect((await get(`Patient/${id}/$nonsense`)).statusCode).toBe(400);
    // A search of another compartment needs a patient as any search does.
    expect((await get(`Practitioner/${id}/Observation`)).statusCode).toBe(400);
    // But for a stay, which lies in one record: this is none.
    expect((await get(`Encounter/${id}/Observation`)).json().total).toBe(0);
  });

  it('pages through what is released, once each, in order', async () => {
    const seen: string[] = [];
    let path = `Observation?patient=Patient/${await idOf(open, 'Patient')}&_count=3&_sort=-date`;
    for (let page = 0; path !== '' && page < 9; page += 1) {
      const bundle = (await get(path)).json();
      expect(bundle.total).toBe(WEIGHTS);
      for (const { resource } of bundle.entry) seen.push(resource.effectiveDateTime);
      const next = bundle.link.find((one: { relation: string }) => one.relation === 'next');
      path = next ? next.url.replace(`${PUBLIC_URL}/fhir/r4/`, '') : '';
    }
    expect(seen).toHaveLength(WEIGHTS);
    expect(seen).toEqual([...seen].sort().reverse());
  });

  async function nextOf(one = open): Promise<string> {
    const first = await get(`Observation?patient=Patient/${await idOf(one, 'Patient')}&_count=3`);
    const { url } = first.json().link[1];
    return new URL(url).search;
  }

  it('gives the last of each code to who posts the question as to who asks it', async () => {
    const patient = await idOf(open, 'Patient');
    const asked = await get(`Observation/$lastn?patient=${patient}&max=2`);
    const posted = await gateway.ask('/fhir/r4/Observation/$lastn', {
      token,
      headers: { 'content-type': 'application/fhir+json' },
      body: JSON.stringify({
        resourceType: 'Parameters',
        parameter: [
          { name: 'patient', valueReference: { reference: `Patient/${patient}` } },
          { name: 'max', valuePositiveInt: 2 },
        ],
      }),
    });
    expect(posted.statusCode, posted.body).toBe(200);
    expect(posted.json().total).toBe(2);
    expect(posted.json().entry).toEqual(asked.json().entry);
  });

  it('has page links that are no good to another client, path, door, or later', async () => {
    const next = await nextOf();
    expect((await get(`Observation${next}`)).statusCode).toBe(200);
    const other = await gateway.token('partner-ander');
    expect((await get(`Observation${next}`, {}, other)).statusCode).toBe(404);
    expect((await get(`Condition${next}`)).statusCode).toBe(404);
    expect((await get(`Observation/$lastn${next}`)).statusCode).toBe(404);
    const elsewhere = await gateway.ask(`/fhir/stu3/Observation${next}`, { token });
    expect(elsewhere.statusCode).toBe(404);
    expect((await get(`Observation${next.slice(0, -4)}AAAA`)).statusCode).toBe(404);
    expect((await get('Observation?_cursor=x')).statusCode).toBe(404);
  });

  it('has page links that show nothing after withdrawal', async () => {
    const one = person(5);
    const self = urn(one.bsn);
    const weights = [1, 2, 3, 4].map((at) =>
      entry(urn(`five${at}`), observation(`five${at}`, self)),
    );
    await gateway.send('epd-proef', transaction([entry(self, patientOf(one)), ...weights]));
    const ids = await choose(gateway, one, [HOSPITALS_TO_GPS]);
    const next = await nextOf(one);
    await withdraw(gateway, one, ids);
    const after = (await get(`Observation${next}`)).json();
    expect(after).toMatchObject({ total: 0 });
    expect(after.entry).toBeUndefined();
  });

  it('keeps the format of the question in its page links', async () => {
    const first = await get(
      `Observation?patient=Patient/${await idOf(open, 'Patient')}&_count=3&_format=xml`,
    );
    expect(first.body).toMatch(/_cursor=[\w-]+&amp;_format=xml/);
  });
});

describe('a read', () => {
  it('has an ETag and is kept by no cache; HEAD says the same without a body', async () => {
    const path = `Observation/${await idOf(open, 'Observation')}`;
    const answer = await get(path);
    expect(answer.headers).toMatchObject({ etag: 'W/"1"', 'cache-control': 'no-store' });
    const head = await gateway.ask(`/fhir/r4/${path}`, { token, method: 'HEAD' });
    expect(head.statusCode).toBe(200);
    expect(head.body).toBe('');
    expect(head.headers.etag).toBe('W/"1"');
  });

  it('of an old version asks whether the current one may be seen too', async () => {
    const one = person(6);
    const self = urn(one.bsn);
    const id = 'old-version';
    const put = (more: object) =>
      gateway.send(
        'epd-proef',
        transaction([
          entry(self, patientOf(one)),
          entry(urn(id), observation(id, self, { id, ...more }), {
            method: 'PUT',
            url: `Observation/${id}`,
          }),
        ]),
      );
    await put({});
    const hiv = { system: 'http://snomed.info/sct', code: '86406008', display: 'HIV-infectie' };
    await choose(gateway, one, [
      HOSPITALS_TO_GPS,
      { ...HOSPITALS_TO_GPS, type: 'deny', data: { level: 'code', value: codeKey(hiv) } },
    ]);
    expect((await get(`Observation/${id}/_history/1`)).statusCode).toBe(200);
    await put({ code: { coding: [hiv] } });
    expect((await get(`Observation/${id}`)).statusCode).toBe(404);
    expect((await get(`Observation/${id}/_history/1`)).statusCode).toBe(404);
  });

  const codeKey = ({ system, code }: { system: string; code: string }) => `${system}|${code}`;

  it('of what its source took back is 410 to whom it was released, 404 to others', async () => {
    const one = person(7);
    const self = urn(one.bsn);
    const id = 'taken-back';
    const url = `Observation/${id}`;
    const withPatient = (more: object) => transaction([entry(self, patientOf(one)), more as never]);
    const put = entry(urn(id), observation(id, self, { id }), { method: 'PUT', url });
    await gateway.send('epd-proef', withPatient(put));
    await gateway.send('epd-proef', withPatient({ request: { method: 'DELETE', url } }));
    const own = await gateway.token('epd-proef');
    expect((await get(url, {}, own)).statusCode).toBe(410);
    expect((await get(url)).statusCode).toBe(404);
  });
});

describe('the form of an answer', () => {
  const metadata = (headers: Record<string, string>, query = '') =>
    get(`metadata${query}`, headers);

  it.each([
    [{ accept: 'application/fhir+json' }, '', 'application/fhir+json'],
    [{ accept: 'application/fhir+xml' }, '', 'application/fhir+xml'],
    [{ accept: 'application/fhir+xml;q=0.5, application/fhir+json' }, '', 'application/fhir+json'],
    [{ accept: 'application/fhir+json;q=0, application/fhir+xml' }, '', 'application/fhir+xml'],
    [{ accept: 'application/fhir+json;q=0, */*' }, '', 'application/fhir+xml'],
    [{ accept: 'application/fhir+xml;q=0, */*' }, '', 'application/fhir+json'],
    [{ accept: 'text/csv, */*;q=0.1' }, '', 'application/fhir+json'],
    [{ accept: 'application/fhir+json; fhirVersion=4.0' }, '', 'application/fhir+json'],
    [
      { accept: 'application/fhir+xml; fhirVersion=3.0, application/fhir+json; fhirVersion=4.0' },
      '',
      'application/fhir+json',
    ],
    [{ accept: 'application/fhir+json' }, '?_format=xml', 'application/fhir+xml'],
    [{ accept: 'image/png' }, '?_format=application/fhir+json', 'application/fhir+json'],
    [{}, '?_format=application/fhir%2Bxml;%20fhirVersion=4.0', 'application/fhir+xml'],
    [{}, '?_format=application/fhir+xml; fhirVersion=4.0', 'application/fhir+xml'],
    [{}, '', 'application/fhir+json'],
  ])('%j %s is %s', async (headers, query, type) => {
    const answer = await metadata(headers as Record<string, string>, query);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toContain(type);
  });

  it.each([
    [{ accept: 'text/csv' }, '', 406],
    [{}, '?_format=turtle', 406],
    [{}, '?_format=application/fhir%2Bjson;%20fhirVersion=3.0', 406],
    [{ accept: 'application/fhir+json; fhirVersion=3.0' }, '', 406],
  ])('%j %s is %d', async (headers, query, status) => {
    const answer = await metadata(headers as Record<string, string>, query);
    expect(answer.statusCode).toBe(status);
    expect(answer.json().resourceType).toBe('OperationOutcome');
  });

  it.each<[string, string, number, string]>([
    ['GET', 'DocumentReference/$', 400, 'unknown-operation'],
    ['GET', 'Patient/$nonsense', 400, 'unknown-operation'],
    ['GET', '$lastn', 400, 'unknown-operation'],
    ['POST', 'Condition/$lastn', 400, 'unknown-operation'],
    ['GET', 'Nonsense', 404, 'not-supported'],
    ['GET', 'Nonsense/1', 404, 'not-supported'],
    ['GET', '__proto__/1', 404, 'not-supported'],
    ['GET', 'constructor', 404, 'not-supported'],
    ['GET', 'Patient/a/b/c/d/e', 404, 'not-found'],
    ['GET', `Patient/${'x'.repeat(300)}`, 413, 'too-large'],
    ['GET', 'Patient/%2e%2e%2f', 404, 'not-found'],
    ['GET', 'Patient/%00', 404, 'not-found'],
    ['PUT', 'Patient/1', 405, 'method'],
    ['PATCH', 'Patient/1', 405, 'method'],
    ['DELETE', 'Patient/1', 405, 'method'],
    ['POST', 'Patient', 405, 'method'],
  ])('%s %s is %d', async (method, path, status, code) => {
    const answer = await gateway.ask(`/fhir/r4/${path}`, {
      token,
      method: method as 'GET',
      ...(method === 'GET'
        ? {}
        : { body: '{}', headers: { 'content-type': 'application/fhir+json' } }),
    });
    expect(answer.statusCode).toBe(status);
    expect(codeOf(answer)).toBe(code);
    if (status === 405) expect(answer.headers.allow).toContain('GET');
  });

  it('OPTIONS tells what may be done, to anybody, and lets no other site in', async () => {
    const options = async (path: string, headers: Record<string, string> = {}) => {
      const url = `/fhir/r4${path}`;
      const answer = await gateway.app.inject({ method: 'OPTIONS', url, headers });
      expect(Object.keys(answer.headers).join()).not.toContain('access-control');
      return [answer.statusCode, answer.headers['allow']];
    };
    const sender = { authorization: `Bearer ${await gateway.token('epd-proef')}` };
    expect(await options('')).toEqual([204, 'POST']);
    expect(await options('', sender)).toEqual([204, 'GET, HEAD, POST']);
    expect(await options('/metadata', sender)).toEqual([204, 'GET, HEAD']);
    expect(await options('/Patient', { origin: 'https://evil.example' })).toEqual([
      204,
      'GET, HEAD',
    ]);
    expect(await options('/Observation/1', sender)).toEqual([204, 'GET, HEAD, PUT, PATCH, DELETE']);
    expect((await options('/Patient', { authorization: 'Bearer no' }))[0]).toBe(401);
  });

  it('a search form says in which format the answer and its next page come', async () => {
    const send = async (query: string, form: Record<string, string>) => {
      const url = `/fhir/r4/Patient/_search${query}`;
      const { statusCode, headers } = await gateway.ask(url, { token, form });
      return [statusCode, String(headers['content-type']).split(';')[0]];
    };
    const [json, xml] = ['application/fhir+json', 'application/fhir+xml'];
    const who = { identifier: 'urn:x|nobody' };
    expect(await send('', { ...who, _format: 'xml' })).toEqual([200, xml]);
    expect(await send('', { ...who, _format: xml })).toEqual([200, xml]);
    expect(await send('?_format=json', { ...who, _format: 'xml' })).toEqual([200, json]);
    expect((await send('', { ...who, _format: 'text/turtle' }))[0]).toBe(406);
    expect((await send('', { ...who, _pretty: 'true' }))[1]).toBe(json);
  });

  it('a search form of another media type is 415, one beyond the limit 413', async () => {
    const send = (body: string, type: string) =>
      gateway.ask('/fhir/r4/Patient/_search', {
        token,
        method: 'POST',
        body,
        headers: { 'content-type': type },
      });
    expect((await send('<a/>', 'application/xml')).statusCode).toBe(415);
    const form = 'application/x-www-form-urlencoded';
    expect((await send(`a=${'x'.repeat(70_000)}`, form)).statusCode).toBe(413);
  });

  it.each(['strict', 'lenient'])(
    'an id with a type or address is refused (%s)',
    async (handling) => {
      const headers = { prefer: `handling=${handling}` };
      for (const version of ['r4', 'stu3']) {
        const ask = (id: string) =>
          gateway.ask(`/fhir/${version}/Patient?_id=${id}`, { token, headers });
        for (const id of ['Patient/x', `${PUBLIC_URL}/fhir/${version}/Patient/x`, 'a,Patient/x']) {
          const answer = await ask(id);
          expect(answer.statusCode).toBe(400);
          const [issue] = answer.json().issue;
          expect([issue.details.coding[0].code, ...issue.expression]).toEqual([
            'search-value',
            '_id',
          ]);
          expect(answer.body).not.toContain('Patient/x');
        }
        expect((await ask('x')).json().total).toBe(0);
      }
    },
  );

  it.each([
    'Patient/%',
    'Patient/%E0%A4%A',
    'Patient?identifier=%E0%A4%A',
    'Patient?%',
    'Patient?_count=-1&_id=x',
    'Patient?_count=1e99&_id=x',
    'Observation?patient=x&date=gg2026',
    'Observation?patient=x&n%C3%A4me%E2%98%83=1',
    'Observation?patient=x&_sort=%22',
    'Observation?patient=x&_cursor=',
    'Observation?patient=x&encounter=Encounter/',
    'Observation?patient=x&encounter=/',
    'Patient?_id=x&_id=y&_id=%00',
  ])('what is not well formed never is a fault of ours: %s', async (path) => {
    const headers = { prefer: 'handling=strict' };
    const answer = await get(path, headers);
    expect(answer.statusCode).toBeLessThan(500);
    expect(answer.json().resourceType).toMatch(/^(OperationOutcome|Bundle)$/);
  });
});

describe('a token', () => {
  it.each([
    [undefined, 401, 'Bearer'],
    ['', 401, 'Bearer'],
    ['made-up', 401, /^Bearer error="invalid_token", error_description="[^"]+"$/],
  ])('%s is %d with its challenge', async (value, status, challenge) => {
    const headers: Record<string, string> =
      value === undefined ? {} : { authorization: `Bearer ${value}` };
    const answer = await gateway.ask('/fhir/r4/Patient/1', { headers });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['www-authenticate']).toMatch(challenge);
    expect(answer.json().issue[0].code).toBe('security');
  });

  it('is taken from the header only', async () => {
    const inQuery = await gateway.ask(`/fhir/r4/Patient/1?access_token=${token}`);
    expect(inQuery.statusCode).toBe(401);
    const form = { access_token: token, _id: 'x' };
    expect((await gateway.ask('/fhir/r4/Patient/_search', { form })).statusCode).toBe(401);
  });

  it('for sending only does not read, and a suspended client reads no more', async () => {
    const { tokens, clients, database } = gateway.rooms;
    const claims = { kind: 'sender', client: 'epd-ander', organisation: HOSPITAL.id } as const;
    const sending = await tokens.issue(database, { ...claims, scope: 'system/intake' });
    const answer = await get('Patient/1', {}, sending.token);
    expect(answer.statusCode).toBe(403);
    expect(answer.headers['www-authenticate']).toContain('error="insufficient_scope"');
    const reading = await tokens.issue(database, { ...claims, scope: 'system/*.read' });
    expect((await get('Patient/1', {}, reading.token)).statusCode).toBe(404);
    const client = await clients.byId('epd-ander');
    if (!client) throw new Error('no client');
    await clients.put(database, { ...client, status: 'suspended' });
    expect((await get('Patient/1', {}, reading.token)).statusCode).toBe(401);
    await clients.put(database, client);
  });

  it('is needed for everything but the description', async () => {
    for (const path of ['Patient', 'Patient/1', '$x', 'a/b/c/d', 'Patient/$nonsense']) {
      expect((await gateway.ask(`/fhir/r4/${path}`)).statusCode).toBe(401);
    }
    expect((await gateway.ask('/fhir/r4/metadata')).statusCode).toBe(200);
    const smart = await gateway.ask('/fhir/r4/.well-known/smart-configuration');
    expect(smart.json()).toMatchObject({ token_endpoint: `${PUBLIC_URL}/oauth/token` });
  });
});
