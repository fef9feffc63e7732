/** What holds at every door: counting, request ids, a silent log, outages, and a quiet stop. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Gateway, openGateway } from '../support/gateway.ts';
import { entry, observation, patientOf, person, transaction, urn } from '../support/people.ts';

let gateway: Gateway;

beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

const bundleOf = (number: number, id?: string) => {
  const one = person(number);
  const self = urn(one.bsn);
  return transaction(
    [entry(self, patientOf(one)), entry(urn(`o${number}`), observation(`o${number}`, self))],
    id,
  );
};

describe('requests are counted', () => {
  const few = (requestsPerMinuteMax: number) =>
    openGateway({
      config: (config) => ({ ...config, limits: { ...config.limits, requestsPerMinuteMax } }),
    });

  it('by address while nobody is known: a flood of made-up tokens ends in 429', async () => {
    const strict = await few(5);
    try {
      const statuses: number[] = [];
      for (let at = 0; at < 8; at += 1) {
        const answer = await strict.ask('/fhir/r4/Patient/1', { token: `made-up-${at}` });
        statuses.push(answer.statusCode);
        if (answer.statusCode === 429) {
          expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
          expect(answer.json().issue[0].code).toBe('throttled');
        }
      }
      expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    } finally {
      await strict.close();
    }
  });

  it('by client once it is known, whichever token it shows', async () => {
    const strict = await few(6);
    try {
      const tokens = [
        await strict.token('partner-huisarts'),
        await strict.token('partner-huisarts'),
      ];
      for (const token of tokens) await strict.ask('/fhir/r4/Patient/1', { token });
      const statuses: number[] = [];
      for (let at = 0; at < 8; at += 1) {
        const token = tokens[at % 2] ?? '';
        statuses.push((await strict.ask('/fhir/r4/Patient/1', { token })).statusCode);
      }
      expect(statuses).toEqual([404, 404, 404, 404, 404, 404, 429, 429]);
      expect((await strict.ask('/health/ready')).statusCode).toBe(200);
    } finally {
      await strict.close();
    }
  });

  it('not by an address that the client made up', async () => {
    const strict = await few(3);
    try {
      const statuses: number[] = [];
      for (let at = 0; at < 5; at += 1) {
        const headers = { 'x-forwarded-for': `10.0.0.${at}` };
        statuses.push((await strict.ask('/fhir/r4/Patient/1', { headers })).statusCode);
      }
      expect(statuses).toEqual([401, 401, 401, 429, 429]);
    } finally {
      await strict.close();
    }
  });
});

describe('every answer', () => {
  it('carries a request id of ours, never one that the caller chose', async () => {
    const headers = { 'x-request-id': '999990019' };
    const answer = await gateway.ask('/health/live', { headers });
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each(['/%', '/fhir/%E0%A4%A', '/nothing/999990019', '/intake/%ff/fhir', '//'])(
    'to %s is 4xx and says nothing of the address',
    async (url) => {
      const answer = await gateway.ask(url);
      expect(answer.statusCode).toBeGreaterThanOrEqual(400);
      expect(answer.statusCode).toBeLessThan(500);
      expect(answer.body).not.toContain('999990019');
    },
  );
});

describe('a body that is packed', () => {
  const packed = async (url: string, coding: string, body: Buffer | string, as = 'epd-proef') =>
    gateway.ask(url, {
      ...(as === '' ? {} : { token: await gateway.token(as) }),
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json', 'content-encoding': coding },
      body,
    });

  it('is told to come as it is where no messages come', async () => {
    const answer = await packed('/oauth/token', 'gzip', gzipSync('x'));
    expect([answer.statusCode, answer.headers['accept-encoding']]).toEqual([415, 'identity']);
  });

  it.each(['gzip, gzip', 'gzip, br', 'zstd', 'nonsense', 'constructor'])(
    'is told how it may come: %s',
    async (coding) => {
      for (const url of ['/fhir/r4/Observation', '/intake/epd-proef', '/intake/epd-proef/fhir']) {
        const answer = await packed(url, coding, gzipSync('x'));
        expect(answer.statusCode, url).toBe(415);
        expect(answer.headers['accept-encoding']).toBe('gzip, br, deflate, identity');
      }
    },
  );

  const CODINGS = [
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['GZIP', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
  ] as const;

  it.each(CODINGS)('%s is read like a plain one', async (coding, pack) => {
    const bundle = JSON.stringify({ resourceType: 'Bundle', type: 'batch', entry: [] });
    for (const url of ['/fhir/r4', '/fhir/stu3']) {
      const answer = await packed(url, coding, pack(bundle));
      expect([answer.statusCode, answer.json().type], answer.body).toEqual([200, 'batch-response']);
    }
    const one = person(20 + CODINGS.findIndex(([name]) => name === coding));
    const sent = JSON.stringify(transaction([entry(urn(`p${coding}`), patientOf(one))]));
    for (const [url, stored] of [
      ['/intake/epd-proef/fhir', '"201'],
      ['/intake/epd-proef', '"accepted"'],
    ] as const) {
      const answer = await packed(url, coding, pack(sent));
      expect(answer.statusCode, answer.body).toBe(200);
      expect(answer.body).toMatch(stored === '"201' ? /"20[01]/ : stored);
    }
  });

  it.each([
    ['stops short', gzipSync(JSON.stringify({ resourceType: 'Bundle' })).subarray(0, -9)],
    ['is something else', Buffer.from('{"resourceType":"Bundle"}')],
    ['was packed by another coding', brotliCompressSync('{}')],
  ])('is refused when it %s', async (_name, body) => {
    for (const url of ['/fhir/r4', '/fhir/r4/Observation', '/intake/epd-proef']) {
      const answer = await packed(url, 'gzip', body);
      expect(answer.statusCode, answer.body).toBe(400);
      const [issue] = answer.json().issue;
      expect(issue.details.coding[0].code).toBe('content-encoding');
      expect(issue.expression).toEqual(['Content-Encoding']);
    }
  });

  it('may be no larger than a plain one, however small it was packed', async () => {
    const bomb = gzipSync(Buffer.alloc(60 * 1_048_576, ' '));
    for (const url of ['/fhir/r4', '/fhir/r4/Observation', '/intake/epd-proef']) {
      expect((await packed(url, 'gzip', bomb)).statusCode, url).toBe(413);
    }
  });

  it('is no form: what that asks is decided on before anything is unpacked', async () => {
    const form = gzipSync('identifier=http://fhir.nl/fhir/NamingSystem/bsn|999990019');
    const types = ['application/x-www-form-urlencoded', 'Application/X-WWW-Form-Urlencoded', 'a/b'];
    for (const type of types) {
      const answer = await gateway.ask('/fhir/r4/Patient/_search', {
        token: await gateway.token('epd-proef'),
        method: 'POST',
        headers: { 'content-type': type, 'content-encoding': 'gzip' },
        body: form,
      });
      expect(answer.statusCode).toBe(415);
      expect(answer.headers['accept-encoding']).toBe('identity');
    }
  });

  it.each(['GET', 'HEAD', 'DELETE', 'POST'] as const)(
    'and is not there at all harms nobody: %s',
    async (method) => {
      for (const url of ['/fhir/r4/Patient/1', '/fhir/r4', '/intake/epd-proef']) {
        const answer = await gateway.ask(url, {
          token: await gateway.token('epd-proef'),
          method,
          headers: { 'content-encoding': 'gzip' },
        });
        expect(answer.statusCode, url).toBeGreaterThanOrEqual(200);
        expect(answer.statusCode, url).toBeLessThan(500);
      }
      // What nobody heard of would end the process a moment later.
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect((await gateway.ask('/health/ready')).statusCode).toBe(200);
    },
  );

  it('is not looked into for who may not come in', async () => {
    for (const url of ['/fhir/r4', '/fhir/r4/Observation', '/intake/epd-proef']) {
      expect((await packed(url, 'gzip', 'broken', '')).statusCode, url).toBe(401);
    }
    const other = await packed('/intake/epd-ander', 'gzip', 'broken');
    expect(other.statusCode).toBe((await packed('/intake/epd-ander', 'identity', '{}')).statusCode);
  });
});

describe('an address that does not exist', () => {
  it.each([
    ['GET', '/mij/nergens', 'text/html'],
    ['GET', '/fhir/r9/Patient', 'application/fhir+json'],
    ['GET', '/medmij/kennemerzoom/48/fhir/x/y/z', 'application/fhir+json'],
    ['POST', '/intake/epd-proef/fhir/Observation/1/$nonsense', 'application/fhir+json'],
  ] as const)('is told in the words of the door: %s %s', async (method, url, type) => {
    const answer = await gateway.ask(url, { method, headers: { accept: 'text/html' } });
    expect(String(answer.headers['content-type'])).toContain(type);
  });
});

describe('the log', () => {
  it('holds no BSN and no name, whatever goes wrong', async () => {
    const one = person(31);
    const token = await gateway.token('epd-proef');
    await gateway.send('epd-proef', bundleOf(31));
    await gateway.send('epd-proef', JSON.stringify(bundleOf(31)).replace('"final"', '"fi'));
    for (const url of [
      `/fhir/r4/Patient?identifier=${one.bsn}`,
      `/fhir/r4/Patient/${one.bsn}/%`,
      `/fhir/r4/${one.family}`,
      `/medmij/authorize?client_id=${one.bsn}`,
    ]) {
      await gateway.ask(url, { token, headers: { 'x-correlation-id': one.bsn } });
    }
    const failing = vi.spyOn(gateway.rooms.release, 'read').mockRejectedValueOnce(
      Object.assign(new TypeError(`cannot read ${one.bsn} of ${one.family}`), {
        detail: one.bsn,
      }),
    );
    expect((await gateway.ask('/fhir/r4/Patient/1', { token })).statusCode).toBe(500);
    failing.mockRestore();
    expect(gateway.logged.join('')).toContain('fault at a FHIR door');
    expect(gateway.logged.join('')).not.toContain(one.bsn);
    expect(gateway.logged.join('')).not.toContain(one.family);
  });
});

describe('the description', () => {
  interface Operation {
    parameters?: { name: string; in: string }[];
    responses?: object;
    summary?: string;
  }

  it('is OpenAPI, with every path parameter and answers for each operation', async () => {
    const document = (await gateway.ask('/openapi.json')).json();
    expect(document.openapi).toMatch(/^3\.\d/);
    const paths = Object.entries(document.paths) as [string, Record<string, Operation>][];
    for (const [path, operations] of paths) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      for (const [method, operation] of Object.entries(operations)) {
        const told = (operation.parameters ?? []).filter((one) => one.in === 'path');
        expect(told.map((one) => one.name).sort(), `${method} ${path}`).toEqual(names.sort());
        expect(Object.keys(operation.responses ?? {}).length).toBeGreaterThan(0);
        expect(operation.summary, `${method} ${path}`).toBeTruthy();
      }
    }
  });

  it('has every interface that is not FHIR and not a page', async () => {
    const { paths } = (await gateway.ask('/openapi.json')).json();
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining([
        '/health/live',
        '/health/ready',
        '/oauth/token',
        '/medmij/authorize',
        '/medmij/token',
        '/intake/{sender}',
        '/intake/{sender}/fhir',
        '/intake/{sender}/receipts/{id}',
        '/intake/{sender}/quarantine',
        '/intake/{sender}/quarantine/{id}/replay',
        '/ledger/checkpoint',
        '/metrics',
      ]),
    );
  });
});

describe('without its database', () => {
  it('says 503 with Retry-After at every door, and nothing acknowledged is lost', async () => {
    const frail = await openGateway();
    const { rooms } = frail;
    const token = await frail.token('epd-proef');
    const accepted = await frail.send('epd-proef', bundleOf(41, 'before'));
    expect(accepted.statusCode).toBe(200);
    const outage = Object.assign(new Error('terminating connection'), { code: '57P01' });
    const down = [
      vi.spyOn(rooms.database, 'query').mockRejectedValue(outage),
      vi.spyOn(rooms.database, 'transaction').mockRejectedValue(outage),
    ];
    const intake = await frail.ask('/intake/epd-proef/fhir', {
      token,
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json' },
      body: JSON.stringify(bundleOf(42)),
    });
    const answers = [
      intake,
      await frail.ask('/fhir/r4/Patient/1', { token }),
      await frail.ask('/medmij/ziekenhuisproef/48/fhir/Patient', { token }),
      await frail.ask('/health/ready'),
    ];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([503, 503, 503, 503]);
    for (const answer of answers.slice(0, 3)) {
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      expect(answer.body).not.toContain('terminating');
    }
    for (const one of down) one.mockRestore();
    const again = await frail.send('epd-proef', bundleOf(42));
    expect(again.statusCode).toBe(200);
    expect((await frail.send('epd-proef', bundleOf(41, 'before'))).body).toBe(accepted.body);
    await frail.close();
  });

  it('half-way through a delivery: 503, nothing half-done, and the repeat is taken', async () => {
    const { ledger, store, database } = gateway.rooms;
    const outage = Object.assign(new Error('terminating connection'), { code: '57P01' });
    const failing = vi.spyOn(ledger, 'writeAll').mockRejectedValue(outage);
    const first = await gateway.send('epd-proef', bundleOf(43));
    failing.mockRestore();
    expect(first.statusCode).toBe(503);
    const bsn = { system: 'http://fhir.nl/fhir/NamingSystem/bsn', value: person(43).bsn };
    expect(await store.findVault(database, bsn)).toBeUndefined();
    expect((await gateway.send('epd-proef', bundleOf(43))).statusCode).toBe(200);
    expect(await store.findVault(database, bsn)).toBeDefined();
  });

  it('does not answer a question that could not be written down', async () => {
    const token = await gateway.token('epd-proef');
    const outage = Object.assign(new Error('terminating connection'), { code: '57P01' });
    const failing = vi.spyOn(gateway.rooms.ledger, 'record').mockRejectedValue(outage);
    expect((await gateway.ask('/fhir/r4/Patient/1', { token })).statusCode).toBe(503);
    const refused = await gateway.ask('/oauth/token', { form: { grant_type: 'x' } });
    expect(refused.statusCode).toBe(503);
    const medmij = await gateway.ask('/medmij/token', { form: { grant_type: 'x' } });
    expect(medmij.statusCode).toBe(503);
    failing.mockRestore();
  });
});

describe('a delivery that was received when the power went', () => {
  it('is handled by the next sweep', async () => {
    const { intake, ledger, clock, database } = gateway.rooms;
    const failing = vi
      .spyOn(ledger, 'writeAll')
      .mockRejectedValue(Object.assign(new Error('gone'), { code: '57P01' }));
    const answer = await gateway.send('epd-proef', bundleOf(51));
    failing.mockRestore();
    expect(answer.statusCode).toBe(503);
    const later = new Date(clock().getTime() + 1_000);
    expect(await intake.deliveries.leftOpen(database, later, undefined, 10)).toHaveLength(1);
    const { sweep } = await import('../../src/sweep.ts');
    gateway.later(16);
    await sweep(gateway.rooms);
    expect(await intake.deliveries.leftOpen(database, later, undefined, 10)).toEqual([]);
    const again = await gateway.send('epd-proef', bundleOf(51));
    expect(again.statusCode).toBe(200);
    const since = await intake.deliveries.since(database, 'epd-proef', new Date(0), 100);
    expect(since.filter(({ state }) => state === 'accepted').length).toBeGreaterThan(0);
  });
});

describe('a sweep', () => {
  it('goes on past a step that fails, and beside one that takes long', async () => {
    const { sweep } = await import('../../src/sweep.ts');
    const { rooms } = gateway;
    const failing = vi.spyOn(rooms.sourceProbe, 'look').mockRejectedValue(new Error('away'));
    const last = vi.spyOn(rooms.exports, 'sweep');
    await sweep(rooms);
    expect(last).toHaveBeenCalledTimes(1);
    expect(gateway.logged.join('')).toContain('"step":"sources"');
    let goOn: (() => void) | undefined;
    const slow = failing.mockImplementation(
      () => new Promise<number>((done) => (goOn = () => done(0))),
    );
    slow.mockClear();
    const first = sweep(rooms);
    await vi.waitFor(() => expect(slow).toHaveBeenCalledTimes(1));
    await sweep(rooms);
    expect(slow).toHaveBeenCalledTimes(1);
    expect(last).toHaveBeenCalledTimes(2);
    goOn?.();
    await first;
    failing.mockRestore();
    last.mockRestore();
  });
});

describe('a stop', () => {
  it('lets what is under way finish, takes nothing new, and is over in time', async () => {
    const stopping = await openGateway();
    const { app, rooms } = stopping;
    const address = await app.listen({ host: '127.0.0.1', port: 0 });
    const token = await stopping.token('epd-proef');
    const organisation = rooms.organisations.byId.bind(rooms.organisations);
    let reached: () => void = () => undefined;
    const underWay = new Promise<void>((resolve) => {
      reached = resolve;
    });
    vi.spyOn(rooms.organisations, 'byId').mockImplementation(async (id) => {
      reached();
      await new Promise((resolve) => setTimeout(resolve, 400));
      return organisation(id);
    });
    const slow = fetch(`${address}/fhir/r4/Patient/1`, {
      headers: { authorization: `Bearer ${token}` },
    });
    await underWay;
    const started = performance.now();
    const closed = stopping.close();
    expect((await slow).status).toBe(404);
    await closed;
    expect(performance.now() - started).toBeLessThan(8_000);
    const late = connect(Number(new URL(address).port), '127.0.0.1');
    const [error] = await once(late, 'error');
    expect((error as NodeJS.ErrnoException).code).toBe('ECONNREFUSED');
  });

  it('is handled though more than are looked at together cannot be', async () => {
    const { intake, ledger, clock, database } = gateway.rooms;
    const failing = vi
      .spyOn(ledger, 'writeAll')
      .mockRejectedValue(Object.assign(new Error('gone'), { code: '57P01' }));
    await gateway.send('epd-proef', bundleOf(52));
    failing.mockRestore();
    // A sender that was taken out of the register since.
    await database.query(
      `insert into delivery (id, sender, digest, original, channel, state, received)
       select gen_random_uuid(), 'weg', decode(md5(n::text), 'hex'), original, channel, state,
              received - interval '1 hour'
         from delivery, generate_series(1, 120) as n where state = 'received'`,
    );
    const later = new Date(clock().getTime() + 1_000);
    expect(await intake.deliveries.leftOpen(database, later, undefined, 200)).toHaveLength(121);
    const { sweep } = await import('../../src/sweep.ts');
    gateway.later(16);
    await sweep(gateway.rooms);
    expect(await intake.deliveries.leftOpen(database, later, undefined, 200)).toHaveLength(120);
  });
});
