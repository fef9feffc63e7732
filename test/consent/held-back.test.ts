/**
 * What a source keeps back for now does not show in the person's own log either (capabilities B9):
 * a line about it reads like one of a question without an answer. The auditor of the holder reads
 * that it was there.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { asSeenBy } from '../../src/audit/ledger-entry-view.ts';
import { asToldToPerson } from '../../src/web/person/as-told-to-person.ts';
import { type Gateway, HOSPITAL, openGateway, PGO, PRACTICE } from '../support/gateway.ts';
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
  vaultOf,
} from '../support/people.ts';

const EMBARGO = 'https://zorgsluis.example/fhir/StructureDefinition/embargo-until';
const own = person(3);
const self = urn(own.bsn);
let gateway: Gateway;

beforeAll(async () => {
  gateway = await openGateway();
  const until = new Date(gateway.rooms.clock().getTime() + 86_400_000).toISOString();
  const extension = [{ url: EMBARGO, valueDateTime: until }];
  const sent = await gateway.send(
    'epd-proef',
    transaction([
      entry(self, patientOf(own)),
      entry(urn('held'), condition('held', self, { extension })),
      entry(urn('seen'), observation('seen', self)),
      entry(urn('late'), observation('late', self, { extension })),
    ]),
  );
  expect(sent.statusCode, sent.body).toBe(200);
});
afterAll(() => gateway.close());

/** The newest line of the own log, whole. */
async function line() {
  const vault = await vaultOf(gateway, own);
  const { entries } = await gateway.rooms.ledger.ofPatient(vault, { limit: 1 });
  const [newest] = entries;
  if (!newest) throw new Error('the log is empty');
  return newest;
}

async function collect(path: string) {
  const { rooms } = gateway;
  const { token } = await rooms.tokens.issue(rooms.database, {
    ...{ kind: 'medmij', client: PGO, vault: await vaultOf(gateway, own) },
    ...{ aanbieder: HOSPITAL.id, services: ['48'] },
    ...{ consent: randomUUID(), correlationId: randomUUID() },
  });
  return gateway.ask(`/medmij/ziekenhuisproef/48/fhir/${path}`, { token });
}

it('is nothing to the person whose app asked for it, and stands in the line', async () => {
  await collect('Condition');
  const whole = await line();
  expect(whole.record).toMatchObject({ outcome: 4, reason: 'embargo', withheld: 1 });
  const told = asToldToPerson(whole).record;
  await collect('Flag');
  const empty = await line();
  expect(asToldToPerson(empty)).toBe(empty);
  for (const name of ['outcome', 'reason', 'withheld', 'released', 'counts', 'route'] as const) {
    expect(told[name], name).toEqual(empty.record[name]);
  }
  expect(Object.keys(told.detail ?? {})).toEqual(Object.keys(empty.record.detail ?? {}));
});

it('is not counted beside what was shown, to the person and to who asked', async () => {
  await choose(gateway, own, [HOSPITALS_TO_GPS]);
  const token = await gateway.token('partner-huisarts');
  const form = { 'patient.identifier': `http://fhir.nl/fhir/NamingSystem/bsn|${own.bsn}` };
  const found = await gateway.ask('/fhir/r4/Observation/_search', { token, form });
  expect(found.json().total).toBe(1);
  const whole = await line();
  expect(whole.record).toMatchObject({ released: 1, withheld: 1, detail: { heldBack: '1' } });
  expect(asToldToPerson(whole).record.withheld).toBe(0);
  expect(asSeenBy(whole, PRACTICE.id)?.record.detail).not.toHaveProperty('heldBack');
  expect(asSeenBy(whole, HOSPITAL.id)?.record.detail).toHaveProperty('heldBack');
});
