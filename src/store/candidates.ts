/**
 * Fetching rows of one vault: SQL narrows, code decides (D3). The consent epoch is compared in the
 * statement that fetches, so a choice that was committed before it always counts. D6.
 */
import type { ResourceFacts } from '../permission/index.ts';
import { type Sql, type Statement, statement } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { askRows, withBytes } from './fetch-bytes.ts';
import type { OpenedRows } from './opened-rows.ts';
import { type PlaceKeys, placeOf } from './place.ts';
import { CHANGES, type Mark, type Marks } from './record-marks.ts';
import { openRow, type SealedRow } from './sealed-row.ts';
import { hashTokens, monthToken } from './search-tokens.ts';
import { sourceInstant } from './source-instant.ts';
import type { StoredResource } from './stored-resource.ts';
import { isOutdated, type VaultKey, type VaultKeys } from './vault-keys.ts';

export const FETCH_LIMITS = {
  rowsMax: 5_000,
  /** Groups beyond this do not narrow in SQL: what they let through is decided after unsealing. */
  tokenGroupsMax: 12,
  /** After so many rows other requests get a turn. */
  rowsOpenedInOneGo: 250,
} as const satisfies Record<string, number>;

export interface CandidateQuery {
  readonly vault: string;
  /**
   * The consent epoch that the decision was made under. Absent where nobody is shown anything: the
   * way in, which looks at what it writes on.
   */
  readonly epoch?: number;
  /**
   * How the record stood when the same request fetched from it a moment ago: what is remembered of
   * that very mark is of the same moment, and nothing is asked again.
   */
  readonly asOf?: Mark | undefined;
  /** R4 type names; absent is all. */
  readonly types?: readonly string[];
  /**
   * AND of ORs of plain tokens, also `labelToken`, `categoryToken` and `authorToken` of this room.
   */
  readonly tokens?: readonly (readonly string[])[];
  /** AND of ORs of months, `2026-03`. */
  readonly months?: readonly (readonly string[])[];
  readonly custodians?: readonly string[];
  readonly notCustodians?: readonly string[];
  /** A custodian narrows to its own; without one all resources of that id answer. */
  readonly ids?: readonly {
    readonly type: string;
    readonly id: string;
    readonly custodian?: string;
  }[];
  /** Stored at or after this instant. */
  readonly updatedFrom?: Date;
  /** Tombstones as well. */
  readonly deletedToo?: boolean;
  /**
   * Who asks may look into a row of these facts. What nobody may look into need not be fetched; it
   * is given without its content. Absent: into all of them.
   */
  readonly mayOpen?: (facts: ResourceFacts) => boolean;
  /** Older versions as well, newest first; not together with tokens or months. */
  readonly olderToo?: boolean;
  /** At most `FETCH_LIMITS.rowsMax`, which is also the default. */
  readonly limit?: number;
  /**
   * In pages of at most `limit`, in the order of the key: `next` of the page before, and an empty
   * text for the first. Not together with `olderToo`.
   */
  readonly after?: string;
}

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

interface FetchedRow extends SealedRow {
  readonly epoch: number;
  readonly key_number: number;
  readonly changes: number | null;
  readonly latest: boolean;
  /** Of the transaction that wrote it. */
  readonly made: string;
}

const COLUMNS = 'type, place, custodian, version, updated, deleted, xmin::text as made';
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
      statements: () => build(query, key, places, limit),
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
    const opened =
      isLying && shelf && query.epoch !== undefined
        ? await withBytes(sql, { key, shelf }, page, { mayOpen, epoch: query.epoch })
        : await openAll(key, shelf, page);
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

async function openAll(
  key: VaultKey,
  shelf: OpenedRows | undefined,
  rows: readonly FetchedRow[],
): Promise<StoredResource[]> {
  const opened: StoredResource[] = [];
  for (const row of rows) {
    if (opened.length > 0 && opened.length % FETCH_LIMITS.rowsOpenedInOneGo === 0) {
      await new Promise(setImmediate);
    }
    opened.push(shelf ? shelf.open(key, row) : openRow(key, row));
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

interface Shaped {
  readonly whole: Statement;
  /** Without the bytes of its rows. */
  readonly lying: Statement;
}
type Built = { readonly [K in keyof Shaped]: Statement & { readonly values: unknown[] } };

const statements = new Map<string, Shaped>();

/** Statements for each shape of question: few shapes, each planned once for each connection. */
function build(query: CandidateQuery, key: VaultKey, places: PlaceKeys, limit: number): Built {
  if (query.olderToo && (query.tokens || query.months)) {
    throw new Error('Older versions have no tokens to narrow by.');
  }
  const values: unknown[] = [query.vault, query.epoch ?? null, limit + 1];
  const under = query.epoch === undefined ? '$2::integer is null' : 'v.epoch = $2';
  const where = [`r.vault = v.id and ${under}`];
  const narrowBy = (condition: string, ...more: unknown[]) => {
    where.push(condition.replace(/\?/g, () => `$${values.push(more.shift())}`));
  };
  if (query.types) narrowBy('r.type = any(?::text[])', query.types);
  if (query.ids) narrowById(query.ids, places, narrowBy);
  if (query.custodians) narrowBy('r.custodian = any(?::uuid[])', query.custodians);
  if (query.notCustodians?.length) {
    narrowBy('r.custodian <> all(?::uuid[])', query.notCustodians);
  }
  if (query.updatedFrom) narrowBy('r.updated >= ?', query.updatedFrom);
  if (!query.deletedToo) where.push('not r.deleted');
  const months = query.months?.map((group) => group.map(monthToken)) ?? [];
  const groups = [...selectiveFirst(query.tokens ?? []), ...months];
  groups.splice(FETCH_LIMITS.tokenGroupsMax);
  for (const group of groups) {
    narrowBy('r.tokens && ?::bigint[]', `{${hashTokens(key.for('tokens'), group).join(',')}}`);
  }
  const inPages = query.after !== undefined;
  if (query.after) {
    narrowBy('(r.type, r.place, r.custodian) > (?, ?, ?)', ...query.after.split('|'));
  }
  const how = { olderToo: query.olderToo ?? false, inPages };
  const shape = `${how.olderToo ? 'older ' : ''}${inPages ? 'paged ' : ''}${where.join(' and ')}`;
  const { whole, lying } = shaped(shape, where, how);
  return { whole: { ...whole, values }, lying: { ...lying, values } };
}

/** PostgreSQL tests them in this order: whose record it is rarely leaves anything out. */
function selectiveFirst(groups: readonly (readonly string[])[]): (readonly string[])[] {
  const isAboutPerson = (group: readonly string[]) => /^(patient|subject)\|/.test(group[0] ?? '');
  return [...groups.filter((one) => !isAboutPerson(one)), ...groups.filter(isAboutPerson)];
}

function narrowById(
  ids: NonNullable<CandidateQuery['ids']>,
  places: PlaceKeys,
  narrowBy: (condition: string, ...values: unknown[]) => void,
): void {
  const all = ids.map(({ type, id }) => placeOf(places, type, id));
  const types = new Set(ids.map((one) => one.type));
  const custodians = new Set(ids.map((one) => one.custodian));
  narrowBy('r.type = any(?::text[])', [...types]);
  narrowBy('r.place = any(?::uuid[])', all);
  if (custodians.size === 1) {
    const [custodian] = custodians;
    if (custodian !== undefined) narrowBy('r.custodian = ?', custodian);
  } else {
    narrowBy(
      `exists (select from unnest(?::uuid[], ?::uuid[]) as asked(place, custodian)
                where asked.place = r.place
                  and (asked.custodian is null or asked.custodian = r.custodian))`,
      all,
      ids.map((one) => one.custodian ?? null),
    );
  }
}

function shaped(
  shape: string,
  where: readonly string[],
  { olderToo, inPages }: { olderToo: boolean; inPages: boolean },
): Shaped {
  const known = statements.get(shape);
  if (known) return known;
  const ordered = inPages ? ' order by r.type, r.place, r.custodian' : '';
  const make = (name: string, bytes: string) => {
    const from = (table: string, latest: boolean) =>
      `select ${COLUMNS}, ${bytes} as sealed, ${latest} as latest
         from ${table} r where ${where.join(' and ')}`;
    const older = olderToo ? ` union all ${from('resource_history', false)}` : '';
    return statement(
      name,
      `select v.epoch, v.key_number, ${CHANGES}, r.* from vault v
         left join vault_change c on c.vault = v.id
         left join lateral (${from('resource', true)}${older}${ordered} limit $3) r on true
        where v.id = $1`,
    );
  };
  const made = {
    whole: make(`store_candidates_${statements.size}`, 'sealed'),
    lying: make(`store_lying_${statements.size}`, 'null::bytea'),
  };
  statements.set(shape, made);
  return made;
}
