/**
 * Sealing: AES-256-GCM with a random 96-bit nonce. The context (which vault, type, place, version
 * …) goes in as associated data, so bytes that were moved to another row do not open.
 * Layout: format 1 | nonce 12 | ciphertext | tag 16. NIST SP 800-38D.
 */
import { createCipheriv, createDecipheriv, type KeyObject, randomFillSync } from 'node:crypto';
import { letGoOf } from '../platform/let-go.ts';
import { Problem } from '../platform/problem.ts';
import { WHOLE_TAG } from '../platform/whole-tag.ts';

const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = WHOLE_TAG.authTagLength;
const NOTHING = new Uint8Array();

/** Bytes that sealing adds. */
export const SEAL_OVERHEAD_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

// Nonces are drawn in bulk: one call into the operating system for 256 of them.
const pool = Buffer.alloc(NONCE_BYTES * 256);
let drawn = pool.length;

function nonceInto(target: Buffer, at: number): void {
  if (drawn === pool.length) {
    randomFillSync(pool);
    drawn = 0;
  }
  pool.copy(target, at, drawn, drawn + NONCE_BYTES);
  pool.fill(0, drawn, drawn + NONCE_BYTES);
  drawn += NONCE_BYTES;
}

/** So many bytes are sealed in one go: a large row is not held once more than it has to be. */
const AT_ONCE_BYTES = 1_048_576;

/**
 * Pieces are sealed as if they were one.
 * @param ahead bytes that stand before it as they are, in the same buffer; `unseal` gets the rest
 */
export function seal(
  key: KeyObject,
  plain: Uint8Array | readonly Uint8Array[],
  context: string,
  ahead: Uint8Array = NOTHING,
): Buffer {
  const pieces = plain instanceof Uint8Array ? [plain] : plain;
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const sealed = Buffer.allocUnsafe(ahead.length + SEAL_OVERHEAD_BYTES + length);
  sealed.set(ahead);
  const from = ahead.length;
  sealed[from] = FORMAT;
  nonceInto(sealed, from + 1);
  const nonce = sealed.subarray(from + 1, from + 1 + NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, WHOLE_TAG);
  cipher.setAAD(Buffer.from(`${FORMAT}|${context}`));
  let at = from + 1 + NONCE_BYTES;
  for (const piece of pieces) {
    for (let begin = 0; begin < piece.length; begin += AT_ONCE_BYTES) {
      const part = cipher.update(piece.subarray(begin, begin + AT_ONCE_BYTES));
      at += part.copy(sealed, at);
      letGoOf(part);
    }
  }
  cipher.final();
  cipher.getAuthTag().copy(sealed, sealed.length - TAG_BYTES);
  return sealed;
}

/**
 * @throws Problem `fault` (code `seal`) when the bytes, the key or the context are not the ones
 * sealed.
 */
export function unseal(key: KeyObject, sealed: Buffer, context: string): Buffer {
  if (sealed.length < SEAL_OVERHEAD_BYTES || sealed[0] !== FORMAT) throw broken();
  const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, WHOLE_TAG);
  decipher.setAAD(Buffer.from(`${FORMAT}|${context}`));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const plain = decipher.update(sealed.subarray(1 + NONCE_BYTES, sealed.length - TAG_BYTES));
  try {
    decipher.final();
  } catch {
    throw broken();
  }
  return plain;
}

/** Says that, never what: the content of a row that does not open is nobody's to see. */
function broken(): Problem {
  return new Problem('fault', 'A sealed record could not be opened.', { code: 'seal' });
}
