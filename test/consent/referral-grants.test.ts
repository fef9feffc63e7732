/**
 * Implicit consent through the real doors: a hospital writes a Task, its receiver sees what the
 * Task gives for as long as it runs, and nobody else does. consent.md 11, steps 4 and 6.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BSN_SYSTEM,
  type Gateway,
  OTHER_HOSPITAL,
  openGateway,
  PRACTICE,
  purposeOf,
} from '../support/gateway.ts';
import {
  choose,
  condition,
  entry,
  HOSPITALS_TO_GPS,
  type Json,
  observation,
  type Person,
  patientOf,
  person,
  transaction,
  urn,
} from '../support/people.ts';

const HAND_OVER = '308292007';
const REFERRAL = '3457005';
const URA = 'http://fhir.nl/fhir/NamingSystem/ura';
const PSY = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'PSY' }];

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

/** A patient of the hospital with a condition, a labelled one and an observation. */
async function known(number: number): Promise<Person> {
  const one = person(number);
  const self = urn(one.bsn);
  const put = (resource: Json, id: string) =>
    entry(
      urn(id),
      { ...resource, id },
      { method: 'PUT', url: `${resource['resourceType']}/${id}` },
    );
  const sent = await gateway.send(
    'epd-proef',
    transaction([
      entry(self, patientOf(one)),
      put(condition(`c${one.bsn}`, self), `c${one.bsn}`),
      put(condition(`p${one.bsn}`, self, { meta: { security: PSY } }), `p${one.bsn}`),
      put(observation(`o${one.bsn}`, self), `o${one.bsn}`),
    ]),
  );
  expect(sent.statusCode, sent.body).toBe(200);
  return one;
}

/** The hospital writes its Task, or a next version of it. @returns the name that it has here. */
async function task(one: Person, code: string, status: string, more: Json = {}): Promise<string> {
  const id = `t${one.bsn}`;
  const resource = {
    ...{ resourceType: 'Task', id, status, intent: 'order' },
    code: { coding: [{ system: 'http://snomed.info/sct', code }] },
    for: { reference: urn(one.bsn) },
    owner: { identifier: { system: URA, value: PRACTICE.ura } },
    authoredOn: gateway.rooms.clock().toISOString(),
    ...more,
  };
  const written = entry(urn(id), resource, { method: 'PUT', url: `Task/${id}` });
  const self = entry(urn(one.bsn), patientOf(one));
  const sent = await gateway.send('epd-proef', transaction([self, written]));
  expect(sent.statusCode, sent.body).toBe(200);
  const entries = sent.json<{ entry: { response: { location: string } }[] }>().entry;
  return /(Task\/[^/]+)\/_history/.exec(entries[1]?.response.location ?? '')?.[1] ?? '';
}

async function totals(one: Person, name: string | undefined, purpose = 'COC') {
  const claims = purposeOf(purpose, name === undefined ? {} : { task: name });
  const token = await gateway.token('partner-huisarts', claims);
  const form = { 'patient.identifier': `${BSN_SYSTEM}|${one.bsn}` };
  const found: number[] = [];
  for (const type of ['Condition', 'Observation']) {
    const answer = await gateway.ask(`/fhir/r4/${type}/_search`, { token, form });
    expect(answer.statusCode, answer.body).toBe(200);
    found.push(answer.json().total);
  }
  return found;
}

/** Ids of the gateway itself, as the receiver of a Task learns them. */
async function idOf(one: Person, name: string, type = 'Patient'): Promise<string> {
  const token = await gateway.token('partner-huisarts', purposeOf('COC', { task: name }));
  const bsn = `${BSN_SYSTEM}|${one.bsn}`;
  const form = type === 'Patient' ? { identifier: bsn } : { 'patient.identifier': bsn };
  const answer = await gateway.ask(`/fhir/r4/${type}/_search`, { token, form });
  return answer.json().entry[0].resource.id;
}

describe('a hand-over', () => {
  it('shows what is not labelled once it is accepted, and nothing a moment after it ended', async () => {
    const one = await known(101);
    const name = await task(one, HAND_OVER, 'requested');
    expect(await totals(one, name)).toEqual([0, 0]);
    await task(one, HAND_OVER, 'accepted');
    expect(await totals(one, name)).toEqual([1, 1]);
    expect(await totals(one, name, 'TREAT')).toEqual([1, 1]);
    // Without the Task in the token, or with that of another, there is nothing.
    expect(await totals(one, undefined)).toEqual([0, 0]);
    expect(await totals(one, 'Task/van-een-ander')).toEqual([0, 0]);
    for (const status of ['completed', 'rejected', 'cancelled']) {
      await task(one, HAND_OVER, status);
      expect(await totals(one, name), status).toEqual([0, 0]);
      await task(one, HAND_OVER, 'in-progress');
      expect(await totals(one, name)).toEqual([1, 1]);
    }
  });

  it('ends by itself after fourteen days, also when its source writes it again', async () => {
    const one = await known(102);
    const name = await task(one, HAND_OVER, 'accepted', { authoredOn: undefined });
    gateway.later(13 * 86_400);
    await task(one, HAND_OVER, 'in-progress', { authoredOn: undefined });
    expect(await totals(one, name)).toEqual([1, 1]);
    gateway.later(86_400 + 60);
    expect(await totals(one, name)).toEqual([0, 0]);
  });

  it('gives way to a later objection to its receiver, and not to an older one', async () => {
    const one = await known(103);
    const objection = {
      ...HOSPITALS_TO_GPS,
      type: 'deny' as const,
      recipient: { level: 'org' as const, value: PRACTICE.id },
    };
    await choose(gateway, one, [objection]);
    gateway.later(5);
    const name = await task(one, HAND_OVER, 'accepted');
    gateway.later(5);
    expect(await totals(one, name)).toEqual([1, 1]);
    await choose(gateway, one, [{ ...objection, data: { level: 'all' } }]);
    expect(await totals(one, name)).toEqual([0, 0]);
  });

  it('to another organisation is none of this one, nor is one of another holder', async () => {
    const one = await known(104);
    const owner = { identifier: { system: URA, value: OTHER_HOSPITAL.ura } };
    const name = await task(one, HAND_OVER, 'accepted', { owner });
    expect(await totals(one, name)).toEqual([0, 0]);
  });

  it('is told in the log as presumed, limited to the referral', async () => {
    const one = await known(105);
    const name = await task(one, HAND_OVER, 'accepted');
    await totals(one, name);
    const page = await gateway.rooms.ledger.search({ organisation: PRACTICE.id, purpose: 'COC' });
    const line = page.entries.find(({ record }) => (record.released ?? 0) > 0)?.record;
    expect(line).toMatchObject({ route: 'presumed' });
    expect(line?.obligations).toContain('LIMIT-TO-REFERRAL');
  });
});

describe('a referral', () => {
  const search = (query: string) => ({ type: { text: 'query' }, valueString: query });

  it('shows what it lists from the start, and nothing else', async () => {
    const one = await known(106);
    const input = [search(`Condition?patient=x`)];
    const name = await task(one, REFERRAL, 'requested', { input });
    expect(await totals(one, name)).toEqual([1, 0]);
  });

  it('shows a labelled item that it lists by its name', async () => {
    const one = await known(107);
    const listed = {
      type: { text: 'resource' },
      valueReference: { reference: `Condition/p${one.bsn}` },
    };
    const name = await task(one, REFERRAL, 'requested', { input: [listed] });
    expect(await totals(one, name)).toEqual([1, 0]);
  });

  it('is held to the complete set of parameters of each search that it lists', async () => {
    const one = await known(109);
    const self = urn(one.bsn);
    const code = (value: string) => ({ coding: [{ system: 'http://loinc.org', code: value }] });
    const put = (resource: Json, id: string) =>
      entry(
        urn(id),
        { ...resource, id },
        { method: 'PUT', url: `${resource['resourceType']}/${id}` },
      );
    const others = ['a', 'b'].map((name) => `${name}${one.bsn}`);
    const [first = '', second = ''] = others;
    await gateway.send(
      'epd-proef',
      transaction([
        entry(self, patientOf(one)),
        put(observation(first, self, { code: code('718-7') }), first),
        put(
          observation(second, self, {
            code: code('2160-0'),
            hasMember: [{ reference: urn(first) }],
          }),
          second,
        ),
      ]),
    );
    const input = [
      search('Observation?code=http://loinc.org|2160-0&patient=x&_count=5'),
      search('GET Observation/$lastn?code=http%3A%2F%2Floinc.org%7C718-7'),
    ];
    const name = await task(one, REFERRAL, 'requested', { input });
    const ask = async (address: string, by = 'partner-huisarts', purpose = 'COC') => {
      const token = await gateway.token(by, purposeOf(purpose, { task: name }));
      const answer = await gateway.ask(address, { token });
      const { total, entry: found = [] } = answer.json();
      return [answer.statusCode, total ?? found.length];
    };
    const base = '/fhir/r4/Observation';
    const by = `subject=Patient/${await idOf(one, name)}`;
    const listed = 'code=http://loinc.org%7C2160-0';
    expect(await ask(`${base}?${by}&${listed}`)).toEqual([200, 1]);
    expect(await ask(`${base}?${listed}&${by}&_count=1&_format=json`)).toEqual([200, 1]);
    expect(await ask(`${base}/$lastn?${by}&code=http://loinc.org%7C718-7`)).toEqual([200, 1]);
    for (const address of [
      `${base}?${by}`,
      `${base}?${by}&code=2160-0`,
      `${base}?${by}&code=http://loinc.org%7C718-7`,
      `${base}?${by}&${listed}&${listed}`,
      `${base}?${by}&${listed},http://loinc.org%7C718-7`,
      `${base}?${by}&${listed}&_include=Observation:has-member`,
      `${base}?${by}&${listed}&_summary=count`,
      `${base}?${by}&${listed}&nobody-knows=1`,
      `${base}?${by}&code:not=http://loinc.org%7C2160-0`,
      `${base}/$lastn?${by}&${listed}`,
      `${base}?${by}&_id=${second}`,
    ]) {
      expect(await ask(address), address).toEqual([200, 0]);
    }
    expect(await ask(`${base}?${by}&${listed}`, 'partner-huisarts', 'TREAT')).toEqual([200, 1]);
    // What the search found says nothing of what it did not find.
    const token = await gateway.token('partner-huisarts', purposeOf('COC', { task: name }));
    const found = await gateway.ask(`${base}?${by}&${listed}`, { token });
    expect(found.json().entry[0].resource.hasMember).toBeUndefined();
    const id = found.json().entry[0].resource.id;
    for (const way of [`${base}/${id}`, `${base}/${id}/_history`, `${base}/${id}/_history/1`]) {
      const answer = await gateway.ask(way, { token });
      expect(answer.statusCode, way).toBe(404);
    }
    gateway.later(14 * 86_400 + 60);
    expect(await ask(`${base}?${by}&${listed}`)).toEqual([200, 0]);
  });

  it('gives nothing for a line that says no search and no name', async () => {
    const one = await known(110);
    const lines = ['Observation/$everything', 'Observation?_cursor=x', 'Observation?code=a?b'];
    for (const line of [...lines, `Observation/o${one.bsn}?x=y`, 'Observation/o/_history']) {
      const name = await task(one, REFERRAL, 'requested', { input: [search(line)] });
      expect(await totals(one, name), line).toEqual([0, 0]);
    }
    const whole = await task(one, REFERRAL, 'requested', { input: [search('Observation')] });
    const id = await idOf(one, whole, 'Observation');
    const input = [search(`Observation/${id}`)];
    const name = await task(one, REFERRAL, 'requested', { input });
    expect(await totals(one, name)).toEqual([0, 1]);
    const other = await task(one, REFERRAL, 'requested', { input: [search('Observation/12')] });
    expect(await totals(one, other)).toEqual([0, 0]);
  });

  it('that lists nothing, or is of another kind, gives nothing', async () => {
    const one = await known(108);
    expect(await totals(one, await task(one, REFERRAL, 'requested'))).toEqual([0, 0]);
    const other = await task(one, '183561008', 'accepted', { input: [search('Condition')] });
    expect(await totals(one, other)).toEqual([0, 0]);
  });
});
