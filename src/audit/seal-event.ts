/** From an event to the row that keeps it: record, commitment, index columns, sealed body. */
import { randomBytes } from 'node:crypto';
import { sealBody } from './entry-body.ts';
import { columnsOf } from './entry-columns.ts';
import type { Opener } from './entry-row.ts';
import type { LedgerEvent } from './ledger-entry.ts';
import { canonicalRecord, commitment, recordOf } from './ledger-record.ts';
import type { SealedEntry } from './number-statement.ts';
import { patientToken } from './pseudonyms.ts';

/** @throws Problem `fault` when the month of that moment has no key yet. */
export function sealEvent(opener: Opener, event: LedgerEvent, at: Date): SealedEntry {
  const { keys, origin, pseudonyms } = opener;
  const record = recordOf(event, at, pseudonyms);
  const canonical = canonicalRecord(record);
  const key = keys.current(event.class, at);
  const salt = randomBytes(16);
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
