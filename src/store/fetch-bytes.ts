/**
 * Rows of a question that was asked before: which they are is remembered, and their bytes are
 * mostly at hand. What is not is fetched by name, as it lay a moment ago, and only where whoever
 * asks may look into it. Somebody else may have asked it: each gets only what `mayOpen` says.
 */
import type { ResourceFacts } from '../permission/index.ts';
import { binaryArray } from '../platform/binary-array.ts';
import { type Sql, type Statement, statement } from '../platform/database.ts';
import { fetchApart } from './cut-rows.ts';
import { LARGE_ROW_BYTES } from './fetch-large.ts';
import { CUT_ROW_BYTES } from './long-texts.ts';
import type { Lying, OpenedRows } from './opened-rows.ts';
import { isSameMark, type Mark, type Marks, markOf } from './record-marks.ts';
import type { SealedRow } from './sealed-row.ts';
import type { StoredResource } from './stored-resource.ts';
import type { VaultKey } from './vault-keys.ts';

const BYTES = statement(
  'store_bytes',
  `select v.epoch, v.key_number, r.* from vault v
     left join lateral (
       select a.nth::integer as nth, r.sealed, r.size
         from unnest($3::text[], $4::uuid[], $5::uuid[], $6::text[])
           with ordinality as a(type, place, custodian, made, nth)
        cross join lateral (
          select case when octet_length(r.sealed) <= $7 then r.sealed end as sealed,
                 octet_length(r.sealed) as size from resource r
           where r.vault = v.id and r.type = a.type and r.place = a.place
             and r.custodian = a.custodian and r.xmin::text = a.made limit 1) r
        where v.epoch = $2) r on true
    where v.id = $1`,
);

interface BytesRow {
  readonly epoch: number;
  readonly key_number: number;
  readonly nth: number;
  /** Null when no row is as it was, and for a large one. */
  readonly sealed: Buffer | null;
  readonly size: number;
}

export interface BytesQuery {
  readonly epoch: number;
  readonly mayOpen: (facts: ResourceFacts) => boolean;
  /** Without long texts. */
  readonly cut?: boolean | undefined;
}

/** A row of a statement that also says how its record stands; null where no row fits. */
export type MarkedRow = Omit<SealedRow, 'type' | 'sealed'> & {
  readonly epoch: number;
  readonly key_number: number;
  readonly changes: number | null;
  readonly made: string;
  readonly type: string | null;
  readonly sealed: Buffer | null;
};

export interface RowsAsked {
  readonly vault: string;
  readonly epoch: number | undefined;
  /** All that the rows depend on beside the vault. */
  readonly question: string;
  /** How the record stood a moment ago, in the same request. */
  readonly asOf?: Mark | undefined;
  /** Where answers are remembered; absent inside a transaction, which sees what is its own. */
  readonly shelf: OpenedRows | undefined;
  statements(): { readonly whole: Statement; readonly lying: Statement };
}

export interface RowsFound<R> {
  /** How the record stood in that moment. */
  readonly mark: Mark;
  readonly rows: readonly R[];
  /** The bytes did not come along: the same was asked of this record lately. */
  readonly isLying: boolean;
}

/**
 * The rows of a question, as remembered where the record stands as it did; else by a statement,
 * without the bytes where the same was asked before: those of what may be seen are mostly at hand.
 */
export async function askRows<R extends MarkedRow>(
  sql: Sql,
  marks: Marks,
  { vault, epoch, question, asOf, shelf, statements }: RowsAsked,
): Promise<RowsFound<R>> {
  const known = epoch === undefined ? undefined : shelf?.answers.get(vault, question);
  if (known?.rows) {
    if (asOf && isSameMark(asOf, known.mark)) {
      return { mark: asOf, rows: known.rows as R[], isLying: true };
    }
    const mark = await marks(sql, vault);
    if (isSameMark(mark, known.mark)) return { mark, rows: known.rows as R[], isLying: true };
    // The caller decides again, so nothing needs to be fetched.
    if (mark.epoch !== epoch) return { mark, rows: [], isLying: true };
  }
  const { whole, lying } = statements();
  const { rows } = await sql.query<R>(known ? lying : whole);
  const [first] = rows;
  const mark = markOf(first);
  const found = first?.type == null ? [] : rows;
  if (mark.epoch === epoch) shelf?.answers.put(vault, question, mark, found as Lying[]);
  return { mark, rows: found, isLying: known !== undefined };
}

/**
 * Each row in the order given; what may not be looked into is closed.
 * @returns undefined when something changed since: ask again, for rows with their bytes.
 */
export async function withBytes(
  sql: Sql,
  { key, shelf }: { readonly key: VaultKey; readonly shelf: OpenedRows },
  rows: readonly Lying[],
  { epoch, mayOpen, cut }: BytesQuery,
): Promise<StoredResource[] | undefined> {
  const { vault } = key;
  const how = cut ? 'cut' : undefined;
  const atHand = rows.map((row) => {
    const known = shelf.known(vault, row);
    if (known && !mayOpen(known.facts)) return shelf.closed(vault, row, known);
    return known && shelf.held(vault, row, how);
  });
  const missing = rows.filter((_row, at) => atHand[at] === undefined);
  if (missing.length === 0) return atHand.flatMap((row) => row ?? []);
  const answer = await sql.query<BytesRow>({
    ...BYTES,
    values: [
      vault,
      epoch,
      binaryArray.text(missing.map(({ type }) => type)),
      binaryArray.uuid(missing.map(({ place }) => place)),
      binaryArray.uuid(missing.map(({ custodian }) => custodian)),
      binaryArray.text(missing.map(({ made }) => made)),
      cut ? CUT_ROW_BYTES : LARGE_ROW_BYTES,
    ],
  });
  const [first] = answer.rows;
  if (first?.epoch !== epoch || first.key_number !== key.number) return undefined;
  const found = new Map(answer.rows.map((row) => [missing[row.nth - 1], row]));
  const opened: StoredResource[] = [];
  for (const [at, row] of rows.entries()) {
    const { sealed, size = 0 } = found.get(row) ?? {};
    const one =
      atHand[at] ??
      (sealed
        ? shelf.open(key, { ...row, sealed }, how)
        : size && (await fetchApart(sql, { key, shelf, mayOpen }, { ...row, size }, how)));
    if (!one) return undefined;
    opened.push(one);
  }
  return opened;
}
