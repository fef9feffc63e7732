/** https://hl7.org/fhir/R4/http.html#transaction at the base of both versions. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BSN_SYSTEM, type Gateway, openGateway, PUBLIC_URL } from '../support/gateway.ts';
import {
  choose,
  condition,
  HOSPITALS_TO_GPS,
  type Json,
  observation,
  patientOf,
  person,
  urn,
} from '../support/people.ts';

let gateway: Gateway;
let token: string;
const one = person(71);

interface Ask {
  readonly as?: string;
  readonly version?: string;
  readonly headers?: Record<string, string>;
}

const post = (type: string, entry: unknown, { as, version = 'r4', headers }: Ask = {}) =>
  gateway.ask(`/fhir/${version}`, {
    token: as ?? token,
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json', ...headers },
    body: JSON.stringify({ resourceType: 'Bundle', type, entry }),
  });

const get = (path: string, as = token, version = 'r4') =>
  gateway.ask(`/fhir/${version}/${path}`, { token: as });

const asked = (method: string, url: string, resource?: Json, more: Json = {}): Json => ({
  request: { method, url, ...more },
  ...(resource ? { resource } : {}),
});

const statusesOf = (answer: { json(): { entry: { response: { status: string } }[] } }) =>
  answer.json().entry.map(({ response }) => response.status.slice(0, 3));

const NEXT: Json = { hasMember: [{ reference: 'Observation/b' }] };

let patient: string;

beforeAll(async () => {
  gateway = await openGateway();
  token = await gateway.token('epd-proef');
  const made = await post('transaction', [asked('POST', 'Patient', patientOf(one))]);
  patient = made.json().entry[0].response.location.split('/Patient/')[1].split('/')[0];
});
afterAll(() => gateway.close());

const weight = (key: string, more: Json = {}) => observation(key, `Patient/${patient}`, more);

describe.each(['r4', 'stu3'])('a transaction (%s)', (version) => {
  it('does all of it, with references between its entries', async () => {
    const someone = person(version === 'r4' ? 72 : 73);
    const self = urn(`self${version}`);
    const first = urn(`first${version}`);
    const answer = await post(
      'transaction',
      [
        { fullUrl: self, ...asked('POST', 'Patient', patientOf(someone)) },
        { fullUrl: first, ...asked('POST', 'Observation', observation(`1${version}`, self)) },
        asked('PUT', `Observation/tx-${version}`, {
          ...observation(`2${version}`, self),
          id: `tx-${version}`,
        }),
        asked('GET', `Observation/tx-${version}`),
      ],
      { version },
    );
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.json().type).toBe('transaction-response');
    expect(statusesOf(answer)).toEqual(['201', '201', '201', '200']);
    const [, created, , read] = answer.json().entry;
    expect(read.resource.subject.reference).toMatch(/^Patient\/[0-9a-f-]{36}$/);
    expect(created.response.location).toMatch(
      new RegExp(`/fhir/${version}/Observation/[0-9a-f-]{36}/_history/1$`),
    );
    expect(answer.body).not.toContain('urn:uuid');
  });

  it('is refused where it refers to what it does not hold, and nobody gets what is not theirs', async () => {
    const someone = person(version === 'r4' ? 174 : 175);
    const missing = urn('not in it');
    const entries = (more: Json, subject = urn('one')) => [
      { ...asked('POST', 'Patient', patientOf(someone)), fullUrl: urn('one') },
      asked('POST', 'Observation', observation(`dangling-${version}`, subject, more)),
    ];
    const lost = await post('transaction', entries({ performer: [{ reference: missing }] }), {
      version,
    });
    expect(lost.statusCode, lost.body).toBe(422);
    expect(lost.json().issue[0]).toMatchObject({
      details: { coding: [{ code: 'dangling-reference' }] },
      expression: ['Bundle.entry[1].resource.performer[0].reference'],
    });
    for (const [subject, code] of [
      [missing, 'dangling-reference'],
      ['https://elsewhere.example/fhir/Patient/1', 'unknown-patient'],
    ] as const) {
      const answer = await post('transaction', entries({}, subject), { version });
      expect([answer.statusCode, answer.json().issue[0].details.coding[0].code]).toEqual([
        422,
        code,
      ]);
    }
    const alone = await post('batch', entries({}), { version });
    expect(statusesOf(alone)).toEqual(['201', '422']);
    const identifier = { system: 'urn:test:person', value: '1' };
    const said = { performer: [{ reference: missing, identifier }] };
    const capitals = urn('one').toUpperCase().replace('URN:UUID', 'urn:uuid');
    for (const [more, subject] of [
      [said, urn('one')],
      [{}, capitals],
    ] as const) {
      const answer = await post('transaction', entries(more, subject), { version });
      expect(answer.statusCode, answer.body).toBe(200);
      expect(statusesOf(answer)).toEqual(['200', '201']);
    }
  });

  it('writes out links of addresses and narratives too, and no other text', async () => {
    const [condition, encounter] = [urn(`linked${version}`), urn(`stays${version}`)];
    const div = `<div xmlns="http://www.w3.org/1999/xhtml"><a href="${condition}">${condition}</a><a href='${encounter}'>b</a></div>`;
    const linking = {
      ...observation(`links${version}`, `Patient/${patient}`),
      text: { status: 'generated', div },
      extension: [
        { url: 'https://example.org/uri', valueUri: condition },
        { url: 'https://example.org/text', valueString: condition },
      ],
    };
    const linked = observation(`linked${version}`, `Patient/${patient}`);
    const answer = await post(
      'transaction',
      [
        asked('POST', 'Observation', linking),
        { fullUrl: condition, ...asked('POST', 'Observation', linked) },
      ],
      { version, headers: { prefer: 'return=representation' } },
    );
    expect(answer.statusCode, answer.body).toBe(200);
    const [{ resource }, made] = answer.json().entry;
    const name = `Observation/${made.resource.id}`;
    expect(resource.text.div).toBe(div.replace(`href="${condition}"`, `href="${name}"`));
    expect(resource.extension).toEqual([
      { url: 'https://example.org/uri', valueUri: name },
      { url: 'https://example.org/text', valueString: condition },
    ]);
  });

  it('links a patch to what another entry makes', async () => {
    const path = `Observation/patched-${version}`;
    await post('transaction', [
      asked('PUT', path, { ...weight(`p${version}`), id: `patched-${version}` }),
    ]);
    const made = urn(`made${version}`);
    const extension = { url: 'https://example.org/of', valueReference: { reference: made } };
    const json = [
      { op: 'add', path: '/extension', value: [extension] },
      { op: 'add', path: '/extension/0/valueReference/reference', value: made },
    ];
    const part = [
      { name: 'type', valueCode: 'add' },
      { name: 'path', valueString: 'Observation' },
      { name: 'name', valueString: 'extension' },
      { name: 'value', valueExtension: extension },
    ];
    for (const patch of [
      {
        resourceType: 'Binary',
        contentType: 'application/json-patch+json',
        [version === 'r4' ? 'data' : 'content']: Buffer.from(JSON.stringify(json)).toString(
          'base64',
        ),
      },
      { resourceType: 'Parameters', parameter: [{ name: 'operation', part }] },
    ]) {
      const answer = await post(
        'transaction',
        [
          asked('PATCH', path, patch),
          { fullUrl: made, ...asked('POST', 'Observation', weight(`m${version}`)) },
        ],
        { version },
      );
      expect(answer.statusCode, answer.body).toBe(200);
      const id = /Observation\/([^/]+)\//.exec(answer.json().entry[1].response.location)?.[1];
      const after = (await get(path, token, version)).json();
      expect(after.extension.at(-1).valueReference).toEqual({ reference: `Observation/${id}` });
    }
  });

  it('does nothing of it when one entry is wrong, and says which', async () => {
    const { status: _status, ...wrong } = weight(`bad${version}`);
    const answer = await post(
      'transaction',
      [
        asked('PUT', `Observation/none-${version}`, {
          ...weight(`good${version}`),
          id: `none-${version}`,
        }),
        asked('POST', 'Observation', wrong),
      ],
      { version },
    );
    expect(answer.statusCode).toBe(422);
    expect(answer.json().issue[0].expression).toEqual(['Bundle.entry[1].resource.status']);
    expect((await get(`Observation/none-${version}`, token, version)).statusCode).toBe(404);
  });
});

describe('a transaction', () => {
  it.each(['https://epd.example/fhir', `${PUBLIC_URL}/fhir/r4`])(
    'takes a relative reference for the entry that has it below the same root: %s',
    async (root) => {
      const someone = person(root.startsWith(PUBLIC_URL) ? 78 : 79);
      const answer = await post(
        'transaction',
        [
          {
            fullUrl: `${root}/Patient/a`,
            ...asked('POST', 'Patient', { ...patientOf(someone), id: 'a' }),
          },
          {
            fullUrl: `${root}/Observation/b`,
            ...asked('POST', 'Observation', { ...observation('b', 'Patient/a'), id: 'b' }),
          },
          {
            fullUrl: 'https://other.example/fhir/Observation/c',
            ...asked('POST', 'Observation', observation('c', `${root}/Patient/a`, NEXT)),
          },
        ],
        { headers: { prefer: 'return=representation' } },
      );
      expect(answer.statusCode, answer.body).toBe(200);
      const [self, first, second] = answer
        .json<{ entry: { resource: { id: string; subject: Json; hasMember: Json[] } }[] }>()
        .entry.map(({ resource }) => resource);
      expect(first?.subject['reference']).toBe(`Patient/${self?.id}`);
      expect(second?.subject['reference']).toBe(`Patient/${self?.id}`);
      // Below another root it is not that entry.
      expect(second?.hasMember[0]?.['reference']).toBe('Observation/b');
      const lost = await post('transaction', [
        { fullUrl: `${root}/Patient/a`, ...asked('POST', 'Patient', patientOf(someone)) },
        {
          fullUrl: 'https://other.example/fhir/Observation/x',
          ...asked('POST', 'Observation', observation('x', 'Patient/a')),
        },
      ]);
      expect([lost.statusCode, lost.json().issue[0].details.coding[0].code]).toEqual([
        422,
        'unknown-patient',
      ]);
    },
  );

  it('resolves conditional references, and fails where they mean none or several', async () => {
    const bsn = `${BSN_SYSTEM}|${one.bsn}`;
    const answer = await post('transaction', [
      asked('POST', 'Observation', observation('cr', `Patient?identifier=${bsn}`)),
    ]);
    expect(answer.statusCode, answer.body).toBe(200);
    const id = answer.json().entry[0].response.location.split('/').at(-3);
    const stored = (await get(`Observation/${id}`)).json();
    expect(stored.subject.reference).toBe(`Patient/${patient}`);
    const nothing = weight('cr2', {
      encounter: { reference: 'Encounter?identifier=urn:test:encounter|none' },
    });
    const refused = await post('transaction', [asked('POST', 'Observation', nothing)]);
    expect(refused.statusCode).toBe(412);
    expect(refused.json().issue[0].expression).toEqual(['Bundle.entry[0].resource']);
  });

  it('does by condition, patches, deletes, and heeds versions', async () => {
    const ifNoneExist = 'identifier=urn:test:observation|ce';
    const create = asked('POST', 'Observation', weight('ce'), { ifNoneExist });
    expect(statusesOf(await post('transaction', [create]))).toEqual(['201']);
    expect(statusesOf(await post('transaction', [create]))).toEqual(['200']);
    await post('transaction', [asked('PUT', 'Observation/m-1', { ...weight('m1'), id: 'm-1' })]);
    const patch = {
      resourceType: 'Parameters',
      parameter: [
        {
          name: 'operation',
          part: [
            { name: 'type', valueCode: 'replace' },
            { name: 'path', valueString: 'Observation.status' },
            { name: 'value', valueCode: 'amended' },
          ],
        },
      ],
    };
    const stale = asked('PATCH', 'Observation/m-1', patch, { ifMatch: 'W/"9"' });
    expect((await post('transaction', [stale])).statusCode).toBe(412);
    const fresh = asked('PATCH', 'Observation/m-1', patch, { ifMatch: 'W/"1"' });
    expect(statusesOf(await post('transaction', [fresh]))).toEqual(['200']);
    expect((await get('Observation/m-1')).json().status).toBe('amended');
    const gone = await post('transaction', [
      asked('DELETE', 'Observation/m-1'),
      asked('GET', `Observation?patient=Patient/${patient}&identifier=urn:test:observation|m1`),
    ]);
    expect(statusesOf(gone)).toEqual(['204', '200']);
    expect(gone.json().entry[1].resource.total).toBe(0);
  });

  it.each([
    ['ifMatch', true],
    ['ifMatch', null],
    ['ifNoneMatch', 5],
    ['ifNoneExist', ['a=b']],
  ])('is refused when a condition is no text: %s %j', async (name, value) => {
    const put = asked('PUT', 'Observation/odd', { ...weight('odd'), id: 'odd' }, { [name]: value });
    const answer = await post('transaction', [put]);
    expect(answer.statusCode, answer.body).toBe(400);
    expect(answer.json().issue[0].expression).toEqual([`Bundle.entry[0].request.${name}`]);
    expect((await get('Observation/odd')).statusCode).toBe(404);
  });

  it('is refused when two entries are about one resource', async () => {
    const put = asked('PUT', 'Observation/twice', { ...weight('tw'), id: 'twice' });
    const answer = await post('transaction', [put, put]);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().issue[0].details.coding[0].code).toBe('duplicate-entry');
  });

  it('is refused when two entries ask for the same by condition: two would be made', async () => {
    const by = (query: string) => ({ url: 'Observation', ifNoneExist: query });
    const create = (query: string) => ({
      resource: weight('once'),
      request: { method: 'POST', ...by(query) },
    });
    const only = 'identifier=urn:test:observation|once';
    const put = asked('PUT', `Observation?${only}`, weight('once'));
    for (const two of [
      [create(`${only}&status=final`), create(`status=final&${only}`)],
      [put, put],
    ]) {
      const answer = await post('transaction', two);
      expect(answer.statusCode).toBe(400);
      expect(answer.json().issue[0].details.coding[0].code).toBe('duplicate-entry');
    }
    expect((await get(`Observation?patient=${patient}&${only}`)).json().total).toBe(0);
  });

  it('is refused as a whole when a read in it finds nothing', async () => {
    const answer = await post('transaction', [
      asked('PUT', 'Observation/r-1', { ...weight('r1'), id: 'r-1' }),
      asked('GET', 'Observation/not-there'),
    ]);
    expect(answer.statusCode).toBe(404);
    expect(answer.json().issue[0].expression).toEqual(['Bundle.entry[1].request.url']);
    expect((await get('Observation/r-1')).statusCode).toBe(404);
  });

  it.each([
    ['an operation that there is not', 'Patient/$nothing', 400],
    ['a search without a person', 'Observation?code=x', 400],
    ['a history without a person', 'Observation/_history', 400],
    ['a history of everything without a person', '_history?_count=2', 400],
    ['a version that is not there', 'Observation/never/_history/1', 404],
  ])('is refused as a whole when a question in it fails: %s', async (_what, url, status) => {
    const entries = [asked('POST', 'Observation', weight(`whole-${url}`)), asked('GET', url)];
    const answer = await post('transaction', entries);
    expect(answer.statusCode, answer.body).toBe(status);
    expect(answer.body).toContain('Bundle.entry[1]');
    const found = await get(`Observation?patient=Patient/${patient}&_summary=count`);
    const again = await post('transaction', [entries[0], asked('GET', `Patient/${patient}`)]);
    expect(statusesOf(again)).toEqual(['201', '200']);
    const after = await get(`Observation?patient=Patient/${patient}&_summary=count`);
    expect(after.json().total).toBe(found.json().total + 1);
  });

  it('looks at nothing for a question before its writes, so each stands in the ledger once', async () => {
    const lines = async () => {
      const asks = await gateway.rooms.database.query(
        'select count(*)::int as n from ledger_entry',
      );
      return (asks.rows[0] as { n: number }).n;
    };
    const search = asked('GET', `Observation?patient=Patient/${patient}`);
    const whole = asked('GET', `Patient/${patient}/$everything`);
    const before = await lines();
    await post('batch', [search, whole]);
    const alone = (await lines()) - before;
    await post('batch', [asked('POST', 'Observation', weight('lines-1'))]);
    const written = (await lines()) - before - alone;
    const start = await lines();
    const both = [asked('POST', 'Observation', weight('lines-2')), search, whole];
    expect((await post('transaction', both)).statusCode).toBe(200);
    expect((await lines()) - start).toBe(alone + written);
    const wrong = [asked('POST', 'Observation', { resourceType: 'Observation' }), search, whole];
    const refused = await lines();
    expect((await post('transaction', wrong)).statusCode).toBeGreaterThanOrEqual(400);
    expect((await lines()) - refused).toBeLessThan(alone);
  });

  it.each(['batch', 'transaction'])('names what is no Parameters in a %s', async (type) => {
    const answer = await post(type, [asked('POST', 'Patient/$everything', {})]);
    const text = JSON.stringify(answer.json());
    expect(answer.statusCode).toBe(type === 'batch' ? 200 : 400);
    expect(text).toContain('"Parameters"');
    expect(text).not.toContain('null');
  });

  it('may be about several people, each in the own record', async () => {
    const [a, b] = [person(74), person(75)];
    const answer = await post('transaction', [
      { fullUrl: urn('a'), ...asked('POST', 'Patient', patientOf(a)) },
      { fullUrl: urn('b'), ...asked('POST', 'Patient', patientOf(b)) },
      asked('POST', 'Observation', observation('oa', urn('a'))),
      asked('POST', 'Observation', observation('ob', urn('b'))),
    ]);
    expect(answer.statusCode, answer.body).toBe(200);
    const ids = answer
      .json()
      .entry.map(({ response }: { response: { location: string } }) =>
        response.location.split('/').at(-3),
      );
    for (const [at, key] of [
      [0, 'oa'],
      [1, 'ob'],
    ] as const) {
      const found = (await get(`Observation?patient=Patient/${ids[at]}`)).json();
      expect(found.entry.map((entry: Json) => (entry['resource'] as Json)['identifier'])).toEqual([
        [{ system: 'urn:test:observation', value: key }],
      ]);
    }
  });

  it.each([
    ['no bundle', { resourceType: 'Patient' }],
    ['a bundle of another type', { resourceType: 'Bundle', type: 'searchset' }],
    ['entries that are no list', { resourceType: 'Bundle', type: 'batch', entry: {} }],
    ['an entry without request', { resourceType: 'Bundle', type: 'transaction', entry: [{}] }],
    ['an entry that is nothing', { resourceType: 'Bundle', type: 'transaction', entry: [null] }],
    [
      'another server',
      {
        resourceType: 'Bundle',
        type: 'transaction',
        entry: [{ request: { method: 'GET', url: 'https://other.example/Patient/1' } }],
      },
    ],
  ])('that is %s is refused', async (_name, body) => {
    const answer = await gateway.ask('/fhir/r4', {
      token,
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json' },
      body: JSON.stringify(body),
    });
    expect(answer.statusCode, answer.body).toBe(400);
  });
});

describe('a transaction that withdraws what is not there', () => {
  it('does the rest, since that is done already', async () => {
    const only = `Observation?patient=Patient/${patient}&identifier=urn:test:observation|no-such`;
    const answer = await post('transaction', [
      asked('DELETE', 'Observation/t-never'),
      asked('PUT', 'Observation/t-there', { ...weight('tt'), id: 't-there' }),
      asked('DELETE', only),
    ]);
    expect(statusesOf(answer)).toEqual(['204', '201', '204']);
    const [byId, , byCondition] = answer.json().entry;
    expect(byId).toEqual({ response: { status: '204 No Content' } });
    expect(byCondition).toEqual(byId);
  });
});

describe('a batch', () => {
  it('does each entry as if it were alone', async () => {
    const { status: _status, ...wrong } = weight('bw');
    const answer = await post(
      'batch',
      [
        asked('GET', 'Observation/b-1'),
        asked('POST', 'Observation', wrong),
        asked('PUT', 'Observation/b-1', { ...weight('b1'), id: 'b-1' }),
        asked('DELETE', 'Observation/b-never'),
        asked('GET', 'Observation/b-1/$meta'),
        asked('OPTIONS', 'Observation'),
        asked('GET', `Observation?patient=Patient/${patient}&identifier=urn:test:observation|b1`),
      ],
      { headers: { prefer: 'return=representation' } },
    );
    expect(answer.statusCode).toBe(200);
    expect(statusesOf(answer)).toEqual(['200', '422', '201', '204', '200', '405', '200']);
    expect(answer.json().entry[2].resource.id).toBe('b-1');
    expect(answer.json().entry[1].response.outcome.resourceType).toBe('OperationOutcome');
  });

  it('of a partner reads, decided one by one, and writes nothing', async () => {
    const someone = person(76);
    const made = await post('transaction', [
      { fullUrl: urn('p'), ...asked('POST', 'Patient', patientOf(someone)) },
      asked('PUT', 'Observation/p-1', { ...observation('p1', urn('p')), id: 'p-1' }),
      asked('PUT', 'Condition/p-2', { ...condition('p2', urn('p')), id: 'p-2' }),
    ]);
    expect(made.statusCode, made.body).toBe(200);
    await choose(gateway, someone, [
      HOSPITALS_TO_GPS,
      { ...HOSPITALS_TO_GPS, type: 'deny', data: { level: 'type', value: 'Condition' } },
    ]);
    const as = await gateway.token('partner-huisarts');
    const answer = await post(
      'batch',
      [
        asked('GET', 'Observation/p-1'),
        asked('GET', 'Condition/p-2'),
        asked('GET', 'Condition/never'),
        asked('DELETE', 'Observation/p-1'),
      ],
      { as },
    );
    expect(statusesOf(answer)).toEqual(['200', '404', '404', '405']);
    const [, hidden, never] = answer.json().entry;
    expect(hidden).toEqual(never);
    const whole = await post('transaction', [asked('GET', 'Condition/p-2')], { as });
    const absent = await post('transaction', [asked('GET', 'Condition/never')], { as });
    expect(whole.statusCode).toBe(404);
    expect(whole.body).toBe(absent.body);
  });
});

/** A media type has no case and ends where its parameters begin (RFC 9110 section 8.3.1). */
describe('a JSON Patch in a Binary', () => {
  it.each([
    ['application/json-patch+json', '200'],
    ['Application/JSON-Patch+json; charset=utf-8', '200'],
    ['application/json-patch+jsonx', '400'],
  ])('that is said to be %s is answered with %s', async (contentType, status) => {
    const put = asked('PUT', 'Observation/jp-1', { ...weight('jp1'), id: 'jp-1' });
    expect((await post('transaction', [put])).statusCode).toBe(200);
    const operations = [{ op: 'replace', path: '/status', value: 'amended' }];
    const data = Buffer.from(JSON.stringify(operations)).toString('base64');
    const binary: Json = { resourceType: 'Binary', contentType, data };
    const answer = await post('batch', [asked('PATCH', 'Observation/jp-1', binary)]);
    expect(statusesOf(answer)).toEqual([status]);
  });
});
