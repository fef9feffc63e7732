/** What an installation knows beside the ledger, and walks along numbers (AN-02 to 06, 08, 16). */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LedgerEvent } from '../../src/audit/index.ts';
import { addressMark, familyMark } from '../../src/insight/name-marks.ts';
import { BSN_SYSTEM, type Gateway, openGateway, PRACTICE, purposeOf } from '../support/gateway.ts';
import { entry, patientOf, person, transaction, urn, vaultOf } from '../support/people.ts';

const folder = mkdtempSync(join(tmpdir(), 'review-'));
const famous = person(61);
const nurse = { ...person(62), family: 'van der Zandé' };
const cousin = { ...person(63), family: 'Zande' };
const neighbour = person(64);

let gateway: Gateway;

beforeAll(async () => {
  gateway = await openGateway({ config: (config) => ({ ...config, reviewDir: folder }) });
  for (const one of [famous, nurse, cousin, neighbour]) {
    const address = [{ line: ['Dijk 12 A'], postalCode: '1971 ab' }];
    const patient = patientOf(one, one === neighbour ? { address } : {});
    expect(
      (await gateway.send('epd-proef', transaction([entry(urn(one.bsn), patient)], one.bsn)))
        .statusCode,
    ).toBe(200);
  }
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await gateway.close();
});

const put = (name: string, ...lines: string[]) =>
  writeFileSync(join(folder, name), `${lines.join('\n')}\n`);

async function looksAt(user: string, about: typeof famous, more: Partial<LedgerEvent> = {}) {
  const event: LedgerEvent = {
    ...{ class: 'care', event: 'read', action: 'R', outcome: 0, purpose: 'TREAT', released: 1 },
    patient: await vaultOf(gateway, about),
    agent: { kind: 'professional', id: user, organisation: PRACTICE.id },
    ...more,
  };
  await gateway.rooms.ledger.record([event]);
}

/** Rules that were flagged for a user since the run before. */
async function flagged(user: string): Promise<string[]> {
  await new Promise((done) => setTimeout(done, 5));
  const { review, database } = gateway.rooms;
  await review.reviewer.until(new Date());
  const cases = await review.cases.queue(database, PRACTICE.id, 100);
  const flags = cases.flatMap((one) => (one.subject === user ? one.flags : []));
  return [...new Set(flags.map(({ rule }) => String(rule)))].sort();
}

describe('the files of an installation', () => {
  it('tell who is under extra watch, who works where, and who is family', async () => {
    put('watch.csv', 'bsn', famous.bsn);
    put(
      'staff.csv',
      'user,ura,bsn,family,postcode,house',
      `zuster,${PRACTICE.ura},${nurse.bsn},Van der Zande,1971AB,12`,
      `collega,${PRACTICE.ura},${cousin.bsn},,,`,
    );
    await looksAt('zuster', famous);
    expect(await flagged('zuster')).toEqual(['AN-01', 'AN-02']);
    await looksAt('zuster', nurse);
    expect(await flagged('zuster')).toContain('AN-03');
    await looksAt('zuster', cousin);
    const found = await flagged('zuster');
    expect(found).toContain('AN-04');
    expect(found).toContain('AN-05');
    await looksAt('collega', neighbour);
    expect(await flagged('collega')).toEqual(['AN-01']);
  });

  it('tell who shares an address', async () => {
    put('staff.csv', 'user,ura,bsn,family,postcode,house', `buur,${PRACTICE.ura},,,1971 AB,12`);
    await looksAt('buur', neighbour);
    expect(await flagged('buur')).toEqual(['AN-01', 'AN-04']);
  });

  it('tell who is on duty', async () => {
    const minutes = 60 * 24;
    const clock = new Intl.DateTimeFormat('en-GB', {
      ...{ timeZone: 'Europe/Amsterdam', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
    } as const);
    const around = (from: number) =>
      clock.format(new Date(Date.now() + ((from + minutes) % minutes) * 60_000));
    put(
      'rosters.csv',
      'user,from,to',
      `werkt,${around(-60)},${around(60)}`,
      `slaapt,${around(60)},${around(120)}`,
    );
    await looksAt('werkt', famous);
    await looksAt('slaapt', famous);
    expect(await flagged('werkt')).not.toContain('AN-06');
    expect(await flagged('slaapt')).toContain('AN-06');
  });

  it.each([
    ['staff.csv', 'user;ura', 'staff.csv:1'],
    ['rosters.csv', 'user,from,to\nx,9 uur,17:00', 'rosters.csv:2'],
    ['rosters.csv', 'user,from,to\n\nx,09:00', 'rosters.csv:3'],
  ])(
    'that are wrong (%s) are told by their line, and change nothing',
    async (name, text, place) => {
      put(name, text);
      await looksAt('nieuw', famous);
      expect(await flagged('nieuw')).toContain('AN-02');
      expect(gateway.logged.at(-1)).toContain(place);
      rmSync(join(folder, name));
    },
  );
});

describe('marks of a name or an address', () => {
  it.each([
    ['van der Berg', 'BERG'],
    ['De Vries-Jansen', 'vriesjansen'],
    ['Müller', 'Muller'],
  ])('%s and %s are one', (one, other) => expect(familyMark(one)).toBe(familyMark(other)));

  it('say nothing where nothing stands', () => {
    expect(familyMark('')).toBeUndefined();
    expect(addressMark('1971AB', '')).toBeUndefined();
    expect(addressMark('1971 ab', '12 A')).toBe(addressMark('1971AB', '12'));
  });
});

describe('who walks along numbers', () => {
  const search = async (numbers: readonly string[], user: string) => {
    const token = await gateway.token('partner-huisarts', purposeOf('TREAT', { subject_id: user }));
    for (const number of numbers) {
      const identifier = `${BSN_SYSTEM}|${number}`;
      const url = '/fhir/r4/Patient/_search';
      expect((await gateway.ask(url, { token, form: { identifier } })).statusCode).toBe(200);
    }
  };

  it('is flagged, whether or not anybody has these numbers (AN-08)', async () => {
    await search(passing(999_950_000, 10), 'wandelaar');
    expect(await flagged('wandelaar')).toContain('AN-08');
    const lines = await gateway.rooms.ledger.search({ organisation: PRACTICE.id, limit: 20 });
    expect(JSON.stringify(lines)).not.toContain('99995');
  });

  it('is not who asks for ten people that have nothing in common, or for one ten times', async () => {
    const apart = Array.from({ length: 10 }, (_none, at) => passing(999_800_000 + at * 9_000, 1));
    await search(apart.flat(), 'dokter');
    await search(Array(10).fill(famous.bsn), 'dokter');
    expect(await flagged('dokter')).not.toContain('AN-08');
  });
});

describe('who reads the log', () => {
  it('is flagged for lines about the own acts, not for those of others (AN-16)', async () => {
    const { ledger } = gateway.rooms;
    const read = (user: string, aboutUser: string): LedgerEvent => ({
      ...{ class: 'security', event: 'log-search', action: 'E', outcome: 0, released: 3 },
      agent: { kind: 'auditor', id: user, organisation: PRACTICE.id },
      detail: { aboutUser },
    });
    await ledger.record([read('lezer', 'ander'), read('beheerder', 'beheerder')]);
    expect(await flagged('lezer')).toEqual([]);
    expect(await flagged('beheerder')).toEqual(['AN-16']);
  });
});

/** The first so many numbers from here that pass the eleven-test. */
function passing(from: number, count: number): string[] {
  const found: string[] = [];
  for (let number = from; found.length < count; number += 1) {
    const digits = [...String(number)].map(Number);
    const sum = digits.reduce((all, digit, at) => all + digit * (at === 8 ? -1 : 9 - at), 0);
    if (sum % 11 === 0) found.push(String(number));
  }
  return found;
}
