/** Reference test 15: a partner's own log that is slow or broken is told, and the rest is shown. */
import { verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { organisation } from '../../src/demo/region/organisations.ts';
import {
  get,
  loginAsPerson,
  newVisitor,
  openWebHouse,
  post,
  type WebHouse,
} from '../web/web-house.ts';

let house: WebHouse;
const servers: Server[] = [];
const heard: { url: string; body: string; authorization: string }[] = [];

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** A partner on a real line; undefined never answers. */
async function partner(key: string, answer: (() => string) | undefined): Promise<void> {
  const server = createServer(async (request, response) => {
    const { url = '', headers } = request;
    const { authorization = '' } = headers;
    heard.push({ url, authorization, body: await bodyOf(request) });
    if (answer) response.setHeader('content-type', 'application/fhir+json').end(answer());
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await house.door.clients.put(house.door.database, {
    id: `partner-${key}`,
    kind: 'partner',
    name: key,
    organisationId: organisation(key).id,
    status: 'active',
    ...{ keys: [], certificates: [], mllp: [], scopes: [], services: [], redirectUris: [] },
    auditBase: `http://127.0.0.1:${port}/fhir`,
  });
}

const event = (id: string, recorded: string, outcome = '0') => ({
  resource: {
    resourceType: 'AuditEvent',
    id,
    recorded,
    outcome,
    subtype: [{ code: 'read', display: '<b>inzage</b>' }],
    agent: [
      { requestor: true, who: { identifier: { value: '000012345' } }, name: 'Arts Anders' },
      { requestor: false, who: { display: 'Ziekenhuis Elders' } },
    ],
  },
});

beforeAll(async () => {
  house = await openWebHouse();
  const lines = [
    event('a', '2026-05-01T10:00:00Z'),
    event('b', '2026-06-01T10:00:00Z', '4'),
    event('a', '2026-05-01T10:00:00Z'),
    { resource: { resourceType: 'OperationOutcome' } },
  ];
  await partner('jansen', () => JSON.stringify({ resourceType: 'Bundle', entry: lines }));
  await partner('duin', undefined);
  await partner('seh', () => 'not json');
}, 120_000);
afterAll(async () => {
  for (const server of servers) server.closeAllConnections();
  for (const server of servers) server.close();
  await house?.close();
});

describe('the logs of other networks', () => {
  it('are shown as far as they answer in time, and the others are named', async () => {
    const visitor = newVisitor();
    await loginAsPerson(house, visitor, house.bsn);
    const path = '/mij/inzage/elders';
    const began = performance.now();
    const page = (await post(house, visitor, await get(house, visitor, path), path, {})).text();
    expect(performance.now() - began).toBeLessThan(20_000);
    expect(page).toContain('Arts Anders, Ziekenhuis Elders');
    expect(page).toContain('&lt;b&gt;inzage&lt;/b&gt; (geweigerd)');
    expect(page.match(/Arts Anders/g)).toHaveLength(2);
    const missing = /class="bad"[\s\S]*?<\/ul>/.exec(page)?.[0] ?? '';
    for (const name of ['Duin en Dijk', 'Spoedeisende Hulp']) expect(missing).toContain(name);
    expect(missing).not.toContain('Jansen');
  }, 40_000);

  it('are asked by a body and not by an address, by who signs that it asks', () => {
    expect(heard).toHaveLength(3);
    for (const { url, body, authorization } of heard) {
      expect(url).toBe('/fhir/AuditEvent/_search');
      expect(new URLSearchParams(body).get('patient.identifier')).toContain(house.bsn);
      const [head = '', claims = '', signature = ''] = authorization.slice(7).split('.');
      const key = house.ledgerKey;
      const text = Buffer.from(`${head}.${claims}`);
      expect(verify(null, text, key, Buffer.from(signature, 'base64url'))).toBe(true);
    }
  });

  it('are not kept: the line tells who was asked and how many answered', async () => {
    const { entries } = await house.door.ledger.ofPatient(house.vault, { limit: 50 });
    const line = entries.find(({ record }) => record.query === '/mij/inzage/elders')?.record;
    expect(line).toMatchObject({ event: 'log-search', released: 2 });
    expect(line?.detail?.['missing']?.split(' ')).toHaveLength(2);
    expect(JSON.stringify(entries)).not.toContain('Arts Anders');
  });
});
