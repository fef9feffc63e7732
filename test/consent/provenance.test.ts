/** Where a value comes from: one Provenance for each message. source-formats.md 2.7. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BSN_SYSTEM, type Gateway, HOSPITAL, openGateway } from '../support/gateway.ts';
import { choose, HOSPITALS_TO_GPS, type Json, person, vaultOf } from '../support/people.ts';

let gateway: Gateway;
let sender: string;
let partner: string;
let receipt: { id: string; sha256: string; items: { reference: string }[] };
const one = person(210);

const message = [
  'MSH|^~\\&|EPD|PROEF|G|R|20260302100000||ORU^R01|P-1|P|2.5',
  `PID|1||${one.bsn}^^^NLMINBIZA^NNNLD||${one.family}^Test||19700301|F`,
  'OBR|1||F-9^LIS|BB^Bloedbeeld^L|||20260302080000|||||||||||||||20260302094500|||F',
  'OBX|1|NM|718-7^Hemoglobine^LN||7.9|mmol/l|||||F|||20260302080000',
  'OBX|2|NM|2823-3^Kalium^LN||4.1|mmol/l|||||F|||20260302080000',
].join('\r');

beforeAll(async () => {
  gateway = await openGateway();
  const sent = await gateway.send('epd-proef', message, {
    path: '',
    mediaType: 'application/hl7-v2',
  });
  expect(sent.statusCode, sent.body).toBeLessThan(300);
  receipt = sent.json();
  await choose(gateway, one, [HOSPITALS_TO_GPS]);
  [sender, partner] = await Promise.all([
    gateway.token('epd-proef'),
    gateway.token('partner-huisarts'),
  ]);
});
afterAll(() => gateway.close());

const referenceOf = (type: string, nth = 0) =>
  receipt.items.filter(({ reference }) => reference.startsWith(`${type}/`))[nth]?.reference ?? '';

async function get(
  path: string,
  token = partner,
): Promise<Json & { entry?: { resource: Json }[] }> {
  return (await gateway.ask(`/fhir/r4/${path}`, { token })).json();
}

const targetsOf = (provenance: Json | undefined) =>
  (provenance?.['target'] as { reference: string }[] | undefined)?.map(
    ({ reference }) => reference,
  );

/** What the newest line about the person says: released and withheld. */
async function counted() {
  const { entries } = await gateway.rooms.ledger.ofPatient(await vaultOf(gateway, one), {
    limit: 1,
  });
  return [entries[0]?.record.released, entries[0]?.record.withheld];
}

describe('the provenance of a message', () => {
  it('tells a partner no digest: of what is withheld it would confirm a guess', async () => {
    const found = await get(`Provenance?target=${referenceOf('Observation')}`);
    expect(found['total']).toBe(1);
    expect(JSON.stringify(found)).not.toContain(receipt.sha256);
  });

  it('is found by what came from it, and names sender, time, mapping and digest', async () => {
    const found = await get(`Provenance?target=${referenceOf('Observation')}`, sender);
    expect(found['total']).toBe(1);
    const [provenance] = found.entry ?? [];
    expect(provenance?.resource).toMatchObject({
      resourceType: 'Provenance',
      occurredDateTime: '2026-03-02T10:00:00+01:00',
      policy: [expect.stringMatching(/^urn:mapping:[0-9a-f]{12}$/)],
      agent: [
        { who: { display: 'epd-proef' }, onBehalfOf: { identifier: { value: HOSPITAL.ura } } },
        { who: { display: 'Zorgsluis' } },
      ],
      entity: [{ role: 'source' }, { what: { identifier: { value: receipt.sha256 } } }],
    });
    expect(receipt.sha256).toBe(createHash('sha256').update(message).digest('hex'));
  });

  it('names every version that was written of it', async () => {
    const found = await get(`Provenance?target=${referenceOf('Observation')}`);
    const targets = targetsOf(found.entry?.[0]?.resource);
    const written = receipt.items.map(({ reference }) => `${reference}/_history/1`);
    expect(targets).toEqual(expect.arrayContaining(written));
  });

  it('can be read by its own id, and comes along with a search', async () => {
    const found = await get(`Provenance?target=${referenceOf('Observation')}`);
    const { id } = found.entry?.[0]?.resource ?? {};
    expect(await get(`Provenance/${id}`)).toMatchObject({ resourceType: 'Provenance', id });
    const patient = referenceOf('Patient');
    const query = `Observation?patient=${patient}&_revinclude=Provenance:target`;
    const all = (await get(query)).entry?.map(({ resource }) => resource['id']);
    expect(all?.filter((one) => one === id)).toHaveLength(1);
  });

  it('is the same for its sender, who can fetch the original with that digest', async () => {
    const own = await get(`Provenance?target=${referenceOf('Observation')}`, sender);
    expect(own['total']).toBe(1);
    const original = await gateway.ask(`/intake/epd-proef/receipts/${receipt.id}/original`, {
      token: sender,
    });
    expect(original.statusCode).toBe(200);
    expect(createHash('sha256').update(original.rawPayload).digest('hex')).toBe(receipt.sha256);
  });
});

describe('a value', () => {
  const mapping = (token: string, query = '') =>
    gateway.ask(`/intake/epd-proef/receipts/${receipt.id}/mapping${query}`, { token });

  it('comes from a place by a rule, which its sender is told, and no value', async () => {
    const answer = await mapping(sender, `?place=${encodeURIComponent('OBX[1]-5')}`);
    expect(answer.json()).toMatchObject({
      mapping: expect.stringMatching(/^[0-9a-f]{12}$/),
      values: [{ kind: 'mapped', place: 'OBX[1]-5', rule: expect.stringMatching(/^result/) }],
    });
    const all = await mapping(sender);
    expect(all.json().values.length).toBeGreaterThan(10);
    for (const value of ['7.9', one.bsn, one.family]) expect(all.body).not.toContain(value);
  });

  it('is told to its sender only', async () => {
    const other = await gateway.token('epd-ander');
    expect((await mapping(other)).statusCode).toBe(401);
  });
});

describe('what may not be seen', () => {
  it('is not among the targets, and of it alone there is no provenance', async () => {
    const hidden = referenceOf('Observation', 1);
    await choose(gateway, one, [
      { ...HOSPITALS_TO_GPS, type: 'deny', data: { level: 'instance', value: hidden } },
    ]);
    const found = await get(`Provenance?target=${referenceOf('Observation')}`);
    expect(targetsOf(found.entry?.[0]?.resource)).not.toContain(`${hidden}/_history/1`);
    expect(JSON.stringify(found)).not.toContain(hidden);
    const none = await get(`Provenance?target=${hidden}`);
    const never = await get('Provenance?target=Observation/never');
    expect(none['total']).toBe(0);
    expect(Object.keys(none)).toEqual(Object.keys(never));
  });

  it('is hidden whole from whom the person keeps everything', async () => {
    const found = await get(`Provenance?target=${referenceOf('Observation')}`);
    const { id } = found.entry?.[0]?.resource ?? {};
    const everything = { ...HOSPITALS_TO_GPS, type: 'deny' as const };
    await choose(gateway, one, [everything]);
    const answer = await gateway.ask(`/fhir/r4/Provenance/${id}`, { token: partner });
    const never = '00000000-0000-4000-8000-000000000099';
    const absent = await gateway.ask(`/fhir/r4/Provenance/${never}`, { token: partner });
    expect(answer.statusCode).toBe(404);
    expect(answer.body).toBe(absent.body);
    const form = { identifier: `${BSN_SYSTEM}|${one.bsn}` };
    const patient = await gateway.ask('/fhir/r4/Patient/_search', { token: partner, form });
    expect(patient.json().total).toBe(0);
  });
});

describe('a question by its target', () => {
  it('counts in the ledger what is withheld by the target that is named', async () => {
    const target = referenceOf('Observation');
    const closed = { type: 'deny', data: { level: 'instance', value: target } } as const;
    await choose(gateway, one, [{ ...HOSPITALS_TO_GPS, ...closed }]);
    expect((await get(`Provenance?target=${target}`))['total']).toBe(0);
    expect(await counted()).toEqual([0, 1]);
  });
});
