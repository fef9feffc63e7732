/** Where a value comes from that a source wrote over FHIR itself: source-formats.md 2.7. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, HOSPITAL, openGateway } from '../support/gateway.ts';
import {
  choose,
  HOSPITALS_TO_GPS,
  type Json,
  observation,
  patientOf,
  person,
  urn,
} from '../support/people.ts';

let gateway: Gateway;
let sender: string;
let partner: string;
let patient: string;
let written: string;
const one = person(220);

async function call(method: 'GET' | 'POST' | 'PUT', path: string, token: string, body?: Json) {
  return gateway.ask(`/fhir/r4/${path}`, {
    ...{ method, token },
    ...(body
      ? { headers: { 'content-type': 'application/fhir+json' }, body: JSON.stringify(body) }
      : {}),
  });
}
type Found = Json & { total: number; entry?: { resource: Json; response?: Json }[] };
const get = async (path: string, token = partner): Promise<Found> =>
  (await call('GET', path, token)).json();
const provenances = ({ entry = [] }: Found) =>
  entry
    .map(({ resource }) => resource)
    .filter(({ resourceType }) => resourceType === 'Provenance') as {
    id: string;
    recorded: string;
    target: { reference: string }[];
    activity: { coding: { code: string }[] };
  }[];

beforeAll(async () => {
  gateway = await openGateway();
  sender = await gateway.token('epd-proef');
  partner = await gateway.token('partner-huisarts');
  patient = (await call('POST', 'Patient', sender, patientOf(one))).json().id;
  const subject = `Patient/${patient}`;
  written = (await call('POST', 'Observation', sender, observation('w', subject))).json().id;
  await choose(gateway, one, [HOSPITALS_TO_GPS]);
});
afterAll(() => gateway.close());

describe('the provenance of what was written', () => {
  it('names who wrote it and when, and the version', async () => {
    const found = await get(`Provenance?target=Observation/${written}`);
    expect(found.total).toBe(1);
    const [provenance] = provenances(found);
    const { meta } = (await call('GET', `Observation/${written}`, partner)).json();
    expect(provenance).toMatchObject({
      target: [{ reference: `Observation/${written}/_history/1` }],
      recorded: meta.lastUpdated,
      activity: { coding: [{ code: 'CREATE' }] },
      agent: [{ who: { identifier: { value: HOSPITAL.ura } } }, { who: { display: 'Zorgsluis' } }],
    });
  });

  it('can be read, read as a version and has a history of one', async () => {
    const [provenance] = provenances(await get(`Provenance?target=Observation/${written}`));
    const path = `Provenance/${provenance?.id}`;
    expect(await get(path)).toMatchObject({ resourceType: 'Provenance', id: provenance?.id });
    expect(await get(`${path}/_history/1`)).toMatchObject({ id: provenance?.id });
    expect((await call('GET', `${path}/_history/2`, partner)).statusCode).toBe(404);
    const history = await get(`${path}/_history`);
    expect(provenances(history).map(({ id }) => id)).toEqual([provenance?.id]);
  });

  it('is one for each version, and the older stays to be read', async () => {
    const first = provenances(await get(`Provenance?target=Observation/${written}`))[0];
    const changed = { ...observation('w', `Patient/${patient}`), id: written };
    const put = { ...changed, valueQuantity: { value: 71, unit: 'kg' } };
    expect((await call('PUT', `Observation/${written}`, sender, put)).statusCode).toBe(200);
    const [second] = provenances(await get(`Provenance?target=Observation/${written}`));
    expect(second?.target[0]?.reference).toMatch(/_history\/2$/);
    expect(second?.activity.coding[0]?.code).toBe('UPDATE');
    expect(await get(`Provenance/${first?.id}`)).toMatchObject({ target: first?.target });
  });

  it('comes along with a search, also of a transaction', async () => {
    const bundle = {
      ...{ resourceType: 'Bundle', type: 'transaction' },
      entry: ['t1', 't2'].map((key) => ({
        fullUrl: urn(key),
        resource: observation(key, `Patient/${patient}`),
        request: { method: 'POST', url: 'Observation' },
      })),
    };
    expect((await call('POST', '', sender, bundle)).statusCode).toBe(200);
    const all = await get(`Observation?patient=${patient}&_revinclude=Provenance:target`);
    const targets = provenances(all).map(({ target }) => target[0]?.reference.split('/')[1]);
    const results = (all.entry ?? []).flatMap(({ resource }) =>
      resource['resourceType'] === 'Observation' ? [resource['id']] : [],
    );
    expect(results).toHaveLength(3);
    expect(targets.toSorted()).toEqual(results.toSorted());
  });

  it('has the versions of a message as well', async () => {
    const message = [
      'MSH|^~\\&|EPD|PROEF|G|R|20260302100000||ORU^R01|PV-1|P|2.5',
      `PID|1||${one.bsn}^^^NLMINBIZA^NNNLD||${one.family}^Test||19700301|F`,
      'OBR|1||F-9^LIS|BB^Bloedbeeld^L|||20260302080000|||||||||||||||20260302094500|||F',
      'OBX|1|NM|718-7^Hemoglobine^LN||7.9|mmol/l|||||F|||20260302080000',
    ].join('\r');
    const sent = await gateway.send('epd-proef', message, {
      ...{ path: '', mediaType: 'application/hl7-v2' },
    });
    const reference = sent
      .json<{ items: { reference: string }[] }>()
      .items.find((item) => item.reference.startsWith('Observation/'))?.reference;
    const [provenance] = provenances(await get(`Provenance?target=${reference}`));
    const path = `Provenance/${provenance?.id}`;
    expect(await get(`${path}/_history/1`)).toMatchObject({ id: provenance?.id });
    expect(provenances(await get(`${path}/_history`))).toHaveLength(1);
  });

  it('is absent of what may not be seen, in every way, as of what never was', async () => {
    const [provenance] = provenances(await get(`Provenance?target=Observation/${written}`));
    const hidden = { level: 'instance' as const, value: `Observation/${written}` };
    await choose(gateway, one, [{ ...HOSPITALS_TO_GPS, type: 'deny', data: hidden }]);
    expect((await get(`Provenance?target=Observation/${written}`)).total).toBe(0);
    const never = 'Observation.1.00000000-0000-4000-8000-000000000099';
    for (const tail of ['', '/_history/1', '/_history']) {
      const answer = await call('GET', `Provenance/${provenance?.id}${tail}`, partner);
      const absent = await call('GET', `Provenance/${never}${tail}`, partner);
      expect(answer.statusCode).toBe(404);
      expect(answer.body).toBe(absent.body);
    }
    const all = await get(`Observation?patient=${patient}&_revinclude=Provenance:target`);
    expect(JSON.stringify(all)).not.toContain(written);
  });

  it.each(['Observation.0.x', 'observation.1.x', 'Observation.1.', 'Provenance.1.Observation.1.x'])(
    'of %s there is none',
    async (id) => {
      expect((await call('GET', `Provenance/${id}`, sender)).statusCode).toBeGreaterThanOrEqual(
        400,
      );
      expect((await call('GET', `Provenance/${id}`, sender)).statusCode).toBeLessThan(500);
    },
  );
});
