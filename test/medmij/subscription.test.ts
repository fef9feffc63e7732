/** Subscriptions of an app: no data with them, never longer than granted, told once. */
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addSubscription } from '../../src/medmij/subscription/subscription.ts';
import { addToestemming, endToestemming } from '../../src/medmij/toestemming.ts';
import {
  type Gateway,
  HOSPITAL,
  OTHER_PGO,
  openGateway,
  PGO,
  PUBLIC_URL,
} from '../support/gateway.ts';
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
let vault: string;
let app: Server;
let status = 200;
const got: Record<string, string>[] = [];
const one = person(1);

beforeAll(async () => {
  gateway = await openGateway();
  app = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (status === 200) got.push(JSON.parse(Buffer.concat(chunks).toString()));
    response.statusCode = status;
    response.end('{}');
  });
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', () => resolve()));
  const { rooms } = gateway;
  const pgo = await rooms.clients.byId(PGO);
  const notificationBase = `http://127.0.0.1:${(app.address() as AddressInfo).port}/app`;
  if (pgo) await rooms.clients.put(rooms.database, { ...pgo, notificationBase });
  await gateway.send('epd-proef', transaction([entry(urn('p'), patientOf(one))], 'first'));
  vault = await vaultOf(gateway, one);
});
afterAll(async () => {
  app.close();
  await gateway.close();
});
beforeEach(() => {
  got.length = 0;
  status = 200;
});

/** A token for subscribing, as an authorization run of 30 days gives it. */
async function subscriber(days = 30, client = PGO) {
  const { database, tokens, clock } = gateway.rooms;
  const consent = randomUUID();
  const about = { vault, client, aanbieder: HOSPITAL.id };
  await addToestemming(database, {
    ...{ ...about, id: consent, services: ['48'], longLived: false, given: clock() },
    kind: 'abonneren',
  });
  const { token } = await tokens.issue(
    database,
    {
      ...{ ...about, kind: 'medmij', consent, correlationId: randomUUID(), services: [] },
      subscription: { service: '48', days },
    },
    { family: consent },
  );
  return { token, consent };
}

async function ask(token: string, method: 'GET' | 'POST' | 'PATCH', id = '', duration?: unknown) {
  const answer = await gateway.ask(
    `/medmij/ziekenhuisproef/abonnement/Subscription${id === '' ? '' : `/${id}`}`,
    {
      ...{ token, method },
      headers: { 'content-type': 'application/json' },
      ...(duration === undefined ? {} : { body: JSON.stringify({ duration }) }),
    },
  );
  const told: Record<string, string | number> = answer.json();
  return { ...told, status: answer.statusCode } as Record<string, string | number>;
}

let news = 0;
async function newData(): Promise<void> {
  news += 1;
  const entries = [
    entry(urn('p'), patientOf(one)),
    entry(urn(`o${news}`), observation(`o${news}`, urn('p'))),
  ];
  const answer = await gateway.send('epd-proef', transaction(entries, `news-${news}`));
  expect(answer.statusCode).toBe(200);
}

const deliver = () => gateway.rooms.medmij.deliverNotifications();

describe('a subscription', () => {
  it('lasts as long as was granted, or shorter, and can be ended at any time', async () => {
    const { token } = await subscriber();
    const made = await ask(token, 'POST', '', 365);
    expect(made).toMatchObject({ status: 201, subscription_status: 'active', duration: 30 });
    const id = String(made['subscription_id']);
    expect(await ask(token, 'PATCH', id, 5)).toMatchObject({ status: 200, duration: 5 });
    expect(await ask(token, 'PATCH', id, 90)).toMatchObject({ status: 200, duration: 30 });
    expect(await ask(token, 'PATCH', id, 0)).toMatchObject({
      duration: 0,
      subscription_status: 'off',
    });
    expect(await ask(token, 'GET', id)).toMatchObject({ status: 200, subscription_status: 'off' });
  });

  it.each([-1, 1.5, '30', null, 0])('does not begin with a duration of %j', async (duration) => {
    const { token } = await subscriber();
    expect(await ask(token, 'POST', '', duration)).toMatchObject({ status: 400 });
  });

  it('is one for each app and service, also asked twice, at once, or in a newer run', async () => {
    const { token } = await subscriber();
    const answers = await Promise.all([1, 2, 3].map(() => ask(token, 'POST', '', 9)));
    const newer = await ask((await subscriber(60)).token, 'POST', '', 60);
    expect(newer).toMatchObject({ status: 201, duration: 60 });
    const ids = new Set([...answers, newer].map((told) => told['subscription_id']));
    expect(ids.size).toBe(1);
    await newData();
    await deliver();
    expect(got.filter((body) => body['notification_type'] === 'resource')).toHaveLength(1);
  });

  it('goes on for longer when the person granted that in a newer run, and ends with it', async () => {
    const first = await subscriber(10);
    const id = String((await ask(first.token, 'POST', '', 10))['subscription_id']);
    const newer = await subscriber(40);
    expect(await ask(newer.token, 'PATCH', id, 90)).toMatchObject({ status: 200, duration: 40 });
    await endToestemming(gateway.rooms.database, vault, newer.consent, gateway.rooms.clock());
    expect(await ask(first.token, 'GET', id)).toMatchObject({ subscription_status: 'off' });
  });

  it('stays as the newer run granted it, whatever a token of an older one asks', async () => {
    const older = await subscriber(300);
    const id = String((await ask(older.token, 'POST', '', 300))['subscription_id']);
    const newer = await subscriber(20);
    expect(await ask(newer.token, 'POST', '', 20)).toMatchObject({ duration: 20 });
    expect(await ask(older.token, 'PATCH', id, 300)).toMatchObject({ duration: 20 });
    const again = await ask(older.token, 'POST', '', 300);
    expect(again).toMatchObject({ subscription_id: id, duration: 20 });
    expect(await ask(older.token, 'PATCH', id, 4)).toMatchObject({ duration: 4 });
    await endToestemming(gateway.rooms.database, vault, newer.consent, gateway.rooms.clock());
    expect(await ask(older.token, 'GET', id)).toMatchObject({ subscription_status: 'off' });
  });

  it('is its own app’s: for another it does not exist', async () => {
    const { token } = await subscriber();
    const id = String((await ask(token, 'POST', '', 3))['subscription_id']);
    const other = await subscriber(30, OTHER_PGO);
    expect(await ask(other.token, 'GET', id)).toMatchObject({ status: 404 });
    expect(await ask(other.token, 'PATCH', id, 0)).toMatchObject({ status: 404 });
    expect(await ask(other.token, 'GET', randomUUID())).toMatchObject({ status: 404 });
  });

  it('is told with its address, and every step with its request id and in the chain log', async () => {
    const { token } = await subscriber();
    const id = randomUUID();
    const url = '/medmij/ziekenhuisproef/abonnement/Subscription';
    const headers = { 'content-type': 'application/json', 'medmij-request-id': id };
    const body = JSON.stringify({ duration: 3 });
    const made = await gateway.ask(url, { token, headers, body });
    expect(made.headers['medmij-request-id']).toBe(id);
    expect(made.headers.location).toBe(`${PUBLIC_URL}${url}/${made.json().subscription_id}`);
    const bare = await gateway.ask(url, { headers, body });
    expect(bare.headers['www-authenticate']).toBe('Bearer');
    const wrong = await gateway.ask(url, { headers, body, token: 'x' });
    expect(wrong.headers['www-authenticate']).toContain('error="invalid_token"');
    await gateway.rooms.medmij.door.chain.flush();
    const { rows } = await gateway.rooms.database.query<{ type: string; client: string | null }>(
      `select content->'event'->>'type' as type, content->'request'->>'client_id' as client
         from medmij_chain_event where content->'request'->>'id' = $1 order by seq`,
      [id],
    );
    expect(rows).toEqual([
      { type: 'receive_subscription_request', client: null },
      { type: 'send_subscription_response', client: PGO },
      { type: 'receive_subscription_request', client: null },
      { type: 'send_subscription_request_error', client: null },
      { type: 'receive_subscription_request', client: null },
      { type: 'send_subscription_request_error', client: null },
    ]);
  });

  it.each<[string, 'GET' | 'POST' | 'DELETE', string]>([
    ['', 'GET', 'POST'],
    [`/${randomUUID()}`, 'DELETE', 'GET, PATCH, PUT'],
    [`/${randomUUID()}`, 'POST', 'GET, PATCH, PUT'],
  ])('says which methods there are (%s %s)', async (below, method, allow) => {
    const { token } = await subscriber();
    const url = `/medmij/ziekenhuisproef/abonnement/Subscription${below}`;
    const answer = await gateway.ask(url, { token, method });
    expect(answer.statusCode).toBe(405);
    expect(answer.headers.allow).toBe(allow);
    expect(answer.json()).toEqual({ error: 'invalid_request' });
  });

  it('ends when the aanbieder stops with the service, and the app hears it', async () => {
    const { organisations, database } = gateway.rooms;
    const { token } = await subscriber();
    const id = (await ask(token, 'POST', '', 3))['subscription_id'];
    gateway.later(61);
    await deliver();
    expect(got.filter((body) => body['subscription_id'] === id)).toEqual([]);
    await organisations.put(database, { ...HOSPITAL, services: ['51'] });
    gateway.later(61);
    await deliver();
    await organisations.put(database, HOSPITAL);
    const today = gateway.rooms.clock().toISOString().slice(0, 10);
    expect(got.filter((body) => body['subscription_id'] === id)).toEqual([
      { subscription_id: id, notification_type: 'subscription', end_date: today },
    ]);
    await newData();
    await deliver();
    expect(got.filter((body) => body['subscription_id'] === id)).toHaveLength(1);
  });

  it('gives no data: its token opens no service', async () => {
    const { token } = await subscriber();
    const answer = await gateway.ask('/medmij/ziekenhuisproef/48/fhir/Patient', { token });
    expect(answer.statusCode).toBe(403);
  });
});

describe('a notification', () => {
  it('says only which subscription it is about, once for all that came while it waited', async () => {
    const { token } = await subscriber();
    const id = (await ask(token, 'POST', '', 30))['subscription_id'];
    await newData();
    await newData();
    await deliver();
    expect(got.filter((body) => body['subscription_id'] === id)).toEqual([
      { subscription_id: id, notification_type: 'resource' },
    ]);
    got.length = 0;
    await newData();
    await deliver();
    expect(got.filter((body) => body['subscription_id'] === id)).toHaveLength(1);
  });

  it('is tried again until the app takes it, and is not sent by two at once', async () => {
    const { token } = await subscriber();
    const id = (await ask(token, 'POST', '', 30))['subscription_id'];
    await newData();
    status = 503;
    await deliver();
    await deliver();
    status = 200;
    gateway.later(61);
    await Promise.all([deliver(), deliver(), deliver()]);
    await deliver();
    expect(got.filter((body) => body['subscription_id'] === id)).toHaveLength(1);
  });

  it('is told in the chain log as our request to the app, with what came of it', async () => {
    const { token } = await subscriber();
    const id = (await ask(token, 'POST', '', 30))['subscription_id'];
    await newData();
    status = 503;
    await deliver();
    status = 200;
    gateway.later(61);
    await deliver();
    const { chain, pgos } = gateway.rooms.medmij.door;
    await chain.flush();
    const { rows } = await gateway.rooms.database.query<{ content: Record<string, object> }>(
      `select content from medmij_chain_event
        where content->'event'->>'trace_id' = $1 and content->'event'->>'type' like '%_notif%'
        order by seq`,
      [id],
    );
    const told = rows.slice(-4).map(({ content }) => content);
    const base = String((await pgos.byId(PGO))?.notificationBase('48', 'resource'));
    expect(new Set(told.map(({ request }) => JSON.stringify(request)))).toHaveLength(1);
    expect(told[0]).toMatchObject({
      event: { type: 'send_resource_notification', session_id: id },
      request: {
        ...{ method: 'POST', uri: `${base}/Notification` },
        ...{ client_id: new URL(PUBLIC_URL).hostname, server_id: new URL(base).hostname },
      },
    });
    const error = { code: 'temporarily_unavailable', description: '', status: 503 };
    expect(told.slice(1)).toMatchObject([
      { event: { type: 'receive_resource_notification_error_response' }, error },
      { event: { type: 'send_resource_notification' } },
      { event: { type: 'receive_resource_notification_response' }, response: { status: 200 } },
    ]);
  });

  it('goes with all others that are due, however many', async () => {
    const { database, clock } = gateway.rooms;
    const ends = new Date(clock().getTime() + 86_400_000);
    const same = { vault, client: PGO, aanbieder: HOSPITAL.id, service: '48', created: clock() };
    for (let more = 0; more < 120; more += 1) {
      const ids = { id: randomUUID(), consent: randomUUID() };
      await addSubscription(database, { ...same, ...ids, grantedUntil: ends, ends });
    }
    await deliver();
    got.length = 0;
    await newData();
    expect(await deliver()).toBeGreaterThanOrEqual(120);
    expect(new Set(got.map((body) => body['subscription_id'])).size).toBeGreaterThanOrEqual(120);
  });

  it('is none once the person ended the consent, or the time is over', async () => {
    const { database, clock } = gateway.rooms;
    const { token, consent } = await subscriber();
    const id = (await ask(token, 'POST', '', 30))['subscription_id'];
    await endToestemming(database, vault, consent, clock());
    await newData();
    await deliver();
    expect(got.filter((body) => body['subscription_id'] === id)).toEqual([]);
  });

  it.each(['r4', 'stu3'])('comes of what a source writes over FHIR by itself (%s)', async (at) => {
    const { token } = await subscriber();
    const id = (await ask(token, 'POST', '', 30))['subscription_id'];
    const toldOnce = async () => {
      await deliver();
      const told = got.splice(0).filter((body) => body['subscription_id'] === id);
      expect(told).toEqual([{ subscription_id: id, notification_type: 'resource' }]);
    };
    await deliver();
    got.length = 0;
    const sender = await gateway.token('epd-proef');
    const write = async (method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown) => {
      const answer = await gateway.ask(`/fhir/${at}/${path}`, {
        ...{ token: sender, method, headers: { 'content-type': 'application/fhir+json' } },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      expect(answer.statusCode, answer.body).toBeLessThan(300);
      return answer;
    };
    const { store, database } = gateway.rooms;
    const { rows } = await store.candidates(database, { vault, types: ['Patient'] });
    const subject = `Patient/${rows[0]?.id}`;
    const made = await write('POST', 'Observation', observation(`news-${at}`, subject));
    await toldOnce();
    const { id: number } = made.json();
    const one = { ...observation(`news-${at}`, subject), id: number };
    await write('PUT', `Observation/${number}`, { ...one, valueQuantity: { value: 71 } });
    await toldOnce();
    await write('PUT', `Observation/${number}`, { ...one, valueQuantity: { value: 71 } });
    await deliver();
    expect(got.splice(0).filter((body) => body['subscription_id'] === id)).toEqual([]);
    await write('DELETE', `Observation/${number}`);
    await toldOnce();
    // What its services do not give is no news to the app.
    await write('POST', 'Basic', {
      ...{ resourceType: 'Basic', subject: { reference: subject } },
      code: { text: 'iets anders' },
    });
    await deliver();
    expect(got.filter((body) => body['subscription_id'] === id)).toEqual([]);
  });
});
