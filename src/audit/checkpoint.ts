/**
 * The signed head of a ledger as a C2SP checkpoint: a signed note of three lines (origin, size,
 * root), signed with Ed25519. https://c2sp.org/tlog-checkpoint and https://c2sp.org/signed-note
 */
import { createHash, type KeyObject, sign, verify } from 'node:crypto';

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
}

/** Signature type of Ed25519 in the key hash of a signed note. */
const ED25519 = Buffer.from([1]);
const SEPARATOR = '\n\n';
/** A note with a dozen cosignatures is far below this; a longer one is not ours. */
const NOTE_BYTES_MAX = 16_384;

const keyHashes = new WeakMap<KeyObject, { readonly name: string; readonly hash: Buffer }>();

/** First four bytes of SHA-256(name, newline, type, public key): it names the key in a note. */
export function keyHash(name: string, publicKey: KeyObject): Buffer {
  const known = keyHashes.get(publicKey);
  if (known?.name === name) return known.hash;
  const digest = createHash('sha256').update(`${name}\n`).update(ED25519).update(raw(publicKey));
  const hash = digest.digest().subarray(0, 4);
  keyHashes.set(publicKey, { name, hash });
  return hash;
}

/** The key as verifiers write it down: `name+hash+base64(type and key)`. */
export function verifierKey(name: string, publicKey: KeyObject): string {
  const key = Buffer.concat([ED25519, raw(publicKey)]).toString('base64');
  return `${name}+${keyHash(name, publicKey).toString('hex')}+${key}`;
}

/** The note of a head: its three lines and our signature. */
export function signCheckpoint(
  checkpoint: Checkpoint,
  privateKey: KeyObject,
  hash: Buffer,
): string {
  const text = body(checkpoint);
  const signature = Buffer.concat([hash, sign(null, Buffer.from(text), privateKey)]);
  return `${text}\n\u2014 ${checkpoint.origin} ${signature.toString('base64')}\n`;
}

/**
 * Reads a note and checks our own signature; lines of other signers are left to who knows their
 * keys.
 * @throws Error when it is no checkpoint of this origin, or no signature of this key is good.
 */
export function openCheckpoint(note: string, origin: string, publicKey: KeyObject): Checkpoint {
  if (note.length > NOTE_BYTES_MAX) throw new Error('The checkpoint is too long.');
  const end = note.indexOf(SEPARATOR);
  if (end < 0) throw new Error('The checkpoint has no signature.');
  const text = note.slice(0, end + 1);
  const [name, size, root] = text.slice(0, -1).split('\n');
  if (name !== origin) throw new Error('The checkpoint is of another ledger.');
  if (!/^(0|[1-9]\d{0,15})$/.test(size ?? '')) throw new Error('The checkpoint has no size.');
  const hash = Buffer.from(root ?? '', 'base64');
  if (hash.length !== 32 || hash.toString('base64') !== root) {
    throw new Error('The checkpoint has no root.');
  }
  if (
    !note
      .slice(end + 2)
      .split('\n')
      .some((line) => isSigned(line, text, origin, publicKey))
  ) {
    throw new Error('The checkpoint is not signed by the key of this ledger.');
  }
  return { origin, size: Number(size), root: hash };
}

function isSigned(line: string, text: string, origin: string, publicKey: KeyObject): boolean {
  const prefix = `\u2014 ${origin} `;
  if (!line.startsWith(prefix)) return false;
  const bytes = Buffer.from(line.slice(prefix.length), 'base64');
  if (!bytes.subarray(0, 4).equals(keyHash(origin, publicKey))) return false;
  return verify(null, Buffer.from(text), publicKey, bytes.subarray(4));
}

function body({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n`;
}

function raw(publicKey: KeyObject): Buffer {
  const { x } = publicKey.export({ format: 'jwk' });
  return Buffer.from(x ?? '', 'base64url');
}
