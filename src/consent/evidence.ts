/**
 * What the choices of a person need of the store: the consent epoch of the vault, and sealing under
 * its evidence key, which outlives erasure. The store gives both.
 */
import type { Sql, Tx } from '../platform/database.ts';

export interface VaultEvidence {
  epoch(sql: Sql, vault: string): Promise<number>;
  /** Raises the epoch and holds the vault's row, so that saves of one vault stand in line. */
  bumpEpoch(tx: Tx, vault: string): Promise<number>;
  sealEvidence(sql: Sql, vault: string, bytes: Uint8Array, context: string): Promise<Buffer>;
  unsealEvidence(sql: Sql, vault: string, sealed: Buffer, context: string): Promise<Buffer>;
}

/** Seals a value as JSON; the context names row and version, so rows cannot be swapped. */
export async function sealJson(
  evidence: VaultEvidence,
  sql: Sql,
  vault: string,
  context: string,
  value: unknown,
): Promise<Buffer> {
  return evidence.sealEvidence(sql, vault, Buffer.from(JSON.stringify(value)), context);
}

/** @throws Problem `fault` when the bytes are not the ones that were sealed there. */
export async function unsealJson<T>(
  evidence: VaultEvidence,
  sql: Sql,
  vault: string,
  context: string,
  sealed: Buffer,
): Promise<T> {
  const bytes = await evidence.unsealEvidence(sql, vault, sealed, context);
  return JSON.parse(bytes.toString('utf8'));
}
