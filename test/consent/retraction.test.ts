/** What a source takes back reaches everybody who got it: capabilities B7. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pushNotices } from '../../src/consent/index.ts';
import { type Gateway, HOSPITAL, openGateway } from '../support/gateway.ts';
import {
  choose,
  entry,
  HOSPITALS_TO_GPS,
  type Json,
  letter,
  observation,
  type Person,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

async function sendAs(one: Person, ...entries: Json[]) {
  const answer = await gateway.send(
    'epd-proef',
    transaction([entry(urn(one.bsn), patientOf(one)), ...entries]),
  );
  expect(answer.statusCode, answer.body).toBe(200);
  return answer
    .json<{ entry: { response: { location: string } }[] }>()
    .entry.map(({ response }) => response.location.split('/').slice(-4, -2).join('/'));
}

const put = (reference: string, resource: Json, method = 'PUT') =>
  entry(urn(reference), { ...resource, id: reference.split('/')[1] }, { method, url: reference });

async function read(client: string, reference: string) {
  return gateway.ask(`/fhir/r4/${reference}`, { token: await gateway.token(client) });
}

async function notices(client: string, all = false) {
  const token = await gateway.token(client);
  const answer = await gateway.ask(`/regio/intrekkingen${all ? '?all=true' : ''}`, { token });
  return answer.json<{ notices: { id: string; reference?: string }[] }>().notices;
}

/** A letter that both partners read, and one that nobody did. */
async function readLetter(one: Person, key: string) {
  const self = urn(one.bsn);
  const [, document = '', binary = ''] = await sendAs(one, ...letter(key, self));
  await choose(gateway, one, [HOSPITALS_TO_GPS]);
  for (const client of ['partner-huisarts', 'partner-ander']) {
    expect((await read(client, document)).statusCode).toBe(200);
  }
  return { self, document, binary };
}

const taken = (self: string, key: string) =>
  letter(key, self, { document: { status: 'entered-in-error' } })[0]?.['resource'] as Json;

describe('a letter that is taken back', () => {
  const one = person(200);
  let document = '';

  it('is told to both who read it, and to nobody else', async () => {
    const sent = await readLetter(one, 'b7');
    document = sent.document;
    await sendAs(one, put(document, taken(sent.self, 'b7')));
    await gateway.rooms.retractions.search();
    for (const client of ['partner-huisarts', 'partner-ander']) {
      expect(await notices(client)).toMatchObject([{ reference: document }]);
    }
    expect(await notices('epd-ander')).toEqual([]);
  });

  it('is gone for whoever reads it, and that reading acknowledges', async () => {
    const answer = await read('partner-huisarts', document);
    expect(answer.statusCode).toBe(410);
    expect(answer.json()).toMatchObject({ issue: [{ code: 'deleted' }] });
    expect(answer.headers['link']).toBeUndefined();
    expect(await notices('partner-huisarts')).toEqual([]);
    expect(await notices('partner-huisarts', true)).toHaveLength(1);
  });

  it('is still read by its source, as FHIR keeps it', async () => {
    const own = await read('epd-proef', document);
    expect(own.json()).toMatchObject({ status: 'entered-in-error' });
  });

  it('stays on the list of work until the other acknowledges', async () => {
    expect(await gateway.rooms.retractions.open(HOSPITAL.id)).toMatchObject([{ kind: 'partner' }]);
    const [notice] = await notices('partner-ander');
    const token = await gateway.token('partner-ander');
    const path = `/regio/intrekkingen/${notice?.id}/ontvangen`;
    const others = await gateway.token('partner-huisarts');
    expect((await gateway.ask(path, { token: others, method: 'POST' })).statusCode).toBe(404);
    expect((await gateway.ask(path, { token, method: 'POST' })).statusCode).toBe(204);
    expect(await gateway.rooms.retractions.open(HOSPITAL.id)).toEqual([]);
  });

  it('is told once, however often the readers are looked for', async () => {
    gateway.later(60);
    await gateway.rooms.retractions.search();
    await gateway.rooms.retractions.search();
    expect(await notices('partner-ander', true)).toHaveLength(1);
  });

  it('stands in the ledger with its readers and their answers', async () => {
    const { entries } = await gateway.rooms.ledger.ofPatient(await vaultOf(gateway, one));
    const events = entries.map(({ record }) => record.event);
    expect(events.filter((event) => event === 'retraction-notice')).toHaveLength(2);
    expect(events.filter((event) => event === 'retraction-acknowledged')).toHaveLength(2);
  });
});

describe('what took its place', () => {
  it('is pointed at, where the reader may see it', async () => {
    const one = person(201);
    const { self, document } = await readLetter(one, 'b8');
    const relatesTo = [{ code: 'replaces', target: { reference: document } }];
    const [, newer = ''] = await sendAs(one, ...letter('b8-2', self, { document: { relatesTo } }));
    await sendAs(one, put(document, taken(self, 'b8')));
    const answer = await read('partner-huisarts', document);
    expect(answer.statusCode).toBe(410);
    expect(answer.headers['link']).toBe(`<../${newer}>; rel="successor-version"`);
    expect(answer.json().issue[0].diagnostics).toContain(newer);
  });

  it('is not pointed at where it may not be seen', async () => {
    const one = person(202);
    const { self, document } = await readLetter(one, 'b9');
    const relatesTo = [{ code: 'replaces', target: { reference: document } }];
    const [, newer = ''] = await sendAs(one, ...letter('b9-2', self, { document: { relatesTo } }));
    const refused = { level: 'instance' as const, value: newer };
    await choose(gateway, one, [{ ...HOSPITALS_TO_GPS, type: 'deny', data: refused }]);
    await sendAs(one, put(document, taken(self, 'b9')));
    expect((await read('partner-huisarts', newer)).statusCode).toBe(404);
    const answer = await read('partner-huisarts', document);
    expect(answer.statusCode).toBe(410);
    expect(answer.headers['link']).toBeUndefined();
    expect(answer.body).not.toContain(newer);
  });
});

describe('what somebody may not see', () => {
  it('is not found before and after it is taken back', async () => {
    const one = person(203);
    const self = urn(one.bsn);
    const [, reference = ''] = await sendAs(one, entry(urn('o-303'), observation('o-303', self)));
    expect((await read('partner-huisarts', reference)).statusCode).toBe(404);
    const mistake = observation('o-303', self, { status: 'entered-in-error' });
    await sendAs(one, put(reference, mistake));
    const answer = await read('partner-huisarts', reference);
    const never = await read('partner-huisarts', 'Observation/never');
    expect(answer.statusCode).toBe(404);
    expect(answer.body).toBe(never.body);
    await gateway.rooms.retractions.search();
    expect(await notices('partner-huisarts')).not.toContainEqual(
      expect.objectContaining({ reference }),
    );
  });
});

describe('a resource that its source deletes', () => {
  it('is told to its readers too', async () => {
    const one = person(204);
    const self = urn(one.bsn);
    const [, reference = ''] = await sendAs(one, entry(urn('o-304'), observation('o-304', self)));
    await choose(gateway, one, [HOSPITALS_TO_GPS]);
    expect((await read('partner-huisarts', reference)).statusCode).toBe(200);
    const token = await gateway.token('epd-proef');
    const gone = await gateway.ask(`/fhir/r4/${reference}`, { token, method: 'DELETE' });
    expect(gone.statusCode).toBe(204);
    await gateway.rooms.retractions.search();
    expect(await notices('partner-huisarts')).toContainEqual(
      expect.objectContaining({ reference }),
    );
  });
});

describe('a partner with an address for notices', () => {
  it('hears that one waits, again until it takes it, and nothing of whom or what', async () => {
    const heard: string[] = [];
    let answers = 503;
    const server = createServer((request, response) => {
      request.on('data', (chunk) => heard.push(`${request.url} ${chunk}`));
      request.on('end', () => response.writeHead(answers).end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const notificationBase = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { clients, database, clock, store } = gateway.rooms;
    const client = await clients.byId('partner-huisarts');
    if (!client) throw new Error('no partner');
    await clients.put(database, { ...client, notificationBase });
    await new Promise((resolve) => setTimeout(resolve, 600));
    const one = person(205);
    const { self, document } = await readLetter(one, 'b10');
    await sendAs(one, put(document, taken(self, 'b10')));
    await gateway.rooms.retractions.search();
    const push = () =>
      pushNotices({ database, store, clock, addressOf: async () => notificationBase });
    expect(await push()).toBe(0);
    answers = 200;
    expect(await push()).toBe(0);
    gateway.later(10);
    expect(await push()).toBe(1);
    expect(await push()).toBe(0);
    expect(heard).toHaveLength(2);
    expect(heard[0]).toBe(heard[1]);
    expect(heard[0]).toContain('"notification_type":"withdrawn"');
    expect(heard[0]).not.toContain(document);
    server.close();
  });
});
