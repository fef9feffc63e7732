/**
 * A form answers with the address of a page, in a real browser: a reload or Back sends nothing
 * again, and what the form did is said once.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { executablePath, launchBrowser, openPage } from './look-at-page.ts';
import { openWebHouse, type WebHouse } from './web-house.ts';

let house: WebHouse;
let browser: Browser;

describe.skipIf(executablePath === undefined)('after a form', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    house = await openWebHouse();
    browser = await launchBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await house?.close();
  });

  /** Methods of the navigations since. */
  function methodsOf(page: Page): string[] {
    const methods: string[] = [];
    page.on('request', (request) => {
      if (request.isNavigationRequest()) methods.push(request.method());
    });
    return methods;
  }

  async function person(): Promise<Page> {
    const page = await openPage(browser, 1280);
    await page.goto(`${house.url}/mij/inloggen`);
    await page.fill('input[name=bsn]', house.bsn);
    await page.click('form:has(input[name=bsn]) button');
    await page.waitForURL(`${house.url}/mij`);
    return page;
  }

  async function staff(home: string, account: string): Promise<Page> {
    const page = await openPage(browser, 1280);
    await page.goto(`${house.url}${home}/inloggen`);
    await page.click(`button[value="${account}"]`);
    await page.waitForURL(`${house.url}${home}`);
    return page;
  }

  /** @returns what the page said after the form, and after a reload. */
  async function sent(page: Page, path: string, button: string): Promise<[string, string]> {
    await page.goto(`${house.url}${path}`);
    await page.click(button);
    await page.waitForLoadState('load');
    const status = async () => (await page.locator('[role=status]').allTextContents()).join(' ');
    const first = await status();
    expect(new URL(page.url()).pathname).toBe(path);
    const methods = methodsOf(page);
    await page.reload();
    const second = await status();
    await page.goto(`${house.url}${path}`);
    await page.goBack();
    expect(new Set(methods)).toEqual(new Set(['GET']));
    return [first, second];
  }

  it.each([
    ['/mij/berichten', 'form[action="/mij/berichten"] button', 'Uw keuze is bewaard'],
    ['/mij/inzage/elders', 'form[action="/mij/inzage/elders"] button', ''],
  ])('of the person at %s nothing is sent again', async (path, button, words) => {
    const page = await person();
    const [first, second] = await sent(page, path, button);
    expect(first).toContain(words);
    expect(first).not.toBe('');
    expect(second).toBe('');
    await page.context().close();
  });

  it('of who looks along the question stands in the address, and is asked again', async () => {
    const page = await person();
    await page.goto(`${house.url}/mij/delen/kijk-mee`);
    await page.click('form[action="/mij/delen/kijk-mee"] button');
    await page.waitForURL(/kijk-mee\?als=gp/);
    await page.getByText('Alles op een rij').waitFor();
    const methods = methodsOf(page);
    await page.reload();
    await page.getByText('Alles op een rij').waitFor();
    await page.goto(`${house.url}/mij/delen`);
    await page.goBack();
    await page.getByText('Alles op een rij').waitFor();
    expect(new Set(methods)).toEqual(new Set(['GET']));
    await page.context().close();
  });

  it('of the auditor a check and a key are made once for each form', async () => {
    const page = await staff('/auditor', 'auditor-kennemerzoom');
    const check = 'form[action="/auditor/keten/controleren"] button';
    const [first, second] = await sent(page, '/auditor/keten', check);
    expect(first).toContain('De keten klopt.');
    expect(second).toBe('');
    await page.goto(`${house.url}/auditor`);
    await page.fill('[name=reden]', 'Een vraag van de patiënt');
    await page.click('form[action="/auditor/zoeken"] button');
    await page.waitForURL(`${house.url}/auditor/zoeken`);
    await page.click('form[action="/auditor/fhir"] button');
    await page.waitForURL(`${house.url}/auditor/fhir`);
    expect(await page.locator('dd code').first().textContent()).toMatch(/^\S{20,}$/);
    const methods = methodsOf(page);
    await page.reload();
    expect(page.url()).toBe(`${house.url}/auditor`);
    expect(new Set(methods)).toEqual(new Set(['GET']));
    await page.context().close();
  });

  it('of a sender a person is named by a handle in the address, never by the number', async () => {
    const page = await staff('/afzender', 'integratie-kennemerzoom');
    await page.goto(`${house.url}/afzender/vertegenwoordiging`);
    await page.fill('#bsn', house.bsn);
    await page.click('form:has(#bsn) button');
    await page.waitForURL(/\?over=[\w-]{20,}$/);
    expect(page.url()).not.toContain(house.bsn);
    const methods = methodsOf(page);
    await page.reload();
    await page.locator('input[name=asked]').first().waitFor({ state: 'attached' });
    await page.goto(`${house.url}/afzender/vertegenwoordiging?over=nobody`);
    expect(await page.locator('input[name=asked]').count()).toBe(0);
    await page.goBack();
    await page.locator('input[name=asked]').first().waitFor({ state: 'attached' });
    expect(new Set(methods)).toEqual(new Set(['GET']));
    await page.context().close();
  });
});
