/**
 * Which mapping a message was read with: a digest of all tables as they are, and of the sender's
 * file. It goes with every row, so that a provenance can say it and a re-mapping can be told apart.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SenderOverlay } from '../format.ts';
import { MAPPINGS_FOLDER } from './sender-overlay.ts';

const DIGITS = 12;
let tables: string | undefined;
const known = new WeakMap<SenderOverlay, string>();

/** Twelve hexadecimal digits; the same tables and the same sender's file give the same. */
export function mappingVersion(overlay: SenderOverlay): string {
  const version = known.get(overlay);
  if (version !== undefined) return version;
  tables ??= digestOfTables();
  const hash = createHash('sha256').update(tables).update(JSON.stringify(overlay));
  const made = hash.digest('hex').slice(0, DIGITS);
  known.set(overlay, made);
  return made;
}

/** The tables are compiled once as well, so they are read once. */
function digestOfTables(): string {
  const hash = createHash('sha256');
  const files = readdirSync(MAPPINGS_FOLDER, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((one) => /\.(yaml|csv)$/.test(one)).toSorted()) {
    if (file.startsWith('senders')) continue;
    hash.update(`${file}\0`).update(readFileSync(join(MAPPINGS_FOLDER, file)));
  }
  return hash.digest('hex');
}
