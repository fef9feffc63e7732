/**
 * The sealed bytes of a large row, in slices: the driver takes bytes as text, twice as long, and
 * would hold them three times. They lie outside the row and unpacked (`storage external`), so that
 * PostgreSQL reads the pages of a slice only.
 */
import type { ResourceFacts } from '../permission/index.ts';
import { type Sql, statement } from '../platform/database.ts';
import { letGoOf } from '../platform/let-go.ts';
import type { Lying, OpenedRows } from './opened-rows.ts';
import type { StoredResource } from './stored-resource.ts';
import type { VaultKey } from './vault-keys.ts';

/** What is longer does not come along with its row. */
export const LARGE_ROW_BYTES = 1_048_576;

const slicing = (name: string, table: 'resource' | 'resource_history') =>
  statement(
    name,
    `select substring(sealed from $7 for ${LARGE_ROW_BYTES}) as slice from ${table}
      where vault = $1 and type = $2 and place = $3 and custodian = $4 and version = $5
        and xmin::text = $6`,
  );
const SLICE = slicing('store_slice', 'resource');
const OLDER_SLICE = slicing('store_older_slice', 'resource_history');

interface LargeRow {
  readonly type: string;
  readonly place: string;
  readonly custodian: string;
  readonly version: number;
  /** Of the transaction that wrote it. */
  readonly made: string;
  /** Bytes. */
  readonly size: number;
  /** False for an older version. */
  readonly latest?: boolean;
}

/** @returns undefined when the row is no longer as it was. */
export async function fetchLarge(
  sql: Sql,
  vault: string,
  { type, place, custodian, version, made, size, latest = true }: LargeRow,
): Promise<Buffer | undefined> {
  const sealed = Buffer.allocUnsafeSlow(size);
  const slice = latest ? SLICE : OLDER_SLICE;
  for (let at = 0; at < size; ) {
    const values = [vault, type, place, custodian, version, made, at + 1];
    const { rows } = await sql.query<{ slice: Buffer }>({ ...slice, values });
    const [row] = rows;
    if (!row || row.slice.length === 0) return undefined;
    at += row.slice.copy(sealed, at);
    letGoOf(row.slice);
  }
  return sealed;
}

interface AskedRow extends Omit<LargeRow, 'latest'>, Lying {
  readonly nth: number;
  sealed: Buffer | null;
  atHand?: StoredResource;
}

interface Fetching {
  readonly key: VaultKey;
  readonly shelf: OpenedRows;
  readonly rows: readonly { readonly whole: boolean }[];
  readonly mayOpen: ((facts: ResourceFacts) => boolean) | undefined;
}

/**
 * Fetches the bytes of large rows that were asked for and are not at hand. What is known to be
 * withheld is not fetched: the time that takes would tell of it.
 * @returns false when one of them was written anew meanwhile.
 */
export async function withLarge(
  sql: Sql,
  { key, shelf, rows, mayOpen = () => true }: Fetching,
  found: readonly AskedRow[],
): Promise<boolean> {
  for (const row of found) {
    const isAsked = rows[row.nth]?.whole && row.size > LARGE_ROW_BYTES;
    if (!isAsked) continue;
    const known = shelf.known(key.vault, row);
    const isWithheld = known && !mayOpen(known.facts);
    const atHand = isWithheld ? shelf.closed(key.vault, row, known) : shelf.held(key.vault, row);
    if (atHand) {
      row.atHand = atHand;
      continue;
    }
    const sealed = await fetchLarge(sql, key.vault, row);
    if (!sealed) return false;
    row.sealed = sealed;
  }
  return true;
}
