/**
 * Somebody whom only other holders know. A trial, of which nobody hears, does not tell of that, nor
 * by a wrong date of birth or name, nor what such a person chose.
 */
import type { Tx } from '../platform/database.ts';
import type { Store } from '../store/index.ts';
import type { MappedMessage } from './format.ts';
import { type LookedUp, lookUp } from './identify.ts';

/** @returns what identifies such a person for a trial: as somebody of whom nothing is known. */
export async function strangerIn(
  store: Store,
  tx: Tx,
  custodian: string,
  message: MappedMessage,
): Promise<LookedUp | undefined> {
  const vault = (await lookUp(store, tx, message))?.vault;
  if (vault === undefined) return undefined;
  const asked = { vault, custodians: [custodian], limit: 1, mayOpen: () => false };
  const { rows, tooMany } = await store.candidates(tx, asked);
  return tooMany || rows.length > 0 ? undefined : { vault, persons: [] };
}
