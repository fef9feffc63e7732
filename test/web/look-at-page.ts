/** A page in a real browser, looked at: everything fits and axe finds nothing serious. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

const CANDIDATES = [
  process.env['CHROME_PATH'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

/** Undefined, aloud, where no browser is found: then the tests of the pages are skipped. */
export const executablePath = CANDIDATES.find((path) => path !== '' && existsSync(path));
if (executablePath === undefined) {
  process.stderr.write(
    'No browser found: the page tests are skipped. Set CHROME_PATH to run them.\n',
  );
}

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox'] });

export async function openPage(
  browser: Browser,
  width: number,
  more: BrowserContextOptions = {},
): Promise<Page> {
  const viewport = { width, height: 900 };
  const context = await browser.newContext({ viewport, locale: 'nl-NL', ...more });
  return context.newPage();
}

/** Pictures of every page, for who wants to look at them. */
const pictures = process.env['PAGE_PICTURES_DIR'];

/** Cells that are too narrow for their words. */
const SQUEEZED = `[...document.querySelectorAll('dt, dd, td, th, p, li, h2, h3')]
  .filter((one) => one.checkVisibility() && one.textContent.trim().length > 12)
  .filter((one) => one.clientWidth > 0 && one.clientWidth < 60)
  .map((one) => one.textContent.trim().slice(0, 40))`;

/** Also what 1280 px is at 200 %. */
const NARROW = 640;
const SIDEWAYS = `[...document.querySelectorAll('.scroll')]
  .filter((one) => one.scrollWidth > one.clientWidth)
  .map((one) => one.querySelector('caption').textContent)`;

/** @param bsn that of the person whom the page is about: it stands nowhere */
export async function lookAtPage(
  page: Page,
  name: string,
  { width, bsn }: { readonly width: number; readonly bsn: string },
): Promise<void> {
  // A click may have led away: the next page has to be there whole before it is looked at.
  await page.waitForLoadState('load');
  await page.waitForFunction('document.readyState === "complete" && document.body !== null');
  if (pictures !== undefined) {
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, `${name}-${width}.png`), fullPage: true });
  }
  const overflow = await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  expect(overflow, `${name} is wider than ${width} px`).toBe(0);
  if (width <= NARROW) {
    expect(await page.evaluate(SIDEWAYS), `${name} has a table to scroll at ${width} px`).toEqual(
      [],
    );
  }
  const squeezed = await page.evaluate(SQUEEZED);
  expect(squeezed, `${name} at ${width} px has a column of single letters`).toEqual([]);
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(
    serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
    `${name} at ${width} px`,
  ).toEqual([]);
  expect(page.url()).not.toContain(bsn);
  expect(await page.content()).not.toContain(bsn);
}
