/**
 * The end of one person's record (AVG 17): the key goes, and with it content, tokens and originals.
 * Choices and receipts keep their evidence key; the ledger keeps that it happened.
 */
import type { Ledger } from '../audit/index.ts';
import { BSN_SYSTEM } from '../conformance/index.ts';
import type { Database } from '../platform/database.ts';
import type { Erased, Store } from '../store/index.ts';
import { endSubscriptions } from './mitz/subscriptions.ts';

/** @returns undefined when nobody is known by this number. */
export async function erasePerson(
  parts: { database: Database; store: Store; ledger: Ledger },
  bsn: string,
  operator: string,
): Promise<Erased | undefined> {
  const { database, store, ledger } = parts;
  const vault = await store.findVault(database, { system: BSN_SYSTEM, value: bsn });
  if (vault === undefined) return undefined;
  const { erased, pending } = await database.transaction(async (tx) => ({
    erased: await store.erase(tx, vault),
    ended: await endSubscriptions(tx, vault),
    pending: await ledger.write(tx, {
      class: 'evidence',
      event: 'erase',
      action: 'D',
      outcome: 0,
      agent: { kind: 'operator', id: operator },
      patient: vault,
    }),
  }));
  await ledger.numbered(pending);
  return erased;
}
