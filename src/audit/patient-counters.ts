/**
 * How many entries each patient has. The number is authenticated with a key outside the database,
 * so that whoever removes an entry cannot make the count agree with what is left.
 */
import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { type Sql, statement } from '../platform/database.ts';

export interface PatientCounter {
  readonly patient: string;
  readonly count: number;
  /** False when somebody changed it outside the gateway; it stays so until it is looked into. */
  readonly sound: boolean;
}

const COUNTERS = statement(
  'audit_counters',
  `select patient::text, count, mac from ledger_patient where patient = any($1::bigint[])`,
);

export async function readCounters(
  sql: Sql,
  key: KeyObject,
  patients: readonly string[],
): Promise<Map<string, PatientCounter>> {
  const found = new Map<string, PatientCounter>();
  if (patients.length === 0) return found;
  const { rows } = await sql.query<{ patient: string; count: number; mac: Buffer }>({
    ...COUNTERS,
    values: [patients],
  });
  for (const { patient, count, mac } of rows) {
    found.set(patient, checkedCounter(key, { patient, count, mac }));
  }
  return found;
}

/** A counter as it stands in its row, and whether its code fits. */
export function checkedCounter(
  key: KeyObject,
  row: { readonly patient: string; readonly count: number; readonly mac: Buffer },
): PatientCounter {
  const { patient, count, mac } = row;
  const expected = counterMac(key, patient, count);
  const sound = mac.length === expected.length && timingSafeEqual(mac, expected);
  return { patient, count, sound };
}

/** An unsound counter keeps an empty code: counting on must not heal what somebody broke. */
export function macOf(key: KeyObject, counter: PatientCounter): Buffer {
  if (!counter.sound) return Buffer.alloc(0);
  return counterMac(key, counter.patient, counter.count);
}

function counterMac(key: KeyObject, patient: string, count: number): Buffer {
  const text = `${patient}|${count}`;
  return createHmac('sha256', key).update(text).digest().subarray(0, 16);
}
