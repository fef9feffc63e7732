/** `GET /regio/aantallen`: how many and never who (consent.md section 12, attack 20). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, openGateway, PRACTICE } from '../support/gateway.ts';
import {
  choose,
  condition,
  entry,
  HOSPITALS_TO_GPS,
  type Person,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
  withdraw,
} from '../support/people.ts';
import { addStudies, HEART_STUDY, tokenOf, toResearch } from '../support/studies.ts';

const COUNT_ME = {
  type: 'permit' as const,
  holder: { level: 'any' as const },
  recipient: { level: 'any' as const },
  data: { level: 'all' as const },
  purpose: ['HOPERAT' as const, 'PUBHLTH' as const],
};

const numbered = (from: number, count: number) =>
  Array.from({ length: count }, (_none, at) => person(from + at));

/** 24 women, 13 of them with high blood pressure; 12 men, 3 of them; and people not in it. */
const women = numbered(1, 24);
const men = numbered(31, 12);
const silent = numbered(51, 3);
const others = numbered(61, 3);
let gateway: Gateway;
let token: string;
let ids: string[] = [];

beforeAll(async () => {
  gateway = await openGateway();
  await addStudies(gateway);
  for (const [at, one] of women.entries()) await sent(one, 'female', at < 13);
  for (const [at, one] of men.entries()) await sent(one, 'male', at < 3);
  for (const one of [...silent, ...others]) await sent(one, 'female', true);
  for (const one of [...women, ...men]) ids = await choose(gateway, one, [COUNT_ME]);
  for (const one of others) await choose(gateway, one, [toResearch(), HOSPITALS_TO_GPS]);
  token = await asPractice();
}, 120_000);
afterAll(() => gateway.close());

const asPractice = (purpose = 'HOPERAT', region?: string) =>
  tokenOf(gateway, PRACTICE, purpose, {
    client: 'partner-huisarts',
    ...(region === undefined ? {} : { region }),
  });

async function sent(one: Person, gender: string, hasPressure: boolean): Promise<void> {
  const self = urn(one.bsn);
  const entries = [
    entry(self, patientOf(one, { gender })),
    ...(hasPressure ? [entry(urn(`c${one.bsn}`), condition(`c${one.bsn}`, self))] : []),
  ];
  const answer = await gateway.send('epd-proef', transaction(entries));
  expect(answer.statusCode, answer.body).toBe(200);
}

const ask = (query: string, as = token, headers = {}) =>
  gateway.ask(`/regio/aantallen${query}`, { token: as, headers });

const columnsOf = (answer: { json(): { columns: { sex: string; people: number | null }[] } }) =>
  Object.fromEntries(answer.json().columns.map(({ sex, people }) => [sex, people]));

describe('a count', () => {
  it('counts who permits it, in fives, by age and sex', async () => {
    const answer = await ask('?maat=mensen');
    expect(answer.json()).toMatchObject({ total: 35, measure: { id: 'mensen' } });
    expect(columnsOf(answer)).toMatchObject({ female: 25, male: 10, other: null });
    const row = answer.json().rows.find(({ from }: { from: number }) => from === 50);
    expect(row).toMatchObject({ people: 35, cells: [25, 10, null, null] });
  });

  it('shows no small number, and no number that would tell it', async () => {
    const answer = await ask('?maat=hypertensie');
    expect(answer.json().total).toBe(15);
    // 3 men; with the total told, the 13 women would tell of them.
    expect(columnsOf(answer)).toMatchObject({ female: null, male: null });
    const cells = answer.json().rows.flatMap(({ cells }: { cells: unknown[] }) => cells);
    expect(cells.every((cell: unknown) => cell === null)).toBe(true);
  });

  it.each(['?maat=hypertensie&geslacht=male', '?maat=vaccinatie', '?maat=mensen&van=0&tot=20'])(
    'is refused when it is about fewer than ten: %s',
    async (query) => {
      const answer = await ask(query);
      expect([answer.statusCode, answer.body]).toEqual([
        422,
        expect.stringContaining('small-number'),
      ]);
    },
  );

  it('refuses a cohort that differs from an earlier one by fewer than ten', async () => {
    const answer = await ask('?maat=hypertensie&geslacht=female');
    expect(answer.statusCode).toBe(422);
    // The same under another purpose or of another asker is the same question.
    const other = await ask('?maat=hypertensie&geslacht=female', await asPractice('PUBHLTH'));
    expect(other.statusCode).toBe(422);
  });

  it('leaves out labelled data that no permission names', async () => {
    const [one] = women.slice(20);
    if (!one) throw new Error('nobody');
    const psy = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'PSY' };
    const self = urn(one.bsn);
    const entries = [
      entry(self, patientOf(one, { gender: 'female' })),
      entry(urn('x'), condition('x', self, { meta: { security: [psy] } })),
    ];
    expect((await gateway.send('epd-proef', transaction(entries))).statusCode).toBe(200);
    gateway.later(86_400);
    token = await asPractice();
    expect((await ask('?maat=hypertensie')).json().total).toBe(15);
  });

  it('comes as CSV with what it means, and tells what can be asked', async () => {
    const csv = await ask('?maat=mensen&vorm=csv');
    expect(csv.headers['content-type']).toContain('text/csv');
    expect(csv.body).toMatch(/^maat;dag;versie;leeftijd;geslacht;aantal\r\nmensen;/);
    expect(csv.body).toContain(';50-59;female;25\r\n');
    const list = (await ask('')).json();
    expect(list.measures.map(({ id }: { id: string }) => id)).toContain('diabetes');
    expect(list.method.nl).toContain('onder de 10');
  });
});

describe('with and without one person', () => {
  it('the count of a day is the same, and the next day differs by none or five', async () => {
    const before = (await ask('?maat=mensen')).body;
    const leaves = men.at(-1);
    if (!leaves) throw new Error('nobody');
    await withdraw(gateway, leaves, ids);
    expect((await ask('?maat=mensen')).body).toBe(before);
    gateway.later(86_400);
    token = await asPractice();
    const after = (await ask('?maat=mensen')).json();
    expect((JSON.parse(before).total - after.total) % 5).toBe(0);
    const stored = await gateway.db.database.query('select sealed from figure_count');
    expect(stored.rows.length).toBeGreaterThan(1);
  });
});

describe('the ledger', () => {
  it('has one line a question, told or refused, and none with a person', async () => {
    const count = async () =>
      (
        await gateway.rooms.ledger.search({ organisation: PRACTICE.id, event: 'count' })
      ).entries.map(({ record }) => record);
    const before = await count();
    await ask('?maat=mensen');
    await ask('?maat=vaccinatie');
    const [refused, told, ...rest] = await count();
    expect(rest).toHaveLength(before.length);
    expect(told).toMatchObject({ outcome: 0, query: 'mensen||', counts: { people: 35 } });
    expect(refused).toMatchObject({ outcome: 4, reason: 'small-number', query: 'vaccinatie||' });
    expect([told?.patient, refused?.patient]).toEqual([undefined, undefined]);
    const [one] = women;
    if (!one) throw new Error('nobody');
    const { entries } = await gateway.rooms.ledger.ofPatient(await vaultOf(gateway, one));
    expect(entries.map(({ record }) => record.event)).not.toContain('count');
  });
});

describe('an attempt at more', () => {
  it.each([
    ['TREAT', undefined],
    ['HRESCH', undefined],
    ['HOPERAT', 'midden'],
  ])('is refused under %s in region %s', async (purpose, region) => {
    const answer = await ask('?maat=mensen', await asPractice(purpose, region));
    expect(answer.statusCode).toBe(403);
  });

  it.each(['?maat=alles', '?maat=mensen&van=5', '?maat=mensen&van=50&tot=40', '?naam=jansen'])(
    'is told which parameter is wrong: %s',
    async (query) => {
      expect((await ask(query)).statusCode).toBe(400);
    },
  );

  it.each(['HOPERAT', 'PUBHLTH'])('gets no record by name under %s', async (purpose) => {
    const [one] = women;
    const as = await asPractice(purpose);
    const identifier = `http://fhir.nl/fhir/NamingSystem/bsn|${one?.bsn}`;
    const found = await gateway.ask('/fhir/r4/Patient/_search', {
      token: as,
      form: { identifier },
    });
    expect([found.statusCode, found.json().total]).toEqual([200, 0]);
    const form = { 'patient.identifier': identifier };
    const items = await gateway.ask('/fhir/r4/Condition/_search', { token: as, form });
    expect([items.statusCode, items.json().total]).toEqual([200, 0]);
  });

  it('is not counted twice by asking at once', async () => {
    const as = await tokenOf(gateway, HEART_STUDY, 'PUBHLTH');
    const answers = await Promise.all([1, 2, 3, 4].map(() => ask('?maat=mensen', as)));
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(answers[0]?.json().total).toBe(35);
  });
});
