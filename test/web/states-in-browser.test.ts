/**
 * What goes wrong while somebody uses the pages, in a real browser: a session that ended halfway a
 * form, a form with faults, a button that is pressed twice, an access whose time is over.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { organisation } from '../../src/demo/region/organisations.ts';
import type { StandInAccount } from '../../src/demo/stand-in-provider.ts';
import { executablePath, launchBrowser, lookAtPage, openPage } from './look-at-page.ts';
import { openWebHouse, type WebHouse } from './web-house.ts';

const own = organisation('kennemerzoom').id;
/** Asked in for a short time; the term is moved by the test. */
const claims: Record<string, string> = { role: 'auditor', organisation: own, audit_ends: '' };
const brief: StandInAccount = { id: 'auditor-kort', label: 'Kort Bezoek', claims };
const WORDS = 'Wie was dit? שלום 👩‍⚕️ <b>vet</b> en nog een heel lange vraag';

let house: WebHouse;
let browser: Browser;

describe.skipIf(executablePath === undefined)('in a browser', () => {
  beforeAll(async () => {
    house = await openWebHouse({ staff: [brief] });
    browser = await launchBrowser();
    await house.door.ledger.record([
      {
        ...{ class: 'care', event: 'read', action: 'R', outcome: 0, patient: house.vault },
        agent: { kind: 'professional', id: 'arts-9', organisation: own },
        what: ['Observation/1@1'],
      },
    ]);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await house?.close();
  });

  const look = (page: Page, name: string, width: number) =>
    lookAtPage(page, name, { width, bsn: house.bsn });
  const endSessions = () =>
    house.door.database.query(
      "update sealed_state set ended = now() where kind = 'session' and ended is null",
    );
  const ofPerson = () => house.door.questions.ofPerson(house.door.database, house.vault, 100);

  async function loggedIn(width: number, more = {}): Promise<Page> {
    const page = await openPage(browser, width, more);
    await page.goto(`${house.url}/mij/inloggen`);
    await logIn(page);
    await page.waitForURL(`${house.url}/mij`);
    return page;
  }
  async function logIn(page: Page): Promise<void> {
    await page.fill('input[name=bsn]', house.bsn);
    await page.click('form:has(input[name=bsn]) button');
  }
  async function toQuestion(page: Page): Promise<void> {
    await page.goto(`${house.url}/mij/inzage`);
    await page.click('a[href^="/mij/inzage/vraag/"] >> nth=0');
  }

  it('words that were typed are shown when the session had ended', {
    timeout: 60_000,
  }, async () => {
    const page = await loggedIn(320);
    await toQuestion(page);
    await page.fill('#vraag', WORDS);
    await endSessions();
    await page.click('main form button >> nth=0');
    await page.getByText('U bent uitgelogd. Dat gebeurt na 15 minuten').waitFor();
    expect(await page.locator('pre').textContent()).toBe(WORDS);
    expect(await page.locator('[role=alert]').textContent()).toContain('niet bewaard');
    expect(await ofPerson()).toEqual([]);
    await look(page, 'uitgelogd', 320);
    await page.context().close();
  });

  it('words that were typed are shown when the visitor logged out in another window', {
    timeout: 60_000,
  }, async () => {
    const page = await loggedIn(320);
    await toQuestion(page);
    await page.fill('#vraag', WORDS);
    const other = await page.context().newPage();
    await other.goto(`${house.url}/mij`);
    await other.click('header form button');
    await other.waitForURL(`${house.url}/mij`);
    await page.click('main form button >> nth=0');
    await page.getByText('Misschien hebt u in een ander venster uitgelogd.').waitFor();
    expect(await page.locator('pre').textContent()).toBe(WORDS);
    expect(await page.locator('[role=alert]').textContent()).toContain('niet bewaard');
    expect(await ofPerson()).toEqual([]);
    await look(page, 'uitgelogd-elders', 320);
    await page.context().close();
  });

  it('leads back to the page that was asked for', { timeout: 60_000 }, async () => {
    const page = await loggedIn(320);
    await endSessions();
    await page.goto(`${house.url}/mij/inzage?van=2026-01-01`);
    expect(page.url()).toBe(`${house.url}/mij`);
    await page.getByText('U bent uitgelogd.').waitFor();
    await look(page, 'mij-uitgelogd', 320);
    await page.click('a[href="/mij/inloggen"]');
    await logIn(page);
    await page.waitForURL(`${house.url}/mij/inzage`);
    // Once only.
    await page.click('header form button');
    await page.waitForURL(`${house.url}/mij`);
    expect(await page.getByText('U bent uitgelogd.').count()).toBe(0);
    await page.click('a[href="/mij/inloggen"]');
    await logIn(page);
    await page.waitForURL(`${house.url}/mij`);
    await page.context().close();
  });

  it('tells nobody else at the browser that quiet mode was looked at', async () => {
    const page = await loggedIn(320);
    await endSessions();
    await page.goto(`${house.url}/mij/stil`);
    const cookies = await page.context().cookies();
    expect(cookies.map(({ name }) => name)).not.toContain('mij-terug');
    await page.context().close();
  });

  it('a question that is sent twice at once is one', { timeout: 60_000 }, async () => {
    const page = await loggedIn(1280);
    await toQuestion(page);
    await page.fill('#vraag', WORDS);
    const before = (await ofPerson()).length;
    await page.dblclick('main form button >> nth=0');
    await page.getByText('Uw vraag is verstuurd.').waitFor();
    await page.reload();
    expect(await ofPerson()).toHaveLength(before + 1);
    await look(page, 'vragen', 1280);
    await page.context().close();
  });

  it('a mandate that does not fit names each field and keeps what was typed', {
    timeout: 60_000,
  }, async () => {
    const page = await loggedIn(320);
    await page.goto(`${house.url}/mij/machtigingen`);
    await page.fill('#naam', 'Marieke');
    await page.fill('#nummer', '999999991');
    await page.fill('#eigen', 'Mama');
    await page.fill('#tot', '2001-01-01');
    await page.click('form:has(#naam) button');
    const faults = page.locator('[role=alert] li a');
    expect(await faults.evaluateAll((all) => all.map((one) => one.getAttribute('href')))).toEqual([
      '#nummer',
      '#wat',
      '#tot',
    ]);
    expect(await page.inputValue('#naam')).toBe('Marieke');
    expect(await page.inputValue('#eigen')).toBe('Mama');
    expect(await page.inputValue('#nummer')).toBe('');
    expect(await page.getAttribute('#nummer', 'aria-describedby')).toBe('nummer-fout');
    expect(await page.locator('#nummer-fout').textContent()).toContain('9 cijfers');
    await look(page, 'machtiging-fout', 320);
    await faults.nth(0).press('Enter');
    await page.fill('#nummer', '999999990');
    await page.check('input[name=uitslagen]');
    await page.click('form:has(#naam) button');
    expect(await page.locator('#tot-fout').textContent()).toContain('toekomst');
    expect(await page.isChecked('input[name=uitslagen]')).toBe(true);
    expect(await house.door.consent.mandates.of(house.vault)).toEqual([]);
    await page.context().close();
  });

  it('an auditor whose time is over reads so, and sees no more', { timeout: 60_000 }, async () => {
    const page = await openPage(browser, 320);
    const ends = Date.now() + 15_000;
    claims['audit_ends'] = new Date(ends).toISOString();
    await page.goto(`${house.url}/auditor/inloggen`);
    await page.click('button[value="auditor-kort"]');
    await page.waitForURL(`${house.url}/auditor`);
    await page.waitForTimeout(Math.max(0, ends - Date.now()));
    await page.goto(`${house.url}/auditor/keten`);
    expect(page.url()).toBe(`${house.url}/auditor`);
    await page.getByText('De tijd waarvoor u toegang had, is voorbij.').waitFor();
    await look(page, 'auditor-voorbij', 320);
    await page.context().close();
  });
});
