/** Identities that a resend makes again: made of sender, type and key, never of chance or order. */
import { hash as digestOf } from 'node:crypto';

/** A name-based uuid (RFC 9562 version 8, SHA-256) as `urn:uuid:`. */
export function stableUrn(sender: string, type: string, key: string): string {
  const hex = digestOf('sha256', JSON.stringify([sender, type, key]));
  const variant = VARIANTS[Number.parseInt(hex.slice(16, 17), 16) & 3];
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The content itself as a key, for a fact that the source gives no number. */
export function contentKey(content: unknown): string {
  return digestOf('sha256', JSON.stringify(content), 'base64url').slice(0, 32);
}

/** The two highest bits of the variant of RFC 9562, with the two lower ones that are given. */
const VARIANTS = ['8', '9', 'a', 'b'] as const;
