/** Back, reload and a second window while somebody changes a choice, in a real browser. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { executablePath, launchBrowser, openPage } from '../look-at-page.ts';
import { openWebHouse, type WebHouse } from '../web-house.ts';

let house: WebHouse;
let browser: Browser;

describe.skipIf(executablePath === undefined)('a change of choices', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    house = await openWebHouse();
    browser = await launchBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await house?.close();
  });

  async function loggedIn(): Promise<Page> {
    const page = await openPage(browser, 1280);
    await page.goto(`${house.url}/mij/inloggen`);
    await page.fill('input[name=bsn]', house.bsn);
    await page.click('form:has(input[name=bsn]) button');
    await page.waitForURL(`${house.url}/mij`);
    return page;
  }
  const quick = (page: Page, words: string) =>
    page.click(`form[action="/mij/delen/voorbeeld"] button:has-text("${words}") >> nth=0`);
  const save = 'form[action="/mij/delen/opslaan"] button';

  it('comes to the choices with Back after it was saved, and saves once', async () => {
    const page = await loggedIn();
    await page.goto(`${house.url}/mij/delen`);
    await quick(page, 'Ja, dat mag');
    await page.waitForURL(`${house.url}/mij/delen/voorbeeld`);
    await page.reload();
    await page.getByRole('heading', { name: 'Dit verandert er' }).waitFor();
    await page.click(save);
    await page.waitForURL(/bewijs/);
    await page.goBack();
    await page.waitForURL(`${house.url}/mij/delen`);
    await page.getByText('U zei ja').waitFor();
    const { choices } = await house.door.consent.choices.list(house.vault);
    expect(choices).toHaveLength(1);
    await page.context().close();
  });

  it('saves what its own window showed, when another window looked at something else', async () => {
    const page = await loggedIn();
    await page.goto(`${house.url}/mij/delen`);
    await quick(page, 'Nee, dat mag niet');
    const lead = await page.locator('.lead').textContent();
    const other = await page.context().newPage();
    await other.goto(`${house.url}/mij/delen`);
    await other.click('form:has(input[value=lock]) button');
    await other.getByRole('heading', { name: 'Dit verandert er' }).waitFor();
    await page.click(save);
    await page.waitForURL(/bewijs/);
    expect(await page.locator('main').textContent()).toContain(lead ?? 'none');
    await page.context().close();
  });

  it('leads to the choices when there is nothing to look at', async () => {
    const page = await loggedIn();
    await page.goto(`${house.url}/mij/delen/voorbeeld`);
    expect(page.url()).toBe(`${house.url}/mij/delen`);
    await page.context().close();
  });
});
