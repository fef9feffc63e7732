/**
 * Fetching rows of one vault: SQL narrows, code decides (D3). The consent epoch is compared in the
 * statement that fetches, so a choice that was committed before it always counts. D6.
 */
import type { Sql } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { type CandidateQuery, candidateStatements, FETCH_LIMITS } from './candidate-query.ts';
import { type Fetching, openOrFetch } from './cut-rows.ts';
import { askRows, withBytes } from './fetch-bytes.ts';
import type { OpenedRows } from './opened-rows.ts';
import type { PlaceKeys } from './place.ts';
import type { Mark, Marks } from './record-marks.ts';
import type { SealedRow } from './sealed-row.ts';
import { sourceInstant } from './source-instant.ts';
import type { StoredResource } from './stored-resource.ts';
import { isOutdated, type VaultKeys } from './vault-keys.ts';

export interface Candidates {
  readonly rows: readonly StoredResource[];
  /** The vault's epoch is another now: decide again. Nothing was fetched. */
  readonly epochMoved: boolean;
  /** More than the limit: nothing was opened. Never so in pages. */
  readonly tooMany: boolean;
  /** In pages: where the next one begins; absent when this was the last. */
  readonly next?: string;
  /** How the record stood when these rows were found; where rows were. */
  readonly mark?: Mark;
}

interface FetchedRow extends Omit<SealedRow, 'sealed'> {
  /** Null where the bytes did not come along. */
  readonly sealed: Buffer | null;
  /** In bytes, of a large row that is to be cut. */
  readonly size?: number | null;
  readonly epoch: number;
  readonly key_number: number;
  readonly changes: number | null;
  readonly latest: boolean;
  /** Of the transaction that wrote it. */
  readonly made: string;
}

const KEY_CHANGES_MAX = 3;

export interface CandidateParts {
  readonly keys: VaultKeys;
  readonly places: PlaceKeys;
  readonly marks: Marks;
  readonly opened: OpenedRows;
}

/**
 * @throws Problem `fault` when a row does not open; `not-found` never: nobody's vault is just
 * empty.
 */
export async function candidates(
  sql: Sql,
  { keys, places, marks, opened: all }: CandidateParts,
  query: CandidateQuery,
): Promise<Candidates> {
  // What a transaction sees of its own is not yet so for others, and may change once more in it.
  const shelf = 'transaction' in sql && !query.olderToo ? all : undefined;
  const limit = Math.min(query.limit ?? FETCH_LIMITS.rowsMax, FETCH_LIMITS.rowsMax);
  const { mayOpen = () => true } = query;
  const question = shelf ? questionOf(query, limit) : '';
  for (let attempt = 0; attempt < KEY_CHANGES_MAX; attempt += 1) {
    const key = await keys.recordOrNobodys(sql, query.vault);
    const asked = {
      ...{ vault: query.vault, epoch: query.epoch, question, asOf: query.asOf },
      shelf: attempt === 0 ? shelf : undefined,
      statements: () => candidateStatements(query, key, places, limit),
    };
    const { mark, rows, isLying } = await askRows<FetchedRow>(sql, marks, asked);
    if (query.epoch !== undefined && mark.epoch !== query.epoch) {
      return { rows: [], epochMoved: true, tooMany: false };
    }
    if (mark.epoch > 0 && isOutdated(key, mark.keyNumber, attempt)) {
      keys.forget(query.vault);
      continue;
    }
    if (rows.length === 0) return { rows: [], epochMoved: false, tooMany: false };
    const inPages = query.after !== undefined;
    if (rows.length > limit && !inPages) return { rows: [], epochMoved: false, tooMany: true };
    const page = rows.slice(0, limit);
    const { epoch, cut } = query;
    const opened =
      isLying && shelf && epoch !== undefined
        ? await withBytes(sql, { key, shelf }, page, { mayOpen, epoch, cut })
        : await openAll(sql, { key, shelf, mayOpen, cut }, page);
    // Something was written between the two statements.
    if (!opened) continue;
    const last = inPages && rows.length > limit ? page.at(-1) : undefined;
    return {
      rows: query.olderToo ? newestFirst(opened, page) : opened,
      epochMoved: false,
      tooMany: false,
      mark,
      ...(last ? { next: `${last.type}|${last.place}|${last.custodian}` } : {}),
    };
  }
  throw new Problem('busy', 'The record is being given a new key.', { retryAfterSeconds: 1 });
}

/** @returns undefined when a large one was written anew meanwhile. */
async function openAll(
  sql: Sql,
  { cut, ...fetching }: Fetching & { readonly cut: boolean | undefined },
  rows: readonly FetchedRow[],
): Promise<StoredResource[] | undefined> {
  const opened: StoredResource[] = [];
  for (const row of rows) {
    if (opened.length > 0 && opened.length % FETCH_LIMITS.rowsOpenedInOneGo === 0) {
      await new Promise(setImmediate);
    }
    const one = await openOrFetch(sql, fetching, row, cut ? 'cut' : undefined);
    if (!one) return undefined;
    opened.push(one);
  }
  return opened;
}

/**
 * By the time of the source, so that what arrived late stands where it belongs; the current one
 * first.
 */
function newestFirst(
  opened: readonly StoredResource[],
  fetched: readonly FetchedRow[],
): StoredResource[] {
  const instant = (row: StoredResource) => sourceInstant(row.sourceTime) ?? row.updated.getTime();
  return opened
    .map((row, at) => ({ row, latest: fetched[at]?.latest ?? false }))
    .toSorted(
      (a, b) =>
        Number(b.latest) - Number(a.latest) ||
        instant(b.row) - instant(a.row) ||
        b.row.version - a.row.version,
    )
    .map((one) => one.row);
}

/** All that the rows depend on beside the vault and its mark. */
function questionOf(query: CandidateQuery, limit: number): string {
  const { vault: _vault, epoch: _epoch, asOf: _asOf, mayOpen: _mayOpen, ...asked } = query;
  return JSON.stringify({ ...asked, limit });
}
