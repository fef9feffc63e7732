/**
 * Rows for whoever looks into them and not into their documents: a long text of base64 is an empty
 * one. A search opens all that it may find, and a page of them with 20 MB each took three gigabytes
 * (docs/decisions/1840). What is given away afterwards is fetched whole, by the very version.
 */
import type { ResourceFacts } from '../permission/index.ts';
import type { Sql } from '../platform/database.ts';
import { createTurns, TURN_LIMITS } from '../platform/large-turns.ts';
import { fetchLarge, learnt } from './fetch-large.ts';
import { CUT_ROW_BYTES, withoutLongTexts } from './long-texts.ts';
import type { Lying, OpenedRows } from './opened-rows.ts';
import { knownAhead, openRow, type SealedRow } from './sealed-row.ts';
import type { StoredResource } from './stored-resource.ts';
import { closedRow } from './unopened-row.ts';
import type { VaultKey } from './vault-keys.ts';

/** In SQL, of a table `r`: bytes that do not come along, and how many those are. */
export const CUT_COLUMNS = `
  case when octet_length(r.sealed) <= ${CUT_ROW_BYTES} then r.sealed end as sealed,
  case when octet_length(r.sealed) > ${CUT_ROW_BYTES} then octet_length(r.sealed) end as size`;

/**
 * Of all records: such a row lies in memory some five times while it is opened. Nobody is sent
 * away, since that would tell of a row that may not be seen.
 */
const TURNS = createTurns({ ...TURN_LIMITS, atOnceMax: 2, ofOneMax: 1, waitMsMax: 2_147_483_647 });

export interface LargeRow extends Omit<SealedRow, 'sealed'>, Lying {
  /** Bytes of what is sealed. */
  readonly size: number;
  /** False for an older version. */
  readonly latest?: boolean;
}

export interface Fetching {
  readonly key: VaultKey;
  /** Absent inside a transaction, which sees what is its own. */
  readonly shelf: OpenedRows | undefined;
  readonly mayOpen: (facts: ResourceFacts) => boolean;
}

/**
 * A row whose bytes did not come along; closed where nobody may look into it.
 * @param how `cut`: without its long texts; `pass`: only passing by, its content is not kept
 * @returns undefined when it is no longer as it was.
 */
export async function fetchApart(
  sql: Sql,
  { key, shelf, mayOpen }: Fetching,
  row: LargeRow,
  how?: 'cut' | 'pass',
): Promise<StoredResource | undefined> {
  const { vault } = key;
  const isCut = how === 'cut';
  const known = shelf?.known(vault, row) ?? (await learnt(sql, key, shelf, row));
  if (known && !mayOpen(known.facts)) {
    return shelf?.closed(vault, row, known) ?? closedRow(vault, row, known);
  }
  // A transaction holds a connection, which who has the turn may be waiting for.
  const end = shelf && isCut ? await TURNS.take(vault) : () => {};
  try {
    const held = shelf?.held(vault, row, isCut ? 'cut' : undefined);
    if (held) return held;
    const sealed = await fetchLarge(sql, vault, row);
    if (!sealed) return undefined;
    const whole = { ...row, sealed };
    if (shelf) return shelf.open(key, whole, how);
    const opened = openRow(key, whole, known);
    return isCut ? withoutLongTexts(opened) : opened;
  } finally {
    end();
  }
}

/** A row whose bytes came along, or were left behind. */
export type MaybeFetched = Omit<LargeRow, 'size'> & {
  readonly sealed: Buffer | null;
  /** Bytes, where they were left behind. */
  readonly size?: number | null;
};

/**
 * Such a row, opened or to be opened when somebody looks into it; closed where that is known to be
 * nobody.
 * @returns undefined when it was left behind and is no longer as it was.
 */
export function openOrFetch(
  sql: Sql,
  fetching: Fetching,
  row: MaybeFetched,
  how?: 'cut' | 'pass',
): StoredResource | Promise<StoredResource | undefined> {
  const { key, shelf, mayOpen } = fetching;
  if (!hasBytes(row)) return fetchApart(sql, fetching, { ...row, size: row.size ?? 0 }, how);
  // As it came: a copy of each row takes some eight percent of a search.
  if (shelf) return shelf.open(key, row, how);
  const known = knownAhead(key, row);
  if (known && !mayOpen(known.facts)) return closedRow(key.vault, row, known);
  const opened = openRow(key, row, known);
  return how === 'cut' ? withoutLongTexts(opened) : opened;
}

const hasBytes = (row: MaybeFetched): row is MaybeFetched & { readonly sealed: Buffer } =>
  row.sealed !== null;
