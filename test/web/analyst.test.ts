/** `/cijfers`: an analyst asks how many, and never who (consent.md section 12, journey J12). */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../src/demo/client/trail.ts';
import { organisation } from '../../src/demo/region/organisations.ts';
import { entry, type Person, patientOf, person, transaction, urn } from '../support/people.ts';
import { executablePath, launchBrowser, lookAtPage, openPage } from './look-at-page.ts';
import { get, loginAsStaff, newVisitor, openWebHouse, post, type WebHouse } from './web-house.ts';

const own = organisation('kennemerzoom').id;
const COUNT_ME = {
  type: 'permit' as const,
  holder: { level: 'any' as const },
  recipient: { level: 'any' as const },
  data: { level: 'all' as const },
  purpose: ['HOPERAT' as const],
};

let house: WebHouse;

beforeAll(async () => {
  house = await openWebHouse();
  // 14 women and 11 men say yes; nobody else does.
  for (let at = 0; at < 25; at += 1) await permits(person(200 + at), at < 14 ? 'female' : 'male');
}, 120_000);
afterAll(() => house?.close());

async function permits(one: Person, gender: string): Promise<void> {
  await house.receive(transaction([entry(urn(one.bsn), patientOf(one, { gender }))]));
  const { own: people, choices } = house.door.consent;
  const vault = (await people.byBsn(one.bsn)) ?? '';
  const act = {
    performers: [{ rel: 'self' as const }],
    agent: { kind: 'person' as const, id: vault },
    ...{ channel: 'portal', assurance: 'substantial' },
    text: { version: '2026-1', language: 'nl' as const, digest: 'd'.repeat(64) },
  };
  const patient = { birthDate: one.birthDate };
  await choices.save(vault, [{ kind: 'put', rule: COUNT_ME }], act, { patient });
}

async function analyst() {
  const visitor = newVisitor();
  const home = await loginAsStaff(house, visitor, 'cijfers', 'analist-kennemerzoom');
  return { visitor, home };
}

const lines = async () => {
  const { entries } = await house.door.ledger.search({ organisation: own, event: 'count' });
  return entries.map(({ record }) => record);
};
const cellsOf = (page: Answer) =>
  [...page.text().matchAll(/<td[^>]*>(.*?)<\/td>/g)].map(([, cell]) =>
    cell?.replaceAll(/<[^>]*>/g, ''),
  );

describe('an analyst', () => {
  it('asks, and reads a number in fives with what is not told', async () => {
    const { visitor, home } = await analyst();
    expect(home.text()).toContain('Mensen met diabetes');
    const page = await post(house, visitor, home, '/cijfers', { maat: 'mensen' });
    expect(page.status).toBe(200);
    expect(page.text()).toContain('<strong>25</strong>');
    // The last row: 14 women and 11 men, told as 15 and 10; nobody else.
    expect(cellsOf(page).slice(-6)).toEqual([
      'samen',
      '15',
      '10',
      '–geen getal',
      '–geen getal',
      '25',
    ]);
    const digest = /<code>([0-9a-f]{64})<\/code>/.exec(page.text())?.[1];
    const [line] = await lines();
    expect(line).toMatchObject({ outcome: 0, query: 'mensen||', purpose: 'HOPERAT', door: 'web' });
    expect([line?.detail?.['answer'], line?.patient]).toEqual([digest, undefined]);
    expect(line?.agent).toMatchObject({ id: 'analist-kennemerzoom', organisation: own });
    const again = await get(house, visitor, '/cijfers/antwoord');
    expect(again.text()).toContain(String(digest));
  });

  it('takes the same along as CSV, and has the question filled in for the next one', async () => {
    const { visitor, home } = await analyst();
    const form = { maat: 'mensen', van: '40', tot: '90', female: 'ja' };
    const page = await post(house, visitor, home, '/cijfers', form);
    const csv = await get(house, visitor, '/cijfers/antwoord.csv');
    expect(csv.headers['content-disposition']).toContain('cijfers-mensen-');
    expect(csv.text()).toMatch(/^maat;dag;versie;leeftijd;geslacht;aantal\r\nmensen;/);
    expect(csv.text()).toMatch(/;;;15\r\n/);
    expect(page.text()).toContain('<dd>40–90+</dd>');
    const next = await get(house, visitor, '/cijfers');
    expect(next.text()).toMatch(/value="female" selected|name="female" value="ja" checked/);
    expect(next.text()).toContain('<option value="40" selected>');
  });

  it.each([
    ['about few', { maat: 'diabetes' }, 422, 'minder dan 10 mensen'],
    ['under a purpose nobody permits', { maat: 'mensen', doel: 'PUBHLTH' }, 422, 'minder dan 10'],
  ])('is told why there is no answer to a question %s', async (_name, form, status, text) => {
    const { visitor, home } = await analyst();
    const page = await post(house, visitor, home, '/cijfers', form as Record<string, string>);
    expect([page.status, page.text().includes(text)]).toEqual([status, true]);
    expect((await lines())[0]).toMatchObject({ outcome: 4 });
    // No file without a number either.
    expect((await get(house, visitor, '/cijfers/antwoord.csv')).status).toBe(status);
  });
});

describe('a question that cannot be asked', () => {
  it.each<[string, Record<string, string>, string, string]>([
    [
      'ages that are turned',
      { maat: 'mensen', van: '50', tot: '40' },
      'tot',
      'niet vóór de eerste',
    ],
    ['an age between', { maat: 'mensen', van: '41' }, 'van', 'een van deze leeftijden'],
    ['what is not counted', { maat: 'alles' }, 'maat', 'een van deze vragen'],
  ])('stands in the form again, with what is wrong: %s', async (_name, form, name, text) => {
    const { visitor, home } = await analyst();
    const page = await post(house, visitor, home, '/cijfers', form);
    expect(page.status).toBe(422);
    expect(page.text()).toMatch(new RegExp(`<li><a href="#${name}">[^<]*${text}`));
    expect(page.text()).toMatch(new RegExp(`aria-invalid="true" aria-describedby="${name}-fout"`));
    if (form['van'] === '50') expect(page.text()).toContain('<option value="50" selected>');
    expect((await lines())[0]).toMatchObject({ outcome: 4 });
    expect((await get(house, visitor, '/cijfers/antwoord.csv')).status).toBe(400);
  });
});

describe('nobody else', () => {
  it.each(['auditor-kennemerzoom', 'integratie-kennemerzoom', 'beheer'])(
    'comes in: %s',
    async (account) => {
      const page = await loginAsStaff(house, newVisitor(), 'cijfers', account);
      expect(page.status).toBe(403);
      expect(page.text()).toContain('de rol analyst');
    },
  );

  it('and the analyst nowhere else', async () => {
    for (const portal of ['auditor', 'afzender'] as const) {
      const page = await loginAsStaff(house, newVisitor(), portal, 'analist-kennemerzoom');
      expect(page.status).toBe(403);
    }
  });

  it('asks without a session or with a form of somebody else', async () => {
    const stranger = newVisitor();
    const answer = await get(house, stranger, '/cijfers/antwoord');
    expect([answer.status, answer.headers.location]).toEqual([303, '/cijfers']);
    const { visitor } = await analyst();
    const before = (await lines()).length;
    const forged = await visitor.call({ nl: '', en: '' }, `${house.url}/cijfers`, {
      form: { csrf: 'x'.repeat(32), maat: 'mensen' },
    });
    expect([forged.status, (await lines()).length]).toEqual([403, before]);
  });
});

describe.skipIf(executablePath === undefined)('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  it('a question is asked by keyboard and read', { timeout: 120_000 }, async () => {
    const width = 320;
    const page = await openPage(browser, width);
    const look = (name: string) => lookAtPage(page, name, { width, bsn: house.bsn });
    await page.goto(`${house.url}/cijfers`);
    await page.click('a[href="/cijfers/inloggen"]');
    await page.click('button[value="analist-kennemerzoom"]');
    await page.waitForURL(`${house.url}/cijfers`);
    await look('cijfers');
    await page.focus('#maat');
    await page.keyboard.type('Mensen die');
    for (let step = 0; step < 12; step += 1) {
      await page.keyboard.press('Tab');
      if (
        await page.evaluate(
          'document.activeElement.closest("main")?.tagName && document.activeElement.tagName === "BUTTON"',
        )
      )
        break;
    }
    await page.keyboard.press('Enter');
    await page.waitForURL(`${house.url}/cijfers/antwoord`);
    expect(await page.getByRole('row', { name: /samen/ }).last().textContent()).toContain('25');
    await look('cijfers-antwoord');
    await page.emulateMedia({ media: 'print' });
    expect(await page.isVisible('header.site')).toBe(false);
    expect(await page.isVisible('.actions')).toBe(false);
    await page.emulateMedia({ media: 'screen' });
    await page.click('.actions a.secondary');
    await page.selectOption('#maat', 'diabetes');
    await page.click('main form button');
    await look('cijfers-geen-antwoord');
    await page.context().close();
  });
});
