/** A record under a new key, and two records as one: what re-seals whole records. */
import type { Keyring } from '../identity/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Sql, Tx } from '../platform/database.ts';
import {
  type Merged,
  mergesOf,
  mergeVaults,
  type StandingMerge,
  type Unmerged,
  unmergeVaults,
} from './merge-vaults.ts';
import { type Rekeyed, rekeyVault } from './rekey-vault.ts';
import type { IndexTokens } from './reseal-rows.ts';
import type { VaultKeys } from './vault-keys.ts';

export interface MergeAsked {
  readonly vault: string;
  readonly merged: string;
  readonly indexTokens: IndexTokens;
}

export interface RecordMoves {
  /** A new data key for one record. */
  rekey(tx: Tx, vault: string, indexTokens: IndexTokens): Promise<Rekeyed>;
  /** All of `merged` goes into `vault`, and can be taken apart again. */
  merge(tx: Tx, which: MergeAsked): Promise<Merged>;
  unmerge(tx: Tx, which: MergeAsked): Promise<Unmerged>;
  /** What can be taken apart again, newest first. */
  merges(sql: Sql, vault: string): Promise<StandingMerge[]>;
}

export function createRecordMoves(keyring: Keyring, keys: VaultKeys, clock: Clock): RecordMoves {
  const parts = ({ indexTokens }: MergeAsked) => ({ keyring, keys, indexTokens, at: clock() });
  return {
    rekey: (tx, vault, indexTokens) => rekeyVault(tx, keyring, keys, vault, indexTokens),
    merge: (tx, which) => mergeVaults(tx, parts(which), which.vault, which.merged),
    merges: mergesOf,
    unmerge: (tx, which) => unmergeVaults(tx, parts(which), which.vault, which.merged),
  };
}
