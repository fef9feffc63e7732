/** Identities that a resend makes again: made of sender, type and key, never of chance or order. */
import { createHash } from 'node:crypto';

/** A name-based uuid (RFC 9562 version 8, SHA-256) as `urn:uuid:`. */
export function stableUrn(sender: string, type: string, key: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([sender, type, key]))
    .digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ];
  return `urn:uuid:${parts.join('-')}`;
}

/** The content itself as a key, for a fact that the source gives no number. */
export function contentKey(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, 32);
}
