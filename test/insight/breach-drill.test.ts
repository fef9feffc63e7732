/**
 * A key that leaked (capabilities E11): whom it showed and whom it could have shown, beside a count
 * that knows nothing of the ledger; what is told, and by when.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authorityClock, breachOf } from '../../src/insight/breach-drill.ts';
import { authorityNotice, letterFile, personNotice } from '../../src/insight/breach-text.ts';
import { type Gateway, HOSPITAL, openGateway, PRACTICE } from '../support/gateway.ts';
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
  vaultOf,
  withdraw,
} from '../support/people.ts';

const HOUR_S = 3_600;
let gateway: Gateway;
let from: Date;
let until: Date;

const people = {
  /** Open all the time, and read. */
  read: person(81),
  /** Open all the time, and never asked for. */
  unread: person(82),
  /** Open for the first hour only. */
  early: person(83),
  /** Opened after the period. */
  late: person(84),
  /** Never open; somebody tried. */
  shut: person(85),
};

const now = () => gateway.rooms.clock();

async function read(one: Person): Promise<number> {
  const token = await gateway.token('partner-huisarts');
  const form = { 'patient.identifier': `http://fhir.nl/fhir/NamingSystem/bsn|${one.bsn}` };
  const answer = await gateway.ask('/fhir/r4/Observation/_search', { token, form });
  return answer.json().total;
}

beforeAll(async () => {
  gateway = await openGateway();
  for (const one of Object.values(people)) {
    const self = urn(one.bsn);
    const sent = await gateway.send(
      'epd-proef',
      transaction([
        entry(self, patientOf(one)),
        entry(urn(`o${one.bsn}`), observation(one.bsn, self)),
        entry(urn(`c${one.bsn}`), condition(one.bsn, self)),
      ]),
    );
    expect(sent.statusCode, sent.body).toBe(200);
  }
  for (const one of [people.read, people.unread]) await choose(gateway, one, [HOSPITALS_TO_GPS]);
  const ids = await choose(gateway, people.early, [HOSPITALS_TO_GPS]);
  gateway.later(HOUR_S);
  from = now();
  expect(await read(people.read)).toBe(1);
  gateway.later(HOUR_S);
  await withdraw(gateway, people.early, ids);
  expect(await read(people.early)).toBe(0);
  expect(await read(people.shut)).toBe(0);
  gateway.later(HOUR_S);
  until = now();
  gateway.later(HOUR_S);
  await choose(gateway, people.late, [HOSPITALS_TO_GPS]);
  expect(await read(people.late)).toBe(1);
  await read(people.unread);
});
afterAll(() => gateway.close());

const pseudonym = async (one: Person) =>
  gateway.rooms.ledger.pseudonymOf(await vaultOf(gateway, one));

describe('what was done with the key of a partner', () => {
  it('is whom it showed, and whom it tried, within the period only', async () => {
    const report = await breachOf(gateway.rooms.ledger, {
      from,
      until,
      client: 'partner-huisarts',
    });
    const [first, ...rest] = report.persons;
    expect(first).toMatchObject({
      ...{ pseudonym: await pseudonym(people.read), acts: 1, refused: 0 },
      kinds: { Observation: 1 },
      holders: new Set([HOSPITAL.id]),
    });
    expect([...(first?.references ?? [])]).toHaveLength(1);
    expect(rest.map((one) => [one.pseudonym, one.acts, one.refused]).sort()).toEqual(
      [
        [await pseudonym(people.early), 0, 1],
        [await pseudonym(people.shut), 0, 1],
      ].sort(),
    );
  });

  it.each([
    ['another client', { client: 'partner-ander' }],
    ['another account', { client: 'partner-huisarts', user: 'dokter-9' }],
    ['another organisation', { organisation: HOSPITAL.id, user: 'dokter-1' }],
  ])('is nothing for %s', async (_what, who) => {
    expect((await breachOf(gateway.rooms.ledger, { from, until, ...who })).persons).toEqual([]);
  });
});

describe('what could have been done', () => {
  it('is whoever was open at some moment of it, by the choices as they stood then', async () => {
    const { consent, ledger } = gateway.rooms;
    const found = new Map<string, unknown>();
    const asked = { organisation: PRACTICE.id, from, until };
    for await (const { vault, kinds } of consent.couldBeSeen(asked)) {
      found.set(ledger.pseudonymOf(vault), kinds);
    }
    const all = { Observation: 1, Condition: 1 };
    const expected = [people.read, people.unread, people.early];
    expect(found).toEqual(
      new Map(await Promise.all(expected.map(async (one) => [await pseudonym(one), all] as const))),
    );
  });
});

describe('what is told', () => {
  it('names the figures, and the hours that are left or were lost', async () => {
    const report = await breachOf(gateway.rooms.ledger, {
      from,
      until,
      client: 'partner-huisarts',
    });
    const told = {
      ...{ incident: '2026-14', holder: 'Ziekenhuis Proef', kinds: ['uitslagen (1)'] },
      discovered: new Date('2026-11-20T10:00:00Z'),
    };
    const inTime = authorityNotice(report, { ...told, now: new Date('2026-11-20T12:30:00Z') });
    expect(inTime).toContain('23 november 2026');
    expect(inTime).toContain('nog 69 uur');
    expect(inTime).toContain('getoond of veranderd: 1 personen');
    expect(inTime).toContain('Alleen geweigerde pogingen: 2 personen');
    expect(authorityNotice(report, { ...told, now: new Date('2026-11-23T12:00:00Z') })).toContain(
      '2 uur te laat',
    );
    const letter = personNotice(report, { ...told, now: told.discovered });
    expect(letter).toContain('Ziekenhuis Proef');
    expect(letter).toContain('- uitslagen (1)');
    expect(`${inTime}${letter}`).not.toContain(people.read.bsn);
    expect(authorityClock(told.discovered, told.discovered).hoursLeft).toBe(72);
  });
});

describe('the letters', () => {
  it('of two practices with one name are two', () => {
    const first = letterFile('Praktijk De Linde', new Set());
    expect(first).toBe('bericht-praktijk-de-linde.txt');
    expect(letterFile('Praktijk de Linde', new Set([first]))).toBe(
      'bericht-praktijk-de-linde-2.txt',
    );
  });
});
