/**
 * The screens of the MedMij way in a real browser, without script, at 320 and 1280 px, by keyboard:
 * everything fits, axe finds nothing serious, and no page or address shows a BSN. Skipped, aloud,
 * where no browser is found.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { createServer as createApp, type Server } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, HOSPITAL, openGateway, PGO } from '../support/gateway.ts';
import { MODULE_CLIENT } from '../support/module-walk.ts';
import { entry, patientOf, person, transaction, urn, vaultOf } from '../support/people.ts';

const executablePath = [
  process.env['CHROME_PATH'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== '' && existsSync(path));
if (executablePath === undefined) {
  process.stderr.write('No browser found: the MedMij screens are not looked at.\n');
}
const pictures = process.env['PAGE_PICTURES_DIR'];

const known = person(1);
const young = { ...person(2), birthDate: '2015-01-01' };
let gateway: Gateway;
let browser: Browser;
let url: string;
/** A question of a module that waits in the browser of this person. */
async function moduleAsked(at: Gateway, who: typeof known, publicUrl: string) {
  const { rooms } = at;
  const choice = {
    ...{ vault: await vaultOf(at, who), aanbieder: HOSPITAL.id, client: PGO },
    ...{ consent: randomUUID(), correlationId: randomUUID(), module: MODULE_CLIENT.id },
    ...{ redirectUri: `${publicUrl}/privacy`, state: 's', codeChallenge: 'x'.repeat(43) },
    scopes: MODULE_CLIENT.scopes,
  };
  const options = { kind: 'module-choice', seconds: 600, family: choice.consent } as const;
  const handle = await rooms.medmij.door.state.put(rooms.database, choice, options);
  return { cookie: `medmij-module-choice=${handle}` };
}

/** The app of the person: a server of its own that says that it was reached. */
let app: Server;
let back: string;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.skipIf(executablePath === undefined)('the MedMij screens in a browser', () => {
  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    gateway = await openGateway({
      ...{ digid: true, publicUrl: url },
      config: (config) => ({
        ...config,
        medmij: {
          ...config.medmij,
          modules: [{ ...MODULE_CLIENT, redirectUris: [`${url}/privacy`] }],
        },
      }),
    });
    await gateway.app.listen({ host: '127.0.0.1', port });
    const { rooms } = gateway;
    await rooms.organisations.put(rooms.database, {
      ...HOSPITAL,
      services: ['48', '51', '53'],
    });
    app = createApp((_request, response) => response.end('in de app'));
    await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', () => resolve()));
    back = `http://127.0.0.1:${(app.address() as { port: number }).port}/callback`;
    const pgo = await rooms.clients.byId(PGO);
    if (!pgo) throw new Error('the app is not registered');
    await rooms.clients.put(rooms.database, {
      ...{ ...pgo, services: ['48', '51', '53'], redirectUris: [back] },
    });
    for (const one of [known, young]) {
      await gateway.send('epd-proef', transaction([entry(urn(one.bsn), patientOf(one))], one.bsn));
    }
    browser = await chromium.launch({
      executablePath: executablePath ?? '',
      args: ['--no-sandbox'],
    });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    app?.close();
    await gateway?.close();
  });

  async function open(width: number): Promise<Page> {
    const context = await browser.newContext({
      viewport: { width, height: 800 },
      locale: 'nl-NL',
    });
    return context.newPage();
  }

  const address = (scope: string, path = 'authorize') => {
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: PGO,
      redirect_uri: back,
      scope,
      state: 's',
      'MedMij-Request-ID': randomUUID(),
      'X-Correlation-ID': randomUUID(),
    });
    return `${url}/medmij/${path}?${query}`;
  };

  async function look(page: Page, name: string, width: number): Promise<void> {
    // A click may have led away: the next page has to be there whole before it is looked at.
    await page.waitForLoadState('load');
    await page.waitForFunction('document.readyState === "complete" && document.body !== null');
    if (pictures !== undefined) {
      mkdirSync(pictures, { recursive: true });
      await page.screenshot({ path: join(pictures, `${name}-${width}.png`), fullPage: true });
    }
    const wider = await page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    expect(wider, `${name} is wider than ${width} px`).toBe(0);
    const { violations } = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
      .analyze();
    const serious = violations.filter(
      ({ impact }) => impact === 'serious' || impact === 'critical',
    );
    expect(
      serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
      name,
    ).toEqual([]);
    expect(await page.content()).not.toContain(known.bsn);
    expect(page.url()).not.toContain(known.bsn);
  }

  /** From the landing page through the log-in, by keyboard where it is ours. */
  async function logIn(page: Page, to: string, bsn: string, name: string, width: number) {
    await page.goto(to);
    await look(page, name, width);
    await page.focus('button[value=inloggen]');
    await page.keyboard.press('Enter');
    await page.fill('form:has(input[name=bsn]) input[name=bsn]', bsn);
    await page.click('form:has(input[name=bsn]) button');
    await page.waitForURL((at) => at.href.startsWith(url));
  }

  it.each([320, 1280])(
    'collect, share and subscribe, at %i px',
    { timeout: 90_000 },
    async (width) => {
      const page = await open(width);
      await logIn(page, address('ziekenhuisproef'), known.bsn, 'landing', width);
      await look(page, 'consent', width);
      expect(await page.isChecked('input[name=langdurig]')).toBe(false);
      await page.click('summary');
      await look(page, 'consent-open', width);
      await page.goto(`${url}/medmij/toestemming?lang=en`);
      await look(page, 'consent-en', width);
      await page.check('input[name=langdurig]');
      await page.focus('button[value=ja]');
      await page.keyboard.press('Enter');
      await page.waitForURL(`${back}?code=*`);

      await logIn(page, address('ziekenhuisproef~53'), known.bsn, 'landing-share', width);
      await look(page, 'confirm-share', width);
      await page.click('button[value=nee]');
      await page.waitForURL(`${back}?error=access_denied*`);

      for (const days of [90, 0]) {
        const to = address(`subscribe~${days}/ziekenhuisproef~48`);
        await logIn(page, to, known.bsn, `landing-subscribe-${days}`, width);
        await look(page, `subscribe-${days}`, width);
        await page.click('button[value=ja]');
        await page.waitForURL(`${back}?code=*`);
      }
      await page.context().close();
    },
  );

  it.each([320, 1280])(
    'without script, for somebody else, by two people in one browser, at %i px',
    {
      timeout: 60_000,
    },
    async (width) => {
      const context = await browser.newContext({
        ...{ viewport: { width, height: 800 }, locale: 'nl-NL', javaScriptEnabled: false },
      });
      const page = await context.newPage();
      for (const bsn of [known.bsn, young.bsn]) {
        await page.goto(`${address('ziekenhuisproef onbehalfof')}&MedMij_geboortedatum=19700301`);
        await page.waitForLoadState('load');
        if (pictures !== undefined) {
          await page.screenshot({
            path: join(pictures, `landing-other-${width}.png`),
            fullPage: true,
          });
        }
        expect(await page.textContent('main')).toContain('U doet dit voor iemand anders.');
        await page.click('button[value=inloggen]');
        await page.fill('input[name=namens]', person(3).bsn);
        await page.fill('input[name=bsn]', bsn);
        await page.click('form:has(input[name=bsn]) button');
        await page.waitForURL(`${url}/medmij/toestemming`);
        expect(await page.textContent('h1')).not.toBe('');
        await page.click('button[value=terug]');
        await page.waitForURL(`${back}?error=access_denied*`);
      }
      await context.close();
    },
  );

  it.each([320, 1280])('modules, at %i px', { timeout: 60_000 }, async (width) => {
    const page = await open(width);
    for (const lang of ['nl', 'en']) {
      await page.goto(`${url}/medmij/modules?lang=${lang}`);
      await look(page, `modules-${lang}`, width);
    }
    const { cookie } = await moduleAsked(gateway, known, url);
    const [name = '', value = ''] = cookie.split('=');
    await page.context().addCookies([{ name, value, url }]);
    for (const lang of ['en', 'nl']) {
      await page.goto(`${url}/medmij/module/keuze?lang=${lang}`);
      await look(page, `module-choice-${lang}`, width);
    }
    expect(await page.locator('input[name=mag]:checked').count()).toBe(0);
    await page.focus('input[name=mag][value="patient/Task.read"]');
    await page.keyboard.press('Space');
    await page.focus('button[value=ja]');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${url}/privacy?code=*&state=s`);
    await page.context().close();
  });

  it.each([320, 1280])('manage, stop and faults, at %i px', { timeout: 90_000 }, async (width) => {
    const page = await open(width);
    await logIn(page, address('', 'toestemmingen'), known.bsn, 'landing-manage', width);
    await look(page, 'overview', width);
    await page.click('button[name=id]');
    await look(page, 'end-consent', width);
    await page.click('button[value=nee]');
    await look(page, 'overview-again', width);
    await page.click('button[name=terug]');
    await page.waitForURL(`${back}?state=s`);

    await logIn(page, address('ziekenhuisproef'), young.bsn, 'landing-again', width);
    await look(page, 'denied', width);
    expect(await page.content()).toContain('16 jaar');
    await page.click('button[value=terug]');
    await page.waitForURL(`${back}?error=access_denied*`);

    await page.goto(address('ziekenhuisproef'));
    await page.click('button[value=annuleren]');
    await look(page, 'stopped', width);
    await page.goto(`${url}/medmij/authorize`);
    await look(page, 'fault', width);
    await page.context().close();
  });
});
