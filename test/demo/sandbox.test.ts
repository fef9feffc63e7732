/** The sandbox for builders of apps: clients, faults and a clock; and no way to it elsewhere. */
import { randomUUID, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import formbody from '@fastify/formbody';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSandbox, type Sandbox } from '../../src/demo/sandbox/sandbox.ts';
import { sandboxRoutes } from '../../src/demo/sandbox/sandbox-routes.ts';
import { type DemoCertificates, demoCertificates } from '../../src/demo/test-ca.ts';
import { readList } from '../../src/medmij/lists/read-list.ts';
import { type Gateway, openGateway, PGO } from '../support/gateway.ts';

let gateway: Gateway;
let app: FastifyInstance;
let sandbox: Sandbox;
let certificates: DemoCertificates;

beforeAll(async () => {
  gateway = await openGateway();
  certificates = await demoCertificates(mkdtempSync(join(tmpdir(), 'zorgsluis-sandbox-')), []);
  sandbox = createSandbox(certificates);
  app = Fastify();
  await app.register(formbody);
  await app.register(sandboxRoutes, { sandbox, rooms: gateway.rooms, personas: [] });
});
afterAll(async () => {
  await app.close();
  await gateway.close();
});

const post = async (path: string, body: object, headers: Record<string, string> = {}) => {
  const answer = await app.inject({
    method: 'POST',
    url: `/sandbox/${path}`,
    payload: body,
    headers,
  });
  const told: Record<string, unknown> = answer.json();
  return { ...told, status: answer.statusCode } as Record<string, unknown>;
};

describe('the sandbox', () => {
  it('registers an app, and gives it a certificate of its name', async () => {
    const told = await post('clients', { hostname: 'app.sandbox.example', name: 'Mijn app' });
    expect(told).toMatchObject({ status: 201, client_id: 'app.sandbox.example' });
    const certificate = new X509Certificate(String(told['certificate']));
    expect(certificate.subjectAltName).toBe('DNS:app.sandbox.example');
    expect(certificate.verify(new X509Certificate(String(told['ca'])).publicKey)).toBe(true);
    const pgo = await gateway.rooms.medmij.door.pgos.byId('app.sandbox.example');
    expect(pgo).toMatchObject({ name: 'Mijn app' });
    expect(pgo?.mayAsk('48')).toBe(true);
  });

  it.each([
    ['hostname', { hostname: 'geen naam', name: 'Mijn app' }],
    ['hostname', { hostname: 'epd-proef', name: 'Mijn app' }],
    ['name', { hostname: 'a.example', name: 'x' }],
    [
      'redirectUris',
      { hostname: 'a.example', name: 'Mijn app', redirectUris: ['http://evil.example/'] },
    ],
    ['services', { hostname: 'a.example', name: 'Mijn app', services: [48] }],
  ])('refuses a wrong %s, and says so', async (place, body) => {
    expect(await post('clients', body)).toMatchObject({ status: 400, expression: [place] });
  });

  it('has the lists of a stelselnode, which our own reader takes', async () => {
    const lists = ['Zorgaanbiederslijst', 'OAuthclientlist', 'Whitelist'] as const;
    const read = await Promise.all(
      [...lists, 'Gegevensdienstnamenlijst' as const].map(async (list) => {
        const answer = await app.inject(`/sandbox/stelselnode/MedMij_${list}.xml?api=2`);
        expect(answer.headers['content-type']).toContain('application/xml');
        return readList(answer.body);
      }),
    );
    const told = JSON.stringify(read, (_key, value) =>
      value instanceof Set || value instanceof Map ? [...value] : value,
    );
    for (const text of ['app.sandbox.example', 'Mijn app', 'ziekenhuisproef']) {
      expect(told).toContain(text);
    }
    expect((await app.inject('/sandbox/stelselnode/MedMij_Anders.xml')).statusCode).toBe(400);
  });

  it('breaks a service until it is mended', async () => {
    const about = { aanbieder: 'ziekenhuisproef', service: '48' };
    await post('faults', { ...about, fault: 'slow', ms: 50 });
    expect(sandbox.faults.of('ziekenhuisproef', '48')).toEqual({ kind: 'slow', ms: 50 });
    await post('faults', { ...about, fault: 'none' });
    expect(sandbox.faults.of('ziekenhuisproef', '48')).toBeUndefined();
    expect(await post('faults', { ...about, fault: 'slow', ms: 1e9 })).toMatchObject({
      status: 400,
    });
    expect(await post('faults', { ...about, service: '99', fault: 'down' })).toMatchObject({
      status: 400,
    });
  });

  it('sets the clock ahead and back, and not into the past', async () => {
    await post('clock', { ahead: 900 });
    expect(sandbox.clock().getTime() - Date.now()).toBeGreaterThan(890_000);
    await post('clock', { ahead: 0 });
    expect(Math.abs(sandbox.clock().getTime() - Date.now())).toBeLessThan(1_000);
    expect(await post('clock', { ahead: -5 })).toMatchObject({ status: 400 });
    expect(await post('clock', {})).toMatchObject({ status: 400 });
  });

  it('lets the certificate of the gateway be over', async () => {
    const until = () => new X509Certificate(readFileSync(certificates.serverCertFile)).validToDate;
    await post('certificate', { state: 'expired' });
    expect(until().getTime()).toBeLessThan(Date.now());
    await post('certificate', { state: 'valid' });
    expect(until().getTime()).toBeGreaterThan(Date.now());
  });

  it('listens to no page of another site', async () => {
    const told = await post('clock', { ahead: 5 }, { 'sec-fetch-site': 'cross-site' });
    expect(told).toMatchObject({ status: 403 });
  });

  it('may leap over months: what happens after it can be written down', async () => {
    gateway.later(70 * 86_400);
    const refused = () =>
      gateway.ask('/medmij/token', {
        form: { grant_type: 'refresh_token', client_id: PGO, refresh_token: 'x' },
        headers: { 'MedMij-Request-ID': randomUUID(), 'X-Correlation-ID': randomUUID() },
      });
    expect((await refused()).statusCode).toBeGreaterThanOrEqual(500);
    await post('clock', { ahead: 0 });
    expect((await refused()).statusCode).toBe(400);
  });

  it('is not there in a house that is not the demo', async () => {
    for (const path of ['', '/state', '/clock']) {
      expect((await gateway.ask(`/sandbox${path}`)).statusCode).toBe(404);
    }
  });
});
