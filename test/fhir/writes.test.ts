/** https://hl7.org/fhir/R4/http.html#create, update, patch, delete: for registered senders. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BSN_SYSTEM, type Gateway, openGateway, PUBLIC_URL } from '../support/gateway.ts';
import { type Json, observation, patientOf, person, vaultOf } from '../support/people.ts';

let gateway: Gateway;
let token: string;
let other: string;
/** Patients of the hospital and of the other hospital: the same person. */
let patient: string;
let elsewhere: string;
const one = person(61);

interface Ask {
  readonly as?: string;
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
    token: ask.as ?? token,
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

const weight = (key: string, more: Json = {}, whose = patient) =>
  observation(key, `Patient/${whose}`, more);

beforeAll(async () => {
  gateway = await openGateway();
  token = await gateway.token('epd-proef');
  other = await gateway.token('epd-ander');
  patient = (await call('POST', 'Patient', patientOf(one))).json().id;
  elsewhere = (await call('POST', 'Patient', patientOf(one), { as: other })).json().id;
});
afterAll(() => gateway.close());

describe.each(['r4', 'stu3'])('create (%s)', (version) => {
  it('answers 201 with the address of the version, its tag and time', async () => {
    const answer = await call('POST', 'Observation', weight(`a${version}`), { version });
    expect(answer.statusCode, answer.body).toBe(201);
    const { id, meta } = answer.json();
    expect(answer.headers.location).toBe(
      `${PUBLIC_URL}/fhir/${version}/Observation/${id}/_history/1`,
    );
    expect(answer.headers.etag).toBe('W/"1"');
    expect(Date.parse(String(answer.headers['last-modified']))).toBeGreaterThan(0);
    expect(meta.versionId).toBe('1');
    const read = await call('GET', `Observation/${id}`, undefined, { version });
    expect(read.json()).toEqual(answer.json());
  });

  it('gives another id each time, and never the one of the body', async () => {
    const body = weight(`b${version}`, { id: 'mine' });
    const ids = [];
    for (const _turn of [1, 2])
      ids.push((await call('POST', 'Observation', body, { version })).json().id);
    expect(new Set([...ids, 'mine']).size).toBe(3);
  });

  it('does by condition only what is not there yet, also when asked twice at once', async () => {
    const body = weight(`c${version}`);
    const headers = { 'if-none-exist': `identifier=urn:test:observation|c${version}` };
    const answers = await Promise.all(
      [1, 2, 3].map(() => call('POST', 'Observation', body, { version, headers })),
    );
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 200, 201]);
    expect(new Set(answers.map((answer) => answer.json().id)).size).toBe(1);
    await call('POST', 'Observation', body, { version });
    const several = await call('POST', 'Observation', body, { version, headers });
    expect(several.statusCode).toBe(412);
    expect(several.json().issue[0].code).toBe(version === 'r4' ? 'multiple-matches' : 'conflict');
  });

  it.each([
    ['minimal', 201, ''],
    ['"minimal"', 201, ''],
    ['OperationOutcome', 201, 'OperationOutcome'],
    ['representation', 201, 'Observation'],
  ])('gives back what is preferred: %s', async (preferred, status, type) => {
    const headers = { prefer: `return=${preferred}` };
    const body = weight(`d${version}${preferred}`);
    const answer = await call('POST', 'Observation', body, { version, headers });
    expect(answer.statusCode).toBe(status);
    expect(answer.body === '' ? '' : answer.json().resourceType).toBe(type);
  });
});

describe('create', () => {
  it('of many at once: each is there once, and each has its own line in the ledger', async () => {
    const { ledger } = gateway.rooms;
    const before = (await ledger.head()).size;
    const keys = Array.from({ length: 24 }, (_, nth) => `many-${nth}`);
    const answers = await Promise.all(
      keys.map((key, nth) =>
        nth % 2 === 0
          ? call('POST', 'Observation', weight(key))
          : call('POST', 'Observation', weight(key, {}, elsewhere), { as: other }),
      ),
    );
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(keys.map(() => 201));
    const ids = answers.map((answer) => answer.json().id);
    expect(new Set(ids).size).toBe(keys.length);
    for (const [nth, id] of ids.entries()) {
      const ask = nth % 2 === 0 ? {} : { as: other };
      const read = await call('GET', `Observation/${id}`, undefined, ask);
      expect(read.json().identifier[0].value).toBe(keys[nth]);
    }
    expect((await ledger.head()).size).toBe(before + 2 * keys.length);
    expect((await ledger.verify()).findings).toEqual([]);
  });

  it('refuses what is not valid, with every fault at its place', async () => {
    const { status: _status, code: _code, ...wrong } = weight('e', { foo: 1 });
    const answer = await call('POST', 'Observation', wrong);
    expect(answer.statusCode).toBe(422);
    const issues = answer.json().issue as { expression: string[]; diagnostics: string }[];
    expect(issues.flatMap(({ expression }) => expression).toSorted()).toEqual([
      'Observation.code',
      'Observation.foo',
      'Observation.status',
    ]);
    expect(new Set(issues.map(({ diagnostics }) => diagnostics)).size).toBe(3);
  });

  it.each([
    ['another type', 'Condition', {}, {}, 400],
    ['nobody', 'Observation', { subject: undefined }, {}, 422],
    ['somebody unknown', 'Observation', { subject: { reference: 'Patient/x' } }, {}, 422],
    ['another media type', 'Observation', {}, { 'content-type': 'text/csv' }, 415],
    [
      'another FHIR version',
      'Observation',
      {},
      { 'content-type': 'application/fhir+json; fhirVersion=3.0' },
      415,
    ],
    ['an answer that cannot be made', 'Observation', {}, { accept: 'text/csv' }, 406],
    ['a condition without a parameter', 'Observation', {}, { 'if-none-exist': '?' }, 400],
    ['a condition nobody knows', 'Observation', {}, { 'if-none-exist': 'nonsense=1' }, 400],
  ])('refuses %s', async (_name, type, more, headers, status) => {
    const answer = await call('POST', type, weight('f', more), { headers: headers as never });
    expect(answer.statusCode, answer.body).toBe(status);
    expect(answer.json().resourceType).toBe('OperationOutcome');
  });

  it('is for senders only, refused before the body is read', async () => {
    const partner = await gateway.token('partner-huisarts');
    for (const [method, path] of [
      ['POST', 'Observation'],
      ['PUT', 'Observation/x'],
      ['PATCH', 'Observation/x'],
      ['DELETE', 'Observation/x'],
    ] as const) {
      const answer = await call(method, path, { nonsense: true }, { as: partner });
      expect(answer.statusCode).toBe(405);
      expect(answer.headers.allow).toBe('GET, HEAD');
    }
    const posted = await call('POST', 'Observation/x', {});
    expect(posted.headers.allow).toBe('GET, HEAD, PUT, PATCH, DELETE');
    expect((await gateway.ask('/fhir/r4/Observation', { body: 'x' })).statusCode).toBe(401);
  });

  it('shows nothing that was there already to a token that is for sending only', async () => {
    const { tokens, database, organisations } = gateway.rooms;
    const hospital = (await organisations.all()).find(({ name }) => name === 'Ziekenhuis Proef');
    const { token: only } = await tokens.issue(database, {
      kind: 'sender',
      client: 'epd-proef',
      organisation: hospital?.id ?? '',
      scope: 'system/intake',
    });
    const headers = { 'if-none-exist': 'identifier=urn:test:observation|only' };
    const made = await call('POST', 'Observation', weight('only'), { as: only, headers });
    expect(made.statusCode, made.body).toBe(201);
    const again = await call('POST', 'Observation', weight('only'), { as: only, headers });
    expect([again.statusCode, again.body]).toEqual([200, '']);
    expect(
      (await call('GET', `Observation/${made.json().id}`, undefined, { as: only })).statusCode,
    ).toBe(403);
    const bundle = { resourceType: 'Bundle', type: 'batch', entry: [] };
    expect((await call('POST', '', bundle, { as: only })).statusCode).toBe(403);
  });

  it('keeps one Patient of a person for each custodian', async () => {
    const again = await call('POST', 'Patient', patientOf(one, { gender: 'female' }));
    expect(again.statusCode).toBe(200);
    expect(again.json().id).toBe(patient);
    expect(elsewhere).not.toBe(patient);
  });

  it('holds nobody for another: a BSN that does not fit is refused', async () => {
    const wrong = await call('POST', 'Patient', patientOf({ ...one, bsn: '123456789' }));
    expect(wrong.statusCode).toBe(422);
    expect(codeOf(wrong)).toBe('bsn-eleven-test');
    expect(wrong.body).not.toContain('123456789');
    const stranger = await call('POST', 'Patient', patientOf({ ...one, birthDate: '1999-01-01' }));
    expect(codeOf(stranger)).toBe('birth-date-mismatch');
  });

  it('answers alike for a BSN that others know and one that nobody knows', async () => {
    const known = person(62);
    await call('POST', 'Patient', patientOf(known), { as: other });
    const shapes = [];
    for (const { bsn } of [known, person(63)]) {
      const subject = { identifier: { system: BSN_SYSTEM, value: bsn } };
      const answer = await call('POST', 'Observation', weight(`g${bsn}`, { subject }));
      shapes.push([answer.statusCode, answer.body.length]);
    }
    expect(shapes[0]).toEqual(shapes[1]);
  });
});

describe('update', () => {
  it('makes versions, says which, and takes an id that is new', async () => {
    const first = await call('PUT', 'Observation/upd-1', weight('h', { id: 'upd-1' }));
    expect(first.statusCode, first.body).toBe(201);
    const changed = weight('h', { id: 'upd-1', status: 'amended' });
    const second = await call('PUT', 'Observation/upd-1', changed);
    expect(second.statusCode).toBe(200);
    expect(second.headers.etag).toBe('W/"2"');
    const same = await call('PUT', 'Observation/upd-1', second.json());
    expect(same.headers.etag).toBe('W/"2"');
    const old = await call('GET', 'Observation/upd-1/_history/1');
    expect(old.json().status).toBe('final');
  });

  it('is refused when the version named is not the current one', async () => {
    const put = (ifMatch: string, status: string) =>
      call('PUT', 'Observation/upd-2', weight('i', { id: 'upd-2', status }), {
        headers: { 'if-match': ifMatch },
      });
    expect((await put('W/"1"', 'final')).statusCode).toBe(412);
    await call('PUT', 'Observation/upd-2', weight('i', { id: 'upd-2' }));
    const [a, b] = await Promise.all([put('W/"1"', 'amended'), put('W/"1"', 'corrected')]);
    expect([a?.statusCode, b?.statusCode].sort()).toEqual([200, 412]);
    expect(codeOf(await put('W/"1"', 'cancelled'))).toBe('version-mismatch');
    expect((await put('nonsense', 'final')).statusCode).toBe(400);
    const none = await call('PUT', 'Observation/upd-2', weight('i', { id: 'upd-2' }), {
      headers: { 'if-none-match': '*' },
    });
    expect(none.statusCode).toBe(412);
  });

  it('answers for an id that another custodian uses as for one never used', async () => {
    await call('PUT', 'Observation/theirs', weight('j', { id: 'theirs' }, elsewhere), {
      as: other,
    });
    const mine = await call('PUT', 'Observation/theirs', weight('j', { id: 'theirs' }));
    const fresh = await call('PUT', 'Observation/upd-3', weight('k', { id: 'upd-3' }));
    expect([mine.statusCode, mine.headers.etag]).toEqual([fresh.statusCode, fresh.headers.etag]);
    for (const ifMatch of ['W/"1"', 'W/"2"']) {
      const id = ifMatch === 'W/"1"' ? 'theirs-2' : 'never-2';
      await call('PUT', `Observation/theirs-2`, weight('l', { id: 'theirs-2' }, elsewhere), {
        as: other,
      });
      const answer = await call('PUT', `Observation/${id}`, weight('l', { id }), {
        headers: { 'if-match': 'W/"1"' },
      });
      expect(answer.statusCode).toBe(412);
    }
  });

  it('by condition: none makes one, one is changed, several are too many', async () => {
    const put = (key: string, status: string) =>
      call('PUT', `Observation?identifier=urn:test:observation|${key}`, weight(key, { status }));
    const made = await put('cond', 'final');
    expect(made.statusCode).toBe(201);
    const changed = await put('cond', 'amended');
    expect([changed.statusCode, changed.json().id]).toEqual([200, made.json().id]);
    await call('POST', 'Observation', weight('cond'));
    expect((await put('cond', 'final')).statusCode).toBe(412);
    await call('PUT', 'Observation/taken', weight('taken', { id: 'taken' }));
    const path = 'Observation?identifier=urn:test:observation|not-there';
    const onto = await call('PUT', path, weight('x', { id: 'taken', status: 'amended' }));
    expect(onto.statusCode).toBe(412);
    const free = await call('PUT', path, weight('x', { id: 'free' }));
    expect([free.statusCode, free.json().id]).toEqual([201, 'free']);
    expect((await call('PUT', 'Observation', weight('x'))).statusCode).toBe(400);
  });

  it('by condition: how an answer is shown says nothing of what is meant', async () => {
    const only = 'identifier=urn:test:observation|shown';
    const { id } = (await call('POST', 'Observation', weight('shown'))).json();
    for (const shown of ['_summary=count', '_count=0', '_sort=date&_count=1']) {
      const path = `Observation?${only}&${shown}`;
      const answer = await call('PUT', path, weight('shown', { status: 'amended' }));
      expect([answer.statusCode, answer.json().id], shown).toEqual([200, id]);
      for (const method of ['PUT', 'DELETE'] as const) {
        const body = method === 'PUT' ? weight('shown') : undefined;
        const vague = await call(method, `Observation?${shown}&_total=none`, body);
        expect([vague.statusCode, codeOf(vague)], shown).toEqual([400, 'condition']);
      }
    }
    expect((await call('GET', `Observation/${id}`)).statusCode).toBe(200);
  });

  it('does not let a condition see what another custodian has', async () => {
    await call('POST', 'Observation', weight('hidden', {}, elsewhere), { as: other });
    const headers = { 'if-none-exist': 'identifier=urn:test:observation|hidden' };
    expect((await call('POST', 'Observation', weight('hidden'), { headers })).statusCode).toBe(201);
    const path = `Observation?identifier=urn:test:observation|only-there&patient=Patient/${elsewhere}`;
    const absent = 'Observation?identifier=urn:test:observation|only-there&patient=Patient/x';
    await call('POST', 'Observation', weight('only-there', {}, elsewhere), { as: other });
    expect((await call('DELETE', path)).body).toBe((await call('DELETE', absent)).body);
  });

  it('needs the id of the address in the body', async () => {
    const answer = await call('PUT', 'Observation/upd-9', weight('m', { id: 'another' }));
    expect(answer.statusCode).toBe(400);
    expect(answer.json().issue[0].expression).toEqual(['Observation.id']);
    expect((await call('PUT', 'Observation/a_b', weight('m', { id: 'a_b' }))).statusCode).toBe(400);
  });
});

describe.each(['r4', 'stu3'])('a Provenance by itself (%s)', (version) => {
  const who =
    version === 'r4' ? { who: { display: 'Dr. Bos' } } : { whoReference: { display: 'Dr. Bos' } };
  const role = { role: [{ coding: [{ code: 'author' }] }] };
  const tells = (...of: string[]): Json => ({
    resourceType: 'Provenance',
    target: of.map((reference) => ({ reference })),
    recorded: '2026-01-06T09:00:00Z',
    agent: [{ ...(version === 'stu3' ? role : {}), ...who }],
  });
  const send = (body: Json, as = token) => call('POST', 'Provenance', body, { version, as });

  it('lies where that lies of which it tells, and is found by it', async () => {
    const { id } = (await call('POST', 'Observation', weight(`prov${version}`))).json();
    const made = await send(tells(`Observation/${id}`, 'Device/unknown'));
    expect(made.statusCode, made.body).toBe(201);
    const found = await call('GET', `Provenance?target=Observation/${id}`, undefined, { version });
    const ids = found.json().entry.map((one: { resource: { id: string } }) => one.resource.id);
    expect(ids).toContain(made.json().id);
    const beside = `Observation?patient=${patient}&_id=${id}&_revinclude=Provenance:target`;
    expect((await call('GET', beside, undefined, { version })).body).toContain(made.json().id);
  });

  it('tells of one person, and of what the sender has itself', async () => {
    const { id } = (await call('POST', 'Observation', weight(`own${version}`))).json();
    const two = (await call('POST', 'Patient', patientOf(person(68)))).json();
    const several = await send(tells(`Observation/${id}`, `Patient/${two.id}`));
    expect([several.statusCode, codeOf(several)]).toEqual([422, 'several-people']);
    expect(several.json().issue[0].expression).toEqual(['Provenance.target']);
    const elsewhere = await send(tells(`Observation/${id}`), other);
    const nowhere = await send(tells('Observation/never-was'), other);
    expect([elsewhere.statusCode, codeOf(elsewhere)]).toEqual([422, 'no-person']);
    expect(elsewhere.json()).toEqual(nowhere.json());
  });
});

describe('an id in the record of one person', () => {
  it('is not another person’s until it is taken back there', async () => {
    const neighbour = (await call('POST', 'Patient', patientOf(person(64)))).json().id;
    const put = (whose: string) =>
      call('PUT', 'Observation/own-1', weight('own-1', { id: 'own-1' }, whose));
    expect((await put(patient)).statusCode).toBe(201);
    const moved = await put(neighbour);
    expect([moved.statusCode, codeOf(moved)]).toEqual([409, 'other-record']);
    expect(moved.json().issue[0].expression).toEqual(['Observation.id']);
    const inBatch = {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        {
          resource: weight('own-1', { id: 'own-1' }, neighbour),
          request: { method: 'PUT', url: 'Observation/own-1' },
        },
      ],
    };
    const refused = await call('POST', '', inBatch);
    expect(refused.statusCode).toBe(409);
    expect(refused.json().issue[0].expression).toEqual(['Bundle.entry[0].resource.id']);
    expect((await call('DELETE', 'Observation/own-1')).statusCode).toBe(204);
    expect((await put(neighbour)).statusCode).toBe(201);
    const found = await call('GET', `Observation?patient=${patient}&_id=own-1`);
    expect(found.json().total).toBe(0);
  });
});

describe('patch', () => {
  const JSON_PATCH = { 'content-type': 'application/json-patch+json' };
  const made = async (id: string) =>
    (await call('PUT', `Observation/${id}`, weight(id, { id }))).statusCode;

  it('by JSON Patch changes what it names and nothing else', async () => {
    await made('pat-1');
    const before = (await call('GET', 'Observation/pat-1')).json();
    const operations = [
      { op: 'test', path: '/status', value: 'final' },
      { op: 'replace', path: '/status', value: 'amended' },
      { op: 'add', path: '/note', value: [{ text: 'nagekeken' }] },
    ];
    const answer = await call('PATCH', 'Observation/pat-1', operations, { headers: JSON_PATCH });
    expect(answer.statusCode, answer.body).toBe(200);
    const { meta: _meta, ...after } = answer.json();
    const { meta: _before, ...expected } = before;
    expect(after).toEqual({ ...expected, status: 'amended', note: [{ text: 'nagekeken' }] });
  });

  it('by FHIRPath Patch, in both versions', async () => {
    for (const version of ['r4', 'stu3']) {
      await made(`pat-${version}`);
      const part = (name: string, value: Json) => ({ name, ...value });
      const operation = [
        part('type', { valueCode: 'replace' }),
        part('path', { valueString: 'Observation.status' }),
        part('value', { valueCode: 'amended' }),
      ];
      const body = {
        resourceType: 'Parameters',
        parameter: [{ name: 'operation', part: operation }],
      };
      const answer = await call('PATCH', `Observation/pat-${version}`, body, { version });
      expect(answer.statusCode, answer.body).toBe(200);
      expect(answer.json()).toMatchObject({ status: 'amended', meta: { versionId: '2' } });
    }
  });

  it('is whole or not at all, and leaves a valid resource', async () => {
    await made('pat-3');
    const patch = (operations: unknown, headers = {}) =>
      call('PATCH', 'Observation/pat-3', operations, { headers: { ...JSON_PATCH, ...headers } });
    const half = [
      { op: 'replace', path: '/status', value: 'amended' },
      { op: 'remove', path: '/nothing' },
    ];
    expect((await patch(half)).statusCode).toBe(422);
    expect((await patch([{ op: 'remove', path: '/status' }])).statusCode).toBe(422);
    expect(codeOf(await patch([{ op: 'replace', path: '/id', value: 'x' }]))).toBe(
      'patch-identity',
    );
    expect((await patch({ no: 'array' })).statusCode).toBe(400);
    const odd = await patch(half, { 'content-type': 'application/xml-patch+xml' });
    expect([odd.statusCode, odd.headers['accept-patch']]).toEqual([
      415,
      'application/json-patch+json, application/fhir+json, application/fhir+xml',
    ]);
    const stale = await patch([{ op: 'replace', path: '/status', value: 'amended' }], {
      'if-match': 'W/"7"',
    });
    expect(stale.statusCode).toBe(412);
    expect((await call('GET', 'Observation/pat-3')).headers.etag).toBe('W/"1"');
  });

  it('leaves it about the person it was about', async () => {
    await made('pat-5');
    const neighbour = (await call('POST', 'Patient', patientOf(person(62)))).json().id;
    const patch = (path: string, operations: unknown) =>
      call('PATCH', path, operations, { headers: JSON_PATCH });
    const replaced = (path: string, value: unknown) => [{ op: 'replace', path, value }];
    const subject = (value: string) =>
      patch('Observation/pat-5', replaced('/subject/reference', value));
    expect(codeOf(await subject(`Patient/${neighbour}`))).toBe('identifier-conflict');
    expect(codeOf(await subject('Patient/nobody'))).toBe('unknown-patient');
    expect((await subject(`Patient/${patient}`)).statusCode).toBe(200);
    const byNumber = { identifier: { system: BSN_SYSTEM, value: person(62).bsn } };
    expect(codeOf(await patch('Observation/pat-5', replaced('/subject', byNumber)))).toBe(
      'identifier-conflict',
    );
    for (const { bsn } of [person(62), person(63)]) {
      const answer = await patch(`Patient/${patient}`, replaced('/identifier/0/value', bsn));
      expect([answer.statusCode, codeOf(answer)]).toEqual([409, 'identifier-conflict']);
      expect(answer.body).not.toContain(bsn);
    }
    expect((await call('GET', 'Observation/pat-5')).headers.etag).toBe('W/"1"');
  });

  it('of what is not there, or is another custodian’s, is the same 404', async () => {
    await call('PUT', 'Observation/pat-4', weight('pat4', { id: 'pat-4' }, elsewhere), {
      as: other,
    });
    const operations = [{ op: 'replace', path: '/status', value: 'amended' }];
    const answers = await Promise.all(
      ['pat-4', 'pat-never'].map((id) =>
        call('PATCH', `Observation/${id}`, operations, { headers: JSON_PATCH }),
      ),
    );
    expect(answers[0]?.statusCode).toBe(404);
    expect(answers[0]?.body).toBe(answers[1]?.body);
  });

  it('by many at once loses nothing', async () => {
    await made('pat-5');
    const add = (text: string) =>
      call('PATCH', 'Observation/pat-5', [{ op: 'add', path: '/note/-', value: { text } }], {
        headers: JSON_PATCH,
      });
    await call(
      'PATCH',
      'Observation/pat-5',
      [{ op: 'add', path: '/note', value: [{ text: '0' }] }],
      {
        headers: JSON_PATCH,
      },
    );
    const answers = await Promise.all(['1', '2', '3', '4'].map(add));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200]);
    expect((await call('GET', 'Observation/pat-5')).json().note).toHaveLength(5);
  });
});

describe('delete', () => {
  it('takes back: 204, then 410, then 204 again; a PUT brings it back', async () => {
    await call('PUT', 'Observation/del-1', weight('n', { id: 'del-1' }));
    const gone = await call('DELETE', 'Observation/del-1');
    expect([gone.statusCode, gone.headers.etag]).toEqual([204, 'W/"2"']);
    expect((await call('GET', 'Observation/del-1')).statusCode).toBe(410);
    expect((await call('DELETE', 'Observation/del-1')).statusCode).toBe(204);
    expect((await call('GET', 'Observation/del-1/_history/1')).statusCode).toBe(200);
    const back = await call('PUT', 'Observation/del-1', weight('n', { id: 'del-1' }));
    expect([back.statusCode, back.headers.etag]).toEqual([201, 'W/"3"']);
  });

  it('of what another custodian has touches nothing, and is as of what never was', async () => {
    await call('PUT', 'Observation/del-2', weight('o', { id: 'del-2' }, elsewhere), { as: other });
    const theirs = await call('DELETE', 'Observation/del-2');
    const never = await call('DELETE', 'Observation/del-never');
    expect([theirs.statusCode, theirs.body]).toEqual([never.statusCode, never.body]);
    expect(Object.keys(theirs.headers).sort()).toEqual(Object.keys(never.headers).sort());
    const there = await call('GET', 'Observation/del-2', undefined, { as: other });
    expect(there.statusCode).toBe(200);
  });

  it('by condition takes back the one that it means', async () => {
    await call('POST', 'Observation', weight('del-3'));
    const path = `Observation?patient=Patient/${patient}&identifier=urn:test:observation|del-3`;
    expect((await call('DELETE', path)).statusCode).toBe(204);
    expect((await call('DELETE', path)).statusCode).toBe(204);
    expect((await call('DELETE', path, undefined, { version: 'stu3' })).statusCode).toBe(404);
    expect((await call('DELETE', 'Observation')).statusCode).toBe(400);
    const all = await call('DELETE', `Observation?patient=Patient/${patient}`);
    expect(all.statusCode).toBe(412);
  });
});

describe('the ledger', () => {
  it('has a line for each write, and for each that was refused', async () => {
    const lines = await gateway.rooms.ledger.ofPatient(await vaultOf(gateway, one));
    const events = new Set(lines.entries.map(({ record }) => record.event));
    for (const event of ['create', 'update', 'patch', 'delete']) expect(events).toContain(event);
    const created = lines.entries.find(({ record }) => record.event === 'create')?.record;
    expect(created).toMatchObject({ action: 'C', route: 'sender', agent: { id: 'epd-proef' } });
  });
});

describe('a letter that was a mistake', () => {
  it('takes its bytes along, also when its version is named, and nobody reads them', async () => {
    const data = Buffer.from('%PDF-1.4 brief').toString('base64');
    const subject = { reference: `Patient/${patient}` };
    const letter = (status: string) => ({
      resourceType: 'DocumentReference',
      id: 'letter',
      status,
      subject,
      content: [{ attachment: { contentType: 'application/pdf', url: 'Binary/letter-bytes' } }],
    });
    const entry = (resource: Json) => ({
      resource,
      request: { method: 'PUT', url: `${resource['resourceType']}/${resource['id']}` },
    });
    const bytes = { id: 'letter-bytes', contentType: 'application/pdf', data };
    const put = await call('POST', '', {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [entry({ resourceType: 'Binary', ...bytes }), entry(letter('current'))],
    });
    expect(put.statusCode, put.body).toBe(200);
    expect((await call('GET', 'Binary/letter-bytes')).statusCode).toBe(200);
    const headers = { 'if-match': 'W/"1"' };
    const mistake = letter('entered-in-error');
    const back = await call('PUT', 'DocumentReference/letter', mistake, { headers });
    expect(back.statusCode, back.body).toBe(200);
    expect((await call('GET', 'Binary/letter-bytes')).statusCode).toBe(410);
    // Once more changes nothing.
    expect((await call('PUT', 'DocumentReference/letter', mistake)).statusCode).toBe(200);
  });
});
