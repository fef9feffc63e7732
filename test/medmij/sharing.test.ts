/** MedMij Delen: what a person sends through an app, and what becomes of it. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BSN_SYSTEM, type Gateway, HOSPITAL, openGateway, PGO } from '../support/gateway.ts';
import {
  entry,
  type Json,
  letter,
  observation,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

let gateway: Gateway;
const own = person(1);
const other = person(2);
const ALL = ['48', '51', '52', '59', '9000103'];

beforeAll(async () => {
  gateway = await openGateway();
  const { organisations, database } = gateway.rooms;
  await organisations.put(database, { ...HOSPITAL, services: ALL });
  for (const one of [own, other]) {
    const self = urn(one.bsn);
    await gateway.send('epd-proef', transaction([entry(self, patientOf(one))]));
  }
});
afterAll(() => gateway.close());

const base = (service: string) => `/medmij/ziekenhuisproef/${service}/fhir`;

async function tokenOf(one = own): Promise<string> {
  const { rooms } = gateway;
  const issued = await rooms.tokens.issue(rooms.database, {
    kind: 'medmij',
    client: PGO,
    vault: await vaultOf(gateway, one),
    aanbieder: HOSPITAL.id,
    services: ALL,
    consent: randomUUID(),
    correlationId: randomUUID(),
  });
  return issued.token;
}

async function share(service: string, bundle: Json, headers: Json = {}) {
  return gateway.ask(`${base(service)}/`, {
    token: await tokenOf(),
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json', ...(headers as Record<string, string>) },
    body: JSON.stringify(bundle),
  });
}

const ask = async (path: string, one = own) =>
  gateway.ask(`${base('52')}/${path}`, { token: await tokenOf(one) });

const me = urn('me');
const { identifier: _number, ...named } = patientOf(own);
const meEntry = entry(me, named);
const weight = (key: string, more: Json = {}) => entry(urn(key), observation(key, me, more));
const batch = (...entries: Json[]): Json => ({
  ...transaction([meEntry, ...entries]),
  type: 'batch',
});
const bad = (code: string, value = 70) => ({
  valueQuantity: { value, unit: code, system: 'http://unitsofmeasure.org', code },
});

const coded = (code: string) => ({ code: { coding: [{ system: 'http://loinc.org', code }] } });
/** @param minutes from now */
const ahead = (minutes: number) => new Date(Date.now() + minutes * 60_000);

const statuses = (answer: Json) =>
  (answer['entry'] as { response: { status: string } }[]).map(({ response }) => response.status);

describe('measurements', () => {
  it('are stored and answered, with a receipt; the Patient stays the provider’s', async () => {
    const answer = await share('52', batch(weight('w1'), weight('w2')));
    expect(answer.statusCode, answer.body).toBe(200);
    const bundle = answer.json();
    expect(bundle.type).toBe('batch-response');
    expect(statuses(bundle)).toEqual(['200 OK', '201 Created', '201 Created']);
    expect(answer.body).not.toContain(own.bsn);
    const patients = bundle.entry.filter((one: Json) => JSON.stringify(one).includes('"Patient"'));
    expect(patients[0].resource.resourceType).toBe('Patient');
    expect((await ask('Observation?code=http://loinc.org|29463-7')).json().total).toBe(2);
    const { items } = (await own52('received')) as { items: Json[] };
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ id: bundle.id, state: 'received', service: '52' });
  });

  it('sent twice, and at the same time, are one: the same receipt, nothing doubled', async () => {
    const bundle = batch(weight('again'));
    const answers = await Promise.all([1, 2, 3].map(() => share('52', bundle)));
    const ids = new Set(answers.map((one) => one.json().id));
    expect(ids.size).toBe(1);
    const found = await ask('Observation?identifier=urn:test:observation|again');
    expect(found.json().total).toBe(1);
  });

  it.each([
    ['a unit that is not measured in', bad('[lb_av]'), 'valueQuantity.code', 'unit'],
    ['a value that nobody can have', bad('kg', 700), 'valueQuantity.value', 'out-of-range'],
    ['no value at all', { valueQuantity: undefined }, 'value[x]', 'no-value'],
    ['a code that the service does not have', coded('99999-9'), 'code', 'unknown-measurement'],
    ['words alone for what it is', { code: { text: 'Gewicht' } }, 'code', 'unknown-measurement'],
    [
      'a moment still to come',
      { effectiveDateTime: ahead(20).toISOString() },
      'effectiveDateTime',
      'in-the-future',
    ],
    [
      'a day still to come',
      {
        effectiveDateTime: ahead(48 * 60)
          .toISOString()
          .slice(0, 10),
      },
      'effectiveDateTime',
      'in-the-future',
    ],
    [
      'an end still to come',
      {
        effectiveDateTime: undefined,
        effectivePeriod: { start: '2026-01-01', end: ahead(60).toISOString() },
      },
      'effectivePeriod.end',
      'in-the-future',
    ],
  ])('with %s are refused, naming the field', async (what, wrong, place, code) => {
    const key = what.replaceAll(' ', '-');
    const answer = await share('52', batch(weight(`bad-${key}`, wrong)));
    expect(answer.statusCode).toBe(422);
    const [issue] = answer.json().issue;
    expect(issue.expression).toEqual([`Bundle.entry[1].resource.${place}`]);
    expect(issue.details.coding[0].code).toBe(code);
    const mixed = (
      await share('52', batch(weight(`ok-${key}`), weight(`no-${key}`, wrong)))
    ).json();
    expect(statuses(mixed)).toEqual(['200 OK', '201 Created', '422']);
    const found = await ask(`Observation?identifier=urn:test:observation|no-${key}`);
    expect(found.json().total).toBe(0);
  });

  it('may be of a phone whose clock is ahead, and of today wherever that is', async () => {
    const soon = { effectiveDateTime: ahead(5).toISOString() };
    const today = { effectiveDateTime: ahead(0).toISOString().slice(0, 10) };
    const answer = await share('52', batch(weight('soon', soon), weight('today', today)));
    expect(statuses(answer.json())).toEqual(['200 OK', '201 Created', '201 Created']);
  });

  it('carry no BSN and are nobody else’s', async () => {
    const numbered = { ...transaction([entry(me, patientOf(own)), weight('x')]), type: 'batch' };
    const answer = await share('52', numbered);
    expect(answer.statusCode).toBe(422);
    expect(answer.body).not.toContain(own.bsn);
    const stranger = entry(me, { ...named, birthDate: '1999-09-09' });
    const wrong = await share('52', { ...transaction([stranger, weight('y')]), type: 'batch' });
    expect(wrong.statusCode).toBe(422);
    expect(wrong.json().issue[0].details.coding[0].code).toBe('other-person');
    expect((await ask('Observation', other)).json().total).toBe(0);
  });

  it.each<[string, Json, string]>([
    ['by a BSN', { identifier: { system: BSN_SYSTEM, value: other.bsn } }, 'bsn-sent'],
    ['by their own BSN', { identifier: { system: BSN_SYSTEM, value: own.bsn } }, 'bsn-sent'],
    ['at another server', { reference: 'https://elders.example/Patient/1' }, 'dangling-reference'],
    ['by a name alone', { display: 'Een ander' }, 'of-whom'],
    ['by a number of an app', { identifier: { system: 'urn:app', value: '7' } }, 'of-whom'],
    ['who stands in nothing that is sent', { reference: '#' }, 'of-whom'],
    ['who is a relation', { reference: 'RelatedPerson/moeder' }, 'of-whom'],
  ])('name nobody %s', async (_name, subject, code) => {
    const answer = await share('52', batch(weight('of-whom', { subject })));
    expect(answer.body).toContain(`"code":"${code}"`);
    expect(answer.body).not.toContain('201 Created');
    expect((await ask('Observation?identifier=urn:test:observation|of-whom')).json().total).toBe(0);
    expect(answer.body).not.toContain(other.bsn);
  });

  it('say where it stands that they may be somebody else’s, also of a Patient inside', async () => {
    const named = await share('52', batch(weight('named', { subject: { display: 'Een ander' } })));
    expect(named.statusCode).toBe(422);
    expect(named.json().issue[0].expression).toEqual(['Bundle.entry[1].resource.subject']);
    const inside = (birthDate: string) => ({
      subject: { reference: '#p' },
      contained: [{ resourceType: 'Patient', id: 'p', birthDate }],
    });
    const stranger = await share('52', batch(weight('inside', inside('1999-09-09'))));
    expect(stranger.statusCode).toBe(422);
    expect(stranger.json().issue[0].expression).toEqual([
      'Bundle.entry[1].resource.contained[0].birthDate',
    ]);
    expect((await share('52', batch(weight('in', inside(own.birthDate))))).statusCode).toBe(200);
  });

  it('are of one person, under addresses that are told apart', async () => {
    const relative = { resourceType: 'Patient', name: [{ family: 'Ander' }] };
    const two = await share('52', batch(entry(urn('ander'), relative), weight('whose')));
    expect(two.statusCode).toBe(422);
    expect(two.json().issue[0]).toMatchObject({
      details: { coding: [{ code: 'other-person' }] },
      expression: ['Bundle.entry[1].resource'],
    });
    const twice = await share('52', batch(entry(me, observation('same', me))));
    expect(twice.statusCode).toBe(422);
    expect(twice.json().issue[0].expression).toEqual(['Bundle.entry[1].fullUrl']);
    // An app that puts the person beside each reading means one and the same.
    expect((await share('52', batch(entry(urn('me-too'), named), weight('mine')))).statusCode).toBe(
      200,
    );
  });

  it('named by a number that is left out are the person’s of the token', async () => {
    const subject = { identifier: { system: BSN_SYSTEM }, display: 'Uzelf' };
    const answer = await share('52', batch(weight('masked', { subject })));
    expect(answer.json().entry[1].resource.subject.reference).toMatch(/^Patient\//);
  });

  it('come by themselves too, about the person of the token', async () => {
    const one = async (body: Json) =>
      gateway.ask(`${base('52')}/Observation`, {
        token: await tokenOf(),
        method: 'POST',
        headers: { 'content-type': 'application/fhir+json' },
        body: JSON.stringify(body),
      });
    const { subject: _none, ...reading } = observation('single', me);
    const answer = await one(reading);
    expect(answer.statusCode, answer.body).toBe(201);
    expect(answer.headers.location).toContain('/52/fhir/Observation/');
    expect(answer.json().subject.reference).toMatch(/^Patient\//);
    const wrong = await one({ ...reading, ...bad('[lb_av]') });
    expect(wrong.statusCode).toBe(422);
    expect(wrong.json().issue[0].expression).toEqual(['Observation.valueQuantity.code']);
    const strange = await one({ ...reading, subject: { reference: 'Patient/iemand' } });
    expect(strange.statusCode).toBe(422);
  });

  it('are not taken at a service that only collects', async () => {
    expect((await share('48', batch(weight('z')))).statusCode).toBe(405);
    const photo = entry(urn('list'), { resourceType: 'List', status: 'current', mode: 'working' });
    expect(
      (await share('52', { ...transaction([meEntry, photo]), type: 'batch' })).statusCode,
    ).toBe(422);
  });
});

async function own52(state: string): Promise<unknown> {
  const token = await gateway.token('epd-proef');
  return (await gateway.ask(`/intake/epd-proef/shared?state=${state}`, { token })).json();
}

async function provider(method: 'PUT' | 'POST', path: string, body: Json) {
  const token = await gateway.token('epd-proef');
  const headers = { 'content-type': 'application/json' };
  return gateway.ask(`/intake/epd-proef/${path}`, {
    token,
    method,
    headers,
    body: JSON.stringify(body),
  });
}

describe('the provider', () => {
  it('closes its window: 409 with the reason, and nothing is stored', async () => {
    const reason = 'Wij zijn met vakantie.';
    expect((await provider('PUT', 'windows/52', { open: false, reason })).statusCode).toBe(200);
    const closed = await share('52', batch(weight('closed')));
    expect(closed.statusCode).toBe(409);
    expect(closed.json().issue[0].diagnostics).toContain(reason);
    expect((await ask('Observation?identifier=urn:test:observation|closed')).json().total).toBe(0);
    // What was taken before is still the same receipt.
    expect((await share('52', batch(weight('again')))).statusCode).toBe(200);
    await provider('PUT', 'windows/52', { open: true });
    expect((await share('52', batch(weight('closed')))).statusCode).toBe(200);
  });

  it('says how much a day it wants', async () => {
    await provider('PUT', 'windows/52', { open: true, perDayMax: 1 });
    const much = await share('52', batch(weight('much')));
    expect(much.statusCode).toBe(429);
    await provider('PUT', 'windows/52', { open: true });
  });

  it('opens it and files it; what is decided stays decided, and is no other provider’s', async () => {
    const { id } = (await share('52', batch(weight('fate')))).json();
    const opened = await provider('POST', `shared/${id}`, { state: 'opened' });
    expect(opened.json()).toMatchObject({ id, state: 'opened' });
    const { sharedItems, database } = gateway.rooms;
    const mine = await sharedItems.ofPerson(database, await vaultOf(gateway, own));
    expect(mine.find((one) => one.id === id)).toMatchObject({ state: 'opened' });
    const refused = { state: 'not-accepted', reason: 'Meet liever zittend.' };
    expect((await provider('POST', `shared/${id}`, refused)).json()).toMatchObject(refused);
    expect((await provider('POST', `shared/${id}`, { state: 'filed' })).statusCode).toBe(409);
    const token = await gateway.token('epd-ander');
    const elsewhere = await gateway.ask(`/intake/epd-ander/shared/${id}`, {
      token,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"state":"opened"}',
    });
    expect(elsewhere.statusCode).toBe(404);
  });
});

describe('documents and requests', () => {
  it('a document comes with its bytes, and can be fetched back', async () => {
    const [document, binary] = letter('shared', me) as [Json, Json];
    // STU3 calls the bytes "content".
    const { data, ...rest } = binary['resource'] as Json;
    const bytes = { ...binary, resource: { ...rest, content: data } };
    const indexed = { ...(document['resource'] as Json), indexed: '2026-01-01T00:00:00Z' };
    const sent = transaction([meEntry, { ...document, resource: indexed }, bytes]);
    const answer = await share('51', sent);
    expect(answer.statusCode, answer.body).toBe(200);
    const shown = answer.json().entry[1].resource;
    const pdf = await gateway.ask(`${base('51')}/${shown.content[0].attachment.url}`, {
      token: await tokenOf(),
      headers: { accept: 'application/pdf' },
    });
    expect(pdf.headers['content-type']).toBe('application/pdf');
    const broken = { ...document, resource: { ...indexed, subject: { reference: urn('nobody') } } };
    const refused = await share('51', transaction([meEntry, broken, bytes]));
    expect(refused.statusCode).toBe(422);
    expect(refused.json().issue[0].details.coding[0].code).toBe('dangling-reference');
  });

  it('a request to correct is acknowledged, and overdue after a month', async () => {
    const request = entry(urn('dwv'), {
      resourceType: 'Communication',
      status: 'completed',
      subject: { reference: me },
      payload: [{ contentString: 'Mijn telefoonnummer klopt niet.' }],
    });
    const answer = (await share('9000103', transaction([meEntry, request]))).json();
    const outcome = answer.entry.at(-1).resource;
    expect(outcome.issue[0]).toMatchObject({ severity: 'information', code: 'informational' });
    expect(outcome.issue[0].details.text).toContain('maand');
    const now = async () =>
      ((await own52('received')) as { items: Json[] }).items.find((one) => one['id'] === answer.id);
    expect(await now()).toMatchObject({ overdue: false });
    gateway.later(32 * 86_400);
    expect(await now()).toMatchObject({ overdue: true });
  });
});

describe('a Task', () => {
  const task = (status: string, more: Json = {}): Json => ({
    resourceType: 'Task',
    id: 'vraag-1',
    status,
    intent: 'order',
    description: 'Vul de vragenlijst in.',
    owner: { reference: 'Patient/mij' },
    for: { reference: 'Patient/mij' },
    ...more,
  });
  const put = async (body: Json, more: Record<string, string> = {}) =>
    gateway.ask(`${base('59')}/Task/${String(body['id'])}`, {
      token: await tokenOf(),
      method: 'PUT',
      headers: { 'content-type': 'application/fhir+json', ...more },
      body: JSON.stringify(body),
    });
  const patchWith = async (operation: Json, more: Record<string, string> = {}) =>
    gateway.ask(`${base('59')}/Task/vraag-1`, {
      token: await tokenOf(),
      method: 'PATCH',
      headers: { 'content-type': 'application/json-patch+json', ...more },
      body: JSON.stringify([operation]),
    });
  const patch = (status: string, more: Record<string, string> = {}) =>
    patchWith({ op: 'replace', path: '/status', value: status }, more);

  beforeAll(async () => {
    const request = { method: 'PUT', url: 'Patient/mij' };
    const self = entry('Patient/mij', { ...patientOf(own), id: 'mij' }, request);
    const asked = entry('Task/vraag-1', task('requested'), { method: 'PUT', url: 'Task/vraag-1' });
    const sent = await gateway.send('epd-proef', transaction([self, asked]), {
      mediaType: 'application/fhir+json; fhirVersion=3.0',
    });
    expect(sent.statusCode, sent.body).toBe(200);
  });

  it('goes on, and keeps everything else as the provider wrote it', async () => {
    const accepted = await put(task('accepted', { description: 'Iets anders.' }));
    expect(accepted.statusCode, accepted.body).toBe(200);
    expect(accepted.json()).toMatchObject({
      status: 'accepted',
      description: 'Vul de vragenlijst in.',
    });
    const changed = await put(task('completed', { owner: { reference: 'Organization/x' } }));
    expect(changed.statusCode).toBe(422);
    expect(changed.json().issue[0].expression).toEqual(['Task.owner']);
    expect((await put(task('requested'))).statusCode).toBe(409);
    expect((await put({ ...task('accepted'), id: 'nooit' })).statusCode).toBe(404);
  });

  it('goes on from the version that If-Match names, and from no other', async () => {
    const stale = await put(task('in-progress'), { 'if-match': 'W/"1"' });
    expect(stale.statusCode, stale.body).toBe(412);
    expect(stale.json().issue[0].expression).toEqual(['If-Match']);
    expect((await patch('in-progress', { 'if-match': 'W/"1"' })).statusCode).toBe(412);
    expect((await put(task('in-progress'), { 'if-match': 'gisteren' })).statusCode).toBe(400);
    const request = { method: 'PUT', url: 'Task/vraag-1', ifMatch: 'W/"1"' };
    const bundled = await share(
      '59',
      transaction([entry('Task/vraag-1', task('in-progress'), request)]),
    );
    expect(bundled.statusCode).toBe(412);
    expect(bundled.json().issue[0].expression).toEqual(['Bundle.entry[0].request.ifMatch']);
    const current = (await patch('in-progress', { 'if-match': 'W/"2"' })) as typeof stale;
    expect(current.statusCode, current.body).toBe(200);
    expect(current.headers['etag']).toBe('W/"3"');
  });

  it('loses nothing of who patches at the same moment: each that was taken is there', async () => {
    const begin = await patchWith({ op: 'add', path: '/note', value: [{ text: 'begin' }] });
    expect(begin.statusCode, begin.body).toBe(200);
    const texts = ['een', 'twee', 'drie', 'vier', 'vijf', 'zes'];
    const answers = await Promise.all(
      texts.map((text) => patchWith({ op: 'add', path: '/note/-', value: { text } })),
    );
    for (const { statusCode } of answers) expect([200, 409]).toContain(statusCode);
    const taken = texts.filter((_text, at) => answers[at]?.statusCode === 200);
    expect(taken.length).toBeGreaterThan(0);
    const read = await gateway.ask(`${base('59')}/Task/vraag-1`, { token: await tokenOf() });
    const notes = (read.json() as { note: { text: string }[] }).note.map(({ text }) => text);
    expect(notes.toSorted()).toEqual(['begin', ...taken].toSorted());
  });

  it('is completed together with the answers, or not at all', async () => {
    const answers = entry(urn('answers'), {
      resourceType: 'QuestionnaireResponse',
      status: 'completed',
      subject: { reference: 'Patient/mij' },
    });
    const done = (target: string) =>
      entry(
        'Task/vraag-1',
        task('completed', {
          output: [
            { type: { text: 'QuestionnaireResponse' }, valueReference: { reference: target } },
          ],
        }),
        { method: 'PUT', url: 'Task/vraag-1' },
      );
    const broken = await share('59', transaction([done(urn('elsewhere')), answers]));
    expect(broken.statusCode).toBe(422);
    const whole = await share('59', transaction([done(urn('answers')), answers]));
    expect(whole.statusCode, whole.body).toBe(200);
    expect(statuses(whole.json())).toEqual(['200 OK', '201 Created']);
    const [{ resource }] = whole.json().entry;
    const { reference } = resource.output[0].valueReference;
    const read = await gateway.ask(`${base('59')}/${reference}`, { token: await tokenOf() });
    expect(read.statusCode).toBe(200);
  });
});
