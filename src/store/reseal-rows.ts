/**
 * The rows of a record under another key: opened, sealed and hashed again, a batch at a time. What
 * they say does not change; a row keeps its version and its times.
 */
import { binaryArray } from '../platform/binary-array.ts';
import type { Tx } from '../platform/database.ts';
import { statement } from '../platform/database.ts';
import { openRow, type SealedRow, sealRow } from './sealed-row.ts';
import { plainTokens, tokenArray } from './search-tokens.ts';
import type { StoredResource } from './stored-resource.ts';
import type { VaultKey } from './vault-keys.ts';
import { withinBytes } from './within-bytes.ts';

const BATCH_ROWS = 500;
const NIL = '00000000-0000-0000-0000-000000000000';

const CURRENT = statement(
  'store_reseal_read',
  withinBytes(
    `select type, place, custodian, version, versions, updated, deleted, sealed,
            octet_length(sealed) as size from resource
      where vault = $1 and (type, place, custodian) > ($2, $3, $4)
      order by type, place, custodian limit $5`,
    'type, place, custodian',
  ),
);
const OLDER = statement(
  'store_reseal_read_older',
  withinBytes(
    `select type, place, custodian, version, updated, deleted, sealed,
            octet_length(sealed) as size from resource_history
      where vault = $1 and (type, place, custodian, version) > ($2, $3, $4, $5)
      order by type, place, custodian, version limit $6`,
    'type, place, custodian, version',
  ),
);

/** What conformance would index for the content of a row. */
export type IndexTokens = (row: StoredResource) => {
  tokens: readonly string[];
  months: readonly string[];
};

export interface Resealed extends SealedRow {
  readonly versions: number;
  /** As a PostgreSQL bigint[]; only of a current row. */
  readonly tokens: string;
}

/** Names a row within a vault. */
export interface RowName {
  readonly type: string;
  readonly place: string;
  readonly custodian: string;
}

interface Resealing {
  readonly tx: Tx;
  readonly from: VaultKey;
  readonly to: VaultKey;
  readonly indexTokens: IndexTokens;
}

/** Batches of current rows, sealed for `to`. */
export async function* resealedCurrent(how: Resealing): AsyncGenerator<Resealed[]> {
  const { tx, from, to, indexTokens } = how;
  let after: readonly unknown[] = ['', NIL, NIL];
  for (;;) {
    const values = [from.vault, ...after, BATCH_ROWS];
    const { rows } = await tx.query<Resealed>({ ...CURRENT, values });
    const last = rows.at(-1);
    if (!last) return;
    yield rows.map((row) => {
      const opened = openRow(from, row);
      const found = opened.deleted ? { tokens: [], months: [] } : indexTokens(opened);
      const plain = plainTokens({ ...found, facts: opened.facts });
      return {
        ...row,
        tokens: tokenArray(to.for('tokens'), plain),
        sealed: sealRow(to, row, opened),
      };
    });
    after = [last.type, last.place, last.custodian];
  }
}

/** Batches of older versions, sealed for `to`. */
export async function* resealedOlder(how: Resealing): AsyncGenerator<SealedRow[]> {
  const { tx, from, to } = how;
  let after: readonly unknown[] = ['', NIL, NIL, 0];
  for (;;) {
    const values = [from.vault, ...after, BATCH_ROWS];
    const { rows } = await tx.query<SealedRow>({ ...OLDER, values });
    const last = rows.at(-1);
    if (!last) return;
    yield rows.map((row) => ({ ...row, sealed: sealRow(to, row, openRow(from, row)) }));
    after = [last.type, last.place, last.custodian, last.version];
  }
}

/** The columns of rows as arrays, for `unnest`. */
export function columnsOf(rows: readonly SealedRow[]) {
  return {
    types: rows.map((row) => row.type),
    places: rows.map((row) => row.place),
    custodians: rows.map((row) => row.custodian),
    versions: rows.map((row) => row.version),
    updated: rows.map((row) => row.updated),
    deleted: rows.map((row) => row.deleted),
    sealed: binaryArray.bytea(rows.map((row) => row.sealed)),
  };
}
