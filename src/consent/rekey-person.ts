/**
 * A new data key for one person's record, for instance after somebody may have seen the old one.
 * What is released and decided does not change; the ledger keeps that it happened.
 */
import type { Ledger } from '../audit/index.ts';
import { BSN_SYSTEM } from '../conformance/index.ts';
import type { Database } from '../platform/database.ts';
import type { Rekeyed, Store } from '../store/index.ts';
import { indexTokensOf } from './index-tokens-of.ts';

/** @returns undefined when nobody is known by this number. */
export async function rekeyPerson(
  parts: { database: Database; store: Store; ledger: Ledger },
  bsn: string,
  operator: string,
): Promise<Rekeyed | undefined> {
  const { database, store, ledger } = parts;
  const vault = await store.findVault(database, { system: BSN_SYSTEM, value: bsn });
  if (vault === undefined) return undefined;
  const { rekeyed, pending } = await database.transaction(async (tx) => ({
    rekeyed: await store.rekey(tx, vault, indexTokensOf),
    pending: await ledger.write(tx, {
      class: 'evidence',
      event: 'key-change',
      action: 'U',
      outcome: 0,
      agent: { kind: 'operator', id: operator },
      patient: vault,
    }),
  }));
  await ledger.numbered(pending);
  return rekeyed;
}
