/**
 * A provider has a court's appointment or a block on record, and it counts at once at every door of
 * whoever acts for the patient. consent.md 10.2, 10.3.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Visitor } from '../../src/demo/client/browserless.ts';
import { organisation } from '../../src/demo/region/organisations.ts';
import type { AccessRequest } from '../../src/permission/index.ts';
import { entry, observation, patientOf, person, transaction, urn } from '../support/people.ts';
import {
  get,
  loginAsPerson,
  loginAsStaff,
  newVisitor,
  openWebHouse,
  post,
  type WebHouse,
} from './web-house.ts';

const PATH = '/afzender/vertegenwoordiging';
const CELL = { wens: 'cell', van: 'cat:ZKH', aan: 'cat:HA', gegevens: 'GGC002', keuze: 'permit' };
const [patient, mentor, other, helper] = [221, 222, 223, 224].map((one) => person(one).bsn) as [
  string,
  string,
  string,
  string,
];
const COURT = {
  soort: 'mentor',
  nummer: mentor,
  naam: 'M. de Mentor',
  patient: 'mijn cliënt',
  bewijs: 'CCBR 2026-0001',
  vanaf: '2025-01-01',
};

let house: WebHouse;
let staff: Visitor;
let vault: string;

beforeAll(async () => {
  house = await openWebHouse();
  vault = await house.known({ bsn: patient, birthDate: '1970-03-01' });
  const self = urn('self');
  const seen = observation('o', self);
  await house.receive(transaction([entry(self, patientOf(person(221))), entry(urn('o'), seen)]));
  await house.known({ bsn: other, birthDate: '1960-02-03' });
  staff = newVisitor();
  await loginAsStaff(house, staff, 'afzender', 'integratie-kennemerzoom');
}, 120_000);
afterAll(() => house?.close());

const lookUp = async (bsn: string) =>
  post(house, staff, await get(house, staff, PATH), PATH, { bsn });

async function record(more: Record<string, string>, bsn = patient) {
  const shown = await lookUp(bsn);
  const asked = /name="asked" value="([^"]+)"/.exec(shown.text())?.[1] ?? '';
  return post(house, staff, shown, `${PATH}/vastleggen`, { asked, ...more });
}

async function endAll(bsn = patient) {
  for (;;) {
    const shown = await lookUp(bsn);
    const id = /name="id" value="([^"]+)"/.exec(shown.text())?.[1];
    if (id === undefined) return;
    const asked = /name="asked" value="([^"]+)"/.exec(shown.text())?.[1] ?? '';
    await post(house, staff, shown, `${PATH}/stoppen`, { asked, id });
  }
}

const visitorOf = async (bsn: string): Promise<Visitor> => {
  const visitor = newVisitor();
  await loginAsPerson(house, visitor, bsn);
  return visitor;
};

/** Where this visitor acts for whom the list names. */
async function baseOf(visitor: Visitor): Promise<string | undefined> {
  const list = (await get(house, visitor, '/mij/namens')).text();
  return /href="(\/mij\/namens\/[0-9a-f-]{36})"/.exec(list)?.[1];
}

async function save(visitor: Visitor, base: string) {
  const page = await get(house, visitor, base === '/mij/delen' ? base : '/mij/namens');
  return post(house, visitor, page, `${base}/opslaan`, { ...CELL, taal: 'nl' });
}

describe('the desk', () => {
  it('is for the own patients, and says no more of others', async () => {
    expect((await get(house, staff, '/afzender')).text()).toContain(PATH);
    expect((await lookUp(helper)).text()).toContain('niemand met dit nummer');
    expect((await lookUp('geen')).text()).toContain('niemand met dit nummer');
    expect((await lookUp(patient)).text()).toContain('Er is niets vastgelegd');
  });

  const BLOCK = { soort: 'blokkade', reden: 'onveilig voor het kind', tot: '2027-01-01' };
  it.each<[string, Record<string, string>, string[]]>([
    ['a mentor without a number', { ...COURT, nummer: '' }, ['c-nummer']],
    ['a mentor with a mistyped number', { ...COURT, nummer: '123456789' }, ['c-nummer']],
    ['who would be one’s own mentor', { ...COURT, nummer: patient }, ['c-nummer']],
    ['an appointment as nothing', { ...COURT, soort: '' }, ['c-soort', 'c-nummer']],
    ['a mentor without evidence', { ...COURT, bewijs: ' ' }, ['c-nummer', 'c-bewijs']],
    ['a mentor from tomorrow on', { ...COURT, vanaf: '2099-01-01' }, ['c-nummer', 'c-vanaf']],
    ['what ended before', { ...COURT, tot: '2025-02-01' }, ['c-nummer', 'c-tot']],
    ['an end that does not exist', { ...COURT, tot: '2099-02-31' }, ['c-nummer', 'c-tot']],
    [
      'what says nothing',
      { soort: 'mentor' },
      'nummer naam patient bewijs vanaf'.split(' ').map((one) => `c-${one}`),
    ],
    ['a block without a reason', { ...BLOCK, reden: 'kort' }, ['b-reden']],
    ['a block of a mistyped number', { ...BLOCK, nummer: '123456789' }, ['b-nummer']],
    // Else it would be sent again without, and be about everybody.
    [
      'a block that asks for its number again',
      { ...BLOCK, nummer: helper, reden: 'kort' },
      ['b-nummer', 'b-reden'],
    ],
    ['a block without an end', { ...BLOCK, tot: '' }, ['b-tot']],
    ['a block for ever', { ...BLOCK, tot: '2050-01-01' }, ['b-tot']],
  ])('refuses %s, at the field, and keeps the rest', async (_name, form, fields) => {
    const answer = await record(form);
    const text = answer.text();
    expect(answer.status).toBe(422);
    expect([...text.matchAll(/<li><a href="#([a-z-]+)">/g)].map(([, name]) => name)).toEqual(
      fields,
    );
    for (const name of fields) {
      expect(text).toMatch(
        new RegExp(`id="${name}"[^>]* aria-invalid="true" aria-describedby="${name}-fout"`),
      );
      expect(text).toContain(`id="${name}-fout"`);
    }
    for (const name of ['naam', 'bewijs', 'vanaf', 'tot', 'reden']) {
      if (form[name]?.trim()) expect(text).toContain(`name="${name}" value="${form[name]}"`);
    }
    if (form['nummer']) expect(text).not.toContain(form['nummer']);
    expect(await house.door.consent.representatives.of(vault)).toEqual([]);
  });

  it('does not let another provider end it', async () => {
    await record(COURT);
    const [one] = await house.door.consent.representatives.of(vault);
    const by = { agent: { kind: 'operator' as const, id: 'x' }, requestId: 'x' };
    const end = house.door.consent.representatives.end(vault, one?.id ?? '', randomUUID(), by);
    await expect(end).rejects.toMatchObject({ kind: 'not-found' });
    await endAll();
  });
});

describe('a mentor', () => {
  it('looks and decides while it stands, and the patient’s new permission does not count', async () => {
    const visitor = await visitorOf(mentor);
    expect(await baseOf(visitor)).toBeUndefined();
    expect((await record(COURT)).text()).toContain('Dit is vastgelegd');
    const base = (await baseOf(visitor)) ?? '';
    expect((await get(house, visitor, base)).status).toBe(200);
    const own = await visitorOf(patient);
    expect((await save(own, '/mij/delen')).status).toBe(403);
    expect((await get(house, own, '/mij/machtigingen')).text()).toContain('M. de Mentor');
    expect((await save(visitor, `${base}/delen`)).text()).toContain('Bewijs');
    const { choices } = await house.door.consent.choices.list(vault);
    expect(choices.map(({ rule }) => rule.performers)).toEqual([[{ rel: 'mentor' }]]);
    await endAll();
    expect(await baseOf(visitor)).toBeUndefined();
    expect((await get(house, visitor, base)).status).toBe(403);
    expect((await save(own, '/mij/delen')).status).toBe(200);
  });

  it('is nobody else, and stands in the log on both sides', async () => {
    await record(COURT);
    const stranger = await visitorOf(helper);
    const base = (await baseOf(await visitorOf(mentor))) ?? '';
    expect((await get(house, stranger, base)).status).toBe(403);
    const { entries } = await house.door.ledger.ofPatient(vault, { limit: 60 });
    const line = entries.find(({ record: { event } }) => event === 'representative-recorded');
    expect(line?.record).toMatchObject({
      agent: { kind: 'operator', organisation: organisation('kennemerzoom').id },
      detail: { kind: 'mentor', evidence: COURT.bewijs },
    });
    expect(JSON.stringify(entries)).not.toContain(mentor);
    const { rows } = await house.door.database.query('select * from representative');
    for (const word of [mentor, 'M. de Mentor', COURT.bewijs]) {
      expect(JSON.stringify(rows)).not.toContain(word);
    }
    await endAll();
  });

  it('goes along when two records are made one', async () => {
    await record(COURT, other);
    await house.mergeWith(other);
    const kept = await house.door.consent.representatives.of(house.vault);
    expect(kept.map(({ court }) => court?.name)).toEqual(['M. de Mentor']);
    expect(await house.door.consent.own.facts(house.vault)).toMatchObject({ incapacity: true });
  });
});

describe('a block', () => {
  const BLOCK = { soort: 'blokkade', reden: 'onveilig bij deze persoon', tot: '2027-06-01' };
  const { id: holder } = organisation('kennemerzoom');

  async function helperBase(): Promise<[Visitor, string]> {
    const { mandates } = house.door.consent;
    const by = { agent: { kind: 'person' as const, id: vault }, requestId: 'x' };
    const until = new Date(Date.now() + 7 * 86_400_000).toISOString();
    const draft = {
      proxyBsn: helper,
      name: 'Hulp',
      principal: 'Oma',
      until,
      scope: 'all' as const,
    };
    await mandates.give(vault, draft, by);
    const visitor = await visitorOf(helper);
    return [visitor, (await baseOf(visitor)) ?? ''];
  }

  it('leaves out what that provider holds, and shuts deciding, in the words of an end', async () => {
    const [visitor, base] = await helperBase();
    const before = await get(house, visitor, base);
    expect(before.text()).not.toContain('Er is niets te zien');
    await record({ ...BLOCK, nummer: helper });
    const after = await get(house, visitor, base);
    expect([after.status, after.text().includes('Er is niets te zien')]).toEqual([200, true]);
    const shut = await get(house, visitor, `${base}/delen`);
    expect(shut.status).toBe(403);
    expect(shut.text()).not.toMatch(/blok|onveilig/i);
    const own = await visitorOf(patient);
    const told = (await get(house, own, '/mij/machtigingen')).text();
    expect(told).toContain('niet meekijken');
    expect(told).not.toContain('onveilig');
    await endAll();
    expect((await get(house, visitor, base)).text()).not.toContain('Er is niets te zien');
  });

  it.each([['of one'], ['of whoever acts']])('%s counts at an app as well', async (whom) => {
    const { representatives } = house.door.consent;
    await record(whom === 'of one' ? { ...BLOCK, nummer: helper } : BLOCK);
    const [line] = await representatives.of(vault);
    const appSubject = line?.subjects?.[1] ?? 'anybody';
    const { grantFor } = house.door.consent as unknown as {
      grantFor: (access: AccessRequest, vault: string, at: Date) => Promise<unknown>;
    };
    const access = (subject: string): AccessRequest => ({
      id: 'x',
      correlationId: 'x',
      door: 'medmij',
      client: 'app',
      address: '',
      aanbieder: holder,
      actor: { kind: 'representative', subject, authority: 'voluntary' },
      purpose: 'PATRQT',
      tokenId: 'x',
    });
    await expect(grantFor(access(appSubject), vault, new Date())).rejects.toMatchObject({
      code: 'authority-ended',
    });
    // It ends by itself, at midnight in Amsterdam.
    const end = new Date('2027-06-02T00:00:00+02:00');
    expect(await grantFor(access(appSubject), vault, end)).toBeDefined();
    if (whom === 'of one') {
      expect(await grantFor(access('somebody else'), vault, new Date())).toBeDefined();
    }
    await endAll();
  });
});
