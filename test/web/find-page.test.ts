/** Find my provider, as a person reads it: no log-in, plain words, never an empty page. */
import { existsSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { organisation } from '../../src/demo/region/organisations.ts';
import { createSourceStates } from '../../src/ingest/source-states.ts';
import { openWebHouse, type WebHouse } from './web-house.ts';

/** Until what was read before is read again. */
const aMoment = () => new Promise((resolve) => setTimeout(resolve, 1_050));

let house: WebHouse;
beforeAll(async () => {
  house = await openWebHouse();
}, 60_000);
afterAll(() => house?.close());

async function read(q: string, lang = 'nl') {
  const query = new URLSearchParams({ q, lang });
  const answer = await fetch(`${house.url}/zorgverleners?${query}`);
  const text = await answer.text();
  const cards = [...text.matchAll(/<section class="card">(.*?)<\/section>/gs)].map(
    ([, card = '']) => card,
  );
  return { status: answer.status, text, cards };
}

it('finds what was typed badly, first, with what can be collected and what can be sent', async () => {
  const { status, cards } = await read('dr jansn beverwijk');
  expect(status).toBe(200);
  const [first = ''] = cards;
  expect(first).toContain('Huisartsenpraktijk Jansen &amp; De Wit');
  expect(first).toContain('>aangesloten<');
  expect(first).toMatch(/Dit kunt u ophalen.*<li>.*Dit kunt u sturen.*<li>/s);
});

it('says since when a provider is silent, and until then that it answers', async () => {
  const hospital = organisation('kennemerzoom').id;
  const sources = createSourceStates(house.door.database, house.door.clock);
  expect((await read('het zoom')).cards[0]).toContain('Wij weten nog niet');
  await sources.heard(hospital);
  await aMoment();
  expect((await read('het zoom')).cards[0]).toContain('Bereikbaar.');
  await sources.setDown(hospital, {});
  await aMoment();
  expect((await read('het zoom')).cards[0]).toContain('Nu niet bereikbaar, sinds');
  await sources.setDown(hospital, undefined);
  await aMoment();
  expect((await read('het zoom')).cards[0]).toContain('Bereikbaar.');
});

it('tells of a provider that is not connected that nothing can be collected there yet', async () => {
  const { cards } = await read('oude haven');
  expect(cards[0]).toContain('(nog) niet aangesloten');
  expect(cards[0]).toContain('(nog) niets ophalen');
  expect(cards[0]).not.toContain('Dit kunt u ophalen');
  expect((await read('oude haven', 'en')).cards[0]).toContain('not connected (yet)');
});

it('gives advice when nobody has that name, and asks first when nothing was typed', async () => {
  const { text, cards } = await read('tandarts qqqqqq');
  expect(cards).toEqual([]);
  expect(text).toContain('Wij vonden geen zorgverlener');
  expect((await read('  ')).text).not.toContain('Gevonden');
});

it('keeps what was typed apart from the page, and bears what nobody would type', async () => {
  const { text, status } = await read('"><script>alert(1)</script>');
  expect(status).toBe(200);
  expect(text).not.toContain('<script>alert');
  expect((await read('x'.repeat(5_000))).status).toBe(200);
  const twice = await fetch(`${house.url}/zorgverleners?q=zoom&q=haven`);
  expect(twice.status).toBeLessThan(500);
  expect((await fetch(`${house.url}/zorgverleners?q=%00%FF`)).status).toBeLessThan(500);
});

const executablePath = [process.env['CHROME_PATH'] ?? '', '/usr/bin/chromium'].find(
  (path) => path !== '' && existsSync(path),
);

it.skipIf(executablePath === undefined)(
  'fits 320 px and is found by keyboard, with nothing that axe minds',
  { timeout: 60_000 },
  async () => {
    const browser = await chromium.launch({
      executablePath: executablePath ?? '',
      args: ['--no-sandbox'],
    });
    try {
      const context = await browser.newContext({
        viewport: { width: 320, height: 640 },
        locale: 'nl-NL',
      });
      const page = await context.newPage();
      await page.goto(`${house.url}/zorgverleners`);
      await page.focus('#q');
      await page.keyboard.type('huisarts beverwik');
      await page.keyboard.press('Enter');
      await page.getByText('(nog) niet aangesloten').first().waitFor();
      await page.getByText('Jansen & De Wit').first().waitFor();
      const overflow = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      expect(overflow).toBe(0);
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id }) => id)).toEqual([]);
    } finally {
      await browser.close();
    }
  },
);
