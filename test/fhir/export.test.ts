/** https://hl7.org/fhir/uv/bulkdata/export.html of one person, under a decision (consent 7.2). */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, openGateway, PUBLIC_URL } from '../support/gateway.ts';
import {
  choose,
  condition,
  entry,
  HOSPITALS_TO_GPS,
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
const open = person(141);
const closed = person(142);
const WEIGHTS = 300;

const NO_CONDITIONS = {
  ...HOSPITALS_TO_GPS,
  type: 'deny' as const,
  data: { level: 'type' as const, value: 'Condition' },
};

beforeAll(async () => {
  gateway = await openGateway();
  for (const [one, weights] of [
    [open, WEIGHTS],
    [closed, 1],
  ] as const) {
    const self = urn(one.bsn);
    const sent = await gateway.send(
      'epd-proef',
      transaction([
        entry(self, patientOf(one)),
        entry(urn(`c${one.bsn}`), condition(`c${one.bsn}`, self)),
        ...Array.from({ length: weights }, (_none, at) =>
          entry(urn(`w${at}${one.bsn}`), observation(`w${at}${one.bsn}`, self)),
        ),
      ]),
    );
    expect(sent.statusCode, sent.body).toBe(200);
  }
  await choose(gateway, open, [HOSPITALS_TO_GPS, NO_CONDITIONS]);
  token = await gateway.token('partner-huisarts');
});
afterAll(() => gateway.close());

async function patientId(one: typeof open): Promise<string> {
  const { store, database } = gateway.rooms;
  const vault = await vaultOf(gateway, one);
  const epoch = await store.epoch(database, vault);
  const { rows } = await store.candidates(database, { vault, epoch, types: ['Patient'] });
  return rows[0]?.id ?? '';
}

const ASYNC = { prefer: 'respond-async', accept: 'application/fhir+json' };

const kickOff = (id: string, query = '', version = 'r4', as = token) =>
  gateway.ask(`/fhir/${version}/Patient/${id}/$export${query}`, { token: as, headers: ASYNC });

const jobOf = (answer: LightMyRequestResponse): string =>
  String(answer.headers['content-location']).slice(PUBLIC_URL.length);

async function finished(url: string): Promise<LightMyRequestResponse> {
  for (let attempt = 0; attempt < 1_500; attempt += 1) {
    const answer = await gateway.ask(url, { token });
    if (answer.statusCode !== 202) return answer;
    expect(answer.headers['x-progress']).toMatch(/^\d+ resources$/);
    expect(answer.headers['retry-after']).toBeDefined();
    await sleep(20);
  }
  throw new Error('the export does not end');
}

interface Output {
  type: string;
  url: string;
  count: number;
}

const fetched = (url: string, as = token) =>
  gateway.ask(url.slice(PUBLIC_URL.length), { token: as });

const linesOf = (answer: LightMyRequestResponse) =>
  answer.body
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { resourceType: string; id: string });

const drop = (url: string) => gateway.ask(url, { token, method: 'DELETE' });

describe.each(['r4', 'stu3'])('an export (%s)', (version) => {
  it('is asked for, gathered aside, and fetched as lines of what may be seen', async () => {
    const started = await kickOff(await patientId(open), '', version);
    expect(started.statusCode, started.body).toBe(202);
    const job = jobOf(started);
    expect(job).toMatch(new RegExp(`^/fhir/${version}/jobs/[0-9a-f-]{36}$`));
    const manifest = (await finished(job)).json();
    expect(manifest).toMatchObject({ requiresAccessToken: true, error: [] });
    const counts = manifest.output.map(({ type, count }: Output) => [type, count]);
    expect(counts).toEqual([
      ['Observation', WEIGHTS],
      ['Patient', 1],
    ]);
    const file = await fetched(manifest.output[0].url);
    expect(file.headers['content-type']).toBe('application/fhir+ndjson');
    const lines = linesOf(file);
    expect(new Set(lines.map(({ id }) => id)).size).toBe(WEIGHTS);
    expect((await drop(job)).statusCode).toBe(202);
    expect((await gateway.ask(job, { token })).statusCode).toBe(404);
  });
});

describe('an export', () => {
  it('narrows by type and by when it was stored', async () => {
    const id = await patientId(open);
    const job = jobOf(await kickOff(id, '?_type=Patient&_since=2001-01-01'));
    expect((await finished(job)).json().output.map(({ type }: Output) => type)).toEqual([
      'Patient',
    ]);
    await drop(job);
  });

  it('tells the whole address that it was asked with', async () => {
    const path = `Patient/${await patientId(open)}/$export`;
    const query = '?_type=Patient&_since=2001-01-01T00:00:00%2B01:00&_format=json';
    const job = jobOf(await kickOff(await patientId(open), query));
    expect((await finished(job)).json().request).toBe(`${PUBLIC_URL}/fhir/r4/${path}${query}`);
    await drop(job);
  });

  it.each([
    ['_elements', 'id'],
    ['_typeFilter', 'Observation?status=final'],
    ['includeAssociatedData', 'LatestProvenanceResources'],
    ['colour', 'red'],
  ])('gives no more than was asked: %s is refused, or passed over when that may', async (...of) => {
    const query = `?${new URLSearchParams([of])}`;
    const id = await patientId(open);
    const refused = await kickOff(id, query);
    expect(refused.statusCode).toBe(400);
    expect(refused.json().issue[0].expression).toEqual([of[0]]);
    const headers = { ...ASYNC, prefer: 'respond-async, handling=lenient' };
    const may = await gateway.ask(`/fhir/r4/Patient/${id}/$export${query}`, { token, headers });
    expect(may.statusCode).toBe(202);
    await drop(jobOf(may));
  });

  it('of a closed person is as empty as one of nobody', async () => {
    const manifests = [];
    for (const id of [await patientId(closed), '0f0f0f0f-0f0f-8f0f-8f0f-0f0f0f0f0f0f']) {
      const job = jobOf(await kickOff(id));
      const { transactionTime: _at, request: _url, ...rest } = (await finished(job)).json();
      manifests.push(rest);
      await drop(job);
    }
    expect(manifests[0]).toEqual({ requiresAccessToken: true, output: [], error: [] });
    expect(manifests[1]).toEqual(manifests[0]);
  });

  it('is decided again when a file is fetched', async () => {
    const one = person(143);
    const self = urn(one.bsn);
    const two = [entry(self, patientOf(one)), entry(urn('o143'), observation('o143', self))];
    await gateway.send('epd-proef', transaction(two));
    const ids = await choose(gateway, one, [HOSPITALS_TO_GPS]);
    const job = jobOf(await kickOff(await patientId(one)));
    const { output } = (await finished(job)).json();
    const url = output.find(({ type }: Output) => type === 'Observation').url;
    expect(linesOf(await fetched(url))).toHaveLength(1);
    await withdraw(gateway, one, ids);
    expect(linesOf(await fetched(url))).toEqual([]);
    await drop(job);
  });

  it('is its client’s alone, and ends', async () => {
    const job = jobOf(await kickOff(await patientId(open)));
    const manifest = (await finished(job)).json();
    const other = await gateway.token('partner-ander');
    expect((await gateway.ask(job, { token: other })).statusCode).toBe(404);
    expect((await fetched(manifest.output[0].url, other)).statusCode).toBe(404);
    const stranger = await gateway.ask(job, { token: other, method: 'DELETE' });
    expect(stranger.statusCode).toBe(404);
    for (const path of ['/x', '/Nonsense.ndjson', '/Condition.ndjson']) {
      expect((await gateway.ask(`${job}${path}`, { token })).statusCode).toBe(404);
    }
    const { rows } = await gateway.rooms.database.query<{ sealed: Buffer }>(
      'select sealed from export_chunk',
    );
    for (const { sealed } of rows)
      expect(sealed.toString('latin1')).not.toMatch(/Observation|valueQuantity/);
    await gateway.rooms.database.query("update export_job set expires = now() - interval '1 day'");
    expect((await gateway.ask(job, { token })).statusCode).toBe(404);
    await gateway.rooms.exports.sweep();
    const left = await gateway.rooms.database.query('select from export_chunk');
    expect(left.rowCount).toBe(0);
  });

  it('is limited in number, and says what is wrong with it', async () => {
    const id = await patientId(closed);
    const jobs = [];
    for (const _turn of [1, 2, 3, 4]) jobs.push(jobOf(await kickOff(id)));
    const fifth = await kickOff(id);
    expect(fifth.statusCode).toBe(429);
    expect(fifth.headers['retry-after']).toBeDefined();
    for (const job of jobs) await drop(job);
    const plain = await gateway.ask(`/fhir/r4/Patient/${id}/$export`, { token });
    expect(plain.json().issue[0].expression).toEqual(['Prefer']);
    for (const query of ['?_outputFormat=csv', '?_type=Nonsense', '?_since=x']) {
      expect((await kickOff(id, query)).statusCode).toBe(400);
    }
  });

  it('is in the ledger, when it is made and when it is fetched', async () => {
    const lines = await gateway.rooms.ledger.ofPatient(await vaultOf(gateway, open));
    const exported = lines.entries.filter(({ record }) => record.event === 'export');
    expect(exported.length).toBeGreaterThan(2);
    expect(exported[0]?.record).toMatchObject({
      agent: { id: 'dokter-1' },
      query: 'Patient/$export',
    });
  });
});

describe('an export of a group', () => {
  const FHIR = { 'content-type': 'application/fhir+json', accept: 'application/fhir+json' };
  const put = (id: string, resource: object, headers = {}, as = token) =>
    gateway.ask(`/fhir/r4/Group/${id}`, {
      token: as,
      method: 'PUT',
      headers: { ...FHIR, ...headers },
      body: JSON.stringify(resource),
    });
  const group = (id: string, members: readonly string[], more = {}) => ({
    resourceType: 'Group',
    id,
    type: 'person',
    actual: true,
    name: 'Diabetesspreekuur',
    member: members.map((one) => ({ entity: { reference: `Patient/${one}` } })),
    ...more,
  });
  const start = (id: string, as = token) =>
    gateway.ask(`/fhir/r4/Group/${id}/$export`, { token: as, headers: ASYNC });

  it('gathers what may be seen of each of its people, and of the others nothing', async () => {
    const other = person(144);
    const self = urn(other.bsn);
    const two = [entry(self, patientOf(other)), entry(urn('o144'), observation('o144', self))];
    await gateway.send('epd-proef', transaction(two));
    await choose(gateway, other, [HOSPITALS_TO_GPS]);
    const ids = [await patientId(open), await patientId(closed), 'nobody', await patientId(other)];
    expect((await put('dm', group('dm', [...ids, ...ids]))).statusCode).toBe(201);
    const started = await start('dm');
    expect(started.statusCode, started.body).toBe(202);
    const job = jobOf(started);
    const { output, request } = (await finished(job)).json();
    expect(request).toBe(`${PUBLIC_URL}/fhir/r4/Group/dm/$export`);
    expect(output.map(({ type, count }: Output) => [type, count])).toEqual([
      ['Observation', WEIGHTS + 1],
      ['Patient', 2],
    ]);
    const lines = linesOf(await fetched(output[1].url));
    expect(new Set(lines.map(({ id }) => id))).toEqual(new Set([ids[0], ids[3]]));
    expect(linesOf(await fetched(output[0].url))).toHaveLength(WEIGHTS + 1);
    await drop(job);
  });

  it('may also be asked for with parameters that name the people', async () => {
    const id = await patientId(open);
    const started = await gateway.ask('/fhir/r4/Patient/$export', {
      token,
      method: 'POST',
      headers: { ...FHIR, ...ASYNC },
      body: JSON.stringify({
        resourceType: 'Parameters',
        parameter: [
          { name: '_type', valueString: 'Patient' },
          { name: 'patient', valueReference: { reference: `Patient/${id}` } },
        ],
      }),
    });
    expect(started.statusCode, started.body).toBe(202);
    const job = jobOf(started);
    const { output } = (await finished(job)).json();
    expect(output.map(({ type, count }: Output) => [type, count])).toEqual([['Patient', 1]]);
    await drop(job);
    const unnamed = await gateway.ask('/fhir/r4/Patient/$export', { token, headers: ASYNC });
    expect(unnamed.json().issue[0].expression).toEqual(['patient']);
  });

  it('gives of a group only whom the parameters name, who must be in it', async () => {
    const [one, two] = [await patientId(open), await patientId(closed)];
    await put('few', group('few', [one, two]));
    const named = (who: string) =>
      gateway.ask(`/fhir/r4/Group/few/$export?patient=Patient/${who}`, { token, headers: ASYNC });
    const job = jobOf(await named(one));
    const { output } = (await finished(job)).json();
    expect(linesOf(await fetched(output.at(-1).url)).map(({ id }) => id)).toEqual([one]);
    await drop(job);
    const outside = await named('nobody');
    expect([outside.statusCode, outside.json().issue[0].expression]).toEqual([400, ['patient']]);
    const other = await kickOff(one, `?patient=Patient/${two}`);
    expect(other.statusCode).toBe(400);
  });

  it('is kept for its client alone, with versions, and sealed', async () => {
    expect((await put('mine', group('mine', ['a1']))).headers.etag).toBe('W/"1"');
    expect((await put('mine', group('mine', ['b2']))).headers.etag).toBe('W/"2"');
    const late = await put('mine', group('mine', ['c3']), { 'if-match': 'W/"1"' });
    expect(late.statusCode).toBe(412);
    expect((await put('new', group('new', []), { 'if-match': 'W/"1"' })).statusCode).toBe(412);
    const shown = await gateway.ask('/fhir/r4/Group/mine', { token });
    expect(shown.json()).toMatchObject({ name: 'Diabetesspreekuur', quantity: 1 });
    expect(shown.json().member).toEqual([{ entity: { reference: 'Patient/b2' } }]);
    const other = await gateway.token('partner-ander');
    expect((await gateway.ask('/fhir/r4/Group/mine', { token: other })).statusCode).toBe(404);
    expect((await start('mine', other)).statusCode).toBe(404);
    const { rows } = await gateway.rooms.database.query<{ sealed: Buffer }>(
      'select sealed from patient_group',
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const { sealed } of rows)
      expect(sealed.toString('latin1')).not.toMatch(/Patient\/b2|Diabetes/);
    const gone = await gateway.ask('/fhir/r4/Group/mine', { token, method: 'DELETE' });
    expect(gone.statusCode).toBe(204);
    const again = await gateway.ask('/fhir/r4/Group/mine', { token, method: 'DELETE' });
    expect(again.statusCode).toBe(204);
    expect((await start('mine')).statusCode).toBe(404);
  });

  it.each([
    ['a herd', { type: 'animal' }, 'Group.type'],
    ['a description of people', { actual: false }, 'Group.actual'],
    [
      'a doctor in it',
      {
        member: [
          { entity: { reference: 'Patient/a' } },
          { entity: { reference: 'Practitioner/b' } },
        ],
      },
      'Group.member[1].entity',
    ],
    [
      'somebody without a reference',
      { member: [{ entity: { display: 'x' } }] },
      'Group.member[0].entity',
    ],
  ])('refuses %s with the place', async (_what, more, place) => {
    const answer = await put('odd', group('odd', [], more));
    expect(answer.statusCode).toBe(422);
    expect(answer.json().issue[0].expression).toEqual([place]);
  });
});
