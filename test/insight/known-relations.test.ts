/**
 * Detectors ask the same care relations as decisions do: what a source sent about appointments,
 * referrals and registrations, with begin and end (audit.md section 11, AN-01 and AN-09).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LedgerEvent } from '../../src/audit/index.ts';
import {
  type Gateway,
  HOSPITAL,
  OTHER_HOSPITAL,
  openGateway,
  PRACTICE,
} from '../support/gateway.ts';
import {
  entry,
  type Json,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

const URA = 'http://fhir.nl/fhir/NamingSystem/ura';
const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();
/** A line is written a moment after what it is compared with. */
const MARGIN_DAYS = 0.02;
const practice = { type: 'Organization', identifier: { system: URA, value: PRACTICE.ura } };

/** A person for each case. */
const numbers = (function* (): Generator<number, never> {
  for (let next = 1; ; next += 1) yield next;
})();

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

/** People of the practice look at whom the hospital sent this about. @returns rules raised. */
async function raisedFor(number: number, sent: readonly Json[], more: Partial<LedgerEvent> = {}) {
  const one = person(number);
  const self = entry(urn(one.bsn), patientOf(one));
  const items = sent.map((item, at) => entry(urn(`${one.bsn}/${at}`), item));
  const answer = await gateway.send('epd-proef', transaction([self, ...items]));
  expect(answer.statusCode, answer.body).toBe(200);
  const vault = await vaultOf(gateway, one);
  return raised({ patient: vault, ...more }, `user-${number}`);
}

async function raised(more: Partial<LedgerEvent>, user: string): Promise<string[]> {
  const { ledger, review, database } = gateway.rooms;
  await ledger.record([
    {
      ...{ class: 'care', event: 'read', action: 'R', outcome: 0, purpose: 'TREAT', released: 1 },
      agent: { kind: 'professional', id: user, organisation: PRACTICE.id },
      ...more,
    },
  ]);
  await new Promise((done) => setTimeout(done, 5));
  await review.reviewer.until(new Date());
  const cases = await review.cases.queue(database, PRACTICE.id, 500);
  const flags = cases.flatMap((one) => one.flags).filter((flag) => flag.user === user);
  return [...new Set(flags.map(({ rule }) => rule))].sort();
}

const subject = (number: number) => ({ reference: urn(person(number).bsn) });

const appointment = (number: number, days: number, status = 'booked'): Json => ({
  resourceType: 'Appointment',
  status,
  start: inDays(days),
  end: inDays(days),
  participant: [
    { status: 'accepted', actor: subject(number) },
    { status: 'accepted', actor: practice },
  ],
});

const referral = (number: number, days: number, status = 'active'): Json => ({
  resourceType: 'ServiceRequest',
  intent: 'order',
  subject: subject(number),
  status,
  authoredOn: inDays(days),
  performer: [practice],
});

describe('no flag for whoever treats, though it recorded nothing itself', () => {
  it.each<[string, (number: number) => Json[]]>([
    ['an appointment next week', (number) => [appointment(number, 7)]],
    ['a visit a month ago', (number) => [appointment(number, -30, 'fulfilled')]],
    ['a referral that waits', (number) => [referral(number, -20)]],
    ['a visit just within 90 days before', (number) => [appointment(number, -90 + MARGIN_DAYS)]],
    ['a visit just within 30 days after', (number) => [appointment(number, 30 - MARGIN_DAYS)]],
  ])('%s', async (_what, sent) => {
    const number = 200 + numbers.next().value;
    expect(await raisedFor(number, sent(number))).toEqual([]);
  });
});

describe('a flag where the relation', () => {
  it.each<[string, (number: number) => Json[]]>([
    ['is of another organisation', () => []],
    ['is long over', (number) => [appointment(number, -200, 'fulfilled')]],
    ['is far ahead', (number) => [appointment(number, 90)]],
    [
      'was over just more than 90 days before',
      (number) => [appointment(number, -90 - MARGIN_DAYS)],
    ],
    ['begins just more than 30 days after', (number) => [appointment(number, 30 + MARGIN_DAYS)]],
    ['was cancelled', (number) => [appointment(number, 2, 'cancelled')]],
    ['was never ended, and began years ago', (number) => [referral(number, -2_000)]],
  ])('%s', async (_what, sent) => {
    const number = 200 + numbers.next().value;
    expect(await raisedFor(number, sent(number))).toEqual(['AN-01']);
  });
});

describe('an emergency', () => {
  const URGENT = { route: 'emergency', purpose: 'ETREAT' } as const;

  it('without a visit in a day is a question (AN-09), with one it is not', async () => {
    const without = 200 + numbers.next().value;
    expect(await raisedFor(without, [referral(without, -3)], URGENT)).toEqual(['AN-09']);
    const visited = 200 + numbers.next().value;
    expect(await raisedFor(visited, [appointment(visited, 0, 'fulfilled')], URGENT)).toEqual([]);
  });

  it.each([
    [-1 + MARGIN_DAYS, []],
    [1 - MARGIN_DAYS, []],
    [-1 - MARGIN_DAYS, ['AN-09']],
    [1 + MARGIN_DAYS, ['AN-09']],
  ])('counts a visit %d days from it as the rule says', async (days, expected) => {
    const number = 200 + numbers.next().value;
    expect(await raisedFor(number, [appointment(number, days)], URGENT)).toEqual(expected);
  });
});

describe('a colleague of the hospital', () => {
  it('is not answered for by the care relation of the practice', async () => {
    const number = 200 + numbers.next().value;
    await raisedFor(number, [appointment(number, 1)]);
    const vault = await vaultOf(gateway, person(number));
    const agent = {
      kind: 'professional',
      id: 'elsewhere',
      organisation: OTHER_HOSPITAL.id,
    } as const;
    await raised({ patient: vault, agent }, 'elsewhere');
    const { review, database } = gateway.rooms;
    const cases = await review.cases.queue(database, OTHER_HOSPITAL.id, 50);
    expect(cases.map((one) => one.subject)).toEqual(['elsewhere']);
    expect(await review.cases.queue(database, HOSPITAL.id, 50)).toEqual([]);
  });
});
