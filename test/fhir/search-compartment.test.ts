/**
 * Compartments other than that of a Patient: http.html#vsearch, compartmentdefinition.html. Each is
 * the equal search: the same release, the same limits, the same answer for what is withheld.
 */
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
} from '../support/people.ts';

let gateway: Gateway;
let token: string;
const one = person(63);
const ids: Record<string, string> = {};

const encounter = (self: string): Json => ({
  resourceType: 'Encounter',
  status: 'finished',
  class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
  subject: { reference: self },
  participant: [{ individual: { reference: urn('doctor') } }],
});

const allergy = (self: string, more: Json): Json => ({
  resourceType: 'AllergyIntolerance',
  code: { text: 'pinda' },
  patient: { reference: self },
  ...more,
});

beforeAll(async () => {
  gateway = await openGateway();
  const self = urn('self');
  const [visit, doctor, device] = [urn('visit'), urn('doctor'), urn('device')];
  const of = { encounter: { reference: visit } };
  const sent = await gateway.send(
    'epd-proef',
    transaction([
      entry(self, patientOf(one)),
      entry(doctor, { resourceType: 'Practitioner', name: [{ family: 'Proefarts' }] }),
      entry(visit, encounter(self)),
      entry(device, { resourceType: 'Device', patient: { reference: self } }),
      entry(urn('in'), observation('in', self, { ...of, performer: [{ reference: doctor }] })),
      entry(urn('out'), observation('out', self, { device: { reference: device } })),
      entry(urn('by'), condition('by', self, of)),
      entry(urn('wrote'), allergy(self, { recorder: { reference: doctor } })),
      entry(urn('says'), allergy(self, { asserter: { reference: doctor } })),
    ]),
  );
  const names = ['patient', 'doctor', 'visit', 'device', 'in', 'out', 'by', 'wrote', 'says'];
  for (const [at, { response }] of sent
    .json<{ entry: { response: { location: string } }[] }>()
    .entry.entries()) {
    ids[names[at] ?? ''] = /\/([^/]+)\/_history/.exec(response.location)?.[1] ?? '';
  }
  await choose(gateway, one, [HOSPITALS_TO_GPS]);
  token = await gateway.token('partner-huisarts');
});
afterAll(() => gateway.close());

const get = (path: string, headers: Record<string, string> = {}, version = 'r4') =>
  gateway.ask(`/fhir/${version}/${path}`, { token, headers });

/** Names of what is found, in the record of the one. */
async function found(path: string, version = 'r4'): Promise<string[]> {
  const mark = path.includes('?') ? '&' : '?';
  const answer = await get(`${path}${mark}patient=${ids['patient']}`, {}, version);
  expect(answer.statusCode, answer.body).toBe(200);
  const { entry: entries = [] } = answer.json<{ entry?: { resource: { id: string } }[] }>();
  return entries
    .map(({ resource }) => Object.entries(ids).find(([, id]) => id === resource.id)?.[0] ?? '?')
    .sort();
}

describe.each(['r4', 'stu3'])('a compartment (%s)', (version) => {
  it('holds what names its resource in one of the parameters of the definition', async () => {
    const { visit, doctor, device } = ids;
    expect(await found(`Encounter/${visit}/Observation`, version)).toEqual(['in']);
    expect(await found(`Encounter/${visit}/Condition`, version)).toEqual(['by']);
    expect(await found(`Encounter/${visit}/Encounter`, version)).toEqual(['visit']);
    expect(await found(`Practitioner/${doctor}/Observation`, version)).toEqual(['in']);
    expect(await found(`Practitioner/${doctor}/Encounter`, version)).toEqual(['visit']);
    expect(await found(`Device/${device}/Observation`, version)).toEqual(['out']);
    expect(await found(`Encounter/${visit}/Observation?code=none`, version)).toEqual([]);
    expect(await found(`RelatedPerson/${visit}/Observation`, version)).toEqual([]);
  });
});

describe('a compartment', () => {
  it.each(['r4', 'stu3'])(
    'is searched by POST as well, with the same answer (%s)',
    async (version) => {
      const path = `Encounter/${ids['visit']}/Observation`;
      const post = (at: string, body: string) =>
        gateway.ask(`/fhir/${version}/${at}`, {
          token,
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body,
        });
      const asked = await get(`${path}?patient=${ids['patient']}`, {}, version);
      const { entry: entries, link } = asked.json();
      const form = await post(`${path}/_search`, `patient=${ids['patient']}`);
      expect(form.statusCode, form.body).toBe(200);
      expect([form.json().entry, form.json().link]).toEqual([entries, link]);
      const own = await post(`Patient/${ids['patient']}/*/_search?_type=Encounter`, '');
      expect(own.json().total).toBe(1);
      expect((await post(`${path}/_search`, 'patient=never')).json().entry).toBeUndefined();
      expect((await post('Nothing/1/Observation/_search', '')).statusCode).toBe(404);
    },
  );

  it('holds what any of several parameters names', async () => {
    const path = `Practitioner/${ids['doctor']}/AllergyIntolerance`;
    expect(await found(path)).toEqual(['says', 'wrote']);
  });

  it('stands in the ledger without the id that was asked for', async () => {
    const { visit = '', doctor = '' } = ids;
    for (const path of [`Practitioner/${doctor}/Encounter`, `Encounter/${visit}/*`]) {
      await found(path);
    }
    const { entries } = await gateway.rooms.ledger.ofPatient(await vaultOf(gateway, one));
    const asked = entries.map(({ record }) => record.query ?? '').join(' ');
    expect(asked).toContain('Practitioner/Encounter');
    expect(asked).toContain('Encounter/*');
    for (const id of [visit, doctor]) expect(asked).not.toContain(id);
  });

  it('gives several types at once', async () => {
    const types = '_type=Observation,Condition';
    expect(await found(`Encounter/${ids['visit']}/*?${types}`)).toEqual(['by', 'in']);
  });

  it('tells its address in its links, and goes on from page to page', async () => {
    const path = `Practitioner/${ids['doctor']}/AllergyIntolerance`;
    const first = (await get(`${path}?patient=${ids['patient']}&_count=1`)).json();
    expect(first.total).toBe(2);
    const [self, next] = first.link.map(({ url }: { url: string }) => url);
    expect(self).toBe(`${PUBLIC_URL}/fhir/r4/${path}?patient=${ids['patient']}&_count=1`);
    expect(next).toContain(`/fhir/r4/${path}?_cursor=`);
    const second = (await get(next.slice(`${PUBLIC_URL}/fhir/r4/`.length))).json();
    expect(second.entry[0].resource.id).not.toBe(first.entry[0].resource.id);
    const elsewhere = await get(`AllergyIntolerance?${next.split('?')[1]}`);
    expect(elsewhere.statusCode).toBe(404);
  });

  it.each(['r4', 'stu3'])('of a stay leads to its record by itself (%s)', async (version) => {
    const { visit = '', patient = '' } = ids;
    const alone = async (path: string) => {
      const answer = await get(path, {}, version);
      expect(answer.statusCode, answer.body).toBe(200);
      const { total, entry: entries = [], link } = answer.json();
      const urls = entries.map(({ fullUrl }: { fullUrl: string }) => fullUrl);
      return { total, urls, links: link.map(({ url }: { url: string }) => url) };
    };
    for (const kind of ['Observation', 'Condition', '*?_type=Observation,Condition']) {
      const path = `Encounter/${visit}/${kind}`;
      const mark = kind.includes('?') ? '&' : '?';
      const { total, urls } = await alone(`${path}${mark}patient=${patient}`);
      expect(total).toBeGreaterThan(0);
      expect(await alone(path)).toMatchObject({ total, urls });
    }
    const first = await alone(`Encounter/${visit}/*?_type=Observation,Condition&_count=1`);
    const next = await alone(first.links[1].split(`/fhir/${version}/`)[1]);
    expect([first.total, ...next.urls].length).toBe(2);
    expect(next.urls).not.toEqual(first.urls);
    const posted = await gateway.ask(`/fhir/${version}/Encounter/${visit}/Observation/_search`, {
      token,
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: '',
    });
    expect(posted.json().total).toBe(1);
    expect((await alone('Encounter/never/Observation')).total).toBe(0);
    expect((await alone(`Encounter/${visit}/Observation?patient=never`)).total).toBe(0);
    const { entries } = await gateway.rooms.ledger.ofPatient(await vaultOf(gateway, one));
    expect(entries.map(({ record }) => record.query ?? '').join(' ')).not.toContain(visit);
  });

  it('needs a patient where its resource may be of many, like the equal search', async () => {
    const { doctor, device, visit, patient } = ids;
    const equal = await get(`Observation?encounter=Encounter/${visit}`);
    for (const path of [
      `Practitioner/${doctor}/Observation`,
      `Device/${device}/Observation`,
      `Encounter/${visit}/Observation?patient=${patient},other`,
    ]) {
      const whole = await get(path);
      expect([whole.statusCode, whole.body]).toEqual([equal.statusCode, equal.body]);
    }
    expect(equal.statusCode).toBe(400);
  });

  it.each([
    'Encounter/1/Practitioner',
    'Observation/1/Condition',
    'Location/1/Encounter',
    'Encounter/1/$nonsense',
  ])('is nothing where the definitions know none: %s', async (path) => {
    expect((await get(`${path}?patient=${ids['patient']}`)).statusCode).toBe(
      path.includes('$') ? 400 : 404,
    );
  });

  it('of what is withheld is as of what never was', async () => {
    const other = person(64);
    const sent = await gateway.send(
      'epd-proef',
      transaction([
        entry(urn('other'), patientOf(other)),
        entry(urn('stay'), encounter(urn('other'))),
        entry(
          urn('of'),
          observation('of', urn('other'), { encounter: { reference: urn('stay') } }),
        ),
      ]),
    );
    const [, stay] = sent.json<{ entry: { response: { location: string } }[] }>().entry;
    const closed = /\/([^/]+)\/_history/.exec(stay?.response.location ?? '')?.[1] ?? '';
    await choose(gateway, one, [
      HOSPITALS_TO_GPS,
      { ...HOSPITALS_TO_GPS, type: 'deny', data: { level: 'type', value: 'Encounter' } },
    ]);
    for (const kind of ['Observation', 'Encounter', '*?_type=Observation,Encounter']) {
      const ask = async (id = '', named = true) => {
        const mark = kind.includes('?') ? '&' : '?';
        const patient = named ? `${mark}patient=${ids['patient']}` : '';
        const answer = await get(`Encounter/${id}/${kind}${patient}`);
        const { id: _id, meta: _meta, ...bundle } = answer.json();
        return [answer.statusCode, JSON.stringify(bundle).replaceAll(id, 'ID')];
      };
      const equal = async (id = '') => {
        const { total } = (
          await get(`Observation?patient=${ids['patient']}&encounter=Encounter/${id}`)
        ).json();
        return total;
      };
      expect(await ask(ids['visit'])).toEqual(await ask('never'));
      expect(await ask(ids['visit'], false)).toEqual(await ask('never', false));
      // What nobody permitted is as what never was, too.
      expect(await ask(closed, false)).toEqual(await ask('never', false));
      expect(await equal(ids['visit'])).toBe(await equal('never'));
    }
  });

  it('is told in the CapabilityStatement', async () => {
    const [rest] = (await get('metadata')).json().rest;
    expect(rest.compartment).toContain('http://hl7.org/fhir/CompartmentDefinition/relatedPerson');
    expect(rest.compartment).toHaveLength(5);
  });
});
