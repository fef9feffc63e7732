/**
 * The sealed bytes of a large row, in slices: the driver takes bytes as text, twice as long, and
 * would hold them three times. They lie outside the row and unpacked (`storage external`), so that
 * PostgreSQL reads the pages of a slice only.
 */
import type { ResourceFacts } from '../permission/index.ts';
import { type Sql, statement } from '../platform/database.ts';
import { letGoOf } from '../platform/let-go.ts';
import { AHEAD_FETCH_BYTES } from './ahead.ts';
import type { Known, Lying, OpenedRows } from './opened-rows.ts';
import { knownAhead, type SealedRow } from './sealed-row.ts';
import type { StoredResource } from './stored-resource.ts';
import type { VaultKey } from './vault-keys.ts';

/** What is longer does not come along with its row. */
export const LARGE_ROW_BYTES = 1_048_576;

const slicing = (name: string, table: 'resource' | 'resource_history') =>
  statement(
    name,
    `select substring(sealed from $7 for $8) as slice from ${table}
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
    const values = [vault, type, place, custodian, version, made, at + 1, LARGE_ROW_BYTES];
    const { rows } = await sql.query<{ slice: Buffer }>({ ...slice, values });
    const [row] = rows;
    if (!row || row.slice.length === 0) return undefined;
    at += row.slice.copy(sealed, at);
    letGoOf(row.slice);
  }
  return sealed;
}

/**
 * What a decision looks at, of a row whose bytes did not come along, where it stands ahead of them.
 * @throws Problem `fault` when it is not as it was sealed.
 */
async function fetchAhead(
  sql: Sql,
  key: VaultKey,
  row: LargeRow & Omit<SealedRow, 'sealed'>,
): Promise<Known | undefined> {
  const { type, place, custodian, version, made, latest = true } = row;
  const values = [key.vault, type, place, custodian, version, made, 1, AHEAD_FETCH_BYTES];
  const { rows } = await sql.query<{ slice: Buffer }>({
    ...(latest ? SLICE : OLDER_SLICE),
    values,
  });
  const [found] = rows;
  return found && knownAhead(key, { ...row, sealed: found.slice });
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

/** @returns what stands ahead of a row, and is known of it from now on. */
export async function learnt(
  sql: Sql,
  key: VaultKey,
  shelf: OpenedRows | undefined,
  row: Lying & LargeRow,
): Promise<Known | undefined> {
  const known = await fetchAhead(sql, key, row);
  if (known) shelf?.learn(key.vault, row, known);
  return known;
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
    if (row.size <= LARGE_ROW_BYTES) continue;
    const known = shelf.known(key.vault, row) ?? (await learnt(sql, key, shelf, row));
    // Of what is only referred to it is enough.
    if (!rows[row.nth]?.whole) continue;
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
