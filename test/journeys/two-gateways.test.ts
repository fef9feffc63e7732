import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildHouse, type House } from '../../src/app.ts';
import { openDatabase } from '../../src/platform/database.ts';
import { createLog } from '../../src/platform/log.ts';
import { asOwner } from '../audit/ledgers.ts';
import { BSN_SYSTEM, type Gateway, openGateway } from '../support/gateway.ts';
import {
  choose,
  condition,
  entry,
  HOSPITALS_TO_GPS,
  observation,
  type Person,
  patientOf,
  person,
  transaction,
  urn,
  withdraw,
} from '../support/people.ts';

let one: Gateway;
let other: House;

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
});
afterAll(async () => {
  await other.close();
  await one.close();
});

function bundleOf(someone: Person, key: string): string {
  const self = urn(`${someone.bsn}/self`);
  return JSON.stringify(
    transaction(
      [
        entry(self, patientOf(someone)),
        entry(urn(`${key}/o`), observation(key, self)),
        entry(urn(`${key}/c`), condition(key, self)),
      ],
      key,
    ),
  );
}

const sendTo = (app: FastifyInstance, token: string, body: string) =>
  app.inject({
    method: 'POST',
    url: '/intake/epd-proef',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' },
    payload: body,
  });

/**
 * What a partner or sender finds at one of the two: how many of a type, through the real search.
 */
async function found(app: FastifyInstance, token: string, type: string, someone: Person) {
  const headers = { authorization: `Bearer ${token}` };
  const post = async (path: string, form: Record<string, string>) => {
    const answer = await app.inject({
      method: 'POST',
      url: `/fhir/r4/${path}/_search`,
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams(form).toString(),
    });
    if (answer.statusCode !== 200) throw new Error(`The search gives ${answer.statusCode}.`);
    return answer;
  };
  const patients = await post('Patient', { identifier: `${BSN_SYSTEM}|${someone.bsn}` });
  const id = patients.json().entry?.[0]?.resource?.id;
  if (id === undefined) return 0;
  const answer = await post(type, { patient: `Patient/${id}` });
  return answer.json().total as number;
}

/** Asks again while a cut line gives 503: the answer that comes is what counts. */
async function patiently(ask: () => Promise<number | undefined>): Promise<number | undefined> {
  for (let turn = 0; ; turn += 1) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined || turn === 10) return answer;
  }
}

/** Two gateways on one database are one gateway: no cache, number or lock is a process's own. */
describe('two gateways on one database', () => {
  it('both refuse from the moment a choice is withdrawn at either of them', async () => {
    const someone = person(1);
    const sender = await one.token('epd-proef');
    expect((await sendTo(one.app, sender, bundleOf(someone, 'choice'))).statusCode).toBe(200);
    const partner = await one.token('partner-huisarts');
    const seen = async () => [
      await found(one.app, partner, 'Condition', someone),
      await found(other.app, partner, 'Condition', someone),
    ];
    expect(await seen()).toEqual([0, 0]);
    const second = { ...one, rooms: other.rooms };
    for (const [chosenAt, withdrawnAt] of [
      [one, second],
      [second, one],
    ] as const) {
      const choices = await choose(chosenAt, someone, [HOSPITALS_TO_GPS]);
      expect(await seen()).toEqual([1, 1]);
      const standing = choices.slice(-1);
      await withdraw(withdrawnAt, someone, standing);
      expect(await seen()).toEqual([0, 0]);
    }
  });

  /**
   * There is no line of notices between them that could be cut: nobody listens, and with every
   * connection of one of them ended while the other withdraws, what it held does not count either.
   */
  it('refuse at once with every line between one of them and the database cut', async () => {
    const someone = person(5);
    await sendTo(one.app, await one.token('epd-proef'), bundleOf(someone, 'cut'));
    const partner = await one.token('partner-huisarts');
    const owner = new pg.Client({ connectionString: one.db.ownerUrl });
    await owner.connect();
    try {
      const choices = await choose(one, someone, [HOSPITALS_TO_GPS]);
      // Both hold the choices and the decision now.
      for (const app of [one.app, other.app, other.app])
        expect(await found(app, partner, 'Condition', someone)).toBe(1);
      await withdraw(one, someone, choices.slice(-1));
      const { rows } = await owner.query<{ query: string; ended: boolean }>(
        `select query, pg_terminate_backend(pid) as ended from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid()`,
      );
      expect(rows.length).toBeGreaterThan(1);
      expect(rows.filter(({ query }) => /^\s*listen\b/i.test(query))).toEqual([]);
      expect(await patiently(() => found(other.app, partner, 'Condition', someone))).toBe(0);
      expect(await patiently(() => found(one.app, partner, 'Condition', someone))).toBe(0);
    } finally {
      await owner.end();
    }
  });

  it('let nothing out again where the epoch of a record is set back by another hand', async () => {
    const someone = person(6);
    await sendTo(one.app, await one.token('epd-proef'), bundleOf(someone, 'set-back'));
    const partner = await one.token('partner-huisarts');
    const choices = await choose(one, someone, [HOSPITALS_TO_GPS]);
    expect(await found(one.app, partner, 'Condition', someone)).toBe(1);
    await withdraw(one, someone, choices.slice(-1));
    // Both the gateway that held the permit and one that never asked for this person.
    await asOwner(one.db.ownerUrl, 'update vault set epoch = epoch - 1');
    expect(await found(one.app, partner, 'Condition', someone)).toBe(0);
    expect(await found(other.app, partner, 'Condition', someone)).toBe(0);
    await vi.waitUntil(async () => {
      const { rows } = await asOwner(
        one.db.ownerUrl,
        `select from ledger_entry where event = 'ledger-finding'`,
      );
      return rows.length > 0;
    });
    await asOwner(one.db.ownerUrl, 'update vault set epoch = epoch + 1');
  });

  it('both hear a withdrawal that comes after the epoch was set back by another hand', async () => {
    const someone = person(7);
    await sendTo(one.app, await one.token('epd-proef'), bundleOf(someone, 'set-back-again'));
    const partner = await one.token('partner-huisarts');
    const choices = await choose(one, someone, [HOSPITALS_TO_GPS]);
    for (const app of [one.app, other.app, other.app])
      expect(await found(app, partner, 'Condition', someone)).toBe(1);
    await asOwner(one.db.ownerUrl, 'update vault set epoch = epoch - 1');
    await withdraw(one, someone, choices.slice(-1));
    expect(await found(one.app, partner, 'Condition', someone)).toBe(0);
    expect(await found(other.app, partner, 'Condition', someone)).toBe(0);
  });

  it('make one record of a message that comes to both five times at once', async () => {
    const someone = person(2);
    const sender = await one.token('epd-proef');
    const body = bundleOf(someone, 'at-once');
    const apps = [one.app, other.app];
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, at) => sendTo(apps[at % 2] as FastifyInstance, sender, body)),
    );
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(10).fill(200));
    expect(new Set(answers.map((answer) => answer.json().id)).size).toBe(1);
    for (const app of apps) {
      expect(await found(app, sender, 'Observation', someone)).toBe(1);
      expect(await found(app, sender, 'Condition', someone)).toBe(1);
    }
  });

  it('make one person of first messages that come to both at once', async () => {
    const someone = person(3);
    const sender = await one.token('epd-proef');
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
    const answers = await Promise.all(
      keys.map((key, at) =>
        sendTo(at % 2 === 0 ? one.app : other.app, sender, bundleOf(someone, `first-${key}`)),
      ),
    );
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(keys.map(() => 200));
    expect(await found(other.app, sender, 'Observation', someone)).toBe(keys.length);
  });

  it('write one ledger without a gap, which both can verify', async () => {
    const someone = person(4);
    const sender = await one.token('epd-proef');
    await sendTo(one.app, sender, bundleOf(someone, 'ledger'));
    await Promise.all(
      Array.from({ length: 30 }, (_, at) =>
        found(at % 2 === 0 ? one.app : other.app, sender, 'Observation', someone),
      ),
    );
    const owner = new pg.Client({ connectionString: one.db.ownerUrl });
    await owner.connect();
    const { rows } = await owner.query<{ seq: string }>('select seq from ledger_leaf order by seq');
    const unnumbered = await owner.query(
      'select from ledger_entry e where not exists (select from ledger_leaf where entry = e.id)',
    );
    await owner.end();
    expect(rows.length).toBeGreaterThan(60);
    expect(rows.map(({ seq }) => Number(seq))).toEqual(rows.map((_, at) => at));
    expect(unnumbered.rowCount).toBe(0);
    for (const { ledger } of [one.rooms, other.rooms]) {
      const verified = await ledger.verify();
      expect(verified.findings).toEqual([]);
      expect(verified.checked).toBe(rows.length);
    }
  });
});
