/** The chain log: kept over an outage, delivered in batches, each event in one batch only. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createChainDelivery } from '../../src/medmij/chain/chain-delivery.ts';
import { createChainLog } from '../../src/medmij/chain/chain-log.ts';
import type { Sql } from '../../src/platform/database.ts';
import { createLog } from '../../src/platform/log.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

let db: TestDatabase;
let server: Server;
let status = 200;
let refusedType = '';
const got: { batch: string; events: { event: { type: string; trace_id: string } }[] }[] = [];
const clock = () => new Date();
const log = createLog({ level: 'silent' });

beforeAll(async () => {
  db = await testDatabase();
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const batch = String(request.headers['x-aanlevering-id']);
    const events = JSON.parse(Buffer.concat(chunks).toString());
    const isBad = events.some((one: (typeof got)[number]['events'][number]) => {
      return one.event.type === refusedType;
    });
    response.statusCode = isBad ? 400 : status;
    if (!isBad) got.push({ batch, events });
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
});
afterAll(async () => {
  server.close();
  await db.close();
});

const where = { location: 'dva.example.nl', publicUrl: 'https://dva.example.nl' };
const chainOn = (database: Sql) => createChainLog({ database, clock, log, ...where });
const delivery = (batchBytesMax = 1_000_000) =>
  createChainDelivery({
    ...{ database: db.database, clock, log },
    settings: {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/logs`,
      ...{ everySeconds: 3_600, batchBytesMax },
    },
  });

describe('the chain log', () => {
  it('keeps events while the database is away, in their order', async () => {
    let isAway = true;
    const query = (...given: Parameters<Sql['query']>) =>
      isAway ? Promise.reject(new Error('away')) : db.database.query(...given);
    const chain = chainOn({ query } as unknown as Sql);
    for (const type of ['one', 'two', 'three']) chain.note({ type, traceId: 't' });
    await chain.flush();
    isAway = false;
    await chain.close();
    await delivery().deliver();
    expect(got.flatMap(({ events }) => events.map(({ event }) => event.type))).toEqual([
      'one',
      'two',
      'three',
    ]);
  });

  it('sends a batch again under the same id until it is taken, and then never more', async () => {
    got.length = 0;
    const chain = chainOn(db.database);
    chain.note({ type: 'four', traceId: 't' });
    await chain.close();
    status = 503;
    await delivery().deliver();
    status = 200;
    await Promise.all([delivery().deliver(), delivery().deliver(), delivery().deliver()]);
    await delivery().deliver();
    expect(got.map(({ events }) => events[0]?.event.type)).toEqual(['four', 'four']);
    expect(new Set(got.map(({ batch }) => batch)).size).toBe(1);
  });

  it('says a session and what is wrong in each message, also where there is no run', async () => {
    got.length = 0;
    const chain = chainOn(db.database);
    chain.note({ type: 'five', traceId: 't', error: { code: 'other', status: 500 } });
    chain.note({ type: 'six', traceId: 't', sessionId: 's' });
    await chain.close();
    await delivery().deliver();
    expect(got.flatMap(({ events }) => events)).toMatchObject([
      { event: { session_id: 't' }, error: { code: 'other', description: '' } },
      { event: { session_id: 's' } },
    ]);
  });

  it('leaves aside what the receiver refuses, and delivers all the rest once', async () => {
    got.length = 0;
    refusedType = 'bad';
    const chain = chainOn(db.database);
    const types = ['a', 'b', 'bad', 'c', 'd', 'e', 'bad', 'f', 'g'];
    for (const type of types) chain.note({ type, traceId: 't' });
    await chain.flush();
    const one = delivery();
    expect(await one.deliver()).toBe(7);
    chain.note({ type: 'later', traceId: 't' });
    await chain.close();
    expect(await one.deliver()).toBe(1);
    const told = () => got.flatMap(({ events }) => events.map(({ event }) => event.type));
    expect(told().toSorted()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'later']);
    // What was refused is kept, for a receiver that learns to read it.
    refusedType = '';
    expect(await one.deliver()).toBe(0);
    expect(await delivery().deliver()).toBe(2);
    expect(told().slice(-2)).toEqual(['bad', 'bad']);
  });

  it('keeps each batch below the limit of the receiver', async () => {
    got.length = 0;
    const chain = chainOn(db.database);
    for (let at = 0; at < 50; at += 1) chain.note({ type: 'many', traceId: `t${at}` });
    await chain.close();
    await delivery(6_000).deliver();
    expect(got.length).toBeGreaterThan(1);
    expect(got.flatMap(({ events }) => events.map(({ event }) => event.trace_id))).toEqual(
      Array.from({ length: 50 }, (_one, at) => `t${at}`),
    );
    for (const { events } of got) expect(JSON.stringify(events).length).toBeLessThan(6_000);
  });
});
