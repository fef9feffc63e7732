/** https://hl7.org/fhir/R4/http.html#history under a decision (consent.md 7.2). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, HOSPITAL, openGateway, PUBLIC_URL } from '../support/gateway.ts';
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
} from '../support/people.ts';

let gateway: Gateway;
let token: string;
const open = person(31);
const closed = person(32);

async function send(one: typeof open, weight: number, more: Record<string, unknown> = {}) {
  const self = urn(one.bsn);
  const quantity = { valueQuantity: { value: weight, unit: 'kg' } };
  const sent = await gateway.send(
    'epd-proef',
    transaction([
      entry(self, patientOf(one)),
      entry(urn(`w${one.bsn}`), observation(`w${one.bsn}`, self, { ...quantity, ...more })),
      entry(urn(`c${one.bsn}`), condition(`c${one.bsn}`, self)),
    ]),
  );
  expect(sent.statusCode, sent.body).toBe(200);
}

beforeAll(async () => {
  gateway = await openGateway();
  for (const one of [open, closed]) {
    for (const weight of [70, 71, 72]) await send(one, weight);
  }
  await choose(gateway, open, [
    HOSPITALS_TO_GPS,
    { ...HOSPITALS_TO_GPS, type: 'deny', data: { level: 'type', value: 'Condition' } },
  ]);
  token = await gateway.token('partner-huisarts');
});
afterAll(() => gateway.close());

const get = async (path: string, as = token, version = 'r4') =>
  gateway.ask(
    path.startsWith('http') ? path.slice(PUBLIC_URL.length) : `/fhir/${version}/${path}`,
    {
      token: as,
    },
  );

interface Versions {
  entry?: { resource: { meta: { versionId: string; lastUpdated: string } } }[];
}

const versionsIn = ({ entry: found = [] }: Versions): [string, string][] =>
  found.map(({ resource: { meta } }) => [meta.versionId, meta.lastUpdated]);

async function own(path: string) {
  return get(path, await gateway.token('epd-proef'));
}

async function idOf(one: typeof open, type: string): Promise<string> {
  const token = await gateway.token('epd-proef');
  const form = { identifier: `http://fhir.nl/fhir/NamingSystem/bsn|${one.bsn}` };
  const patient = await gateway.ask('/fhir/r4/Patient/_search', { token, form });
  const id = patient.json().entry[0].resource.id as string;
  if (type === 'Patient') return id;
  const found = await get(`${type}?patient=Patient/${id}`, token);
  return found.json().entry[0].resource.id as string;
}

describe('history of an instance', () => {
  it('lists the versions, the newest first, each as it was', async () => {
    const id = await idOf(open, 'Observation');
    const answer = await get(`Observation/${id}/_history`);
    expect(answer.statusCode, answer.body).toBe(200);
    const { type, total, entry: entries } = answer.json();
    expect({ type, total }).toEqual({ type: 'history', total: 3 });
    expect(
      entries.map((one: { resource: { valueQuantity: { value: number } } }) => [
        one.resource.valueQuantity.value,
      ]),
    ).toEqual([[72], [71], [70]]);
    expect(entries[0]).toMatchObject({
      fullUrl: `${PUBLIC_URL}/fhir/r4/Observation/${id}`,
      request: { method: 'PUT', url: `Observation/${id}` },
      response: { etag: 'W/"3"' },
    });
    // The gateway gave the id: what came first was a create.
    expect(entries[2]).toMatchObject({
      request: { method: 'POST', url: 'Observation' },
      response: { status: '201 Created' },
    });
  });

  it('counts with _count=0 and gives nothing', async () => {
    const id = await idOf(open, 'Observation');
    const answer = await get(`Observation/${id}/_history?_count=0`);
    const { total, entry: entries, link } = answer.json();
    expect([answer.statusCode, total, entries, link.length]).toEqual([200, 3, undefined, 1]);
    const patient = await idOf(open, 'Patient');
    const ofType = (await get(`Observation/_history?_count=0&patient=${patient}`)).json();
    expect([ofType.entry, ofType.link.length]).toEqual([undefined, 1]);
  });

  it('pages by _count with links that only this client can use', async () => {
    const id = await idOf(open, 'Observation');
    const first = (await get(`Observation/${id}/_history?_count=2`)).json();
    expect(first.entry).toHaveLength(2);
    const next = first.link.find((one: { relation: string }) => one.relation === 'next').url;
    const second = (await get(next)).json();
    expect(second.entry).toHaveLength(1);
    expect(second.link).toHaveLength(1);
    const other = await gateway.token('partner-ander');
    expect((await get(next, other)).statusCode).toBe(404);
  });

  it('leaves out what is older than _since, and refuses what is no instant', async () => {
    const id = await idOf(open, 'Observation');
    const later = new Date(Date.now() + 60_000).toISOString();
    expect((await get(`Observation/${id}/_history?_since=2001-01-01`)).json().total).toBe(3);
    const none = await get(`Observation/${id}/_history?_since=${later}&_count=5`);
    expect([none.statusCode, none.json().total, none.json().entry]).toEqual([200, 0, undefined]);
    expect(none.json().link[0].url).toBe(
      `${PUBLIC_URL}/fhir/r4/Observation/${id}/_history?${new URLSearchParams({ _since: later, _count: '5' })}`,
    );
    const wrong = await get(`Observation/${id}/_history?_since=yesterday`);
    expect(wrong.json().issue[0].expression).toEqual(['_since']);
    expect(wrong.statusCode).toBe(400);
  });

  it('gives with _at what was current then, and with _since a day of this country', async () => {
    const path = `Observation/${await idOf(open, 'Observation')}/_history`;
    const stamps = versionsIn((await get(path)).json()).map(([, updated]) => updated);
    const [third, second, first] = stamps as [string, string, string];
    const at = async (moment: string) => {
      const bundle = (await get(`${path}?_at=${encodeURIComponent(moment)}`)).json();
      expect(bundle.link[0].url).toContain('_at=');
      return versionsIn(bundle).map(([version]) => version);
    };
    expect(await at(first)).toEqual(['1']);
    expect(await at(new Date(Date.parse(second) - 1).toISOString())).toEqual(['1']);
    expect(await at(second)).toEqual(['2']);
    expect(await at('2100-01-01')).toEqual(['3']);
    expect(await at('1999')).toEqual([]);
    expect(await at(third.slice(0, 4))).toEqual(['3', '2', '1']);
    const page = (await get(`${path}?_at=${third.slice(0, 4)}&_count=1`)).json();
    const next = (await get(page.link[1].url)).json();
    expect(versionsIn(next).map(([version]) => version)).toEqual(['2']);
    expect(next.link[0].url).toContain(`_at=${third.slice(0, 4)}`);
    for (const odd of ['2024-02-30', 'x', '20261']) {
      const answer = await get(`${path}?_at=${odd}`);
      expect([answer.statusCode, answer.json().issue[0].expression]).toEqual([400, ['_at']]);
    }
  });

  it('answers for the withheld as for an id that was never used', async () => {
    const never = '0f0f0f0f-0f0f-8f0f-8f0f-0f0f0f0f0f0f';
    for (const [one, type] of [
      [closed, 'Observation'],
      [open, 'Condition'],
    ] as const) {
      const withheld = await get(`${type}/${await idOf(one, type)}/_history`);
      const absent = await get(`${type}/${never}/_history`);
      expect(withheld.statusCode).toBe(404);
      expect(withheld.body).toBe(absent.body);
    }
  });

  it('tells of what brought a deleted one back that it was created', async () => {
    const one = person(34);
    await send(one, 70);
    const id = await idOf(one, 'Observation');
    const path = `Observation/${id}`;
    const write = async (method: 'PUT' | 'DELETE', body?: object) =>
      (
        await gateway.ask(`/fhir/r4/${path}`, {
          token: await gateway.token('epd-proef'),
          method,
          ...(body ? { body: JSON.stringify(body) } : {}),
          headers: body ? { 'content-type': 'application/fhir+json' } : {},
        })
      ).statusCode;
    const stored = (await own(path)).json();
    const amended = { ...stored, status: 'amended' };
    expect(await write('DELETE')).toBe(204);
    expect(await write('PUT', stored)).toBe(201);
    expect(await write('PUT', amended)).toBe(200);
    const told = async (query: string): Promise<string[]> =>
      (await own(`${path}/_history${query}`))
        .json()
        .entry.map((entry: { response: { status: string } }) => entry.response.status.slice(0, 3));
    expect(await told('')).toEqual(['200', '201', '204', '201']);
    expect(await told('?_count=2')).toEqual(['200', '201']);
  });

  it('gives a delete marker only where the version before it would be given', async () => {
    const one = person(33);
    const psy = {
      meta: {
        security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'PSY' }],
      },
    };
    await send(one, 70, psy);
    await choose(gateway, one, [HOSPITALS_TO_GPS]);
    const id = await idOf(one, 'Observation');
    const gone = { request: { method: 'DELETE', url: `Observation/${id}` } };
    const bundle = transaction([gone, entry(urn(one.bsn), patientOf(one))]);
    expect((await gateway.send('epd-proef', bundle)).statusCode).toBe(200);
    expect((await get(`Observation/${id}/_history`)).statusCode).toBe(404);
    expect((await get(`Observation/${id}`)).statusCode).toBe(404);
    expect((await own(`Observation/${id}`)).statusCode).toBe(410);
    const mine = (await own(`Observation/${id}/_history`)).json();
    expect(mine.entry.map((entry: { request: unknown }) => entry.request)).toEqual([
      { method: 'DELETE', url: `Observation/${id}` },
      { method: 'POST', url: 'Observation' },
    ]);
    expect(mine.entry[0].resource).toBeUndefined();
  });
});

describe('history of a type', () => {
  it('needs one patient, and tells no total', async () => {
    expect((await get('Observation/_history')).json().issue[0].expression).toEqual(['patient']);
    const patient = await idOf(open, 'Patient');
    const bundle = (await get(`Observation/_history?patient=Patient/${patient}`)).json();
    expect(bundle.entry).toHaveLength(3);
    expect(bundle).not.toHaveProperty('total');
  });

  it('is empty for what is withheld, whoever it is and since whenever', async () => {
    const patient = await idOf(open, 'Patient');
    for (const query of ['', '&_since=2001-01-01', '&_count=1']) {
      const hidden = (await get(`Condition/_history?patient=${patient}${query}`)).json();
      expect(hidden).not.toHaveProperty('entry');
      expect(hidden.link).toHaveLength(1);
    }
    const id = await idOf(closed, 'Patient');
    expect((await get(`Observation/_history?patient=${id}`)).json()).not.toHaveProperty('entry');
  });

  it('is nothing by a Patient that may not be seen, though others of that person may', async () => {
    const one = person(39);
    await send(one, 70);
    const hidden = await gateway.token('epd-ander');
    const made = await gateway.ask('/fhir/r4/Patient', {
      token: hidden,
      headers: { 'content-type': 'application/fhir+json' },
      body: JSON.stringify(patientOf(one)),
    });
    await choose(gateway, one, [
      { ...HOSPITALS_TO_GPS, holder: { level: 'org', value: HOSPITAL.id } },
    ]);
    const shown = await idOf(one, 'Patient');
    expect(shown).not.toBe(made.json().id);
    expect((await get(`Patient/${shown}`)).statusCode).toBe(200);
    expect((await get(`Patient/${made.json().id}`)).statusCode).toBe(404);
    const never = '0f0f0f0f-0f0f-8f0f-8f0f-0f0f0f0f0f0f';
    for (const path of ['Observation/_history', '_history']) {
      expect((await get(`${path}?patient=${shown}`)).json().entry.length).toBeGreaterThan(0);
      const [secret, absent] = await Promise.all(
        [made.json().id, never].map(async (id) => (await get(`${path}?patient=${id}`)).json()),
      );
      expect([secret.entry, absent.entry]).toEqual([undefined, undefined]);
    }
    expect((await get(`_history?patient=${made.json().id}`, hidden)).json().entry).toHaveLength(1);
  });

  it('speaks STU3 as well', async () => {
    const patient = await idOf(open, 'Patient');
    const bundle = (await get(`Observation/_history?patient=${patient}`, token, 'stu3')).json();
    expect(bundle.entry[0].resource.meta.versionId).toBe('3');
  });
});
