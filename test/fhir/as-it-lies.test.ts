/**
 * What leaves as it lies in the store says the same as what is read, edited and written again: the
 * two ways an answer can be made are told apart by `_pretty`, which only one of them can do.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BSN_SYSTEM, type Gateway, openGateway } from '../support/gateway.ts';
import {
  choose,
  condition,
  entry,
  HOSPITALS_TO_GPS,
  observation,
  patientOf,
  person,
  transaction,
  urn,
} from '../support/people.ts';

let gateway: Gateway;
let partner: string;
let sender: string;
let patient: string;
const one = person(83);

beforeAll(async () => {
  gateway = await openGateway();
  const self = urn(one.bsn);
  const hidden = urn(`c${one.bsn}`);
  const told = [
    entry(self, patientOf(one)),
    entry(hidden, condition('c', self)),
    // One that refers to what is withheld: it has to be edited, its neighbours do not.
    entry(urn('o1'), observation('o1', self, { reasonReference: [{ reference: hidden }] })),
    entry(urn('o2'), observation('o2', self, { meta: { profile: ['urn:test:profile'] } })),
    entry(urn('o3'), observation('o3', self, { valueQuantity: { value: 7.0 } })),
  ];
  const sent = await gateway.send('epd-proef', transaction(told));
  expect(sent.statusCode, sent.body).toBe(200);
  await choose(gateway, one, [
    HOSPITALS_TO_GPS,
    { ...HOSPITALS_TO_GPS, type: 'deny', data: { level: 'type', value: 'Condition' } },
  ]);
  partner = await gateway.token('partner-huisarts');
  sender = await gateway.token('epd-proef');
  const found = await gateway.ask('/fhir/r4/Patient/_search', {
    ...{ token: sender, form: { identifier: `${BSN_SYSTEM}|${one.bsn}` } },
  });
  patient = found.json().entry[0].resource.id;
});
afterAll(() => gateway.close());

interface Answered {
  id?: string;
  meta?: unknown;
  link?: unknown;
}

async function both(path: string, token: string) {
  const join = path.includes('?') ? '&' : '?';
  const answers: Answered[] = [];
  for (const asked of [path, `${path}${join}_pretty=true`]) {
    const answer = await gateway.ask(`/fhir/${asked}`, { token });
    expect(answer.statusCode, answer.body).toBe(200);
    const { id: _id, link: _link, ...rest } = answer.json() as Answered;
    answers.push(
      'resourceType' in rest && rest.resourceType === 'Bundle' ? withoutMeta(rest) : rest,
    );
  }
  return answers;
}

const withoutMeta = ({ meta: _meta, ...rest }: Answered): Answered => rest;

describe.each(['r4', 'stu3'])('an answer in JSON (%s)', (version) => {
  it.each([
    'Observation?patient=Patient/ID',
    'Observation?patient=Patient/ID&_include=Observation:patient&_count=2',
    'Observation?patient=Patient/ID&_elements=code',
    'Observation?patient=Patient/ID&_summary=true',
    'Condition?patient=Patient/ID',
    'Patient/ID/$everything?_count=200',
    'Patient/ID',
  ])('is the same either way: %s', async (path) => {
    for (const token of [partner, sender]) {
      const [lying, written] = await both(`${version}/${path.replaceAll('ID', patient)}`, token);
      expect(lying).toEqual(written);
    }
  });
});

it('does not name what is withheld, in whatever way it was made', async () => {
  const path = `/fhir/r4/Observation?patient=Patient/${patient}`;
  const hers = await gateway.ask(path, { token: partner });
  const own = await gateway.ask(path, { token: sender });
  expect(hers.json().total).toBe(3);
  expect(own.body).toMatch(/"Condition\/[0-9a-f-]{36}"/);
  expect(hers.body).not.toMatch(/"Condition\//);
});
