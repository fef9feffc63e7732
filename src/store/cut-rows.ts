/**
 * Rows for whoever looks into them and not into their documents: a long text of base64 is an empty
 * one. A search opens all that it may find, and a page of them with 20 MB each took three gigabytes
 * (docs/decisions/1840). What is given away afterwards is fetched whole, by the very version.
 */
import { cutTexts } from '../conformance/index.ts';
import type { ResourceFacts } from '../permission/index.ts';
import type { Sql } from '../platform/database.ts';
import { createTurns, TURN_LIMITS } from '../platform/large-turns.ts';
import { letGoWithRoom } from '../platform/let-go.ts';
import { fetchLarge } from './fetch-large.ts';
import type { Lying, OpenedRows } from './opened-rows.ts';
import { openRow, type SealedRow } from './sealed-row.ts';
import type { StoredResource } from './stored-resource.ts';
import type { VaultKey } from './vault-keys.ts';

/** Bytes of a row, sealed or opened, from which on it is cut; smaller ones stay whole. */
export const CUT_ROW_BYTES = 65_536;
const LONG_TEXT_BYTES = 32_768;

/** In SQL, of a table `r`: bytes that do not come along, and how many those are. */
export const CUT_COLUMNS = `
  case when octet_length(r.sealed) <= ${CUT_ROW_BYTES} then r.sealed end as sealed,
  case when octet_length(r.sealed) > ${CUT_ROW_BYTES} then octet_length(r.sealed) end as size`;

type Content = Pick<StoredResource, 'bytes' | 'r4' | 'wholeBytes'>;

/** The same row without its long texts; it says how large it was. */
export function withoutLongTexts<R extends Content>(row: R): R {
  const { bytes, r4 } = row;
  const wholeBytes = bytes.length + (r4?.length ?? 0);
  if (wholeBytes <= CUT_ROW_BYTES) return row;
  const cut = cutTexts(bytes, LONG_TEXT_BYTES);
  const cutR4 = r4 && cutTexts(r4, LONG_TEXT_BYTES);
  if (!cut && !cutR4) return row;
  const rest = {
    bytes: cut ?? Buffer.from(bytes),
    ...(r4 ? { r4: cutR4 ?? Buffer.from(r4) } : {}),
  };
  // Both were parts of what was unpacked, which nobody else has.
  letGoWithRoom(bytes);
  return { ...row, ...rest, wholeBytes };
}

/**
 * Of all records: such a row lies in memory some five times while it is opened. Nobody is sent
 * away, since that would tell of a row that may not be seen.
 */
const TURNS = createTurns({ ...TURN_LIMITS, atOnceMax: 2, ofOneMax: 1, waitMsMax: 2_147_483_647 });

export interface LargeRow extends Omit<SealedRow, 'sealed'>, Lying {
  /** Bytes of what is sealed. */
  readonly size: number;
  /** It is the current version, and not an older one. */
  readonly latest: boolean;
}

export interface Cutting {
  readonly key: VaultKey;
  /** Absent inside a transaction, which sees what is its own. */
  readonly shelf: OpenedRows | undefined;
  readonly mayOpen: (facts: ResourceFacts) => boolean;
}

/**
 * A row whose bytes did not come along, without its long texts; closed where it is known that
 * nobody may look into it.
 * @returns undefined when it is no longer as it was.
 */
export async function fetchCut(
  sql: Sql,
  { key, shelf, mayOpen }: Cutting,
  row: LargeRow,
): Promise<StoredResource | undefined> {
  const { vault } = key;
  const known = shelf?.known(vault, row);
  if (shelf && known && !mayOpen(known.facts)) return shelf.closed(vault, row, known);
  // A transaction holds a connection, which who has the turn may be waiting for.
  const end = shelf ? await TURNS.take(vault) : () => {};
  try {
    const held = shelf?.held(vault, row, 'cut');
    if (held) return held;
    const sealed = await fetchLarge(sql, vault, row);
    if (!sealed) return undefined;
    const whole = { ...row, sealed };
    return shelf ? shelf.open(key, whole, 'cut') : withoutLongTexts(openRow(key, whole));
  } finally {
    end();
  }
}
