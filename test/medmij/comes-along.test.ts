/**
 * What comes with an answer although the app could not have asked for it, and what an app asks in
 * words of its own: gegevensdiensten.md 1.2 (900000103, 900000411), 5.6 (9000104), 3.5 (51).
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, HOSPITAL, openGateway, PGO } from '../support/gateway.ts';
import {
  entry,
  type Json,
  letter,
  observation,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

const own = person(1);
const SERVICES = ['51', '900000103', '900000411', '9000104'];
const TAG = 'http://medmij.nl/fhir/CodeSystem/information-standard';
let gateway: Gateway;

beforeAll(async () => {
  gateway = await openGateway();
  const { organisations, database } = gateway.rooms;
  await organisations.put(database, { ...HOSPITAL, services: SERVICES });
});
afterAll(() => gateway.close());

async function send(entries: readonly Json[], options = {}): Promise<void> {
  const self = entry(urn(own.bsn), patientOf(own));
  const sent = await gateway.send('epd-proef', transaction([self, ...entries]), options);
  expect(sent.statusCode, sent.body).toBe(200);
}

async function get(service: string, path: string, accept?: string) {
  const { rooms } = gateway;
  const { token } = await rooms.tokens.issue(rooms.database, {
    kind: 'medmij',
    client: PGO,
    vault: await vaultOf(gateway, own),
    aanbieder: HOSPITAL.id,
    services: [service],
    consent: randomUUID(),
    correlationId: randomUUID(),
  });
  const headers = accept === undefined ? {} : { accept };
  return gateway.ask(`/medmij/ziekenhuisproef/${service}/fhir/${path}`, { token, headers });
}

interface Found {
  readonly search: { readonly mode: string };
  readonly resource: Json & { readonly resourceType: string };
}

async function found(service: string, path: string): Promise<string[]> {
  const answer = await get(service, path);
  expect(answer.statusCode, answer.body).toBe(200);
  const entries: Found[] = answer.json().entry ?? [];
  return entries.map(({ search, resource }) => `${search.mode} ${resource.resourceType}`).sort();
}

describe('treatment objectives (900000103)', () => {
  beforeAll(async () => {
    const subject = { reference: urn(own.bsn) };
    const use = (name: string, goal: string, device: string) =>
      entry(urn(name), {
        resourceType: 'DeviceUseStatement',
        extension: [
          {
            url: 'http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal',
            valueReference: { reference: goal },
          },
        ],
        status: 'active',
        subject,
        device: { reference: device },
      });
    const device = (name: string) =>
      entry(urn(name), { resourceType: 'Device', patient: subject, type: { text: name } });
    const goal = (name: string) =>
      entry(urn(name), {
        resourceType: 'Goal',
        lifecycleStatus: 'active',
        description: { text: name },
        subject,
      });
    await send([
      ...[goal('lopen'), goal('slapen'), device('rollator'), device('bril')],
      ...[use('u1', urn('lopen'), urn('rollator')), use('u2', 'Goal/elders', urn('bril'))],
    ]);
  });

  it('come with the device that points at them, which no read of the goal leads to', async () => {
    const all = ['include Device', 'include DeviceUseStatement', 'match Goal', 'match Goal'];
    expect(await found('900000103', 'Goal')).toEqual(all);
  });

  it('come the same when the app asks for the device by itself', async () => {
    const query = 'Goal?_revinclude=DeviceUseStatement:pertains-to-goal';
    expect(await found('900000103', query)).toHaveLength(4);
  });
});

describe('respiration (900000411)', () => {
  it('comes with the device for oxygen that points at it', async () => {
    const subject = { reference: urn(own.bsn) };
    const code = { coding: [{ system: 'http://snomed.info/sct', code: '422834003' }] };
    const use = {
      resourceType: 'DeviceUseStatement',
      extension: [
        {
          url: 'http://nictiz.nl/fhir/StructureDefinition/deviceUseStatement-reasonReferenceSTU3',
          valueReference: { reference: urn('adem') },
        },
      ],
      status: 'active',
      subject,
      device: { reference: urn('zuurstof') },
    };
    const device = { resourceType: 'Device', patient: subject, type: { text: 'neusbril' } };
    const entries = [
      entry(urn('adem'), observation('adem', urn(own.bsn), { code })),
      entry(urn('gebruik'), use),
      entry(urn('zuurstof'), device),
    ];
    await send(entries, { mediaType: 'application/fhir+json; fhirVersion=3.0' });
    const expected = ['include Device', 'include DeviceUseStatement', 'match Observation'];
    expect(await found('900000411', 'Observation')).toEqual(expected);
  });
});

describe('provider tasks (9000104)', () => {
  it('are found by the tag of their standard, with the activity they start', async () => {
    const task = (name: string, more: Json) =>
      entry(urn(name), {
        resourceType: 'Task',
        identifier: [{ system: 'urn:test:task', value: name }],
        status: 'requested',
        intent: 'order',
        for: { reference: urn(own.bsn) },
        ...more,
      });
    const activity = {
      resourceType: 'ActivityDefinition',
      url: 'urn:test:activity',
      status: 'active',
    };
    await send([
      entry(urn('activity'), activity),
      task('tagged', {
        meta: { tag: [{ system: TAG, code: 'providertasks' }] },
        extension: [
          {
            url: 'http://medmij.nl/fhir/StructureDefinition/ext-Task.DigitalActivity',
            valueReference: { reference: urn('activity') },
          },
        ],
      }),
      task('other', {}),
    ]);
    const includes = '_include=Task:based-on&_include=Task:focus&_include=Task:digitalActivity';
    expect(await found('9000104', 'Task')).toEqual(['match Task', 'match Task']);
    expect(await found('9000104', `Task?_tag=${TAG}|providertasks&${includes}`)).toEqual([
      'include ActivityDefinition',
      'match Task',
    ]);
    expect(await found('9000104', `Task?_tag=${TAG}|iets-anders`)).not.toContain('match Task');
  });
});

describe('a document (51)', () => {
  it('is given to an app that asks for version 3.0s of FHIR, as one in use does', async () => {
    await send(letter('brief', urn(own.bsn)));
    const { entry: list } = (await get('51', 'DocumentReference?status=current')).json();
    const { url } = list[0].resource.content[0].attachment;
    // Relative to the address of the service: the app puts its own proxy before it.
    expect(url).toMatch(/^Binary\/[A-Za-z0-9\-.]+$/);
    const asked = await get('51', url, 'application/fhir+json; fhirVersion=3.0s');
    expect(asked.statusCode, asked.body).toBe(200);
    expect(asked.json()).toMatchObject({ resourceType: 'Binary', content: expect.any(String) });
    const other = await get('51', url, 'application/fhir+json; fhirVersion=4.0');
    expect(other.statusCode).toBe(406);
    const itself = await get('51', url, '*/*');
    expect(itself.headers['content-type']).toContain('application/pdf');
  });
});
