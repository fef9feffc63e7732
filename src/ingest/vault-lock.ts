/**
 * One conditional write at a time for a record and a custodian: two that find nothing must not both
 * write. The lock is named by a keyed hash and ends with the transaction.
 */
import { createHmac } from 'node:crypto';
import type { Keyring } from '../identity/index.ts';
import type { Tx } from '../platform/database.ts';

const LOCK = 'select pg_advisory_xact_lock($1::bigint)';

/** Waits for the lock of what this custodian has in this record. */
export async function lockVault(
  keyring: Keyring,
  tx: Tx,
  vault: string,
  custodian: string,
): Promise<void> {
  const key = keyring.hmac('ingest/lock');
  const digest = createHmac('sha256', key).update(`vault|${vault}|${custodian}`).digest();
  await tx.query(LOCK, [digest.readBigInt64BE(0).toString()]);
}
