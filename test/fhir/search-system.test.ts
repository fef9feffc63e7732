/**
 * Search over several types and history of all types, in one record under a decision.
 * https://hl7.org/fhir/R4/http.html#search, #history; consent.md 7.2
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BSN_SYSTEM, type Gateway, openGateway, PUBLIC_URL } from '../support/gateway.ts';
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
let sender: string;
let patient: string;
let other: string;
const one = person(71);
const two = person(72);

const encounter = (self: string): Json => ({
  resourceType: 'Encounter',
  status: 'finished',
  class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
  subject: { reference: self },
  period: { start: '2026-01-05', end: '2026-01-05' },
});

beforeAll(async () => {
  gateway = await openGateway();
  for (const each of [one, two]) {
    const self = urn(each.bsn);
    const visit = urn(`e${each.bsn}`);
    const sent = await gateway.send(
      'epd-proef',
      transaction([
        entry(self, patientOf(each)),
        entry(visit, encounter(self)),
        entry(urn(`c${each.bsn}`), condition(`c${each.bsn}`, self)),
        ...[1, 2, 3].map((at) =>
          entry(
            urn(`o${at}${each.bsn}`),
            observation(`o${at}${each.bsn}`, self, {
              encounter: { reference: visit },
              effectiveDateTime: `2026-01-0${at}`,
            }),
          ),
        ),
      ]),
    );
    expect(sent.statusCode, sent.body).toBe(200);
  }
  await choose(gateway, one, [
    HOSPITALS_TO_GPS,
    { ...HOSPITALS_TO_GPS, type: 'deny', data: { level: 'type', value: 'Condition' } },
  ]);
  await choose(gateway, two, [HOSPITALS_TO_GPS]);
  token = await gateway.token('partner-huisarts');
  sender = await gateway.token('epd-proef');
  [patient, other] = await Promise.all([idOf(one.bsn), idOf(two.bsn)]);
});
afterAll(() => gateway.close());

async function idOf(bsn: string): Promise<string> {
  const form = { identifier: `${BSN_SYSTEM}|${bsn}` };
  const found = await gateway.ask('/fhir/r4/Patient/_search', { token, form });
  return found.json().entry[0].resource.id;
}

const get = (path: string, as = token, headers: Record<string, string> = {}, version = 'r4') =>
  gateway.ask(path.startsWith('http') ? path.slice(PUBLIC_URL.length) : `/fhir/${version}${path}`, {
    token: as,
    headers,
  });

interface Found {
  total?: number;
  link: { relation: string; url: string }[];
  entry?: {
    resource?: { resourceType: string; id: string };
    search?: { mode: string };
    request?: { method: string; url: string };
  }[];
}

const typesOf = ({ entry: found = [] }: Found): string[] =>
  found.map(({ resource }) => resource?.resourceType ?? '-').toSorted();
const WEIGHTS = ['Observation', 'Observation', 'Observation'];

describe('a search over several types', () => {
  it.each(['r4', 'stu3'])('gives what each of them gives, and no more (%s)', async (version) => {
    const path = `?_type=Observation,Encounter,Condition&patient=${patient}`;
    const answer = await get(path, token, {}, version);
    expect(answer.statusCode, answer.body).toBe(200);
    const bundle = answer.json<Found>();
    expect(typesOf(bundle)).toEqual(['Encounter', ...WEIGHTS]);
    expect(bundle.total).toBe(4);
    expect(bundle.link[0]?.url).toBe(
      `${PUBLIC_URL}/fhir/${version}?_type=Observation,Encounter,Condition&patient=${patient}`,
    );
    const whole = (await get(path, sender, {}, version)).json<Found>();
    expect(typesOf(whole)).toEqual(['Condition', 'Encounter', ...WEIGHTS]);
  });

  it('asks of all of them what is asked, and can be posted', async () => {
    const both = { patient, _type: 'Encounter,Observation' };
    const ask = (form: Record<string, string>) =>
      gateway.ask('/fhir/r4/_search', { token, form: { ...both, ...form } });
    expect((await ask({ date: '2026-01-02' })).json().total).toBe(1);
    expect((await ask({ date: 'ge2026-01-03' })).json().total).toBe(2);
    expect((await ask({ _lastUpdated: 'lt2000' })).json().total).toBe(0);
    const summary = (await ask({ _summary: 'count' })).json();
    expect([summary.total, summary.entry]).toEqual([4, undefined]);
  });

  it('joins, includes and sorts over them', async () => {
    const path = `?_type=Encounter,Observation&patient=${patient}&_sort=-date`;
    const sorted = (await get(path)).json<Found>();
    expect(sorted.entry?.map(({ resource }) => resource?.resourceType)).toEqual([
      'Encounter',
      ...WEIGHTS,
    ]);
    const included = await get(
      `?_type=Observation&patient=${patient}&_include=Observation:encounter`,
    );
    expect(typesOf(included.json<Found>())).toEqual(['Encounter', ...WEIGHTS]);
    const back = `?_type=Encounter&patient=${patient}&_revinclude=*`;
    expect(typesOf((await get(back)).json<Found>())).toEqual(
      expect.arrayContaining(['Encounter', ...WEIGHTS]),
    );
    const visits = `?_type=Encounter,Observation&patient=${patient}&_include=*`;
    const modes = (await get(visits)).json<Found>().entry?.map(({ search }) => search?.mode);
    expect(modes).toEqual(['match', 'match', 'match', 'match', 'include']);
  });

  it('pages through all of them, once each', async () => {
    const seen: string[] = [];
    let next: string | undefined = `?_type=Observation,Encounter&patient=${patient}&_count=1`;
    for (let page = 0; next !== undefined && page < 9; page += 1) {
      const bundle: Found = (await get(next)).json<Found>();
      expect(bundle.total).toBe(4);
      seen.push(...(bundle.entry ?? []).map(({ resource }) => resource?.id ?? ''));
      next = bundle.link.find(({ relation }) => relation === 'next')?.url;
    }
    expect(new Set(seen).size).toBe(4);
    expect(seen).toHaveLength(4);
  });

  it.each([
    ['no type', () => `?patient=${patient}`, 'type-required', '_type'],
    ['an unknown type', () => `?_type=Nothing&patient=${patient}`, 'type', '_type'],
    ['no patient', () => '?_type=Observation,Condition', 'patient-required', 'patient'],
    [
      'what only one of them knows',
      () => `?_type=Observation,Encounter&patient=${patient}&value-quantity=70`,
      'search-parameter',
      'value-quantity',
    ],
    [
      'a faulty value',
      () => `?_type=Observation&patient=${patient}&date=x`,
      'search-value',
      'date',
    ],
    [
      'what nobody knows',
      () => `?_type=Observation&patient=${patient}&x=1`,
      'search-parameter',
      'x',
    ],
  ])('refuses %s', async (_what, path, code, expression) => {
    const headers = { prefer: 'handling=strict' };
    const answer = await get(path(), token, headers);
    expect(answer.statusCode, answer.body).toBe(400);
    const [issue] = answer.json().issue;
    expect([issue.details.coding[0].code, issue.expression]).toEqual([code, [expression]]);
  });

  it('gives everything in the compartment of one person, and of nobody else', async () => {
    const bundle = (await get(`/Patient/${patient}/*`)).json<Found>();
    expect(typesOf(bundle)).toEqual(['Encounter', ...WEIGHTS, 'Patient']);
    expect(bundle.link[0]?.url).toBe(`${PUBLIC_URL}/fhir/r4/Patient/${patient}/*`);
    const named = await get(`/Patient/${patient}/*?_type=Encounter,Patient,Practitioner`);
    expect(typesOf(named.json<Found>())).toEqual(['Encounter', 'Patient']);
    const crossed = await get(`/Patient/${patient}/*?_type=Encounter&patient=${other}`);
    expect(crossed.json().total).toBe(0);
    const nobody = await get('/Patient/0f0f0f0f-0f0f-8f0f-8f0f-0f0f0f0f0f0f/*');
    expect([nobody.statusCode, nobody.json().total]).toEqual([200, 0]);
  });

  it('stands in the capabilities of who may do it', async () => {
    const metadata = (await get('/metadata')).json();
    const codes = metadata.rest[0].interaction.map(({ code }: { code: string }) => code);
    expect(codes).toEqual(expect.arrayContaining(['search-system', 'history-system']));
  });
});

describe('the history of all types', () => {
  it.each(['r4', 'stu3'])('shows what may be seen, without a total (%s)', async (version) => {
    const answer = await get(`/_history?patient=${patient}`, token, {}, version);
    expect(answer.statusCode, answer.body).toBe(200);
    const bundle = answer.json<Found>();
    expect(typesOf(bundle)).toEqual(['Encounter', ...WEIGHTS, 'Patient']);
    expect(bundle.total).toBeUndefined();
    const whole = (await get(`/_history?patient=${patient}`, sender, {}, version)).json<Found>();
    expect(typesOf(whole)).toContain('Condition');
  });

  it('tells of what was taken back by its type, and goes on page by page', async () => {
    const made = await gateway.ask('/fhir/r4/Flag', {
      token: sender,
      headers: { 'content-type': 'application/fhir+json' },
      body: JSON.stringify({
        resourceType: 'Flag',
        status: 'active',
        code: { text: 'Valgevaar' },
        subject: { reference: `Patient/${await idAt(sender)}` },
      }),
    });
    expect(made.statusCode, made.body).toBe(201);
    const { id } = made.json();
    await gateway.ask(`/fhir/r4/Flag/${id}`, { token: sender, method: 'DELETE' });
    const requests: string[] = [];
    let next: string | undefined = `/_history?patient=${patient}&_count=3`;
    for (let page = 0; next !== undefined && page < 9; page += 1) {
      const bundle: Found = (await get(next, sender)).json<Found>();
      for (const { request } of bundle.entry ?? []) {
        requests.push(`${request?.method} ${request?.url}`);
      }
      next = bundle.link.find(({ relation }) => relation === 'next')?.url;
    }
    expect(requests.slice(0, 2)).toEqual([`DELETE Flag/${id}`, 'POST Flag']);
    expect(requests.length).toBeGreaterThan(7);
  });

  const idAt = async (as: string): Promise<string> => {
    const form = { identifier: `${BSN_SYSTEM}|${one.bsn}` };
    const found = await gateway.ask('/fhir/r4/Patient/_search', { token: as, form });
    return found.json().entry[0].resource.id;
  };

  it('needs a patient', async () => {
    const answer = await get('/_history');
    expect(answer.statusCode).toBe(400);
    expect(answer.json().issue[0].expression).toEqual(['patient']);
  });
});
