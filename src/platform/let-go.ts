/**
 * Gives the memory of a large buffer back at once. The collector looks at how much the heap has
 * grown; until then the steps of a request would lie beside each other, of a document 30 MB each.
 */

/** Smaller ones come from a shared pool, or are not worth it. */
const LARGE_BYTES = 65_536;

/**
 * Afterwards the buffer is empty. Only for bytes that nobody else reads, and no write to a socket
 * still waits for.
 */
export function letGoOf(bytes: Buffer): void {
  const { buffer, byteLength } = bytes;
  if (byteLength < LARGE_BYTES || byteLength !== buffer.byteLength) return;
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/** The same with all the memory that it is a part of: only for who made that, and nobody else's. */
export function letGoWithRoom({ buffer }: Buffer): void {
  const isShared = buffer.byteLength <= Math.max(LARGE_BYTES, Buffer.poolSize);
  if (!isShared && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
