/** Whom a question about the log is about, so that it tells nothing of who is known here. */
import { createHmac } from 'node:crypto';
import type { Keyring } from '../identity/index.ts';

/**
 * The vault of a number, or a stand-in of the same form that is always the same for that number: so
 * that the search of somebody unknown, and the line about that search, look like any other.
 */
export function createLedgerSubject(
  keyring: Pick<Keyring, 'hmac'>,
  byBsn: (bsn: string) => Promise<string | undefined>,
): (digits: string) => Promise<string> {
  const key = keyring.hmac('web/unknown-person');
  return async (digits) => {
    const vault = /^\d{9}$/.test(digits) ? await byBsn(digits) : undefined;
    if (vault !== undefined) return vault;
    const hex = createHmac('sha256', key).update(digits).digest('hex');
    const end = `4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${end}`;
  };
}
