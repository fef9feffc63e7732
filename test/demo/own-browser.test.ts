/** The app of the demo in the visitor's own browser: the whole way, and answers of others. */
import { createServer } from 'node:net';
import cookie from '@fastify/cookie';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVisitor, formAction, hiddenField } from '../../src/demo/client/browserless.ts';
import { createTrail } from '../../src/demo/client/trail.ts';
import { DEMO_PGO } from '../../src/demo/demo-registry.ts';
import { ownBrowserRoutes } from '../../src/demo/doors/own-browser.ts';
import { pageHouse } from '../../src/web/index.ts';
import { type Gateway, HOSPITAL, openGateway, PGO } from '../support/gateway.ts';
import { entry, patientOf, person, transaction, urn } from '../support/people.ts';

let gateway: Gateway;
let pages: FastifyInstance;
let url: string;
const own = person(1);
const SERVICES = ['48', '51', '52', '53', '9000103'];
const step = { nl: 'stap', en: 'step' };

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

beforeAll(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  gateway = await openGateway({ digid: true, publicUrl: url });
  await gateway.app.listen({ host: '127.0.0.1', port });
  const { organisations, clients, database } = gateway.rooms;
  const aanbieder = 'kennemerzoom';
  await organisations.put(database, { ...HOSPITAL, aanbieder, services: SERVICES });
  const app = await clients.byId(PGO);
  if (!app) throw new Error('the app is not registered');
  const redirectUris = [`${url}/demo/pgo/callback`];
  await clients.put(database, { ...app, id: DEMO_PGO, services: SERVICES, redirectUris });
  await gateway.send('epd-proef', transaction([entry(urn('p'), patientOf(own))]));
  pages = Fastify();
  await pages.register(cookie);
  pageHouse(pages, { demo: true, secure: false });
  ownBrowserRoutes(pages, { publicUrl: url, secure: false });
});
afterAll(async () => {
  await pages.close();
  await gateway.close();
});

/** Starts at the app, and walks to where the gateway sends the browser back. */
async function walk(what: string, choice: 'ja' | 'nee' = 'ja') {
  const start = await pages.inject(`/demo/pgo/start?wat=${what}`);
  const kept = String(start.headers['set-cookie']).split(';')[0] ?? '';
  const visitor = createVisitor(createTrail());
  const landing = await visitor.follow(step, String(start.headers.location));
  const login = await visitor.follow(step, formAction(landing), {
    call: { form: { csrf: hiddenField(landing.page, 'csrf'), keuze: 'inloggen' } },
  });
  const asked = await visitor.follow(step, formAction(login), { call: { form: { bsn: own.bsn } } });
  const back = await visitor.follow(step, formAction(asked), {
    call: { form: { csrf: hiddenField(asked.page, 'csrf'), keuze: choice } },
    until: `${url}/demo/pgo/callback`,
  });
  return { kept, back: back.url.replace(url, '') };
}

const comeBack = (address: string, kept: string) =>
  pages.inject({ url: address, headers: { cookie: kept } });

describe('the app of the demo', () => {
  it('collects what the person agreed to, and says how much', async () => {
    const { kept, back } = await walk('ziekenhuis');
    const page = await comeBack(back, kept);
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('Dit haalde de app op');
    expect(page.body).toMatch(/<td[^>]*>48<\/td>\s*<td[^>]*>Patient<\/td>\s*<td[^>]*>1<\/td>/);
    expect(page.body).not.toContain(own.bsn);
    expect((await comeBack(back, kept)).body).toContain('De app kreeg een fout terug');
  });

  it.each(['meting', 'verbetering'])('sends for the person: %s', async (what) => {
    const { kept, back } = await walk(what);
    expect((await comeBack(back, kept)).body).toContain('De zorgverlener ontving het');
  });

  it('is told no more than a word when the person says no', async () => {
    const { kept, back } = await walk('ziekenhuis', 'nee');
    const page = await comeBack(back, kept);
    expect(page.body).toContain('De app kreeg niets');
    expect(page.body).toContain('access_denied');
  });

  it('does nothing with an answer of another browser or question', async () => {
    const { back } = await walk('ziekenhuis');
    const other = await pages.inject('/demo/pgo/start?wat=ziekenhuis');
    const kept = String(other.headers['set-cookie']).split(';')[0] ?? '';
    for (const one of [kept, '', 'demo-pgo=..ziekenhuis', 'demo-pgo=a.b.constructor']) {
      expect((await comeBack(back, one)).body).toContain('hoort niet bij een vraag');
    }
    const odd = await pages.inject('/demo/pgo/callback?error=<script>');
    expect(odd.body).not.toContain('<script>');
    expect((await pages.inject('/demo/pgo/start?wat=toString')).statusCode).toBe(404);
  });
});
