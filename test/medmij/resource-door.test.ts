/** The MedMij resource interface: one person, one aanbieder, one service, and never a BSN. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BSN_SYSTEM,
  type Gateway,
  HOSPITAL,
  OTHER_HOSPITAL,
  openGateway,
  PGO,
  PUBLIC_URL,
} from '../support/gateway.ts';
import {
  entry,
  letter,
  observation,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

let gateway: Gateway;
let token: string;
const own = person(1);
const other = person(2);

beforeAll(async () => {
  gateway = await openGateway();
  for (const [one, sender] of [
    [own, 'epd-proef'],
    [other, 'epd-proef'],
    [own, 'epd-ander'],
  ] as const) {
    const self = urn(one.bsn);
    const sent = await gateway.send(
      sender,
      transaction([
        entry(self, patientOf(one)),
        entry(urn(`o${one.bsn}`), observation(`${sender}-${one.family}`, self)),
        ...letter(`${sender}-${one.family}`, self),
      ]),
    );
    expect(sent.statusCode, sent.body).toBe(200);
  }
  token = await newToken({});
});
afterAll(() => gateway.close());

async function newToken(change: { services?: string[]; aanbieder?: string; client?: string }) {
  const { rooms } = gateway;
  const issued = await rooms.tokens.issue(rooms.database, {
    kind: 'medmij',
    client: PGO,
    vault: await vaultOf(gateway, own),
    aanbieder: HOSPITAL.id,
    services: ['48', '51'],
    consent: randomUUID(),
    correlationId: randomUUID(),
    ...change,
  });
  return issued.token;
}

const BASE = '/medmij/ziekenhuisproef/48/fhir';
const DOCUMENTS = '/medmij/ziekenhuisproef/51/fhir';

const get = (url: string, headers: Record<string, string> = {}, as: string | undefined = token) =>
  gateway.ask(url, { headers, ...(as === undefined ? {} : { token: as }) });

describe('a PGO', () => {
  it('is written down with the service, the consent and the ids of its request', async () => {
    const id = randomUUID();
    expect((await get(`${BASE}/Observation`, { 'MedMij-Request-ID': id })).statusCode).toBe(200);
    const { ledger } = gateway.rooms;
    const { entries } = await ledger.ofPatient(await vaultOf(gateway, own), { limit: 5 });
    const { record } = entries.find((one) => one.record.requestId === id) ?? {};
    expect(record).toMatchObject({ client: PGO, holders: [HOSPITAL.id], outcome: 0 });
    expect(record?.detail).toMatchObject({
      gegevensdienst: '48',
      toestemming: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it('gets the person of the token, of this aanbieder only', async () => {
    const patients = (await get(`${BASE}/Patient`)).json();
    expect(patients).toMatchObject({ total: 1, type: 'searchset' });
    expect(patients.entry[0].resource.name[0].family).toBe(own.family);
    const weights = (await get(`${BASE}/Observation`)).json();
    expect(weights.total).toBe(1);
    expect(weights.entry[0].resource.identifier[0].value).toBe(`epd-proef-${own.family}`);
    const { id } = weights.entry[0].resource;
    expect((await get(`${BASE}/Observation/${id}`)).statusCode).toBe(200);
    const there = await newToken({ aanbieder: OTHER_HOSPITAL.id, services: ['48'] });
    const elsewhere = `/medmij/anderziekenhuis/48/fhir/Observation/${id}`;
    expect((await get(elsewhere, {}, there)).statusCode).toBe(404);
  });

  it('cannot read what is another person’s', async () => {
    const { store, database } = gateway.rooms;
    const vault = await vaultOf(gateway, other);
    const epoch = await store.epoch(database, vault);
    const { rows } = await store.candidates(database, { vault, epoch });
    for (const row of rows.filter(({ type }) => type !== 'DocumentReference')) {
      const base = row.type === 'Binary' ? DOCUMENTS : BASE;
      expect((await get(`${base}/${row.type}/${row.id}`)).statusCode).toBe(404);
    }
  });

  it.each(['Patient?_revinclude=*', 'Patient?_revinclude=DocumentReference:patient'])(
    'gets nothing of another service by what is included: %s',
    async (search) => {
      const answer = await get(`${BASE}/${search}`);
      expect(answer.statusCode, answer.body).toBe(200);
      const types = answer
        .json<{ entry: { resource: { resourceType: string } }[] }>()
        .entry.map(({ resource }) => resource.resourceType);
      expect(types).toContain('Patient');
      expect(types).not.toContain('DocumentReference');
      expect(types).not.toContain('Binary');
      expect(types.includes('Observation')).toBe(search.endsWith('*'));
    },
  );

  it('learns nothing of another service by what is asked', async () => {
    const ofOther = 'Patient?_has:DocumentReference:patient:status=current';
    expect((await get(`${BASE}/${ofOther}`)).json().total).toBe(0);
    const ofOwn = 'Patient?_has:Observation:patient:status=final';
    expect((await get(`${BASE}/${ofOwn}`)).json().total).toBe(1);
  });

  it.each(['application/fhir+json', 'application/fhir+xml'])(
    'never gets a BSN, in %s: not in resources, narrative, links or refusals',
    async (accept) => {
      const id = (await get(`${BASE}/Patient`)).json().entry[0].resource.id;
      for (const path of [
        `${BASE}/Patient`,
        `${BASE}/Patient/${id}`,
        `${BASE}/Patient/${id}/_history/1`,
        `${BASE}/Patient?_elements=identifier`,
        `${BASE}/Observation?_include=Observation:subject`,
        `${BASE}/Patient?identifier=${BSN_SYSTEM}|${own.bsn}`,
        `${BASE}/Patient?identifier=${own.bsn}`,
        `${BASE}/Observation?patient.identifier=${own.bsn}`,
        `${BASE}/Patient/${own.bsn}`,
        `${BASE}/${own.bsn}`,
        `${DOCUMENTS}/DocumentReference`,
        `${DOCUMENTS}/${own.bsn}/%E0`,
      ]) {
        const answer = await get(path, { accept });
        expect(answer.statusCode, path).toBeLessThan(500);
        const said = `${answer.body} ${JSON.stringify(answer.headers)}`;
        expect(said.includes(own.bsn), path).toBe(false);
      }
    },
  );

  it.each([
    'Observation?patient=Patient/1',
    'Observation?subject:Patient.identifier=1',
    'Observation?patient:identifier=x',
    `Patient?identifier=${BSN_SYSTEM}|123`,
    'Coverage?beneficiary.identifier=123456782',
  ])('names no patient: %s is refused, in the URL and in a form', async (path) => {
    const [type = '', query = ''] = path.split('?');
    const refusal = await get(`${BASE}/${path}`);
    expect(refusal.statusCode).toBe(400);
    expect(refusal.headers['www-authenticate']).toContain('error="invalid_request"');
    const form = Object.fromEntries(new URLSearchParams(query));
    const posted = await gateway.ask(`${BASE}/${type}/_search`, { token, form });
    expect(posted.statusCode).toBe(400);
  });

  it('may ask for a number under another system: that is no person’s', async () => {
    const number = 'urn:oid:2.16.840.1.113883.2.4.3.11.999.77.1%7C199900012';
    const answer = await get(`${BASE}/MedicationRequest?identifier=${number}`);
    expect(answer.statusCode, answer.body).toBe(200);
  });

  it('finds a document and gets its bytes', async () => {
    const { resource } = (await get(`${DOCUMENTS}/DocumentReference`)).json().entry[0];
    const { url } = resource.content[0].attachment;
    const pdf = await get(`${DOCUMENTS}/${url.replace(/^.*(?=Binary\/)/, '')}`, {
      accept: 'application/pdf',
    });
    expect(pdf.headers['content-type']).toBe('application/pdf');
    expect((await get(`${BASE}/${url}`)).statusCode).toBe(404);
  });

  it('asks in its own version: 48 is STU3', async () => {
    const asked = (version: string) =>
      get(`${BASE}/Patient`, { accept: `application/fhir+json; fhirVersion=${version}` });
    expect((await asked('3.0')).statusCode).toBe(200);
    expect((await asked('4.0')).statusCode).toBe(406);
    expect((await get(`${BASE}/metadata`, {}, undefined)).json()).toMatchObject({
      resourceType: 'CapabilityStatement',
      fhirVersion: '3.0.2',
    });
  });

  it('pages nowhere else with its link', async () => {
    const first = (await get(`${DOCUMENTS}/DocumentReference?_count=1`)).json();
    expect(first.link.every((one: { url: string }) => one.url.startsWith(PUBLIC_URL))).toBe(true);
  });
});

describe('a token that does not fit', () => {
  it('of another service or aanbieder is 403 and says what is needed', async () => {
    const only = await newToken({ services: ['51'] });
    const answer = await get(`${BASE}/Patient`, {}, only);
    expect(answer.statusCode).toBe(403);
    expect(answer.headers['www-authenticate']).toMatch(
      /^Bearer error="insufficient_scope", error_description="[^"]+", scope="48"$/,
    );
    const there = await newToken({ aanbieder: OTHER_HOSPITAL.id });
    expect((await get(`${BASE}/Patient`, {}, there)).statusCode).toBe(403);
    const partner = await gateway.token('partner-huisarts');
    expect((await get(`${BASE}/Patient`, {}, partner)).statusCode).toBe(403);
  });

  it('is 401 when there is none, it is made up, or over', async () => {
    expect((await gateway.ask(`${BASE}/Patient`)).headers['www-authenticate']).toBe('Bearer');
    const wrong = await get(`${BASE}/Patient`, {}, 'made-up');
    expect(wrong.headers['www-authenticate']).toContain('error="invalid_token"');
    const short = await newToken({});
    expect((await get(`${BASE}/Patient`, {}, short)).statusCode).toBe(200);
    gateway.later(901);
    expect((await get(`${BASE}/Patient`, {}, short)).statusCode).toBe(401);
    token = await newToken({});
  });

  it('is no good at a partner’s door, and once its client is suspended nowhere', async () => {
    expect((await get('/fhir/r4/Patient')).statusCode).toBe(403);
    const { clients, database } = gateway.rooms;
    const client = await clients.byId(PGO);
    if (!client) throw new Error('no client');
    await clients.put(database, { ...client, status: 'suspended' });
    expect((await get(`${BASE}/Patient`)).statusCode).toBe(401);
    await clients.put(database, client);
    expect((await get(`${BASE}/Patient`)).statusCode).toBe(200);
  });
});

describe('the address', () => {
  it.each([
    '/medmij/onbekend/48/fhir/Patient',
    '/medmij/ziekenhuisproef/63/fhir/Patient',
    '/medmij/ziekenhuisproef/999/fhir/Patient',
    '/medmij/ziekenhuisproef/48/fhir/CarePlan',
    '/medmij/ziekenhuisproef/48/fhir/Nonsense',
    '/medmij/ziekenhuisproef/48/fhir/DocumentReference',
  ])('%s is not there', async (url) => {
    expect((await get(url)).statusCode).toBe(404);
  });

  it('echoes the request id, also with a refusal, and never a made-up one', async () => {
    const id = randomUUID();
    const ids = { 'MedMij-Request-ID': id };
    expect((await get(`${BASE}/Patient`, ids)).headers['medmij-request-id']).toBe(id);
    const refused = await gateway.ask(`${BASE}/Patient`, { headers: ids });
    expect(refused.statusCode).toBe(401);
    expect(refused.headers['medmij-request-id']).toBe(id);
    const odd = await get(`${BASE}/Patient`, { 'MedMij-Request-ID': own.bsn });
    expect(odd.headers['medmij-request-id']).toBeUndefined();
  });

  it('answers an operation that is not there with 400, a method with 405', async () => {
    expect((await get(`${DOCUMENTS}/DocumentReference/$`)).statusCode).toBe(400);
    const put = await gateway.ask(`${BASE}/Patient/1`, {
      token,
      method: 'PUT',
      body: '{}',
      headers: { 'content-type': 'application/fhir+json' },
    });
    expect(put.statusCode).toBe(405);
  });
});
