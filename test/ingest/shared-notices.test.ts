/** The provider's system is told that a person sent something, until it takes it (A10, A11). */
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Gateway, HOSPITAL, openGateway, PGO } from '../support/gateway.ts';
import {
  entry,
  observation,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

let gateway: Gateway;
let system: Server;
let status = 503;
const heard: string[] = [];
const own = person(1);

beforeAll(async () => {
  gateway = await openGateway();
  system = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      heard.push(`${request.method} ${request.url} ${body}`);
      response.statusCode = status;
      response.end();
    });
  });
  await new Promise<void>((resolve) => system.listen(0, '127.0.0.1', resolve));
  const { organisations, clients, database } = gateway.rooms;
  await organisations.put(database, { ...HOSPITAL, services: ['52'] });
  const sender = await clients.byId('epd-proef');
  if (!sender) throw new Error('the sender is not registered');
  const { port } = system.address() as AddressInfo;
  await clients.put(database, { ...sender, notificationBase: `http://127.0.0.1:${port}/in/` });
  await gateway.send('epd-proef', transaction([entry(urn('p'), patientOf(own))]));
});
afterAll(async () => {
  await gateway.close();
  system.close();
});

async function share(key: string): Promise<string> {
  const { rooms } = gateway;
  const { token } = await rooms.tokens.issue(rooms.database, {
    ...{ kind: 'medmij', client: PGO, vault: await vaultOf(gateway, own), services: ['52'] },
    ...{ aanbieder: HOSPITAL.id, consent: randomUUID(), correlationId: randomUUID() },
  });
  const weight = entry(urn(key), observation(key, urn('me')));
  const { identifier: _number, ...named } = patientOf(own);
  const sent = await gateway.ask('/medmij/ziekenhuisproef/52/fhir/', {
    token,
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify({ ...transaction([entry(urn('me'), named), weight]), type: 'batch' }),
  });
  expect(sent.statusCode, sent.body).toBe(200);
  return sent.json().id;
}

const mine = async () => {
  const { sharedItems, database } = gateway.rooms;
  return sharedItems.ofPerson(database, await vaultOf(gateway, own));
};

it('is told once it is back, without person or content, and the person sees it', async () => {
  const id = await share('one');
  const { sharedNotices } = gateway.rooms;
  expect(await sharedNotices.deliver()).toBe(1);
  expect((await mine())[0]?.told ?? null).toBeNull();
  // Not due again before its pause.
  expect(await sharedNotices.deliver()).toBe(0);
  status = 204;
  gateway.later(15);
  expect(await sharedNotices.deliver()).toBe(1);
  gateway.later(86_400);
  expect(await sharedNotices.deliver()).toBe(0);
  expect(heard).toHaveLength(2);
  for (const line of heard) {
    expect(line).toContain(`POST /in/Notification {"kind":"shared","id":"${id}","service":"52"`);
    expect(line).not.toContain(own.bsn);
    expect(line).not.toContain(await vaultOf(gateway, own));
    expect(line).not.toMatch(/\b70\b/);
  }
  expect((await mine())[0]?.told).toBeInstanceOf(Date);
});

it('without an address waits for the provider to ask, and is not tried again', async () => {
  const { clients, database, sharedNotices } = gateway.rooms;
  const sender = await clients.byId('epd-proef');
  if (!sender) throw new Error('the sender is not registered');
  const { notificationBase: _base, ...without } = sender;
  await clients.put(database, without);
  await share('two');
  expect(await sharedNotices.deliver()).toBe(1);
  gateway.later(86_400);
  expect(await sharedNotices.deliver()).toBe(0);
  expect(heard).toHaveLength(2);
});
