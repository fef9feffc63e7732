/** https://hl7.org/fhir/R4/binary.html: what is no resource comes and goes as itself. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, openGateway, PUBLIC_URL } from '../support/gateway.ts';
import { choose, HOSPITALS_TO_GPS, observation, patientOf, person } from '../support/people.ts';

let gateway: Gateway;
let sender: string;
let partner: string;
const one = person(161);
const other = person(162);
const PDF = Buffer.from('%PDF-1.4\n1 0 obj <</Type /Catalog>> endobj\n%%EOF\n', 'latin1');
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0xff, 0x00]);
const CONTEXT = { 'x-security-context': 'Patient/bytes' };
const PSY = {
  security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'PSY' }],
};

function send(
  path: string,
  body: Buffer | string,
  headers: Record<string, string>,
  { method = 'POST', as = sender }: { method?: 'POST' | 'PUT'; as?: string } = {},
) {
  return gateway.ask(`/fhir/${path}`, { token: as, method, headers, body });
}

const get = (path: string, accept?: string, as = sender) =>
  gateway.ask(`/fhir/${path}`, { token: as, headers: accept === undefined ? {} : { accept } });

const codeOf = (answer: { json(): { issue: { details: { coding: { code: string }[] } }[] } }) =>
  answer.json().issue[0]?.details.coding[0]?.code;

const put = (resource: Record<string, unknown>) =>
  send(
    `r4/${resource['resourceType']}/${resource['id']}`,
    JSON.stringify(resource),
    { 'content-type': 'application/fhir+json' },
    { method: 'PUT' },
  );

beforeAll(async () => {
  gateway = await openGateway();
  sender = await gateway.token('epd-proef');
  partner = await gateway.token('partner-huisarts');
  await put({ ...patientOf(one), id: 'bytes' });
  await put({ ...patientOf(other), id: 'others' });
  await choose(gateway, one, [HOSPITALS_TO_GPS]);
});
afterAll(() => gateway.close());

describe.each([
  ['r4', 'data'],
  ['stu3', 'content'],
])('a raw Binary (%s)', (version, member) => {
  it.each([
    ['application/pdf', PDF],
    ['image/png', PNG],
    ['text/plain; charset=utf-8', Buffer.from('één regel\n')],
    ['text/xml', Buffer.from('<ClinicalDocument xmlns="urn:hl7-org:v3"/>')],
    ['application/json', Buffer.from('{"a": 1}')],
    ['application/fhir+json', Buffer.from('{"resourceType":"Patient"}')],
    ['application/dicom', Buffer.from('DICM')],
  ])('of %s is kept as it came, and read as it came or as a resource', async (type, bytes) => {
    const headers = { 'content-type': type, ...CONTEXT };
    const made = await send(`${version}/Binary`, bytes, headers);
    expect(made.statusCode, made.body).toBe(201);
    const { id } = made.json();
    expect(made.headers.location).toBe(`${PUBLIC_URL}/fhir/${version}/Binary/${id}/_history/1`);
    expect(made.json()).toMatchObject({
      resourceType: 'Binary',
      contentType: type,
      securityContext: { reference: 'Patient/bytes' },
      [member]: bytes.toString('base64'),
    });
    const raw = await get(`${version}/Binary/${id}`);
    expect(raw.rawPayload.equals(bytes)).toBe(true);
    expect(raw.headers).toMatchObject({
      'content-type': type,
      etag: 'W/"1"',
      'x-security-context': 'Patient/bytes',
      'content-disposition': 'attachment',
      'x-content-type-options': 'nosniff',
    });
    const isFhir = type.startsWith('application/fhir');
    if (!isFhir) {
      const asked = await get(`${version}/Binary/${id}`, type.split(';')[0]);
      expect(asked.rawPayload.equals(bytes)).toBe(true);
    }
    const resource = await get(`${version}/Binary/${id}`, 'application/fhir+json');
    expect(resource.json()[member]).toBe(bytes.toString('base64'));
    const xml = await get(`${version}/Binary/${id}`, 'application/fhir+xml');
    expect(xml.body).toContain(`<contentType value="${type}"/>`);
    // The same bytes in the other version.
    const across = await get(`${version === 'r4' ? 'stu3' : 'r4'}/Binary/${id}`, '*/*');
    expect(across.rawPayload.equals(bytes)).toBe(true);
  });

  it('is replaced by a PUT with its id, which keeps whose it is', async () => {
    const path = `${version}/Binary/raw-${version}`;
    const first = await send(
      path,
      PDF,
      { 'content-type': 'application/pdf', ...CONTEXT },
      { method: 'PUT' },
    );
    expect(first.statusCode, first.body).toBe(201);
    const image = { 'content-type': 'image/png', 'if-match': 'W/"1"' };
    const second = await send(path, PNG, image, { method: 'PUT' });
    expect(second.statusCode, second.body).toBe(200);
    expect((await get(path, 'image/*')).rawPayload.equals(PNG)).toBe(true);
    expect((await get(`${path}/_history/1`)).rawPayload.equals(PDF)).toBe(true);
    const late = await send(path, PDF, image, { method: 'PUT' });
    expect(late.statusCode).toBe(412);
    const known = await gateway.ask(`/fhir/${path}`, {
      token: sender,
      headers: { 'if-none-match': 'W/"2"' },
    });
    expect(known.statusCode).toBe(304);
  });

  it('that names nobody is refused with the way to name somebody', async () => {
    for (const [method, path] of [
      ['POST', 'Binary'],
      ['PUT', 'Binary/of-nobody'],
    ] as const) {
      const answer = await send(
        `${version}/${path}`,
        PDF,
        { 'content-type': 'application/pdf' },
        { method },
      );
      expect(answer.statusCode).toBe(422);
      expect(codeOf(answer)).toBe('no-person');
      expect(answer.body).toContain('X-Security-Context');
    }
    const stranger = { 'content-type': 'application/pdf', 'x-security-context': 'Patient/nobody' };
    const answer = await send(`${version}/Binary`, PDF, stranger);
    expect([answer.statusCode, codeOf(answer)]).toEqual([422, 'unknown-patient']);
  });
});

describe('a raw Binary', () => {
  it('that says itself what it is, is that resource', async () => {
    const binary = { resourceType: 'Binary', contentType: 'image/png', data: 'iVBORw==' };
    const securityContext = { reference: 'Patient/bytes' };
    const headers = { 'content-type': 'application/fhir+json' };
    const made = await send('r4/Binary', JSON.stringify({ ...binary, securityContext }), headers);
    expect(made.json()).toMatchObject({ ...binary, securityContext });
    const xml = `<?xml version="1.0"?><!-- a --><Binary xmlns="http://hl7.org/fhir">
      <contentType value="image/png"/><securityContext><reference value="Patient/bytes"/>
      </securityContext><data value="iVBORw=="/></Binary>`;
    const ofXml = await send('r4/Binary', xml, { 'content-type': 'application/xml' });
    expect(ofXml.json(), ofXml.body).toMatchObject({ ...binary, securityContext });
    const broken = await send('r4/Binary', JSON.stringify(binary).slice(0, -2), headers);
    expect(broken.statusCode).toBe(400);
    const another = await send(
      'r4/Binary',
      JSON.stringify({ ...binary, id: 'b', securityContext }),
      headers,
      { method: 'PUT' },
    );
    expect(another.statusCode).toBe(400);
  });

  it('is answered as what it holds to who asks for that', async () => {
    const headers = { 'content-type': 'application/pdf', accept: 'application/pdf', ...CONTEXT };
    const made = await send('r4/Binary', PDF, headers);
    expect(made.statusCode, made.body).toBe(201);
    expect(made.rawPayload.equals(PDF)).toBe(true);
    const other = await send('r4/Binary', PDF, { ...headers, accept: 'image/png' });
    expect(other.statusCode).toBe(406);
  });

  it('is not larger than a document may be, not empty, and no PDF that acts', async () => {
    const headers = { 'content-type': 'application/octet-stream', ...CONTEXT };
    const large = await send('r4/Binary', Buffer.alloc(40 * 1024 * 1024 + 1), headers);
    expect(large.statusCode).toBe(413);
    expect((await send('r4/Binary', '', headers)).statusCode).toBe(400);
    const acting = Buffer.concat([PDF, Buffer.from('<</S /JavaScript /JS (app.alert(1))>>')]);
    const refused = await send('r4/Binary', acting, headers);
    expect([refused.statusCode, codeOf(refused)]).toEqual([422, 'active-content']);
    const odd = await send('r4/Binary', PDF, { ...headers, 'content-type': 'pdf' });
    expect(odd.statusCode).toBe(415);
  });

  it('is for senders, and of other types there is none', async () => {
    const headers = { 'content-type': 'application/pdf', ...CONTEXT };
    expect((await send('r4/Binary', PDF, headers, { as: partner })).statusCode).toBe(405);
    expect((await send('r4/Observation', PDF, headers)).statusCode).toBe(415);
  });

  it('has an id that means one resource: not one in the record of another', async () => {
    const path = 'r4/Binary/one-record';
    const headers = { 'content-type': 'application/pdf' };
    const method = 'PUT' as const;
    await send(path, PDF, { ...headers, ...CONTEXT }, { method });
    const theirs = { ...headers, 'x-security-context': `${PUBLIC_URL}/fhir/r4/Patient/others` };
    const answer = await send(path, PDF, theirs, { method });
    expect([answer.statusCode, codeOf(answer)]).toEqual([409, 'other-record']);
  });

  it('of a person is decided as a document of theirs, before any names it', async () => {
    await choose(gateway, other, [
      HOSPITALS_TO_GPS,
      { ...HOSPITALS_TO_GPS, type: 'deny', data: { level: 'type', value: 'DocumentReference' } },
    ]);
    await put({ ...observation('seen', 'Patient/others'), id: 'seen' });
    const headers = { 'content-type': 'image/png', 'x-security-context': 'Patient/others' };
    const made = await send('r4/Binary', PNG, headers);
    expect((await get('r4/Observation/seen', undefined, partner)).statusCode).toBe(200);
    expect((await get(`r4/Binary/${made.json().id}`, '*/*', partner)).statusCode).toBe(404);
    const all = await get('r4/Patient/others/$everything', undefined, partner);
    expect(all.body).toContain('Observation');
    expect(all.body).not.toContain('Binary');
  });

  it('is decided as what its context names, also when that is labelled later', async () => {
    const measured = { ...observation('ecg', 'Patient/bytes'), id: 'ecg' };
    await put(measured);
    const headers = { 'content-type': 'image/png', 'x-security-context': 'Observation/ecg' };
    const made = await send('r4/Binary', PNG, headers);
    const path = `r4/Binary/${made.json().id}`;
    expect((await get(path, '*/*', partner)).rawPayload.equals(PNG)).toBe(true);
    await put({ ...measured, meta: PSY });
    const withheld = await get(path, '*/*', partner);
    const never = await get('r4/Binary/never', '*/*', partner);
    expect([withheld.statusCode, withheld.body]).toEqual([404, never.body]);
    const after = await send('r4/Binary', PNG, headers);
    expect((await get(`r4/Binary/${after.json().id}`, '*/*', partner)).statusCode).toBe(404);
    expect((await get(path)).statusCode).toBe(200);
  });
});
