/** Every decision can be made again from the ledger, with the same outcome. capabilities E2. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../src/audit/index.ts';
import { erasePerson, type Replayed } from '../../src/consent/index.ts';
import { type Gateway, openGateway, PRACTICE, purposeOf } from '../support/gateway.ts';
import {
  choose,
  condition,
  entry,
  HOSPITALS_TO_GPS,
  observation,
  type Person,
  patientOf,
  person,
  transaction,
  urn,
  withdraw,
} from '../support/people.ts';

const BSN = 'http://fhir.nl/fhir/NamingSystem/bsn';
const DECISIONS = 1_000;

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

async function sent(one: Person, more = {}): Promise<void> {
  const self = urn(one.bsn);
  const psy = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'PSY' };
  const answer = await gateway.send(
    'epd-proef',
    transaction([
      entry(self, patientOf(one, more)),
      entry(urn(`c${one.bsn}`), condition(one.bsn, self)),
      entry(urn(`o${one.bsn}`), observation(one.bsn, self, { meta: { security: [psy] } })),
    ]),
  );
  expect(answer.statusCode).toBe(200);
}

async function search(one: Person, type: string, claims = purposeOf('TREAT')): Promise<number> {
  const token = await gateway.token('partner-huisarts', claims);
  const form = { 'patient.identifier': `${BSN}|${one.bsn}` };
  const answer = await gateway.ask(`/fhir/r4/${type}/_search`, { token, form });
  return answer.statusCode === 200 ? answer.json().total : -1;
}

async function replayed(): Promise<{ entry: LedgerEntry; made: Replayed }[]> {
  const { ledger, consent, clock } = gateway.rooms;
  const found: { entry: LedgerEntry; made: Replayed }[] = [];
  for await (const entry of ledger.lines(new Date(0), new Date(clock().getTime() + 60_000))) {
    const made = await consent.replay(entry);
    if (made) found.push({ entry, made });
  }
  return found;
}

describe('a decision of the past', () => {
  it('comes out the same after everything that it rested on has changed', async () => {
    const people = [21, 22, 23, 24, 25, 26].map(person);
    for (const one of people) await sent(one);
    const emergency = { emergency: { level: 'urgent', reason: 'Bewusteloos op straat gevonden' } };
    const { rooms } = gateway;
    let made = 0;
    for (let round = 0; made < DECISIONS; round += 1) {
      const one = people[round % people.length] as Person;
      const ids = round % 7 === 3 ? await choose(gateway, one, [HOSPITALS_TO_GPS]) : [];
      if (round % 7 === 6) await choose(gateway, one, [{ ...HOSPITALS_TO_GPS, type: 'deny' }]);
      if (round % 11 === 10) await sent(one, { deceasedBoolean: round % 2 === 0 });
      if (round % 13 === 12) {
        const type = round % 2 === 0 ? 'N6' : 'Z3';
        await rooms.organisations.put(rooms.database, { ...PRACTICE, type });
      }
      const claims = round % 5 === 4 ? purposeOf('ETREAT', emergency) : purposeOf('TREAT');
      const token = await gateway.token('partner-huisarts', claims);
      const form = { 'patient.identifier': `${BSN}|${one.bsn}` };
      for (const type of ['Condition', 'Observation', 'Patient', 'AllergyIntolerance']) {
        const named = type === 'Patient' ? { identifier: `${BSN}|${one.bsn}` } : form;
        await gateway.ask(`/fhir/r4/${type}/_search`, { token, form: named });
        await gateway.ask(`/fhir/r4/${type}/_search`, { token, form: { ...named, _count: '1' } });
        made += 2;
      }
      if (ids.length > 1) await withdraw(gateway, one, ids.slice(0, 1));
      gateway.later(3);
    }
    const all = await replayed();
    expect(all.length).toBeGreaterThanOrEqual(DECISIONS);
    expect(all.filter(({ made: { outcome } }) => outcome !== 'equal')).toEqual([]);
    expect(all.some(({ entry: { record } }) => (record.released ?? 0) > 0)).toBe(true);
    expect(all.some(({ entry: { record } }) => record.route === 'emergency')).toBe(true);
    expect(all.some(({ entry: { record } }) => (record.withheld ?? 0) > 0)).toBe(true);
  }, 300_000);

  it('differs when what it rested on was changed behind its back', async () => {
    const one = person(31);
    await sent(one);
    await choose(gateway, one, [HOSPITALS_TO_GPS]);
    expect(await search(one, 'Condition')).toBe(1);
    const last = (await replayed()).at(-1);
    if (!last) throw new Error('nothing was replayed');
    const { consent } = gateway.rooms;
    const { record } = last.entry;
    const changed = (more: object) =>
      consent.replay({ ...last.entry, record: { ...record, ...more } });
    expect(await changed({})).toMatchObject({ outcome: 'equal' });
    expect(await changed({ epoch: 1 })).toMatchObject({ outcome: 'differs' });
    expect(await changed({ basis: ['other'] })).toMatchObject({ differs: ['basis'] });
    expect(await changed({ purpose: 'COC' })).toMatchObject({ outcome: 'differs' });
    expect(await changed({ what: ['Observation/none@1'] })).toMatchObject({ outcome: 'differs' });
    const context = '0'.repeat(64);
    expect(await changed({ detail: { ...record.detail, context } })).toMatchObject({
      differs: ['context'],
    });
  });

  it('says that it was erased when the record is gone', async () => {
    const one = person(32);
    await sent(one);
    expect(await search(one, 'Condition')).toBe(0);
    const { entry: line } = (await replayed()).at(-1) ?? {};
    if (!line) throw new Error('nothing was replayed');
    await erasePerson(gateway.rooms, one.bsn, 'test');
    const made = await gateway.rooms.consent.replay(line);
    expect(['erased', 'unknown']).toContain(made?.outcome);
  });
});
