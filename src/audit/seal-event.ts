/** From an event to the row that keeps it: record, commitment, index columns, sealed body. */
import { randomFillSync } from 'node:crypto';
import { sealBody } from './entry-body.ts';
import { columnsOf } from './entry-columns.ts';
import type { Opener } from './entry-row.ts';
import type { LedgerEvent } from './ledger-entry.ts';
import { canonicalRecord, commitment, recordOf } from './ledger-record.ts';
import type { SealedEntry } from './number-statement.ts';
import { patientToken } from './pseudonyms.ts';

const SALT_BYTES = 16;
const pool = Buffer.alloc(SALT_BYTES * 256);
let drawn = pool.length;

/** Drawn in bulk: one call into the operating system for 256 of them. */
function freshSalt(): Buffer {
  if (drawn === pool.length) {
    randomFillSync(pool);
    drawn = 0;
  }
  const salt = Buffer.from(pool.subarray(drawn, drawn + SALT_BYTES));
  pool.fill(0, drawn, drawn + SALT_BYTES);
  drawn += SALT_BYTES;
  return salt;
}

/** @throws Problem `fault` when the month of that moment has no key yet. */
export function sealEvent(opener: Opener, event: LedgerEvent, at: Date): SealedEntry {
  const { keys, origin, pseudonyms } = opener;
  const record = recordOf(event, at, pseudonyms);
  const canonical = Buffer.from(canonicalRecord(record));
  const key = keys.current(event.class, at);
  const salt = freshSalt();
  return {
    class: event.class,
    commit: commitment(salt, canonical),
    columns: columnsOf(record, pseudonyms),
    patient: patientToken(record.patient),
    key: key.id,
    salt,
    body: sealBody(key.key, origin, salt, canonical),
  };
}
