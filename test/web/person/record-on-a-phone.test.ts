/** The record to read, opened from where it was saved, on a small screen and on paper. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordDocument } from '../../../src/web/person/record-document.ts';

const executablePath = [
  process.env['CHROME_PATH'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== '' && existsSync(path));
if (executablePath === undefined) {
  process.stderr.write('No browser found: the record to read is not looked at.\n');
}

const medicine = (nth: number) => ({
  custodian: 'a',
  resource: {
    resourceType: 'MedicationDispense',
    id: `m${nth}`,
    medicationCodeableConcept: { text: 'METOPROLOL TABLET MGA 50MG (SUCCINAAT) CONTROLLED' },
    whenHandedOver: `2026-02-1${nth}`,
    dosageInstruction: [{ text: '3 maal per dag 1 stuk' }],
  },
});
const markup = recordDocument(
  {
    record: [medicine(1), medicine(2)],
    names: new Map([['a', 'Ziekenhuis Kennemerzoom']]),
    apart: new Set<string>(),
    at: new Date('2026-03-02T10:00:00Z'),
    digest: 'ab'.repeat(32),
  },
  'nl',
).toString();

describe.skipIf(executablePath === undefined)('the record to read', () => {
  let browser: Browser;
  beforeAll(async () => {
    const args = ['--no-sandbox'];
    browser = await chromium.launch({ executablePath: executablePath ?? '', args });
  }, 60_000);
  afterAll(() => browser?.close());

  it.each([320, 1280])('breaks no word at %i px', { timeout: 60_000 }, async (width) => {
    const page = await browser.newPage({ viewport: { width, height: 700 } });
    await page.setContent(markup);
    const wide = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    expect(await page.evaluate(wide)).toBe(0);
    const narrowest = await page.evaluate(
      `Math.min(...[...document.querySelectorAll('td')].filter((one) => one.textContent !== '')
        .map((one) => one.clientWidth))`,
    );
    expect(narrowest).toBeGreaterThan(60);
    expect(await page.getByText('3 maal per dag 1 stuk').count()).toBe(2);
    await page.close();
  });
});
