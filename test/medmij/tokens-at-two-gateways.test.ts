/** One database, two gateways: a code, a refresh and an end count at both from the same moment. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildHouse, type House } from '../../src/app.ts';
import { endToestemming } from '../../src/medmij/index.ts';
import { addToestemming } from '../../src/medmij/toestemming.ts';
import type { TokenGround } from '../../src/medmij/token-ground.ts';
import { openDatabase } from '../../src/platform/database.ts';
import { createLog } from '../../src/platform/log.ts';
import { type Gateway, HOSPITAL, openGateway, PGO } from '../support/gateway.ts';
import { entry, patientOf, person, transaction, urn, vaultOf } from '../support/people.ts';

let one: Gateway;
let other: House;
let vault: string;
const REDIRECT = `https://${PGO}/callback`;
const ROUNDS = 12;

beforeAll(async () => {
  one = await openGateway();
  other = await buildHouse({
    ...one.rooms,
    database: openDatabase({
      url: one.db.url,
      poolSizeMax: 8,
      statementMsMax: 30_000,
      namedStatements: true,
    }),
    log: createLog({ level: 'silent' }),
    checkpointsDir: mkdtempSync(join(tmpdir(), 'zorgsluis-test-')),
  });
  const someone = person(1);
  await one.send('epd-proef', transaction([entry(urn('p'), patientOf(someone))]));
  vault = await vaultOf(one, someone);
});
afterAll(async () => {
  await other.close();
  await one.close();
});

async function newCode() {
  const { rooms } = one;
  const consent = randomUUID();
  const about = { vault, client: PGO, aanbieder: HOSPITAL.id, services: ['48'], longLived: true };
  await addToestemming(rooms.database, { ...about, id: consent, given: rooms.clock() });
  const ground: TokenGround = {
    ...about,
    ...{ redirectUri: REDIRECT, aanbiederScope: 'ziekenhuisproef', kind: 'verzamelen' as const },
    ...{ sessionId: randomUUID(), correlationId: randomUUID(), consent },
  };
  const state = { kind: 'code', seconds: 60, family: consent } as const;
  return { code: await rooms.state.put(rooms.database, ground, state), consent };
}

type At = Gateway['app'];

async function ask(app: At, form: Record<string, string>) {
  const answer = await app.inject({
    method: 'POST',
    url: '/medmij/token',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'MedMij-Request-ID': randomUUID(),
      'X-Correlation-ID': randomUUID(),
    },
    payload: new URLSearchParams({ client_id: PGO, ...form }).toString(),
  });
  return { status: answer.statusCode, headers: answer.headers, ...answer.json() };
}

const byCode = (app: At, code: string) =>
  ask(app, { grant_type: 'authorization_code', code, redirect_uri: REDIRECT });
const byRefresh = (app: At, token: string) =>
  ask(app, { grant_type: 'refresh_token', refresh_token: token });

async function read(app: At, token: string): Promise<number> {
  const answer = await app.inject({
    url: '/medmij/ziekenhuisproef/48/fhir/Patient',
    headers: { authorization: `Bearer ${token}`, 'MedMij-Request-ID': randomUUID() },
  });
  return answer.statusCode;
}

const both = (): readonly [At, At] => [one.app, other.app];
/** What a gateway may still hold of a token, of the second that a revocation may take. */
const HELD_MS = 300;
const heldOver = () => new Promise((resolve) => setTimeout(resolve, HELD_MS));

describe('two gateways', () => {
  it('give at most one token for a code that comes to both at once, and end that', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { code } = await newCode();
      const answers = await Promise.all(both().map((app) => byCode(app, code)));
      const given = answers.filter(({ status }) => status === 200);
      expect(given.length).toBe(1);
      await heldOver();
      for (const app of both()) expect(await read(app, given[0]?.access_token)).toBe(401);
    }
  });

  it('give one and the same pair for a refresh that comes to both at once', async () => {
    let { refresh_token: refresh } = await byCode(one.app, (await newCode()).code);
    for (let round = 0; round < ROUNDS; round += 1) {
      const answers = await Promise.all(
        [...both(), ...both()].map((app) => byRefresh(app, refresh)),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      expect(new Set(answers.map(({ refresh_token: next }) => next)).size).toBe(1);
      expect(new Set(answers.map(({ access_token: next }) => next)).size).toBe(1);
      refresh = answers[0]?.refresh_token;
    }
    const [last] = await Promise.all([byRefresh(other.app, refresh)]);
    for (const app of both()) expect(await read(app, last.access_token)).toBe(200);
  });

  it('both refuse within a second of an end at one of them, also what they just let in', async () => {
    const { code, consent } = await newCode();
    const pair = await byCode(one.app, code);
    for (const app of both()) expect(await read(app, pair.access_token)).toBe(200);
    const { rooms } = one;
    await rooms.database.transaction(async (tx) => {
      await endToestemming(tx, vault, consent, rooms.clock(), 'person');
      await rooms.state.endFamily(tx, consent);
    });
    await rooms.tokens.revokeFamily(rooms.database, consent);
    const ended = performance.now();
    for (const app of both()) {
      while ((await read(app, pair.access_token)) !== 401) {
        expect(performance.now() - ended).toBeLessThan(1_000);
      }
      expect(await byRefresh(app, pair.refresh_token)).toMatchObject({
        status: 400,
        error: 'invalid_grant',
      });
    }
  });

  it('with the lines to the database cut during a refresh leave the app a token that works', async () => {
    const owner = new pg.Client({ connectionString: one.db.ownerUrl });
    await owner.connect();
    try {
      let { refresh_token: refresh } = await byCode(one.app, (await newCode()).code);
      for (let round = 0; round < ROUNDS; round += 1) {
        const asked = Promise.all(both().map((app) => byRefresh(app, refresh)));
        await new Promise((resolve) => setTimeout(resolve, round));
        await owner.query(`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid()`);
        for (const { status, headers } of await asked) {
          expect([200, 503]).toContain(status);
          if (status === 503) expect(headers['retry-after']).toBeTruthy();
        }
        const again = await patiently(() => byRefresh(other.app, refresh));
        expect(again.status).toBe(200);
        const told = (await asked).filter(({ status }) => status === 200);
        for (const { refresh_token: next } of told) expect(again.refresh_token).toBe(next);
        refresh = again.refresh_token;
        expect(
          await patiently(async () => ({ status: await read(one.app, again.access_token) })),
        ).toMatchObject({ status: 200 });
      }
    } finally {
      await owner.end();
    }
  });
});

/** As an app does: again after 503. */
async function patiently<T extends { status: number }>(get: () => Promise<T>): Promise<T> {
  for (let nth = 0; nth < 20; nth += 1) {
    const answer = await get();
    if (answer.status !== 503) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the gateway did not come back');
}
