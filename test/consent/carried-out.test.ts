/** What is permitted for research only, and nobody makes pseudonymous, leaves by no door. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BSN_SYSTEM, type Gateway, openGateway, purposeOf } from '../support/gateway.ts';
import {
  choose,
  condition,
  entry,
  HOSPITALS_TO_GPS,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

let gateway: Gateway;
const one = person(121);
beforeAll(async () => {
  gateway = await openGateway();
  const self = urn(one.bsn);
  const entries = [entry(self, patientOf(one)), entry(urn('c121'), condition('c121', self))];
  expect((await gateway.send('epd-proef', transaction(entries))).statusCode).toBe(200);
});
afterAll(() => gateway.close());

async function asked(purpose: string, path: string) {
  const token = await gateway.token('partner-huisarts', purposeOf(purpose));
  const form = {
    [path === 'Patient' ? 'identifier' : 'patient.identifier']: `${BSN_SYSTEM}|${one.bsn}`,
  };
  return (await gateway.ask(`/fhir/r4/${path}/_search`, { token, form })).json();
}

it('a permission for research shows no name, number or item', async () => {
  await choose(gateway, one, [
    { ...HOSPITALS_TO_GPS, purpose: ['HRESCH'] },
    { ...HOSPITALS_TO_GPS, purpose: ['TREAT'] },
  ]);
  expect(await asked('TREAT', 'Condition')).toMatchObject({ total: 1 });
  for (const path of ['Condition', 'Patient']) {
    const answer = await asked('HRESCH', path);
    expect([answer.resourceType, answer.total]).toEqual(['Bundle', 0]);
    expect(JSON.stringify(answer)).not.toContain(one.family);
  }
  const { entries } = await gateway.rooms.ledger.ofPatient(await vaultOf(gateway, one));
  const line = entries.find(({ record }) => record.purpose === 'HRESCH')?.record;
  expect(line).toMatchObject({ outcome: 4, reason: 'obligation', route: 'none' });
});
