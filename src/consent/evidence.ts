/**
 * What the choices of a person need of the store: the consent epoch of the vault, and sealing under
 * its evidence key, which outlives erasure (AVG 7(1): consent must be provable).
 */
import type { Sql } from '../platform/database.ts';
import type { Store } from '../store/index.ts';

export type VaultEvidence = Pick<Store, 'epoch' | 'bumpEpoch' | 'requireOpen' | 'sealer'>;

/** Seals and opens values as JSON; the id names row and version, so rows cannot be swapped. */
export interface EvidenceSeal {
  seal(id: string, value: unknown): Buffer;
  unseal<T>(id: string, sealed: Buffer): T;
}

/** @throws Problem `not-found` when there is no such vault. */
export async function evidenceSeal(
  store: VaultEvidence,
  sql: Sql,
  vault: string,
  purpose: 'choices' | 'relations' | 'retractions',
): Promise<EvidenceSeal> {
  const sealer = await store.sealer(sql, { vault, purpose, evidence: true });
  return {
    seal: (id, value) => sealer.seal(id, Buffer.from(JSON.stringify(value))),
    unseal: (id, sealed) => JSON.parse(sealer.unseal(id, sealed).toString('utf8')),
  };
}
