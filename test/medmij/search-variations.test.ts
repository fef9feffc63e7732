/**
 * One question put in many ways is one answer: another order, by POST, in XML, in pages, as a
 * count, with parameters that nobody knows. And prefixes of dates split what there is, without a
 * gap. gegevensdiensten.md 2.3.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, HOSPITAL, openGateway, PGO } from '../support/gateway.ts';
import {
  condition,
  entry,
  observation,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

interface Bundle {
  readonly total?: number;
  readonly entry?: readonly {
    readonly resource: { readonly resourceType: string; readonly id: string };
    readonly search: { readonly mode: string };
  }[];
  readonly link: readonly { readonly relation: string; readonly url: string }[];
}

let gateway: Gateway;
let token: string;
const own = person(1);
const BASE = '/medmij/ziekenhuisproef/48/fhir';
const MOMENTS = ['2024', '2025-03', '2025-03-10', '2025-12-31T23:30:00+01:00', '2026-01-05'];

beforeAll(async () => {
  gateway = await openGateway();
  const self = urn(own.bsn);
  const readings = MOMENTS.map((effectiveDateTime, nth) =>
    entry(urn(`o${nth}`), observation(`o${nth}`, self, { effectiveDateTime })),
  );
  const periods = [
    { start: '2025-01-01', end: '2025-06-30' },
    { start: '2025-12-31' },
    { end: '2024-02-29' },
  ].map((effectivePeriod, nth) => {
    const { effectiveDateTime: _moment, ...rest } = observation(`p${nth}`, self);
    return entry(urn(`p${nth}`), { ...rest, effectivePeriod });
  });
  const problems = [1, 2, 3].map((nth) => entry(urn(`c${nth}`), condition(`c${nth}`, self)));
  const all = transaction([entry(self, patientOf(own)), ...readings, ...periods, ...problems]);
  expect((await gateway.send('epd-proef', all)).statusCode).toBe(200);
  const { rooms } = gateway;
  const issued = await rooms.tokens.issue(rooms.database, {
    ...{ kind: 'medmij', client: PGO, vault: await vaultOf(gateway, own) },
    ...{ aanbieder: HOSPITAL.id, services: ['48'] },
    ...{ consent: randomUUID(), correlationId: randomUUID() },
  });
  token = issued.token;
});
afterAll(() => gateway.close());

async function ask(path: string, headers: Record<string, string> = {}) {
  const answer = await gateway.ask(`${BASE}/${path}`, { token, headers });
  expect(answer.statusCode, `${path}: ${answer.body}`).toBe(200);
  return answer;
}
const found = async (path: string) => (await ask(path)).json() as Bundle;
const idsOf = ({ entry: entries = [] }: Bundle, mode = 'match') =>
  entries
    .filter(({ search }) => search.mode === mode)
    .map(({ resource }) => `${resource.resourceType}/${resource.id}`)
    .toSorted();
const self = ({ link }: Bundle) => link.find(({ relation }) => relation === 'self')?.url ?? '';

describe.each([
  'Observation?code=http://loinc.org%7C29463-7&date=ge2025&status=final',
  'Observation?date=ge2024-01-01&date=le2026-12-31&_include=Observation:subject',
  'Condition?_include=Condition:subject&clinical-status=active',
  'Condition',
])('the question %s', (question) => {
  const [type = '', query = ''] = question.split('?');
  const and = query === '' ? '?' : '&';
  let plain: Bundle;
  beforeAll(async () => {
    plain = await found(question);
    expect(idsOf(plain).length).toBeGreaterThan(2);
    expect(plain.total).toBe(idsOf(plain).length);
  });

  it('in another order, by POST and in XML has the same answer', async () => {
    const turned = query.split('&').toReversed().join('&');
    expect(idsOf(await found(`${type}?${turned}`))).toEqual(idsOf(plain));
    const sent = await gateway.ask(`${BASE}/${type}/_search`, {
      ...{ token, method: 'POST', body: query },
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(idsOf(sent.json())).toEqual(idsOf(plain));
    expect(idsOf(sent.json(), 'include')).toEqual(idsOf(plain, 'include'));
    const xml = (await ask(question, { accept: 'application/fhir+xml' })).body;
    expect(xml.split('<mode value="match"/>')).toHaveLength(idsOf(plain).length + 1);
    const asked = await ask(`${question}${and}_format=xml`);
    expect(asked.headers['content-type']).toContain('application/fhir+xml');
  });

  it('with a slash at the end, and in the media types of before, has the same answer', async () => {
    const slashed = question.replace(/^(\w+)/, '$1/');
    expect(idsOf(await found(slashed))).toEqual(idsOf(plain));
    for (const [accept, got] of [
      ['application/json+fhir', 'application/fhir+json'],
      ['application/xml+fhir', 'application/fhir+xml'],
      ['application/fhir+xml;q=0.2, application/fhir+json;q=0.8', 'application/fhir+json'],
    ] as const) {
      const answer = await ask(question, { accept });
      expect(answer.statusCode, accept).toBe(200);
      expect(answer.headers['content-type']).toContain(got);
    }
  });

  it('in pages and as a count is as large', async () => {
    const seen: string[] = [];
    let next: string | undefined = `${question}${and}_count=2`;
    while (next !== undefined) {
      const page: Bundle = await found(next);
      expect(page.total).toBe(plain.total);
      expect(idsOf(page).length).toBeLessThanOrEqual(2);
      seen.push(...idsOf(page));
      const url = page.link.find(({ relation }) => relation === 'next')?.url;
      next = url?.slice(url.indexOf(BASE) + BASE.length + 1);
    }
    expect(seen.toSorted()).toEqual(idsOf(plain));
    const counted = await found(`${question}${and}_summary=count`);
    expect(counted).toMatchObject({ total: plain.total });
    expect(counted.entry).toBeUndefined();
  });

  it('leaves out what nobody knows, also of the self link; a strict asker is told', async () => {
    const more = await found(`${question}${and}schoenmaat=42`);
    expect(idsOf(more)).toEqual(idsOf(plain));
    expect(self(more)).not.toContain('schoenmaat');
    for (const [name, value] of new URLSearchParams(query)) {
      expect(new URL(self(plain)).searchParams.getAll(name)).toContain(value);
    }
    const strict = await gateway.ask(`${BASE}/${question}${and}schoenmaat=42`, {
      token,
      headers: { prefer: 'handling=strict' },
    });
    expect(strict.statusCode).toBe(400);
    expect(idsOf(await found(`${question}${and}_id=nooit`))).toEqual([]);
  });
});

describe('the prefixes of a date', () => {
  it.each([...MOMENTS, '2025-06-30', '2025-03-10T00:00:00Z', '2024-02'])(
    'split what there is at %s, without a gap',
    async (at) => {
      const of = async (prefix: string) =>
        new Set(idsOf(await found(`Observation?date=${prefix}${encodeURIComponent(at)}`)));
      const all = idsOf(await found('Observation?date=ge1900'));
      expect(all).toHaveLength(8);
      const [eq, ne, lt, ge, gt, le, sa, eb, none] = await Promise.all(
        ['eq', 'ne', 'lt', 'ge', 'gt', 'le', 'sa', 'eb', ''].map(of),
      );
      expect(none).toEqual(eq);
      for (const id of all) {
        expect(lt?.has(id) || ge?.has(id), `${id} lt or ge`).toBe(true);
        expect(le?.has(id) || gt?.has(id), `${id} le or gt`).toBe(true);
        expect(eq?.has(id), `${id} eq or ne`).toBe(!ne?.has(id));
        if (eq?.has(id)) expect(ge?.has(id) && le?.has(id), `${id} eq`).toBe(true);
        if (sa?.has(id)) expect(gt?.has(id) && !lt?.has(id), `${id} sa`).toBe(true);
        if (eb?.has(id)) expect(lt?.has(id) && !gt?.has(id), `${id} eb`).toBe(true);
      }
    },
  );

  it.each(['ge', '2025-13-01', 'ge2025-02-30', 'gisteren', 'xx2025'])(
    'are not made up: %s',
    async (value) => {
      const answer = await gateway.ask(`${BASE}/Observation?date=${value}`, { token });
      expect(answer.statusCode).toBe(400);
      expect(answer.json().issue[0].expression).toEqual(['date']);
    },
  );
});

it('the last of each code is the same with its sign encoded, by itself and in a batch', async () => {
  const query = 'code=http%3A%2F%2Floinc.org%7C29463-7';
  const plain = await found(`Observation/$lastn?${query}`);
  expect(idsOf(plain)).toHaveLength(1);
  expect(idsOf(await found(`Observation/%24lastn?${query}`))).toEqual(idsOf(plain));
  const url = `Observation/%24lastn?${query}`;
  const batch = await gateway.ask(BASE, {
    ...{ token, method: 'POST', headers: { 'content-type': 'application/fhir+json' } },
    body: JSON.stringify({
      ...{ resourceType: 'Bundle', type: 'batch' },
      entry: [{ request: { method: 'GET', url } }],
    }),
  });
  expect(batch.json().entry[0].response.status, batch.body).toContain('200');
});
