/**
 * The data keys of vaults, opened once and kept in a bounded cache: unsealing with a KeyObject at
 * hand takes a quarter of the time. A vault whose key ended elsewhere is noticed in two ways: every
 * fetch and write names the number of the key it used, and no key is kept longer than a minute.
 */
import { createSecretKey, randomBytes } from 'node:crypto';
import type { Keyring } from '../identity/index.ts';
import { type Sql, statement } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import {
  KEY_BYTES,
  type PurposeKeys,
  purposeKeys,
  rewrapKey,
  unwrapKey,
  type Wrapped,
  wrapKey,
} from './key-wrap.ts';

const KEY_CACHE_LIMITS = {
  keysMax: 10_000,
  keySecondsMax: 60,
} as const satisfies Record<string, number>;

const READ_KEYS = statement(
  'store_vault_keys',
  'select state, key_number, kek, data_key, evidence_key from vault where id = $1',
);

interface KeyRow {
  state: 'open' | 'erased';
  key_number: number;
  kek: string;
  data_key: Buffer | null;
  evidence_key: Buffer;
}

export interface VaultKey extends PurposeKeys {
  readonly vault: string;
  readonly number: number;
}

/**
 * Without `evidence` there is no such vault: that is kept too, or nobody would be slower to find.
 */
interface Held {
  readonly record: VaultKey | undefined;
  readonly evidence: PurposeKeys | undefined;
  readonly until: number;
}

export interface VaultKeys {
  /** @throws Problem `not-found` when there is no such vault or it was erased. */
  record(sql: Sql, vault: string): Promise<VaultKey>;
  /** The same; for no such vault a key that opens nothing, so that asking takes the same way. */
  recordOrNobodys(sql: Sql, vault: string): Promise<VaultKey>;
  /** The evidence key, which survives erasure. @throws Problem `not-found`. */
  evidence(sql: Sql, vault: string): Promise<PurposeKeys>;
  /** Call when a vault's key changed or ended, and when a row says that the number is another. */
  forget(vault: string): void;
}

export function createVaultKeys(keyring: Keyring): VaultKeys {
  const cache = new Map<string, Held>();
  const nobodys = purposeKeys(createSecretKey(randomBytes(KEY_BYTES)));

  async function held(sql: Sql, vault: string): Promise<Held> {
    const known = cache.get(vault);
    // performance.now is monotone: a clock that is set back must not lengthen the life of a key.
    const now = performance.now();
    if (known && known.until > now) {
      cache.delete(vault);
      cache.set(vault, known);
      return known;
    }
    const { rows } = await sql.query<KeyRow>({ ...READ_KEYS, values: [vault] });
    const row = rows[0];
    const opened = {
      ...(row ? open(keyring, vault, row) : { record: undefined, evidence: undefined }),
      until: now + KEY_CACHE_LIMITS.keySecondsMax * 1_000,
    };
    cache.delete(vault);
    cache.set(vault, opened);
    for (const oldest of cache.keys()) {
      if (cache.size <= KEY_CACHE_LIMITS.keysMax) break;
      cache.delete(oldest);
    }
    return opened;
  }

  return {
    async record(sql, vault) {
      const { record } = await held(sql, vault);
      if (!record) throw noVault();
      return record;
    },
    recordOrNobodys: async (sql, vault) =>
      (await held(sql, vault)).record ?? { vault, number: 0, ...nobodys },
    async evidence(sql, vault) {
      const { evidence } = await held(sql, vault);
      if (!evidence) throw noVault();
      return evidence;
    },
    forget: (vault) => void cache.delete(vault),
  };
}

/**
 * Whether a fetch used another key than the record has now: its tokens then find nothing, which
 * must not pass for an empty record. A record without a key is looked up once more and no further.
 */
export function isOutdated(key: VaultKey, number: number, attempt: number): boolean {
  return key.number !== number && (key.number !== 0 || attempt === 0);
}

export const noVault = (): Problem =>
  new Problem('not-found', 'There is no such record.', { code: 'vault' });

export const recordContext = (vault: string, number: number): string =>
  `record-key|${vault}|${number}`;
export const evidenceContext = (vault: string): string => `evidence-key|${vault}`;

/** Fresh keys for a new vault, wrapped. */
export function newVaultKeys(keyring: Keyring, vault: string, number: number) {
  const record = fresh(keyring, recordContext(vault, number));
  const evidence = fresh(keyring, evidenceContext(vault));
  return { kek: record.kek, dataKey: record.wrapped, evidenceKey: evidence.wrapped };
}

const LOCK_KEYS = statement('store_lock_vault_keys', `${READ_KEYS.text} for update`);

export interface LockedVault {
  readonly state: string;
  readonly keyNumber: number;
  readonly evidence: Wrapped;
}

/** The row of a vault, held: writers wait until the caller commits. @throws Problem `not-found`. */
export async function lockedVault(
  tx: Sql,
  vault: string,
): Promise<LockedVault & { readonly dataKey: Wrapped | undefined }> {
  const { rows } = await tx.query<KeyRow>({ ...LOCK_KEYS, values: [vault] });
  const row = rows[0];
  if (!row) throw noVault();
  return {
    state: row.state,
    keyNumber: row.key_number,
    evidence: { kek: row.kek, wrapped: row.evidence_key },
    dataKey: row.data_key ? { kek: row.kek, wrapped: row.data_key } : undefined,
  };
}

/** The record key of a vault that is held. @throws Problem `not-found` when it is not open. */
export async function lockedRecordKey(
  tx: Sql,
  keyring: Keyring,
  vault: string,
): Promise<{ readonly key: VaultKey; readonly evidence: Wrapped }> {
  const { dataKey, keyNumber, evidence } = await lockedVault(tx, vault);
  if (!dataKey) throw noVault();
  const raw = unwrapKey(keyring, dataKey, recordContext(vault, keyNumber));
  const keys = purposeKeys(createSecretKey(raw));
  raw.fill(0);
  return { key: { vault, number: keyNumber, ...keys }, evidence };
}

/** A new record key, with the evidence key beside it under the same key-encryption key. */
export function freshRecordKey(
  keyring: Keyring,
  vault: string,
  number: number,
  evidence: Wrapped,
): {
  readonly key: VaultKey;
  readonly wrapped: {
    readonly dataKey: Buffer;
    readonly kek: string;
    readonly evidenceKey: Buffer;
  };
} {
  const raw = randomBytes(KEY_BYTES);
  const { kek, wrapped } = wrapKey(keyring, raw, recordContext(vault, number));
  const key = { vault, number, ...purposeKeys(createSecretKey(raw)) };
  raw.fill(0);
  const again = rewrapKey(keyring, evidence, evidenceContext(vault));
  return { key, wrapped: { dataKey: wrapped, kek, evidenceKey: again.wrapped } };
}

function fresh(keyring: Keyring, context: string) {
  const raw = randomBytes(KEY_BYTES);
  const wrapped = wrapKey(keyring, raw, context);
  raw.fill(0);
  return wrapped;
}

function open(keyring: Keyring, vault: string, row: KeyRow): Omit<Held, 'until'> {
  const secret = (wrapped: Buffer, context: string): PurposeKeys => {
    const raw = unwrapKey(keyring, { kek: row.kek, wrapped }, context);
    const keys = purposeKeys(createSecretKey(raw));
    raw.fill(0);
    return keys;
  };
  const { data_key: dataKey, key_number: number } = row;
  return {
    record: dataKey
      ? { vault, number, ...secret(dataKey, recordContext(vault, number)) }
      : undefined,
    evidence: secret(row.evidence_key, evidenceContext(vault)),
  };
}
