/**
 * Profiles are checked after the commit (architecture D6): they label, they never refuse. And the
 * same profiles answer `$validate`.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openProfileShelf } from '../../src/conformance/index.ts';
import type { MappedMessage, MappedResource } from '../../src/ingest/format.ts';
import { createProfileCheck } from '../../src/ingest/profile-check.ts';
import type { Receipt } from '../../src/ingest/receipt.ts';
import { element, OWN, packageOf, profile } from '../conformance/profile-samples.ts';
import { type Gateway, openGateway } from '../support/gateway.ts';
import { entry, observation, patientOf, person, transaction, urn } from '../support/people.ts';

let gateway: Gateway;

beforeAll(async () => {
  const folder = packageOf(
    profile('weight', 'Observation', [element('Observation.performer', { min: 1 })]),
  );
  gateway = await openGateway({ config: (config) => ({ ...config, profilesDir: folder }) });
});
afterAll(() => gateway.close());

const claiming = (more = {}) => ({ meta: { profile: [`${OWN}weight`] }, ...more });

it('labels the receipt of what does not fit its profile, and keeps it all the same', async () => {
  const one = person(171);
  const subject = urn('labelled');
  const sent = await gateway.send(
    'epd-proef',
    transaction([
      entry(subject, patientOf(one)),
      entry(urn('lo1'), observation('lo1', subject, claiming())),
      entry(urn('lo2'), observation('lo2', subject, claiming({ performer: [{ display: 'A' }] }))),
    ]),
  );
  expect(sent.statusCode).toBe(200);
  await gateway.rooms.intake.profilesChecked();
  const token = await gateway.token('epd-proef');
  const receipt = (await gateway.ask(String(sent.headers.location), { token })).json();
  expect(receipt).toMatchObject({ state: 'accepted', issues: [] });
  expect(receipt.profiles).toEqual({
    checked: 2,
    conforming: 1,
    issues: [
      {
        severity: 'warning',
        code: 'profile-min',
        text: 'The profile asks for this element at least 1 time(s).',
        place: 'Bundle.entry[1].resource.performer',
      },
    ],
  });
});

it('lets so many resources wait and no more: what does not fit stays unlabelled', async () => {
  const { rooms } = gateway;
  const one = person(173);
  const sent = await gateway.send('epd-proef', transaction([entry(urn('many'), patientOf(one))]));
  const { deliveries } = rooms.intake;
  const id = String(sent.headers.location).split('/').at(-1) ?? '';
  const shelf = openProfileShelf(rooms.config.profilesDir);
  if (!shelf) throw new Error('no profiles');
  const resource = { resourceType: 'Observation', ...claiming() };
  const mapped = { resource, version: 'R4', deleted: false } as MappedResource;
  const message = (length: number): MappedMessage => ({
    ...{ format: 'fhir', messageKey: 'many', issues: [], hold: [] },
    patient: { identifiers: [], name: [], flags: [] },
    resources: Array.from({ length }, () => mapped),
  });
  const wrong: unknown[] = [];
  const check = createProfileCheck({ ...rooms, deliveries }, shelf, (error) => wrong.push(error));
  const labelled = async () => {
    await check.idle();
    const token = await gateway.token('epd-proef');
    return (await gateway.ask(String(sent.headers.location), { token })).json().profiles?.checked;
  };
  const receipt = { id, state: 'accepted' } as Receipt;
  check.later(id, receipt, [message(5_001)]);
  expect(await labelled()).toBeUndefined();
  check.later(id, receipt, [message(3), message(1)]);
  check.later(id, receipt, [message(4_997)]);
  expect(await labelled()).toBe(4);
  check.later(id, receipt, [message(2)]);
  expect(await labelled()).toBe(2);
  expect(wrong).toEqual([]);
});

it('says nothing of resources that claim no profile at hand', async () => {
  const one = person(172);
  const sent = await gateway.send('epd-proef', transaction([entry(urn('pl'), patientOf(one))]));
  await gateway.rooms.intake.profilesChecked();
  const token = await gateway.token('epd-proef');
  const receipt = (await gateway.ask(String(sent.headers.location), { token })).json();
  expect(receipt.profiles).toBeUndefined();
});

it('answers $validate with the same profiles', async () => {
  const token = await gateway.token('epd-proef');
  const resource = { ...observation('v1', 'Patient/a'), ...claiming() };
  const answer = await gateway.ask('/fhir/r4/Observation/$validate', {
    token,
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify(resource),
  });
  expect(answer.statusCode).toBe(200);
  expect(answer.json().issue).toMatchObject([
    { severity: 'error', expression: ['Observation.performer'] },
  ]);
});

it('tells a sender at the FHIR door who asks for an outcome, alone and in a bundle', async () => {
  const token = await gateway.token('epd-proef');
  const post = (path: string, body: unknown, prefer: string) =>
    gateway.ask(`/fhir/r4${path}`, {
      token,
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json', prefer },
      body: JSON.stringify(body),
    });
  const made = await post('/Patient', patientOf(person(173)), 'return=representation');
  const subject = `Patient/${made.json<{ id: string }>().id}`;
  const short = observation('fd1', subject, claiming());
  const outcome = { severity: 'warning', details: { coding: [{ code: 'profile-min' }] } };
  const alone = await post('/Observation', short, 'return=OperationOutcome');
  expect(alone.statusCode).toBe(201);
  expect(alone.json().issue).toMatchObject([{ severity: 'information' }, outcome]);
  const fits = observation('fd2', subject, claiming({ performer: [{ display: 'A' }] }));
  const request = { method: 'POST', url: 'Observation' };
  const entries = [short, fits].map((resource) => ({ resource, request }));
  const bundle = { resourceType: 'Bundle', type: 'transaction', entry: entries };
  const together = await post('', bundle, 'return=OperationOutcome');
  const issues = together
    .json()
    .entry.map((one: { response: { outcome: { issue: object[] } } }) => one.response.outcome.issue);
  expect(issues).toMatchObject([[{ severity: 'information' }, outcome], [{}]]);
  expect(issues[1]).toHaveLength(1);
});
