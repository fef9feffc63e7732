/**
 * Questions in a batch or transaction are the same questions: http.html#transaction, "Each entry
 * carries request details", whatever interaction they are of.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FHIR_LIMITS } from '../../src/fhir/limits.ts';
import { type BundleTurn, readInBundle } from '../../src/fhir/read-in-bundle.ts';
import { type Gateway, openGateway } from '../support/gateway.ts';
import {
  choose,
  condition,
  entry,
  HOSPITALS_TO_GPS,
  type Json,
  observation,
  patientOf,
  person,
  transaction,
  urn,
} from '../support/people.ts';

let gateway: Gateway;
let token: string;
const one = person(61);
let patient: string;
let weight: string;
let hidden: string;

interface Entry {
  resource?: Json & { entry?: unknown[]; total?: number; link: { url: string }[] };
  response: { status: string; outcome?: unknown };
}

beforeAll(async () => {
  gateway = await openGateway();
  const self = urn('self');
  const sent = await gateway.send(
    'epd-proef',
    transaction([
      entry(self, patientOf(one)),
      entry(urn('w'), observation('w', self)),
      entry(urn('c'), condition('c', self)),
    ]),
  );
  [patient = '', weight = '', hidden = ''] = sent
    .json<{ entry: Entry[] }>()
    .entry.map(({ response }) => /\/([^/]+)\/_history/.exec(JSON.stringify(response))?.[1] ?? '');
  await choose(gateway, one, [
    HOSPITALS_TO_GPS,
    { ...HOSPITALS_TO_GPS, type: 'deny', data: { level: 'type', value: 'Condition' } },
  ]);
  token = await gateway.token('partner-huisarts');
});
afterAll(() => gateway.close());

interface Asked {
  readonly type?: string;
  readonly version?: string;
  readonly headers?: Record<string, string>;
}

async function bundle(
  entries: (string | Json)[],
  { type = 'batch', version = 'r4', headers = {} }: Asked = {},
) {
  return gateway.ask(`/fhir/${version}`, {
    token,
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json', ...headers },
    body: JSON.stringify({
      resourceType: 'Bundle',
      type,
      entry: entries.map((one) =>
        typeof one === 'string' ? { request: { method: 'GET', url: one } } : one,
      ),
    }),
  });
}

const answers = async (...asked: Parameters<typeof bundle>): Promise<Entry[]> =>
  (await bundle(...asked)).json().entry;

/** Each answer of a Bundle has a name and a moment of its own. */
function bare({ id, meta, ...rest }: Json): Json {
  return rest['resourceType'] === 'Bundle' ? rest : { ...rest, id, meta };
}

const questions = (): string[] => [
  `Patient/${patient}/$everything?_count=200`,
  `Patient/${patient}/$everything?_type=Observation&_count=1`,
  `Patient/${patient}/_history`,
  `Observation/${weight}/_history?_count=1`,
  `Observation/_history?patient=${patient}`,
  `_history?patient=${patient}&_since=2020-01-01`,
  `Observation/${weight}/$meta`,
  `Observation/${weight}/_history/1/$meta`,
  `Observation/${weight}/$validate`,
  `Observation/${weight}/?_elements=status`,
  `Patient/${patient}/Observation`,
  `Patient/${patient}/*?_type=Observation`,
  `?_type=Observation,Condition&patient=${patient}`,
  `Observation/$lastn?patient=${patient}`,
  'metadata',
];

describe.each(['r4', 'stu3'])('in a bundle (%s)', (version) => {
  it.each(['batch', 'transaction'])('of type %s each is answered as by itself', async (type) => {
    const given = await answers(questions(), { type, version });
    for (const [at, question] of questions().entries()) {
      const url = `/fhir/${version}${question.startsWith('?') ? '' : '/'}${question}`;
      const alone = await gateway.ask(url, { token });
      expect(alone.statusCode, alone.body).toBe(200);
      expect(given[at]?.response.status, JSON.stringify(given[at])).toBe('200 OK');
      const cursors = (text: Json) =>
        JSON.parse(JSON.stringify(text).replace(/_cursor=[^"]*/g, '_cursor='));
      expect(cursors(bare(given[at]?.resource ?? {}))).toEqual(cursors(bare(alone.json())));
    }
  });

  it('what is withheld is what never was', async () => {
    const of = (id: string) => [
      `Condition/${id}/_history`,
      `Condition/${id}/$meta`,
      `Condition/${id}/$validate`,
      `Condition/${id}/_history/1`,
    ];
    const withheld = await answers(of(hidden), { version });
    expect(withheld.map(({ response }) => response.status)).toEqual(['404', '404', '404', '404']);
    expect(withheld).toEqual(await answers(of('never'), { version }));
    const [record] = await answers([`Patient/${patient}/$everything`], { version });
    expect(JSON.stringify(record)).not.toContain('"Condition"');
    const [nobody] = await answers(['Patient/nobody/$everything'], { version });
    expect(nobody?.resource?.entry).toBeUndefined();
  });
});

describe('in a batch', () => {
  it('no more is given than one answer holds', async () => {
    const turn = { given: FHIR_LIMITS.bundleAnswersMax } as BundleTurn;
    const asked = { url: new URL('http://localhost/Observation?patient=1') };
    await expect(readInBundle(turn, asked)).rejects.toMatchObject({ kind: 'too-costly' });
  });

  it('each question has its line in the ledger', async () => {
    const lines = async () =>
      (await gateway.rooms.database.query('select count(*)::int as n from ledger_entry')).rows[0].n;
    for (const question of questions().filter((one) => one !== 'metadata')) {
      const start = await lines();
      await gateway.ask(`/fhir/r4${question.startsWith('?') ? '' : '/'}${question}`, { token });
      const alone = (await lines()) - start;
      expect(alone).toBeGreaterThan(0);
      await answers([question]);
      expect((await lines()) - start - alone, question).toBe(alone);
    }
  });

  it('operations that change nothing may be sent to', async () => {
    const post = (url: string, resource: Json) => ({ resource, request: { method: 'POST', url } });
    const parameters = (...parameter: Json[]) => ({ resourceType: 'Parameters', parameter });
    const wrong = { resourceType: 'Observation', code: { text: 'x' } };
    const [record, latest, checked, unknown, job, whole, nothing] = await answers([
      post(
        `Patient/${patient}/$everything`,
        parameters({ name: '_type', valueString: 'Observation' }),
      ),
      post('Observation/$lastn', parameters({ name: 'patient', valueString: patient })),
      post('Observation/$validate', wrong),
      post('Observation/$nonsense', wrong),
      'Patient/$export',
      { request: { method: 'POST', url: `Patient/${patient}/$everything` } },
      { request: { method: 'POST', url: 'Observation/$validate' } },
    ]);
    expect(record?.resource?.entry?.length).toBe(1);
    expect(latest?.resource?.total).toBe(1);
    expect(JSON.stringify(checked?.resource)).toContain('Observation.status');
    expect([unknown, job].map((one) => one?.response.status)).toEqual(['400', '501']);
    expect([whole, nothing].map((one) => one?.response.status)).toEqual(['200 OK', '400']);
  });

  it('a search by POST is the same search, wherever its parameters stand', async () => {
    const post = (url: string, resource?: Json): Json => ({
      ...(resource ? { resource } : {}),
      request: { method: 'POST', url },
    });
    const plain = { name: 'code', valueString: '29463-7' };
    const form = Buffer.from(`patient=${patient}&code=29463-7`).toString('base64');
    const parameter = [{ name: 'patient', valueString: patient }, plain];
    const ofForm = { contentType: 'application/x-www-form-urlencoded', data: form };
    const got = await answers([
      `Observation?patient=${patient}&code=29463-7`,
      post(`Observation/_search?patient=${patient}&code=29463-7`),
      post('Observation/_search', { resourceType: 'Parameters', parameter }),
      post('Observation/_search', { resourceType: 'Binary', ...ofForm }),
      post(`Patient/${patient}/Observation/_search?code=29463-7`),
      post(`_search?_type=Observation&patient=${patient}&code=29463-7`),
    ]);
    for (const { resource, response } of got) {
      expect(response.status).toBe('200 OK');
      expect(resource?.total).toBe(1);
      expect(JSON.stringify(resource?.entry)).toContain(weight);
    }
    const wrong = await answers([
      post('Observation/_search', {
        resourceType: 'Binary',
        contentType: 'text/plain',
        data: 'eA==',
      }),
      post('Observation/_search', { resourceType: 'Parameters', parameter: [{ name: 'code' }] }),
      post(`Patient/${patient}/_search`),
      post('Nothing/_search'),
      post(`Observation/_search?patient=${patient}&nothing=1`),
    ]);
    expect(wrong.map(({ response }) => response.status)).toEqual([
      '400',
      '400',
      '400',
      '404',
      '200 OK',
    ]);
  });

  it('HEAD gives all but the resource', async () => {
    const [head, get] = await answers([
      { request: { method: 'HEAD', url: `Observation/${weight}` } },
      `Observation/${weight}`,
    ]);
    expect(head?.response).toEqual(get?.response);
    expect(head).not.toHaveProperty('resource');
  });

  it('what the client has is not given again', async () => {
    const ask = (more: Json) => ({
      request: { method: 'GET', url: `Observation/${weight}`, ...more },
    });
    const given = await answers([
      ask({ ifNoneMatch: 'W/"1"' }),
      ask({ ifNoneMatch: 'W/"9", W/"1"' }),
      ask({ ifModifiedSince: '2100-01-01T00:00:00Z' }),
      ask({ ifModifiedSince: '2001-01-01T00:00:00Z' }),
      ask({ ifNoneMatch: 'W/"9"', ifModifiedSince: '2100-01-01T00:00:00Z' }),
    ]);
    const statuses = given.map(({ response }) => response.status.slice(0, 3));
    expect(statuses).toEqual(['304', '304', '304', '200', '200']);
  });

  it('strict handling holds for each search in it', async () => {
    const search = `Observation?patient=${patient}&colour=red`;
    const [lenient] = await answers([search]);
    const [strict] = await answers([search], { headers: { prefer: 'handling=strict' } });
    expect([lenient, strict].map((one) => one?.response.status)).toEqual(['200 OK', '400']);
  });

  it('nothing is done at addresses where there is nothing', async () => {
    const given = await answers([
      'Observation/a/b/c/d',
      'Observation/%zz',
      '$everything',
      `Observation/${weight}/$everything`,
      'AuditEvent',
      'Nonsense/1',
    ]);
    const statuses = given.map(({ response }) => response.status);
    expect(statuses).toEqual(['404', '404', '400', '400', '501', '404']);
  });
});
