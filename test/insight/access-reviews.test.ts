/** Every emergency access is a question that somebody has to answer. consent.md section 9, C3. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCESS_REVIEW_LIMITS } from '../../src/insight/index.ts';
import { type Gateway, openGateway, PRACTICE, purposeOf } from '../support/gateway.ts';
import {
  condition,
  entry,
  type Person,
  patientOf,
  person,
  transaction,
  urn,
} from '../support/people.ts';

const REASON = 'Bewusteloos binnengebracht, medicatie onbekend';
const OFFICER = { kind: 'auditor' as const, id: 'functionaris', organisation: PRACTICE.id };

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
  const { rooms } = gateway;
  await rooms.organisations.put(rooms.database, { ...PRACTICE, type: 'N6' });
  for (const one of [person(121), person(122), person(123)]) {
    const self = urn(one.bsn);
    const both = [entry(self, patientOf(one)), entry(urn(`c${one.bsn}`), condition(one.bsn, self))];
    expect((await gateway.send('epd-proef', transaction(both))).statusCode).toBe(200);
  }
});
afterAll(() => gateway.close());

async function emergency(one: Person, who = 'dokter-1') {
  const claims = { emergency: { level: 'urgent', reason: REASON }, subject_id: who };
  const token = await gateway.token('partner-huisarts', purposeOf('ETREAT', claims));
  const form = { 'patient.identifier': `http://fhir.nl/fhir/NamingSystem/bsn|${one.bsn}` };
  return gateway.ask('/fhir/r4/Condition/_search', { token, form });
}

const accesses = () => gateway.rooms.review.accesses;
const queue = () => accesses().queue(gateway.rooms.database, PRACTICE.id, 100);

describe('an emergency access', () => {
  it('is one item for each time box, with who, why and what', async () => {
    await Promise.all([emergency(person(121)), emergency(person(121))]);
    const [item, ...more] = await queue();
    expect(more).toEqual([]);
    expect(item).toMatchObject({
      kind: 'emergency',
      state: 'open',
      user: 'dokter-1',
      role: '01.015',
      reason: REASON,
      level: 'urgent',
    });
    expect(item?.lines.map(({ counts }) => counts)).toEqual([{ Condition: 1 }, { Condition: 1 }]);
    expect(item?.due).toMatch(/^\d{4}-\d\d-\d\d$/);
    gateway.later(ACCESS_REVIEW_LIMITS.boxSecondsMax);
    await emergency(person(121));
    expect(await queue()).toHaveLength(2);
  });

  it('stays in the queue until somebody else says why it was right', async () => {
    await emergency(person(122), 'dokter-2');
    const item = (await queue()).find(({ user }) => user === 'dokter-2');
    const review = (id: string, verdict: 'fine' | 'misuse', reason = 'dienst nagekeken') =>
      accesses().review(PRACTICE.id, item?.id ?? '', { verdict, reason }, { ...OFFICER, id });
    await expect(review('dokter-2', 'fine')).rejects.toMatchObject({ code: 'four-eyes' });
    await expect(review('functionaris', 'fine', ' ')).rejects.toMatchObject({ kind: 'invalid' });
    expect(await review('functionaris', 'misuse')).toMatchObject({ state: 'second' });
    await expect(review('functionaris', 'misuse')).rejects.toMatchObject({ code: 'four-eyes' });
    expect(await review('tweede', 'misuse')).toMatchObject({ state: 'closed' });
    // Looking on within the same box opens the question again.
    await emergency(person(122), 'dokter-2');
    expect(await accesses().find(PRACTICE.id, item?.id ?? '')).toMatchObject({ state: 'open' });
  });

  it('of another organisation cannot be found or reviewed', async () => {
    const [item] = await queue();
    const other = '00000000-0000-4000-8000-000000000001';
    expect(await accesses().find(other, item?.id ?? '')).toBeUndefined();
    await expect(
      accesses().review(other, item?.id ?? '', { verdict: 'fine', reason: 'x' }, OFFICER),
    ).rejects.toMatchObject({ kind: 'not-found' });
  });

  it('leaves nothing readable of who or why in the table', async () => {
    const { rows } = await gateway.db.database.query('select * from access_review');
    const dump = JSON.stringify(rows);
    expect(dump).not.toContain('dokter-1');
    expect(dump).not.toContain(REASON);
  });

  it('that shows nothing asks for no review', async () => {
    const before = (await queue()).length;
    expect((await emergency(person(124))).json().total).toBe(0);
    expect(await queue()).toHaveLength(before);
  });

  it('needs a second person after a whole shift of them', async () => {
    const most = ACCESS_REVIEW_LIMITS.boxesPerShiftMax;
    const event = {
      class: 'care' as const,
      event: 'read',
      action: 'R' as const,
      outcome: 0 as const,
      obligations: ['REVIEW-FG'],
      agent: { kind: 'professional' as const, id: 'druk', organisation: PRACTICE.id },
    };
    for (let index = 0; index < most; index += 1) {
      await accesses().raise([{ event: { ...event, patient: `p${index}` }, seq: index }]);
    }
    await expect(emergency(person(123), 'druk')).rejects.toThrow(/second person/);
    expect((await emergency(person(123), 'rustig')).statusCode).toBe(200);
    gateway.later(ACCESS_REVIEW_LIMITS.shiftHours * 3_600);
    expect((await emergency(person(123), 'druk')).statusCode).toBe(200);
  });

  it('is not given when it cannot be put before a reviewer', async () => {
    const { default: pg } = await import('pg');
    const owner = new pg.Client(gateway.db.ownerUrl);
    await owner.connect();
    await owner.query('revoke insert, update on access_review from zorgsluis_app');
    try {
      const answer = await emergency(person(123), 'rustig');
      expect(answer.statusCode).toBeGreaterThanOrEqual(500);
      expect(answer.body).not.toContain('Hypertensie');
    } finally {
      await owner.query('grant insert, update on access_review to zorgsluis_app');
      await owner.end();
    }
  });
});
