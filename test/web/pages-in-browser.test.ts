/**
 * The pages in a real browser, without script, at 320 and 1280 px: everything fits, axe finds
 * nothing serious, and no address or page shows a BSN. Skipped, aloud, where no browser is found.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { organisation } from '../../src/demo/region/organisations.ts';
import { addToestemming } from '../../src/medmij/toestemming.ts';
import { entry, observation, patientOf, person, transaction, urn } from '../support/people.ts';
import { executablePath, launchBrowser, lookAtPage, openPage } from './look-at-page.ts';
import { openWebHouse, type WebHouse } from './web-house.ts';

let house: WebHouse;
let browser: Browser;

describe.skipIf(executablePath === undefined)('the pages in a browser', () => {
  beforeAll(async () => {
    house = await openWebHouse();
    const { database, clock } = house.door;
    await addToestemming(database, {
      vault: house.vault,
      id: '22222222-2222-4222-8222-222222222222',
      client: 'pgo.demo.example',
      aanbieder: organisation('kennemerzoom').id,
      services: ['48', '51'],
      longLived: true,
      given: clock(),
    });
    // One that lapses soon, one that lapsed, and one that was for a single time.
    for (const [id, days, longLived] of [
      ['23', 172, true],
      ['24', 200, true],
      ['25', 2, false],
    ] as const) {
      await addToestemming(database, {
        vault: house.vault,
        id: `22222222-2222-4222-8222-2222222222${id}`,
        client: 'pgo.demo.example',
        aanbieder: organisation('jansen').id,
        services: ['49'],
        longLived,
        given: new Date(clock().getTime() - days * 86_400_000),
      });
    }
    browser = await launchBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await house?.close();
  });

  const open = (width: number): Promise<Page> => openPage(browser, width);
  const look = (page: Page, name: string, width: number): Promise<void> =>
    lookAtPage(page, name, { width, bsn: house.bsn });

  it.each([320, 1280])('are for the person, at %i px', { timeout: 240_000 }, async (width) => {
    const page = await open(width);
    for (const [name, path] of [
      ['doors', '/'],
      ['privacy', '/privacy'],
      ['mij-before', '/mij'],
    ] as const) {
      await page.goto(`${house.url}${path}`);
      await look(page, name, width);
    }
    await page.click('a[href="/mij/inloggen"]');
    await page.fill('input[name=bsn]', house.bsn);
    await page.click('form:has(input[name=bsn]) button');
    await page.waitForURL(`${house.url}/mij`);
    await look(page, 'mij', width);
    await page.goto(`${house.url}/mij/delen`);
    await look(page, 'delen', width);
    await page.selectOption('#aan', 'cat:HA');
    await page.check('input[type=radio][value=permit]');
    await page.click('form:has(#aan) button');
    await look(page, 'voorbeeld', width);
    if (await page.getByText('Ja, opslaan').count()) {
      await page.click('form[action="/mij/delen/opslaan"] button');
      await page.waitForURL(/bewijs/);
      await look(page, 'bewijs', width);
    }
    await page.goto(`${house.url}/mij/delen`);
    await look(page, 'delen-after', width);
    await finerChoices(page, width);
    await page.goto(`${house.url}/mij/inzage`);
    expect(await page.getByText('Er ontbreekt niets').count()).toBe(1);
    await look(page, 'inzage', width);
    for (const path of [
      'gestuurd',
      'nieuw',
      'nieuw?sinds=2020-01-01',
      'ingetrokken',
      'bronnen',
      'bronnen?q=ziekenhuis',
      'dossier',
      'dossier?toon=bron',
      'meenemen',
    ]) {
      await page.goto(`${house.url}/mij/${path}`);
      await look(page, path.replace(/\W/g, '-'), width);
    }
    await page.goto(`${house.url}/mij/behandelaars`);
    expect(await page.getByText('een bezoek').count()).toBe(1);
    await look(page, 'behandelaars', width);
    await page.goto(`${house.url}/mij/mitz`);
    await look(page, 'mitz', width);
    await mandateAndQuiet(page, width);
    await page.goto(`${house.url}/mij/berichten`);
    await page.check('input[value=each]');
    await page.click('main form button');
    await page.getByText('Uw keuze is bewaard').waitFor();
    await look(page, 'berichten', width);
    await page.goto(`${house.url}/mij/apps`);
    await look(page, 'apps', width);
    await page.goto(`${house.url}/mij/apps?lang=en`);
    expect(await page.getAttribute('html', 'lang')).toBe('en');
    await page.click('header form button');
    await page.waitForURL(`${house.url}/mij`);
    await page.context().close();
  });

  /** Somebody may look, may no more, and then everything is hidden and comes back. */
  async function mandateAndQuiet(page: Page, width: number): Promise<void> {
    await page.goto(`${house.url}/mij/machtigingen`);
    await page.fill('#naam', 'Marieke');
    await page.fill('#nummer', '999999990');
    await page.fill('#eigen', 'Mama');
    await page.check('input[name=uitslagen]');
    await page.click('form:has(#naam) button');
    await page.getByText('Dit is bewaard.').waitFor();
    await look(page, 'machtigingen', width);
    await page.click('form[action="/mij/machtigingen/stop"] button');
    await page.getByText('Dit is gestopt.').waitFor();
    await page.goto(`${house.url}/mij/stil`);
    await look(page, 'stil', width);
    await page.fill('#code', 'geheime zin');
    await page.fill('#nogmaals', 'geheime zin');
    await page.click('form[action="/mij/stil/aan"] button');
    await page.waitForURL(`${house.url}/mij`);
    await page.getByText('Er zijn hier geen gegevens van u').waitFor();
    await look(page, 'mij-stil', width);
    await page.goto(`${house.url}/mij/inzage`);
    expect(page.url()).toBe(`${house.url}/mij`);
    await page.click('a[href="/mij/code"]');
    await page.fill('#code', 'fout');
    await page.click('main form button');
    await page.getByRole('alert').getByText('Deze code klopt niet').waitFor();
    await look(page, 'code', width);
    await page.fill('#code', 'geheime zin');
    await page.click('main form button');
    await page.waitForURL(`${house.url}/mij`);
    await page.goto(`${house.url}/mij/stil`);
    await page.click('form[action="/mij/stil/uit"] button');
    await page.getByText('De stille modus staat uit.').first().waitFor();
  }

  /** One item kept to herself, a topic opened, looking along, and the lock. */
  async function finerChoices(page: Page, width: number): Promise<void> {
    await page.click('a[href="/mij/delen/onderdelen"]');
    await look(page, 'onderdelen', width);
    await page.click('table form button >> nth=0');
    await look(page, 'voorbeeld-onderdeel', width);
    await page.click('form[action="/mij/delen/opslaan"] button');
    await page.waitForURL(/bewijs/);
    await page.goto(`${house.url}/mij/delen/onderdelen`);
    expect(await page.getByText('Deelt u met niemand').count()).toBe(1);
    await page.goto(`${house.url}/mij/delen`);
    await page.selectOption('#onderwerp', 'PSY');
    await page.check('form:has(#onderwerp) input[value=permit]');
    await page.click('form:has(#onderwerp) button');
    expect(await page.getByText('gegevens over psychische gezondheid').count()).toBe(1);
    await page.goto(`${house.url}/mij/delen/kijk-mee`);
    await page.click('main form button');
    await look(page, 'kijk-mee', width);
    expect(await page.getByRole('heading', { name: 'Een huisarts' }).count()).toBe(1);
    await page.goto(`${house.url}/mij/delen`);
    await page.click('form:has(input[value=lock]) button');
    await page.click('form[action="/mij/delen/opslaan"] button');
    await page.waitForURL(/bewijs/);
    await page.goto(`${house.url}/mij/delen`);
    expect(await page.getByText('Sinds het slot kwam er niets binnen').count()).toBe(1);
    expect(await page.getByText('Bij spoed kan een arts meer zien').count()).toBe(0);
    await look(page, 'delen-op-slot', width);
    await page.click('form:has(input[value=unlock]) button');
    await page.click('form[action="/mij/delen/opslaan"] button');
    await page.waitForURL(/bewijs/);
    await page.goto(`${house.url}/mij/delen/onderdelen`);
    await page.click('table form:has(input[value=withdraw]) button');
    await page.click('form[action="/mij/delen/opslaan"] button');
    await page.waitForURL(/bewijs/);
  }

  it.each([320, 1280])('are for the auditor, at %i px', { timeout: 120_000 }, async (width) => {
    const page = await open(width);
    await page.goto(`${house.url}/auditor`);
    await look(page, 'auditor-before', width);
    await page.click('a[href="/auditor/inloggen"]');
    await page.click('button[value="auditor-kennemerzoom"]');
    await page.waitForURL(`${house.url}/auditor`);
    await look(page, 'auditor', width);
    await page.fill('#reden', 'vraag van de patiënt over inzage');
    await page.fill('#bsn', house.bsn);
    await page.click('form[action="/auditor/zoeken"] button');
    await page.waitForURL(`${house.url}/auditor/zoeken`);
    await look(page, 'auditor-found', width);
    await page.click('a[href^="/auditor/regel/"]');
    await look(page, 'auditor-line', width);
    await page.goto(`${house.url}/auditor/onderzoek`);
    await look(page, 'auditor-review', width);
    await page.click('a[href^="/auditor/onderzoek/"]');
    await look(page, 'auditor-case', width);
    await page.goto(`${house.url}/auditor/spoed`);
    await look(page, 'auditor-emergency', width);
    await page.click('a[href^="/auditor/spoed/"]');
    expect(await page.getByText('Bewusteloos binnengebracht').count()).toBe(1);
    expect(await page.getByText('De toegang duurt tot').count()).toBe(1);
    await look(page, 'auditor-emergency-item', width);
    await page.goto(`${house.url}/auditor/keten`);
    await page.click('form[action="/auditor/keten/controleren"] button');
    expect(await page.getByText('De keten klopt.').count()).toBe(1);
    await look(page, 'auditor-chain', width);
    await page.goto(`${house.url}/auditor/mede`);
    await page.click('form[action="/auditor/mede/vraag"] button');
    await page.getByText('Nog geen akkoord.').waitFor();
    await look(page, 'auditor-large', width);
    await page.context().close();
  });

  it.each([320, 1280])('are for the sender, at %i px', { timeout: 120_000 }, async (width) => {
    const page = await open(width);
    await page.goto(`${house.url}/afzender/inloggen`);
    await page.click('button[value="integratie-kennemerzoom"]');
    await page.waitForURL(`${house.url}/afzender`);
    await look(page, 'afzender', width);
    await page.click('main tr a[href^="/afzender/epd-kennemerzoom/"]');
    await look(page, 'afzender-message', width);
    await page.goto(`${house.url}/afzender`);
    await page.click('a[href$="/proef"]');
    await page.fill('textarea', 'MSH|^~\\&|ZOOMEPD|X|G|R|20260302||ADT^A08|P1|P|2.5\nPID|1||1^^^L');
    await page.click('main form button');
    await look(page, 'afzender-dry-run', width);
    await merges(page, width);
    await page.context().close();
  });

  /** Two records were merged; they are found by number and taken apart with a reason. */
  async function merges(page: Page, width: number): Promise<void> {
    const other = person(70);
    const self = urn('other');
    await house.receive(
      transaction([entry(self, patientOf(other)), entry(urn('o'), observation('o', self))]),
    );
    await house.mergeWith(other.bsn);
    await page.goto(`${house.url}/afzender`);
    await page.click('a[href="/afzender/samenvoegingen"]');
    await look(page, 'afzender-merges', width);
    await page.fill('input[name=bsn]', other.bsn);
    await page.click('form[action="/afzender/samenvoegingen"] button');
    await look(page, 'afzender-merges-found', width);
    expect(await page.content()).not.toContain(other.bsn);
    await page.fill('[name=reason]', 'Het zijn tweelingzussen');
    await page.click('form[action="/afzender/samenvoegingen/uiteen"] button');
    await page.getByText('Het zijn weer twee dossiers.').waitFor();
    await look(page, 'afzender-merges-apart', width);
    await page.goto(`${house.url}/afzender/vertegenwoordiging`);
    await page.fill('input[name=bsn]', house.bsn);
    await page.click('main form button');
    expect(await page.getByText('Er is niets vastgelegd').count()).toBe(1);
    await look(page, 'afzender-representatives', width);
  }

  /** From where the focus is, by Tab alone, to what matches; then Enter. */
  async function tabTo(page: Page, wanted: RegExp): Promise<void> {
    const focused = () => page.evaluate('document.activeElement.outerHTML.slice(0, 300)');
    for (let step = 0; step < 80; step += 1) {
      await page.keyboard.press('Tab');
      if (wanted.test(String(await focused()))) return page.keyboard.press('Enter');
    }
    throw new Error(`Tab never came to ${wanted}.`);
  }

  it.each([320, 1280])(
    'are for a parent, by keyboard alone, at %i px',
    { timeout: 120_000 },
    async (width) => {
      const child = '999990810';
      await house.known({ bsn: child, birthDate: `${new Date().getFullYear() - 9}-01-01` });
      const page = await open(width);
      await page.goto(`${house.url}/mij`);
      await tabTo(page, /voor=kind/);
      await page.focus('input[name=namens]');
      await page.keyboard.type(child);
      await tabTo(page, /name="account"/);
      await page.waitForURL(`${house.url}/mij`);
      await look(page, 'mij-kind', width);
      await tabTo(page, /href="\/mij\/namens"/);
      await page.waitForURL(/namens$/);
      await look(page, 'namens', width);
      await tabTo(page, /href="\/mij\/namens\/kind"/);
      await page.waitForURL(/kind$/);
      await look(page, 'namens-kind', width);
      await page.goto(`${house.url}/mij/namens`);
      await tabTo(page, /href="\/mij\/namens\/kind\/delen"/);
      await page.waitForURL(/delen$/);
      await look(page, 'namens-delen', width);
      await tabTo(page, /^<button>(Ja, dat mag|Nee, dat mag niet)/);
      await page.waitForURL(/voorbeeld$/);
      await look(page, 'namens-voorbeeld', width);
      await tabTo(page, /^<button>Ja, opslaan/);
      await page.waitForURL(/namens\/kind\/delen\/bewijs/);
      await look(page, 'namens-bewijs', width);
      await page.context().close();
    },
  );

  it('lets a person choose by keyboard alone', { timeout: 60_000 }, async () => {
    const page = await open(1280);
    await page.goto(`${house.url}/mij/inloggen`);
    await page.focus('input[name=bsn]');
    await page.keyboard.type(house.bsn);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${house.url}/mij`);
    await page.goto(`${house.url}/mij/delen/kijk-mee`);
    const focused = () => page.evaluate('document.activeElement.outerHTML.slice(0, 200)');
    // From the top of the page, by Tab alone, to the button; Enter does the rest.
    for (let step = 0; step < 40; step += 1) {
      await page.keyboard.press('Tab');
      if (/<button>Kijk mee/.test(String(await focused()))) break;
    }
    expect(await focused()).toContain('Kijk mee');
    await page.keyboard.press('Enter');
    await page.waitForSelector('main table');
    expect(await page.getByRole('heading', { name: 'Een huisarts' }).count()).toBe(1);
    await page.context().close();
  });

  it('can be walked by keyboard alone: the skip link comes first', async () => {
    const page = await open(1280);
    await page.goto(`${house.url}/mij`);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.className')).toBe('skip');
    await page.context().close();
  });
});
