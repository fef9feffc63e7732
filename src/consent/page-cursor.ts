/**
 * Where a search goes on: sealed, so that nobody reads or makes one, and bound to the client that
 * got it. It carries the question itself; the decision is made again for every page.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Keyring } from '../identity/index.ts';
import { Problem } from '../platform/problem.ts';
import { WHOLE_TAG } from '../platform/whole-tag.ts';

export interface Cursor {
  readonly path: string;
  readonly params: readonly (readonly [string, string])[];
  /** Matches before this page, in the order of the query, end with this row. */
  readonly after: string;
  /** How many matches came before: only to go on when the row itself is gone. */
  readonly skipped: number;
  readonly issued: number;
}

const CURSOR_SECONDS_MAX = 900;
/** The longest name of a row: a cursor is as long whichever row it ends with. */
const AFTER_CHARACTERS_MAX = 160;

export interface PageCursors {
  seal(cursor: Cursor, client: string): string;
  /** @throws Problem `not-found` for a cursor of another client, an expired or a made-up one. */
  open(text: string, client: string, path: string, now: Date): Cursor;
}

/** Cursors sealed under a key of their own, good for `CURSOR_SECONDS_MAX` and one client. */
export function createPageCursors(keyring: Keyring): PageCursors {
  const key = keyring.hmac('consent/cursor');
  return {
    seal(cursor, client) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      cipher.setAAD(Buffer.from(client));
      const padded = { ...cursor, after: cursor.after.padEnd(AFTER_CHARACTERS_MAX) };
      const body = Buffer.concat([cipher.update(JSON.stringify(padded)), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url');
    },
    open(text, client, path, now) {
      const gone = new Problem('not-found', 'This page link is not valid any more.', {
        code: 'page-link',
      });
      try {
        const bytes = Buffer.from(text, 'base64url');
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), WHOLE_TAG);
        decipher.setAAD(Buffer.from(client));
        decipher.setAuthTag(bytes.subarray(12, 28));
        const body = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]);
        const cursor = JSON.parse(body.toString('utf8')) as Cursor;
        if (cursor.path !== path) throw gone;
        if (now.getTime() - cursor.issued > CURSOR_SECONDS_MAX * 1000) throw gone;
        return { ...cursor, after: cursor.after.trimEnd() };
      } catch {
        throw gone;
      }
    },
  };
}
