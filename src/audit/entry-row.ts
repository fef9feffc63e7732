/** A row of ledger_entry as it is read, and its opening: unseal, unpack, parse, compare. */
import type { ClassKeys } from './class-keys.ts';
import { openBody } from './entry-body.ts';
import { changedColumn, columnsOf } from './entry-columns.ts';
import type { RetentionClass } from './ledger-entry.ts';
import { commitment, type LedgerRecord } from './ledger-record.ts';
import type { Pseudonyms } from './pseudonyms.ts';

export interface EntryRow {
  readonly id: number;
  readonly at: number;
  readonly agent: unknown;
  readonly organisation: unknown;
  readonly holder: unknown;
  readonly outcome: number;
  readonly action: string;
  readonly event: string;
  readonly purpose: string | null;
  readonly route: string | null;
  readonly holders: unknown;
  readonly key: number;
  readonly salt: Buffer;
  readonly body: Buffer;
}

export const ENTRY_COLUMNS = `e.id, e.at, e.agent, e.organisation, e.holder, e.outcome, e.action,
  e.event, e.purpose, e.route, e.holders, e.key, e.salt, e.body`;

export interface OpenedRow {
  readonly class: RetentionClass;
  readonly record: LedgerRecord;
  /** The text that the leaf of this entry commits to, beside its salt. */
  readonly canonical: string;
}

/** What opening an entry takes. */
export interface Opener {
  readonly keys: ClassKeys;
  readonly origin: string;
  readonly pseudonyms: Pseudonyms;
}

/** @returns undefined when the body does not open: changed, moved, or its key is gone. */
export async function openRow(opener: Opener, row: EntryRow): Promise<OpenedRow | undefined> {
  const key = await opener.keys.byId(row.key);
  if (!key) return undefined;
  try {
    const canonical = openBody(key.key, opener.origin, row.salt, row.body);
    const record = JSON.parse(canonical) as LedgerRecord;
    return record.class === key.class ? { class: key.class, record, canonical } : undefined;
  } catch {
    return undefined;
  }
}

/** What a leaf commits to of an opened entry: only who compares with a leaf needs it. */
export function commitOf(row: EntryRow, opened: OpenedRow): Buffer {
  return commitment(row.salt, Buffer.from(opened.canonical));
}

/** Name of the first index column that does not follow from the record. */
export function changedIn(opener: Opener, row: EntryRow, opened: OpenedRow): string | undefined {
  return changedColumn(row, columnsOf(opened.record, opener.pseudonyms));
}
