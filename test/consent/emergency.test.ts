/**
 * Access in an emergency: nothing chosen, a typed reason, and what stays behind of it
 * (consent.md section 9).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noticesOf } from '../../src/web/person/notices.ts';
import { BSN_SYSTEM, type Gateway, openGateway, purposeOf } from '../support/gateway.ts';
import {
  choose,
  condition,
  entry,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

const REASON = 'Bewusteloos binnengebracht, medicatie onbekend';
const POST = 'emergency-post';

let gateway: Gateway;
const free = person(46);
const locked = person(47);

beforeAll(async () => {
  gateway = await openGateway();
  const { rooms } = gateway;
  const practice = await rooms.organisations.byUra('90001003');
  if (!practice) throw new Error('no practice');
  // An out-of-hours post: it may ask in an emergency.
  await rooms.organisations.put(rooms.database, { ...practice, type: 'N6', name: POST });
  for (const one of [free, locked]) {
    const self = urn(one.bsn);
    const entries = [
      entry(self, patientOf(one)),
      entry(urn(`c${one.bsn}`), condition(one.bsn, self)),
    ];
    expect((await gateway.send('epd-proef', transaction(entries))).statusCode).toBe(200);
  }
  await choose(gateway, locked, [
    {
      type: 'deny',
      holder: { level: 'any' },
      recipient: { level: 'any' },
      data: { level: 'all' },
      absolute: true,
    },
  ]);
});
afterAll(() => gateway.close());

async function idOf(one: typeof free): Promise<string> {
  const { store, database } = gateway.rooms;
  const vault = await vaultOf(gateway, one);
  const epoch = await store.epoch(database, vault);
  const { rows } = await store.candidates(database, { vault, epoch, types: ['Condition'] });
  return rows[0]?.id ?? '';
}

async function read(one: typeof free, level: 'urgent' | 'vital', incapable = false) {
  const emergency = {
    level,
    reason: REASON,
    reason_code: 'BEWUSTELOOS',
    patient_incapable: incapable,
  };
  const token = await gateway.token('partner-huisarts', purposeOf('ETREAT', { emergency }));
  return gateway.ask(`/fhir/r4/Condition/${await idOf(one)}`, { token });
}

describe('in an emergency', () => {
  it('what nobody refused is shown, and the person is told with the reason', async () => {
    expect((await read(free, 'urgent')).statusCode).toBe(200);
    const vault = await vaultOf(gateway, free);
    const { entries } = await gateway.rooms.ledger.ofPatient(vault, { limit: 50 });
    const [notice] = noticesOf(entries, { notices: 'off' }, () => true);
    expect(notice).toMatchObject({ why: ['emergency', 'first-time'], reason: REASON });
    const line = entries.find(({ record }) => record.route === 'emergency');
    expect(line?.record.obligations).toEqual(
      expect.arrayContaining(['AUDIT-BTG', 'NOTIFY-PATIENT', 'REVIEW-FG', 'TTL-3600']),
    );
    expect(line?.record.detail).toMatchObject({ reasonCode: 'BEWUSTELOOS', level: 'urgent' });
  });

  it('an absolute lock stays shut, and the attempt stands in the ledger', async () => {
    expect((await read(locked, 'vital', true)).statusCode).toBe(404);
    const vault = await vaultOf(gateway, locked);
    const { entries } = await gateway.rooms.ledger.ofPatient(vault, { limit: 50 });
    const refused = entries.find(({ record }) => record.reason === 'emergency-refused');
    expect(refused?.record.outcome).toBe(4);
  });

  it('the person is told of an attempt at a locked record, whatever the notices, by search too', async () => {
    const vault = await vaultOf(gateway, locked);
    const told = async () => {
      const { entries } = await gateway.rooms.ledger.ofPatient(vault, { limit: 50 });
      return noticesOf(entries, { notices: 'off' }, () => true);
    };
    await read(locked, 'urgent');
    const [{ times: before = 0 } = {}] = await told();
    const emergency = { level: 'urgent', reason: REASON, reason_code: 'BEWUSTELOOS' };
    const token = await gateway.token('partner-huisarts', purposeOf('ETREAT', { emergency }));
    const query = `patient.identifier=${encodeURIComponent(`${BSN_SYSTEM}|${locked.bsn}`)}`;
    const answer = await gateway.ask('/fhir/r4/AllergyIntolerance/_search', {
      ...{ token, method: 'POST', body: query },
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(answer.json()).toMatchObject({ total: 0 });
    const notices = await told();
    expect(notices).toMatchObject([
      { why: ['emergency-refused'], reason: REASON, times: before + 1, role: expect.any(String) },
    ]);
  });

  it('a token lives five minutes, and then a new question is needed', async () => {
    const emergency = { level: 'urgent', reason: REASON };
    const token = await gateway.token('partner-huisarts', purposeOf('ETREAT', { emergency }));
    gateway.later(301);
    const answer = await gateway.ask(`/fhir/r4/Condition/${await idOf(free)}`, { token });
    expect(answer.statusCode).toBe(401);
  });
});
