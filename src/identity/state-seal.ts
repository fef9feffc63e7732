/**
 * How a row of state is sealed under its handle, and bound by a key of the gateway, so that whoever
 * writes into the table without that key has a row that opens nothing.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { WHOLE_TAG } from '../platform/whole-tag.ts';

/** What a row says while it lives. */
export interface UnboundState {
  readonly hash: Buffer;
  readonly kind: string;
  readonly family: string | null;
  readonly sealed: Buffer;
  readonly expires: Date;
}

/** HMAC-SHA256 over all that it says. */
export function bound(
  key: KeyObject,
  { hash, kind, family, sealed, expires }: UnboundState,
): Buffer {
  const said = JSON.stringify([kind, family, expires.getTime()]);
  return createHmac('sha256', key).update(hash).update(sealed).update(said).digest();
}

/** Whether the gateway wrote it, and it still lives. */
export function isBound(key: KeyObject, state: UnboundState & { bound?: Buffer | null }): boolean {
  const right = bound(key, state);
  return state.bound?.length === right.length && timingSafeEqual(state.bound, right);
}

/** Under which the row of a handle is found. */
export function hashOf(handle: string): Buffer {
  return createHash('sha256').update(handle).digest();
}

function keyOf(handle: string): Buffer {
  return Buffer.from(hkdfSync('sha256', handle, Buffer.alloc(0), 'zorgsluis/state', 32));
}

/** Under a key that only the handle gives. */
export function seal(handle: string, value: unknown): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', keyOf(handle), nonce);
  const body = Buffer.concat([cipher.update(JSON.stringify(value)), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

/** @throws Error when it was sealed under another handle. */
export function open<T>(handle: string, sealed: Buffer): T {
  const decipher = createDecipheriv(
    'aes-256-gcm',
    keyOf(handle),
    sealed.subarray(0, 12),
    WHOLE_TAG,
  );
  decipher.setAuthTag(sealed.subarray(12, 28));
  const body = Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]);
  return JSON.parse(body.toString('utf8')) as T;
}
