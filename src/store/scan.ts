/**
 * A whole vault in order of its key, a batch a statement, so that memory stays bounded however
 * large the record is. Each batch compares the consent epoch as any fetch does (architecture D6).
 */
import type { ResourceFacts } from '../permission/index.ts';
import { type Sql, statement } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { type Fetching, openOrFetch } from './cut-rows.ts';
import { askRows, withBytes } from './fetch-bytes.ts';
import { LARGE_ROW_BYTES } from './fetch-large.ts';
import type { OpenedRows } from './opened-rows.ts';
import { CHANGES, type Mark, type Marks } from './record-marks.ts';
import type { SealedRow } from './sealed-row.ts';
import type { StoredResource } from './stored-resource.ts';
import { isOutdated, type VaultKeys } from './vault-keys.ts';
import { BATCH_BYTES_MAX, withinBytes } from './within-bytes.ts';

const SCAN_LIMITS = { rowsMax: 500 } as const satisfies Record<string, number>;

const scanning = (name: string, bytes: string) =>
  statement(
    name,
    `select v.epoch, v.key_number, ${CHANGES}, r.*, r.upto >= ${BATCH_BYTES_MAX} as full
       from vault v
       left join vault_change c on c.vault = v.id
       left join lateral (${withinBytes(
         `select type, place, custodian, version, updated, deleted, ${bytes} as sealed,
                 octet_length(r.sealed) as size, xmin::text as made from resource r
           where r.vault = v.id and v.epoch = $2 and not r.deleted
             and (r.type, r.place, r.custodian) > ($3, $4, $5)
             and ($6::text[] is null or r.type = any($6))
             and ($7::uuid[] is null or r.custodian = any($7))
             and ($8::timestamptz is null or r.updated >= $8)
           order by r.type, r.place, r.custodian limit $9`,
         'type, place, custodian',
       )}) r on true
      where v.id = $1`,
  );
const SCAN = scanning(
  'store_scan',
  `case when octet_length(r.sealed) <= ${LARGE_ROW_BYTES} then r.sealed end`,
);
/** Without the bytes of its rows. */
const SCAN_LYING = scanning('store_scan_lying', 'null::bytea');

export interface ScanQuery {
  readonly vault: string;
  /** The consent epoch that the decision was made under. */
  readonly epoch: number;
  /** As for candidates: how the record stood a moment ago, in the same request. */
  readonly asOf?: Mark | undefined;
  /** R4 type names; absent is all. */
  readonly types?: readonly string[];
  readonly custodians?: readonly string[];
  /** Stored at or after this instant. */
  readonly updatedFrom?: Date;
  /** As for candidates: what nobody may look into is given without its content. */
  readonly mayOpen?: (facts: ResourceFacts) => boolean;
  /** Nobody looks at these rows again soon, as of an export: they take no room from others. */
  readonly isPassing?: boolean;
  /** Position of the last row seen before; absent: from the start. */
  readonly after?: string;
  readonly limit: number;
}

export interface Scanned {
  readonly rows: readonly { readonly row: StoredResource; readonly position: string }[];
  /** There are no more; a batch of few may be full of documents. */
  readonly isLast: boolean;
  /** The vault's epoch is another now: decide again. Nothing was fetched. */
  readonly epochMoved: boolean;
  /** How the record stood when these rows were found; where rows were. */
  readonly mark?: Mark;
}

interface ScannedRow extends Omit<SealedRow, 'sealed'> {
  /** Null where the bytes did not come along. */
  readonly sealed: Buffer | null;
  /** Of what is sealed, in bytes. */
  readonly size: number;
  readonly epoch: number;
  readonly key_number: number;
  readonly changes: number | null;
  readonly made: string;
  readonly full?: boolean;
}

const NIL = '00000000-0000-0000-0000-000000000000';
const KEY_CHANGES_MAX = 3;

export interface ScanParts {
  readonly keys: VaultKeys;
  readonly marks: Marks;
  readonly opened: OpenedRows;
}

/** The next rows of a vault: so many, or as many as hold so many bytes. */
export async function scan(
  sql: Sql,
  { keys, marks, opened }: ScanParts,
  query: ScanQuery,
): Promise<Scanned> {
  const [type = '', place = NIL, custodian = NIL] = query.after?.split('|') ?? [];
  const limit = Math.min(query.limit, SCAN_LIMITS.rowsMax);
  // What a transaction sees of its own is not yet so for others.
  const shelf = 'transaction' in sql ? opened : undefined;
  for (let attempt = 0; attempt < KEY_CHANGES_MAX; attempt += 1) {
    const key = await keys.recordOrNobodys(sql, query.vault);
    const narrowing = [query.types ?? null, query.custodians ?? null, query.updatedFrom ?? null];
    const values = [query.vault, query.epoch, type, place, custodian, ...narrowing, limit];
    const question = `scan ${values.slice(1).join(' ')}`;
    const { mark, rows, isLying } = await askRows<ScannedRow>(sql, marks, {
      ...{ vault: query.vault, epoch: query.epoch, question, asOf: query.asOf },
      shelf: attempt > 0 || query.isPassing ? undefined : shelf,
      statements: () => ({ whole: { ...SCAN, values }, lying: { ...SCAN_LYING, values } }),
    });
    if (mark.epoch !== query.epoch) return { rows: [], isLast: true, epochMoved: true };
    if (mark.epoch > 0 && isOutdated(key, mark.keyNumber, attempt)) {
      keys.forget(query.vault);
      continue;
    }
    if (rows.length === 0) return { rows: [], isLast: true, epochMoved: false };
    const { epoch, mayOpen = () => true } = query;
    const found =
      isLying && shelf
        ? await withBytes(sql, { key, shelf }, rows, { epoch, mayOpen })
        : await openAll(sql, { key, shelf, mayOpen }, rows, query);
    // Something was written between the two statements.
    if (!found) continue;
    return {
      rows: found.map((row, at) => ({ row, position: positionOf(rows[at]) })),
      isLast: rows.length < limit && !rows.at(-1)?.full,
      epochMoved: false,
      mark,
    };
  }
  throw new Problem('busy', 'The record is being given a new key.', { retryAfterSeconds: 1 });
}

/** @returns undefined when a large one was written anew meanwhile. */
async function openAll(
  sql: Sql,
  fetching: Fetching,
  rows: readonly ScannedRow[],
  { isPassing }: ScanQuery,
): Promise<StoredResource[] | undefined> {
  const how = isPassing ? 'pass' : undefined;
  const opened: StoredResource[] = [];
  for (const row of rows) {
    const one = await openOrFetch(sql, fetching, row, how);
    if (!one) return undefined;
    opened.push(one);
  }
  return opened;
}

const positionOf = (row: Omit<SealedRow, 'sealed'> | undefined): string =>
  row ? `${row.type}|${row.place}|${row.custodian}` : '';
