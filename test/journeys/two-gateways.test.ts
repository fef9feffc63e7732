import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildHouse, type House } from '../../src/app.ts';
import { openDatabase } from '../../src/platform/database.ts';
import { createLog } from '../../src/platform/log.ts';
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
  const post = (path: string, form: Record<string, string>) =>
    app.inject({
      method: 'POST',
      url: `/fhir/r4/${path}/_search`,
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams(form).toString(),
    });
  const patients = await post('Patient', { identifier: `${BSN_SYSTEM}|${someone.bsn}` });
  const id = patients.json().entry?.[0]?.resource?.id;
  if (id === undefined) return 0;
  const answer = await post(type, { patient: `Patient/${id}` });
  return answer.json().total as number;
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
