/**
 * Checks one record: every seal opens as the row it stands in, the search tokens are those of the
 * content, versions have no gap, places lead where they should.
 */
import { type Sql, statement } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { checkOwnLookups } from './check-ways-in.ts';
import { type PersonIdentifier, type PlaceKeys, placeOf } from './place.ts';
import { isSameMark, type Marks } from './record-marks.ts';
import { openRow, type SealedRow } from './sealed-row.ts';
import { plainTokens, tokenArray } from './search-tokens.ts';
import type { StoredResource } from './stored-resource.ts';
import type { VaultKey, VaultKeys } from './vault-keys.ts';
import { withinBytes } from './within-bytes.ts';

const PAGE_ROWS = 500;
const NIL = '00000000-0000-0000-0000-000000000000';
/** A record that is written without end is said to be busy rather than faulty. */
const TRIES_MAX = 20;

const ROWS = statement(
  'store_check_rows',
  withinBytes(
    `select type, place, custodian, version, versions, updated, deleted, tokens::text, sealed,
            octet_length(sealed) as size
       from resource where vault = $1 and (type, place, custodian) > ($2, $3, $4)
      order by type, place, custodian limit $5`,
    'type, place, custodian',
  ),
);
const OLDER = statement(
  'store_check_older',
  `select h.type, h.place, h.custodian, h.version, h.updated, h.deleted, h.sealed
     from resource_history h
     join unnest($2::text[], $3::uuid[], $4::uuid[]) as i(type, place, custodian)
       on h.type = i.type and h.place = i.place and h.custodian = i.custodian
    where h.vault = $1`,
);
const PLACED = statement(
  'store_check_places',
  `select i.place, i.custodian from unnest($1::uuid[], $2::uuid[]) as i(place, custodian)
    where not exists (select from resource_place p
                       where p.place = i.place and p.custodian = i.custodian)`,
);
const STRAY = statement(
  'store_check_stray',
  `select h.type, h.place, h.version from resource_history h
    where h.vault = $1 and not exists (
      select from resource r where r.vault = h.vault and r.type = h.type
         and r.place = h.place and r.custodian = h.custodian) limit 100`,
);
/** A person may be erased while others are looked at. */
const STILL_OPEN = statement(
  'store_check_still_open',
  `select id from vault where id = $1 and state = 'open'`,
);

export interface CheckFinding {
  readonly vault?: string;
  readonly type?: string;
  /** The row's place (a keyed hash), or the id of an original. */
  readonly place?: string;
  readonly version?: number;
  readonly fault: 'seal' | 'tokens' | 'versions' | 'place' | 'lookup' | 'left-over' | 'original';
}

export interface CheckOptions {
  /** What conformance would index for the content of this row. */
  indexTokens(row: StoredResource): { tokens: readonly string[]; months: readonly string[] };
  /** The numbers that a Patient tells of, and that must lead to it. */
  numbersOf?(row: StoredResource): readonly PersonIdentifier[];
  progress?(at: { readonly vaults: number; readonly total: number }): void;
}

export interface VaultParts {
  readonly keys: VaultKeys;
  readonly places: PlaceKeys;
  readonly marks: Marks;
}

interface CheckedRow extends SealedRow {
  readonly versions: number;
  readonly tokens: string;
}

export type Report = (finding: CheckFinding) => void;

/** What was looked at. */
export interface Counts {
  readonly resources: number;
  readonly olderVersions: number;
}

/**
 * Rows, versions and the key are read one after the other: a finding counts only where nothing was
 * written in between, else all is looked at again.
 * @throws Problem `busy` when something is written each time.
 */
export async function checkVault(
  parts: VaultParts,
  sql: Sql,
  vault: string,
  options: CheckOptions,
  report: Report,
): Promise<Counts> {
  for (let attempt = 0; attempt < TRIES_MAX; attempt += 1) {
    const before = await parts.marks(sql, vault);
    const found: CheckFinding[] = [];
    // A key that was opened a moment ago may be another by now.
    parts.keys.forget(vault);
    const counts = await checkOnce(parts, sql, vault, options, (one) => found.push(one));
    if (found.length > 0 && !isSameMark(before, await parts.marks(sql, vault))) continue;
    for (const one of found) report(one);
    return counts;
  }
  throw new Problem('busy', 'A record is written all the time: check again.', {
    retryAfterSeconds: 5,
  });
}

async function checkOnce(
  parts: VaultParts,
  sql: Sql,
  vault: string,
  options: CheckOptions,
  report: Report,
): Promise<Counts> {
  let key: VaultKey;
  try {
    key = await parts.keys.record(sql, vault);
  } catch (error) {
    if (Problem.from(error).kind === 'busy') throw error;
    const { rows } = await sql.query({ ...STILL_OPEN, values: [vault] });
    if (rows.length > 0) report({ vault, fault: 'seal' });
    return { resources: 0, olderVersions: 0 };
  }
  const numbers: PersonIdentifier[] = [];
  let [resources, olderVersions] = [0, 0];
  let after = ['', NIL, NIL];
  for (;;) {
    const { rows } = await sql.query<CheckedRow>({ ...ROWS, values: [vault, ...after, PAGE_ROWS] });
    for (const row of rows) {
      const opened = checkRow(parts, key, row, options, report);
      if (row.type === 'Patient' && opened) numbers.push(...(options.numbersOf?.(opened) ?? []));
    }
    olderVersions += await checkVersions(sql, key, rows, report);
    await checkPlaces(sql, vault, rows, report);
    resources += rows.length;
    const last = rows.at(-1);
    if (!last) break;
    after = [last.type, last.place, last.custodian];
  }
  await checkOwnLookups(parts.places, sql, vault, numbers, report);
  const stray = await sql.query<Pick<SealedRow, 'type' | 'place' | 'version'>>({
    ...STRAY,
    values: [vault],
  });
  for (const row of stray.rows) report({ vault, ...row, fault: 'versions' });
  return { resources, olderVersions };
}

function checkRow(
  parts: VaultParts,
  key: VaultKey,
  row: CheckedRow,
  options: CheckOptions,
  report: Report,
): StoredResource | undefined {
  const where = { vault: key.vault, type: row.type, place: row.place, version: row.version };
  const opened = tryOpen(key, row);
  if (!opened) {
    report({ ...where, fault: 'seal' });
    return undefined;
  }
  if (placeOf(parts.places, row.type, opened.id) !== row.place)
    report({ ...where, fault: 'place' });
  if (row.deleted) return undefined;
  const plain = plainTokens({ ...options.indexTokens(opened), facts: opened.facts });
  if (tokenArray(key.for('tokens'), plain) !== row.tokens) report({ ...where, fault: 'tokens' });
  return opened;
}

async function checkVersions(
  sql: Sql,
  key: VaultKey,
  rows: readonly CheckedRow[],
  report: Report,
): Promise<number> {
  const older = await sql.query<SealedRow>({
    ...OLDER,
    values: [
      key.vault,
      rows.map((row) => row.type),
      rows.map((row) => row.place),
      rows.map((row) => row.custodian),
    ],
  });
  const name = (row: SealedRow) => `${row.type}/${row.place}/${row.custodian}`;
  const versions = new Map(rows.map((row) => [name(row), [row.version]]));
  for (const row of older.rows) {
    versions.get(name(row))?.push(row.version);
    if (tryOpen(key, row)) continue;
    const { type, place, version } = row;
    report({ vault: key.vault, type, place, version, fault: 'seal' });
  }
  for (const row of rows) {
    const sorted = (versions.get(name(row)) ?? []).toSorted((a, b) => a - b);
    const whole = sorted.length === row.versions && sorted.every((one, at) => one === at + 1);
    const { type, place, version } = row;
    if (!whole) report({ vault: key.vault, type, place, version, fault: 'versions' });
  }
  return older.rows.length;
}

async function checkPlaces(
  sql: Sql,
  vault: string,
  rows: readonly CheckedRow[],
  report: Report,
): Promise<void> {
  const values = [rows.map((row) => row.place), rows.map((row) => row.custodian)];
  const missing = await sql.query<{ place: string }>({ ...PLACED, values });
  for (const { place } of missing.rows) report({ vault, place, fault: 'place' });
}

function tryOpen(key: VaultKey, row: SealedRow): StoredResource | undefined {
  try {
    return openRow(key, row);
  } catch {
    return undefined;
  }
}
