/** Ids of what a sender gave none: the same fact gets the same id again, and tells nothing. */
import { createHmac, type KeyObject } from 'node:crypto';

/**
 * A stable random-looking UUID (RFC 9562 version 8): without the key nobody can link it to a
 * person.
 */
export function storedId(idKey: KeyObject, custodian: string, type: string, key: string): string {
  const bytes = createHmac('sha256', idKey).update(`${custodian}|${type}|${key}`).digest();
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join('-');
}
