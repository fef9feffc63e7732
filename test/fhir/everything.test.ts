/** https://hl7.org/fhir/R4/patient-operation-everything.html under a decision (consent.md 7.2). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, openGateway, PUBLIC_URL } from '../support/gateway.ts';
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
  vaultOf,
  withdraw,
} from '../support/people.ts';

let gateway: Gateway;
let token: string;
const open = person(41);
const closed = person(42);
const WEIGHTS = 620;

beforeAll(async () => {
  gateway = await openGateway();
  for (const [one, weights] of [
    [open, WEIGHTS],
    [closed, 3],
  ] as const) {
    const self = urn(one.bsn);
    const many = Array.from({ length: weights }, (_none, at) =>
      entry(
        urn(`w${at}${one.bsn}`),
        observation(`w${at}${one.bsn}`, self, {
          effectiveDateTime: `20${String(10 + (at % 10)).padStart(2, '0')}-01-05`,
        }),
      ),
    );
    const hidden = entry(urn(`c${one.bsn}`), condition(`c${one.bsn}`, self));
    const sent = await gateway.send(
      'epd-proef',
      transaction([entry(self, patientOf(one)), hidden, ...many]),
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

const get = (path: string, headers: Record<string, string> = {}) =>
  gateway.ask(path.startsWith('http') ? path.slice(PUBLIC_URL.length) : `/fhir/r4/${path}`, {
    token,
    headers,
  });

async function patientId(one: typeof open): Promise<string> {
  const { store, database } = gateway.rooms;
  const vault = await vaultOf(gateway, one);
  const epoch = await store.epoch(database, vault);
  const { rows } = await store.candidates(database, { vault, epoch, types: ['Patient'] });
  return rows[0]?.id ?? '';
}

interface Page {
  entry: Entry[];
  link: { relation: string; url: string }[];
}

interface Entry {
  resource: { resourceType: string; id: string };
}

const namesIn = (bundle: { entry?: Entry[] }): string[] =>
  (bundle.entry ?? []).map(({ resource }) => `${resource.resourceType}/${resource.id}`);

describe('$everything', () => {
  it('gives all that may be seen, streamed, in one answer', async () => {
    const answer = await get(`Patient/${await patientId(open)}/$everything`);
    expect(answer.statusCode).toBe(200);
    const bundle = answer.json();
    expect(bundle).toMatchObject({ type: 'searchset', total: WEIGHTS + 1 });
    expect(new Set(namesIn(bundle)).size).toBe(WEIGHTS + 1);
    expect(answer.body).not.toContain('Condition');
  });

  it('gives the same in pages, each full until the last, which has no next', async () => {
    const whole = namesIn((await get(`Patient/${await patientId(open)}/$everything`)).json());
    const seen: string[] = [];
    const sizes: number[] = [];
    let url: string | undefined = `Patient/${await patientId(open)}/$everything?_count=207`;
    while (url !== undefined) {
      const page: Page = (await get(url)).json();
      sizes.push(page.entry.length);
      seen.push(...namesIn(page));
      url = page.link.find(({ relation }) => relation === 'next')?.url;
    }
    expect(sizes).toEqual([207, 207, 207]);
    expect(seen.toSorted()).toEqual(whole.toSorted());
  });

  it('may be asked for by POST with parameters, and says what it understood', async () => {
    const id = await patientId(open);
    const asked = await gateway.ask(`/fhir/r4/Patient/${id}/$everything`, {
      token,
      headers: { 'content-type': 'application/fhir+json' },
      body: JSON.stringify({
        resourceType: 'Parameters',
        parameter: [
          { name: '_type', valueCode: 'Patient' },
          { name: '_count', valueInteger: 5 },
        ],
      }),
    });
    expect(asked.statusCode, asked.body).toBe(200);
    const { entry: entries, link } = asked.json();
    expect(entries).toHaveLength(1);
    expect(link[0].url).toMatch(/\/\$everything\?_type=Patient&_count=5$/);
    const empty = await gateway.ask(`/fhir/r4/Patient/${id}/$everything`, {
      token,
      method: 'POST',
    });
    expect(empty.json().total).toBe(WEIGHTS + 1);
    const odd = await gateway.ask(`/fhir/r4/Patient/${id}/$everything`, {
      token,
      headers: { 'content-type': 'application/fhir+json' },
      body: JSON.stringify({ resourceType: 'Parameters', parameter: [{ name: '_type' }] }),
    });
    expect(odd.statusCode).toBe(400);
    expect(odd.json().issue[0].expression).toEqual(['Parameters.parameter[0]']);
  });

  it('narrows by type, by when it was stored, and by clinical date', async () => {
    const path = `Patient/${await patientId(open)}/$everything`;
    expect(namesIn((await get(`${path}?_type=Patient`)).json())).toHaveLength(1);
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    expect((await get(`${path}?_since=${tomorrow}`)).json().total).toBe(0);
    const dated = await get(`${path}?_type=Observation&start=2011-01-01&end=2012`);
    expect(dated.json().total).toBe((WEIGHTS / 10) * 2);
    // A person has no date of care: who asks for a period gets them too, whenever they came in.
    const before = namesIn((await get(`${path}?_type=Patient,Observation&end=2010`)).json());
    expect(before.filter((name) => name.startsWith('Patient/'))).toHaveLength(1);
    expect(before).toHaveLength(1 + WEIGHTS / 10);
    expect((await get(`${path}?_type=Nonsense`)).json().issue[0].expression).toEqual(['_type']);
  });

  it('passes over what it does not know, unless handling is strict', async () => {
    const path = `Patient/${await patientId(open)}/$everything?_type=Patient&_sort=date`;
    expect((await get(path)).statusCode).toBe(200);
    const refused = await get(path, { prefer: 'handling=strict' });
    expect(refused.statusCode).toBe(400);
    expect(refused.json().issue[0].expression).toEqual(['_sort']);
    const known = path.replace('_sort=date', '_count=1');
    expect((await get(known, { prefer: 'handling=strict' })).statusCode).toBe(200);
  });

  it('keeps with start and end what lasted into that time, or still lasts', async () => {
    const one = person(45);
    const own = await gateway.token('epd-proef');
    const headers = { 'content-type': 'application/fhir+json' };
    const make = async (version: string, resource: Json) => {
      const path = `/fhir/${version}/${resource['resourceType']}`;
      const made = await gateway.ask(path, { token: own, headers, body: JSON.stringify(resource) });
      expect(made.statusCode, made.body).toBe(201);
      return made.json().id as string;
    };
    const id = await make('r4', patientOf(one));
    const reference = `Patient/${id}`;
    const stay = (period: object) => ({
      resourceType: 'Encounter',
      status: 'finished',
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
      subject: { reference },
      period,
    });
    const ended = await make('r4', stay({ start: '2009-03-01', end: '2009-10-01T09:00:00+02:00' }));
    const goesOn = await make('stu3', stay({ start: '2009-03-01' }));
    const onlyEnd = await make('r4', stay({ end: '2009' }));
    const visit = await make('r4', {
      resourceType: 'Appointment',
      status: 'booked',
      start: '2009-12-31T22:00:00+01:00',
      end: '2010-01-01T01:00:00+01:00',
      participant: [{ actor: { reference }, status: 'accepted' }],
    });
    const within = async (version: string, range: string) => {
      const asked = `_type=Encounter,Appointment&${range}`;
      const path = `/fhir/${version}/Patient/${id}/$everything?${asked}`;
      const entries = (await gateway.ask(path, { token: own })).json().entry ?? [];
      return entries.map(({ resource }: { resource: Json }) => resource['id']).toSorted();
    };
    for (const version of ['r4', 'stu3']) {
      const all = [ended, goesOn, onlyEnd, visit].toSorted();
      expect(await within(version, 'start=2009-06')).toEqual(all);
      expect(await within(version, 'start=2010-01-01')).toEqual([goesOn, visit].toSorted());
      expect(await within(version, 'start=2009-10-02&end=2009-12-30')).toEqual(
        [goesOn, onlyEnd].toSorted(),
      );
      expect(await within(version, 'end=2009-02')).toEqual([onlyEnd]);
      expect(await within(version, 'start=2030')).toEqual([goesOn]);
    }
  });

  it('leaves out of STU3 what that version has no form of, and gives the rest', async () => {
    const one = person(44);
    const own = await gateway.token('epd-proef');
    const make = (resource: object) =>
      gateway.ask(`/fhir/r4/${(resource as { resourceType: string }).resourceType}`, {
        token: own,
        headers: { 'content-type': 'application/fhir+json' },
        body: JSON.stringify(resource),
      });
    const { id } = (await make(patientOf(one))).json();
    const subject = { reference: `Patient/${id}` };
    const bill = await make({ resourceType: 'Invoice', status: 'issued', subject });
    expect(bill.statusCode, bill.body).toBe(201);
    const all = (version: string, path: string) =>
      gateway.ask(`/fhir/${version}/${path}`, { token: own });
    const types = async (version: string, path: string): Promise<string[]> => {
      const answer = await all(version, path);
      expect(answer.statusCode, answer.body).toBe(200);
      return answer.json().entry.map((found: { resource: Json }) => found.resource['resourceType']);
    };
    const everything = `Patient/${id}/$everything`;
    expect((await types('r4', everything)).toSorted()).toEqual(['Invoice', 'Patient']);
    expect(await types('stu3', everything)).toEqual(['Patient']);
    expect(await types('stu3', `${everything}?_count=1`)).toEqual(['Patient']);
    expect(await types('stu3', `_history?patient=${id}`)).toEqual(['Patient']);
    expect(await types('stu3', `Patient/${id}/*`)).toEqual(['Patient']);
  });

  it('is the same empty bundle for a closed person and for one nobody knows', async () => {
    const bundles = [];
    for (const id of [await patientId(closed), '0f0f0f0f-0f0f-8f0f-8f0f-0f0f0f0f0f0f', 'a|b']) {
      const answer = await get(`Patient/${encodeURIComponent(id)}/$everything`);
      expect(answer.statusCode).toBe(200);
      const { id: _id, link: _link, ...rest } = answer.json();
      bundles.push(rest);
    }
    expect(bundles[0]).toEqual({ resourceType: 'Bundle', type: 'searchset', total: 0 });
    expect(bundles[1]).toEqual(bundles[0]);
    expect(bundles[2]).toEqual(bundles[0]);
  });

  it('promises no next page when what follows is withheld', async () => {
    const path = `Patient/${await patientId(open)}/$everything?_type=Condition,Patient&_count=1`;
    const page = (await get(path)).json();
    expect(namesIn(page)).toHaveLength(1);
    expect(page.link).toHaveLength(1);
  });

  it('stops where the person withdraws', async () => {
    const one = person(43);
    const self = urn(one.bsn);
    const two = [entry(self, patientOf(one)), entry(urn('x'), observation('x43', self))];
    await gateway.send('epd-proef', transaction(two));
    const ids = await choose(gateway, one, [HOSPITALS_TO_GPS]);
    const page = (await get(`Patient/${await patientId(one)}/$everything?_count=1`)).json();
    const next = page.link.find((link: { relation: string }) => link.relation === 'next').url;
    await withdraw(gateway, one, ids);
    expect(namesIn((await get(next)).json())).toEqual([]);
  });

  it('writes each part down before it leaves', async () => {
    const { ledger } = gateway.rooms;
    const before = await get(`Patient/${await patientId(open)}/$everything`);
    expect(before.statusCode).toBe(200);
    const lines = await ledger.ofPatient(await vaultOf(gateway, open));
    const shown = lines.entries.filter(({ record }) => record.query === 'Patient/$everything');
    const released = shown.slice(0, 3).reduce((sum, { record }) => sum + (record.released ?? 0), 0);
    expect(released).toBe(WEIGHTS + 1);
  });

  it('pages an answer that is written at once, as XML is', async () => {
    const answer = await get(`Patient/${await patientId(open)}/$everything`, {
      accept: 'application/fhir+xml',
    });
    expect(answer.body.match(/<fullUrl/g)).toHaveLength(500);
    expect(answer.body).toContain('relation value="next"');
  });
});
