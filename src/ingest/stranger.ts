/**
 * Somebody whom only other holders know. A trial, of which nobody hears, does not tell of that, nor
 * by a wrong date of birth or name, nor what such a person chose.
 */
import type { Tx } from '../platform/database.ts';
import { holdsSome, type Store } from '../store/index.ts';
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
  return (await holdsSome(store, tx, vault, custodian)) ? undefined : { vault, persons: [] };
}

/** Merges as if there were no record of whom only others know. */
export async function withoutStrangers<Merge extends { readonly from?: string }>(
  store: Store,
  tx: Tx,
  custodian: string,
  merges: readonly Merge[],
): Promise<Omit<Merge, 'from'>[]> {
  const seen: Omit<Merge, 'from'>[] = [];
  for (const { from, ...rest } of merges) {
    const isKnown = from !== undefined && (await holdsSome(store, tx, from, custodian));
    seen.push(isKnown ? { ...rest, from } : rest);
  }
  return seen;
}
