/**
 * Keys that stand in the database stand there wrapped (AES-256-GCM) by a key-encryption key, bound
 * to what they are for. Raw key bytes live as short as can be; what is kept is a KeyObject.
 */
import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import type { Keyring } from '../identity/index.ts';
import { seal, unseal } from './seal.ts';

export const KEY_BYTES = 32;

/** A key with one key for each purpose derived from it: HKDF-SHA-256, RFC 5869. */
export interface PurposeKeys {
  for(purpose: string): KeyObject;
}

const PURPOSES_MAX = 64;

export function purposeKeys(root: KeyObject): PurposeKeys {
  const derived = new Map<string, KeyObject>();
  return {
    for(purpose) {
      const known = derived.get(purpose);
      if (known) return known;
      const raw = Buffer.from(
        hkdfSync('sha256', root, Buffer.alloc(0), `store/${purpose}`, KEY_BYTES),
      );
      const key = createSecretKey(raw);
      raw.fill(0);
      if (derived.size >= PURPOSES_MAX) derived.clear();
      derived.set(purpose, key);
      return key;
    },
  };
}

export interface Wrapped {
  readonly kek: string;
  readonly wrapped: Buffer;
}

/** Wraps a data key under the current key-encryption key; what it is for is bound in. */
export function wrapKey(keyring: Keyring, raw: Buffer, context: string): Wrapped {
  const kek = keyring.kek.current;
  return { kek, wrapped: seal(keyring.kek.key(kek), raw, `${context}|${kek}`) };
}

/** @throws Problem `fault` when the kek is not in the keyring or the context is another. */
export function unwrapKey(keyring: Keyring, { kek, wrapped }: Wrapped, context: string): Buffer {
  return unseal(keyring.kek.key(kek), wrapped, `${context}|${kek}`);
}

/** The same key under the current key-encryption key. */
export function rewrapKey(keyring: Keyring, held: Wrapped, context: string): Wrapped {
  const raw = unwrapKey(keyring, held, context);
  const again = wrapKey(keyring, raw, context);
  raw.fill(0);
  return again;
}
