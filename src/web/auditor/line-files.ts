/**
 * The lines of a search as text that leaves page by page: however many there are, one page of them
 * is in memory. CSV with NEN columns, or a FHIR AuditEvent a line (audit.md section 10).
 */
import { createHash } from 'node:crypto';
import {
  type AuditDirectory,
  type AuditorScope,
  type LedgerEntry,
  toAuditEvent,
  within,
} from '../../audit/index.ts';
import type { WebDoor } from '../web-door.ts';
import type { KeptSearch } from './auditor-visit.ts';
import { csvHead, csvLine } from './csv-line.ts';
import { ledgerQuery } from './search-routes.ts';

const PAGE = 500;

export interface LinesSought {
  readonly organisation: string;
  readonly search: KeptSearch;
  readonly scope: AuditorScope;
}

export type LineFormat = 'csv' | 'ndjson';

export const MEDIA: Readonly<Record<LineFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/fhir+ndjson; charset=utf-8',
};

/** Newest first; each page is asked for when the one before has left. */
export async function* linePages(
  { ledger }: Pick<WebDoor, 'ledger'>,
  { organisation, search, scope }: LinesSought,
): AsyncGenerator<readonly LedgerEntry[]> {
  const query = { ...within(ledgerQuery(organisation, search), scope), limit: PAGE };
  let cursor: string | undefined;
  do {
    const page = await ledger.search({ ...query, ...(cursor === undefined ? {} : { cursor }) });
    yield page.entries;
    cursor = page.next;
  } while (cursor !== undefined);
}

/** @returns all lines, or undefined when there are more than `most`. */
export async function linesUpTo(
  door: Pick<WebDoor, 'ledger'>,
  sought: LinesSought,
  most: number,
): Promise<LedgerEntry[] | undefined> {
  const found: LedgerEntry[] = [];
  for await (const page of linePages(door, sought)) {
    found.push(...page);
    if (found.length > most) return undefined;
  }
  return found;
}

/** One text for each page, and the head of the file before the first. */
export async function* linesText(
  pages: AsyncIterable<readonly LedgerEntry[]> | Iterable<readonly LedgerEntry[]>,
  format: LineFormat,
  directory: AuditDirectory,
): AsyncGenerator<string> {
  if (format === 'csv') yield csvHead();
  const text =
    format === 'csv'
      ? csvLine
      : (entry: LedgerEntry) => `${JSON.stringify(toAuditEvent(entry, directory))}\n`;
  for await (const page of pages) if (page.length > 0) yield page.map(text).join('');
}

/**
 * Hands on a text and, after its last byte, tells its SHA-256: the line of the log that says so is
 * there before whoever fetches sees the end.
 */
export async function* digested(
  text: AsyncIterable<string>,
  ended: (digest: string) => Promise<void>,
): AsyncGenerator<string> {
  const digest = createHash('sha256');
  for await (const part of text) {
    digest.update(part);
    yield part;
  }
  await ended(digest.digest('hex'));
}

/** Hands on what passes, and shows each to who counts. */
export async function* watched<T>(all: AsyncIterable<T>, see: (one: T) => void): AsyncGenerator<T> {
  for await (const one of all) {
    see(one);
    yield one;
  }
}

/** Names for the renderings of this gateway. */
export async function directoryOf(
  door: Pick<WebDoor, 'organisations' | 'config'>,
): Promise<AuditDirectory> {
  const all = new Map((await door.organisations.all()).map((one) => [one.id, one]));
  const { host } = new URL(door.config.publicUrl);
  return { organisation: (id) => all.get(id), gateway: { name: 'Zorgsluis', host } };
}
