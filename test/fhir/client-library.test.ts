/**
 * A FHIR client library of others against both faces, over a real line: what it expects of any
 * server holds here. https://github.com/Vermonster/fhir-kit-client
 */
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, openGateway } from '../support/gateway.ts';
import { condition, type Json, observation, patientOf, person } from '../support/people.ts';

type Call = (asked?: Readonly<Record<string, unknown>>) => Promise<unknown>;

/** As much of the library as is used; its own types know one FHIR version only. */
interface Client {
  readonly capabilityStatement: Call;
  readonly create: Call;
  readonly read: Call;
  readonly vread: Call;
  readonly update: Call;
  readonly patch: Call;
  readonly delete: Call;
  readonly search: Call;
  readonly nextPage: Call;
  readonly history: Call;
  readonly transaction: Call;
  readonly batch: Call;
  readonly operation: Call;
  readonly resolve: Call;
  request(path: string): Promise<unknown>;
}

interface Library {
  readonly Client: new (settings: { baseUrl: string; bearerToken: string }) => Client;
}

const NAME = 'fhir-kit-client';
const library = (await import(NAME).catch(() => undefined)) as Library | undefined;

let gateway: Gateway;
let url: string;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

beforeAll(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  gateway = await openGateway({ publicUrl: url });
  await gateway.app.listen({ host: '127.0.0.1', port });
});
afterAll(() => gateway.close());

/** What the library throws for any status from 400 on. */
async function refused(work: Promise<unknown>): Promise<{ status: number; body: Json }> {
  try {
    await work;
  } catch (error) {
    const { response } = error as { response: { status: number; data: Json } };
    return { status: response.status, body: response.data };
  }
  throw new Error('this was not refused');
}

const ids = (bundle: Json): string[] =>
  ((bundle['entry'] ?? []) as { resource?: { id: string } }[]).flatMap(
    ({ resource }) => resource?.id ?? [],
  );

describe.skipIf(!library).each([
  ['r4', '4.0.1', 1],
  ['stu3', '3.0.2', 2],
] as const)('a client library at /fhir/%s', (version, fhirVersion, number) => {
  let client: Client;
  let patient: string;
  const one = person(80 + number);
  const weight = (key: string, more: Json = {}) =>
    observation(`${key}-${version}`, `Patient/${patient}`, more);

  beforeAll(async () => {
    if (!library) return;
    client = new library.Client({
      baseUrl: `${url}/fhir/${version}`,
      bearerToken: await gateway.token('epd-proef'),
    });
    const made = await client.create({ resourceType: 'Patient', body: patientOf(one) });
    patient = (made as { id: string }).id;
  });

  it('reads what the server can do, with and without the media type of FHIR', async () => {
    const statement = (await client.capabilityStatement()) as Json;
    expect(statement['fhirVersion']).toBe(fhirVersion);
    expect(statement['resourceType']).toBe('CapabilityStatement');
  });

  it('creates, reads, updates by version, and reads the version before', async () => {
    const created = (await client.create({
      resourceType: 'Observation',
      body: weight('a'),
    })) as Json & { id: string; meta: { versionId: string } };
    expect(await client.read({ resourceType: 'Observation', id: created.id })).toEqual(created);
    const changed = { ...created, status: 'amended' };
    const update = (tag: string) =>
      client.update({
        resourceType: 'Observation',
        id: created.id,
        body: changed,
        options: { headers: { 'If-Match': tag } },
      });
    const updated = (await update(`W/"${created.meta.versionId}"`)) as typeof created;
    expect([updated['status'], updated.meta.versionId]).toEqual(['amended', '2']);
    expect((await refused(update('W/"1"'))).status).toBe(412);
    const before = await client.vread({
      resourceType: 'Observation',
      id: created.id,
      version: '1',
    });
    expect((before as Json)['status']).toBe('final');
    const history = await client.history({ resourceType: 'Observation', id: created.id });
    expect(ids(history as Json)).toEqual([created.id, created.id]);
  });

  it('patches with JSON Patch, and deletes', async () => {
    const { id } = (await client.create({
      resourceType: 'Observation',
      body: weight('p'),
    })) as { id: string };
    const patched = await client.patch({
      resourceType: 'Observation',
      id,
      jsonPatch: [{ op: 'replace', path: '/status', value: 'amended' }],
    });
    expect((patched as Json)['status']).toBe('amended');
    await client.delete({ resourceType: 'Observation', id });
    const gone = await refused(client.read({ resourceType: 'Observation', id }));
    expect([gone.status, gone.body['resourceType']]).toEqual([410, 'OperationOutcome']);
    const never = await refused(client.read({ resourceType: 'Observation', id: 'never' }));
    expect(never.status).toBe(404);
  });

  it('searches by GET and by POST, and follows the pages to their end', async () => {
    for (let at = 0; at < 5; at += 1) {
      const body = weight(`s${at}`, { effectiveDateTime: `2026-02-0${at + 1}` });
      await client.create({ resourceType: 'Observation', body: body });
    }
    const searchParams = {
      patient: `Patient/${patient}`,
      date: ['ge2026-02-01', 'le2026-02-05'],
      _count: 2,
      _sort: 'date',
    };
    for (const postSearch of [false, true]) {
      let page: unknown = await client.search({
        resourceType: 'Observation',
        searchParams: searchParams,
        options: { postSearch },
      });
      expect((page as { total: number }).total).toBe(5);
      const found: string[] = [];
      for (let pages = 0; page !== undefined && pages < 9; pages += 1) {
        found.push(...ids(page as Json));
        page = await client.nextPage({ bundle: page });
      }
      expect([found.length, new Set(found).size]).toEqual([5, 5]);
    }
  });

  it('does a transaction and a batch', async () => {
    const full = 'urn:uuid:0f2e5b3c-7f4e-4f37-9d0e-2f6b8a0c9d11';
    const active = version === 'r4' ? {} : { clinicalStatus: 'active' };
    const entry = [
      {
        fullUrl: full,
        resource: { ...condition(`t-${version}`, `Patient/${patient}`), ...active },
        request: { method: 'POST', url: 'Condition' },
      },
      {
        resource: weight('t', version === 'r4' ? { focus: [{ reference: full }] } : {}),
        request: { method: 'POST', url: 'Observation' },
      },
    ];
    const body = { resourceType: 'Bundle', type: 'transaction', entry };
    const done = (await client.transaction({ body: body })) as {
      entry: { response: { status: string; location: string } }[];
    };
    expect(done.entry.map(({ response }) => response.status.slice(0, 3))).toEqual(['201', '201']);
    const batch = {
      resourceType: 'Bundle',
      type: 'batch',
      entry: [
        { request: { method: 'GET', url: `Patient/${patient}` } },
        { request: { method: 'GET', url: 'Patient/never' } },
      ],
    };
    const answers = (await client.batch({ body: batch })) as typeof done;
    const statuses = answers.entry.map(({ response }) => response.status.slice(0, 3));
    expect(statuses).toEqual(['200', '404']);
  });

  it('calls operations, on a type and on one resource, by GET and by POST', async () => {
    const everything = await client.operation({
      name: 'everything',
      resourceType: 'Patient',
      id: patient,
      method: 'GET',
    });
    expect(ids(everything as Json)).toContain(patient);
    const outcome = (await client.operation({
      name: '$validate',
      resourceType: 'Observation',
      input: {
        resourceType: 'Parameters',
        parameter: [{ name: 'resource', resource: weight('v') }],
      },
    })) as Json;
    expect(outcome['resourceType']).toBe('OperationOutcome');
    const last = await client.operation({
      name: 'lastn',
      resourceType: 'Observation',
      method: 'GET',
      input: { patient: `Patient/${patient}`, max: 1 },
    });
    expect(ids(last as Json)).toHaveLength(1);
  });

  it('searches a compartment, and reads the history of a type', async () => {
    const found = await client.search({
      resourceType: 'Observation',
      compartment: { resourceType: 'Patient', id: patient },
      searchParams: { code: 'http://loinc.org|29463-7' },
    });
    expect(ids(found as Json).length).toBeGreaterThan(0);
    // Across people nothing is listed: a patient has to be named, and the answer says so.
    const ofAll = await refused(client.history({ resourceType: 'Observation' }));
    expect([ofAll.status, JSON.stringify(ofAll.body)]).toEqual([
      400,
      expect.stringContaining('patient-required'),
    ]);
    const path = `Observation/_history?patient=Patient/${patient}`;
    const history = (await client.request(path)) as Json;
    expect([history['type'], ids(history).length > 0]).toEqual(['history', true]);
  });

  it('resolves a reference', async () => {
    const found = await client.resolve({ reference: `Patient/${patient}` });
    expect((found as { id: string }).id).toBe(patient);
  });
});
