/** Ledgers on a fresh database, events to write in them, and an owner who tampers. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import {
  type AuditDirectory,
  type Ledger,
  type LedgerEvent,
  openLedger,
} from '../../src/audit/index.ts';
import { type Keyring, newKeyring, openKeyring } from '../../src/identity/index.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

export const HOSPITAL = '7d3d3b0e-5b0a-4e0c-9d57-0d6f2b3f7a01';
export const PRACTICE = '7d3d3b0e-5b0a-4e0c-9d57-0d6f2b3f7a02';
export const PHARMACY = '7d3d3b0e-5b0a-4e0c-9d57-0d6f2b3f7a03';

export const DIRECTORY: AuditDirectory = {
  organisation: (id) =>
    ({
      [HOSPITAL]: { ura: '90000101', name: 'Ziekenhuis De Dijk' },
      [PRACTICE]: { ura: '90000201', name: 'Huisartsenpraktijk Linde' },
      [PHARMACY]: { ura: '90000301', name: 'Apotheek De Brug' },
    })[id],
  gateway: { name: 'gateway-test', host: 'gateway.example', site: 'Regio Test' },
};

export function testKeyring(): Keyring {
  return openKeyring(newKeyring({ demo: true, name: 'test.example/audit' }));
}

export interface TestLedger {
  readonly db: TestDatabase;
  readonly keyring: Keyring;
  readonly ledger: Ledger;
  /**
   * Runs SQL as the owner of the tables, with the triggers off: the worst an administrator can
   * do.
   */
  tamper(sql: string, values?: unknown[]): Promise<pg.QueryResult>;
  close(): Promise<void>;
}

export async function testLedger(
  options: { checkpointsDir?: string; keyring?: Keyring } = {},
): Promise<TestLedger> {
  const db = await testDatabase();
  const keyring = options.keyring ?? testKeyring();
  const { checkpointsDir } = options;
  const ledger = await openLedger({
    database: db.database,
    keyring,
    clock: systemClock,
    ...(checkpointsDir === undefined ? {} : { checkpointsDir }),
  });
  return {
    db,
    keyring,
    ledger,
    tamper: (sql, values) => asOwner(db.ownerUrl, sql, values),
    async close() {
      await ledger.close();
      await db.close();
    },
  };
}

export async function asOwner(url: string, sql: string, values: unknown[] = []) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('set session_replication_role = replica');
    return await client.query(sql, values);
  } finally {
    await client.end();
  }
}

/** A GP's search that found one observation of the hospital. */
export function searchEvent(
  patient: string = randomUUID(),
  more: Partial<LedgerEvent> = {},
): LedgerEvent {
  return {
    class: 'care',
    event: 'search-type',
    action: 'E',
    outcome: 0,
    patient,
    agent: {
      kind: 'professional',
      id: '000012345',
      role: '01.015',
      organisation: PRACTICE,
      address: '192.0.2.7',
    },
    client: 'practice-linde',
    purpose: 'TREAT',
    route: 'explicit',
    holders: [HOSPITAL],
    basis: ['rule:9f1c2d3e-0000-4000-8000-000000000001@3'],
    epoch: 12,
    inputsHash: randomUUID().replaceAll('-', '').repeat(2),
    what: [`Observation/${randomUUID()}@1`],
    counts: { Observation: 1 },
    released: 1,
    withheld: 0,
    query: 'Observation?category=laboratory&patient',
    requestId: randomUUID(),
    correlationId: randomUUID(),
    tokenId: randomUUID(),
    door: 'fhir',
    ...more,
  };
}

/** The same search when the patient's choice withholds everything. */
export function refusedEvent(patient: string, more: Partial<LedgerEvent> = {}): LedgerEvent {
  const { what: _what, counts: _counts, ...event } = searchEvent(patient);
  return {
    ...event,
    outcome: 4,
    reason: 'rule',
    route: 'none',
    released: 0,
    withheld: 2,
    ...more,
  };
}
