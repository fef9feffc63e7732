/**
 * Checks a whole store: every seal opens as the row it stands in, the search tokens are those of
 * the content, versions have no gap, places lead where they should. Findings name rows, never
 * content.
 */
import { type Sql, statement } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import {
  checkDangling,
  checkLookups,
  checkOwnLookups,
  LOOKUPS,
  type LookupRow,
} from './check-ways-in.ts';
import type { Originals } from './originals.ts';
import { type PersonIdentifier, type PlaceKeys, placeOf } from './place.ts';
import { openRow, type SealedRow } from './sealed-row.ts';
import { plainTokens, tokenArray } from './search-tokens.ts';
import type { StoredResource } from './stored-resource.ts';
import type { VaultKey, VaultKeys } from './vault-keys.ts';
import { withinBytes } from './within-bytes.ts';

const PAGE_ROWS = 500;
const FINDINGS_MAX = 1_000;
const NIL = '00000000-0000-0000-0000-000000000000';

const COUNT = statement('store_check_count', 'select count(*)::int as vaults from vault');
const VAULTS = statement(
  'store_check_vaults',
  'select id, state from vault where id > $1 order by id limit $2',
);
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
const LEFT_OVER = statement(
  'store_check_left_over',
  `select (select count(*) from resource where vault = $1)::int
        + (select count(*) from resource_history where vault = $1)::int
        + (select count(*) from original where vault = $1)::int
        + (select count(*) from vault_lookup where vault = $1)::int as rows`,
);
const ORIGINALS = statement(
  'store_check_originals',
  'select id from original where chunks > 0 and parts is null and id > $1 order by id limit $2',
);

export interface CheckFinding {
  readonly vault?: string;
  readonly type?: string;
  /** The row's place (a keyed hash), or the id of an original. */
  readonly place?: string;
  readonly version?: number;
  readonly fault: 'seal' | 'tokens' | 'versions' | 'place' | 'lookup' | 'left-over' | 'original';
}

export interface CheckReport {
  readonly vaults: number;
  readonly resources: number;
  readonly olderVersions: number;
  readonly originals: number;
  /** At most 1,000; `more` says that there were others. */
  readonly findings: readonly CheckFinding[];
  readonly more: boolean;
}

export interface CheckOptions {
  /** What conformance would index for the content of this row. */
  indexTokens(row: StoredResource): { tokens: readonly string[]; months: readonly string[] };
  /** The numbers that a Patient tells of, and that must lead to it. */
  numbersOf?(row: StoredResource): readonly PersonIdentifier[];
  progress?(at: { readonly vaults: number; readonly total: number }): void;
}

interface CheckParts {
  readonly keys: VaultKeys;
  readonly places: PlaceKeys;
  readonly originals: Originals;
}

interface CheckedRow extends SealedRow {
  readonly versions: number;
  readonly tokens: string;
}

type Report = (finding: CheckFinding) => void;
type Counts = { resources: number; olderVersions: number };

export async function check(
  parts: CheckParts,
  sql: Sql,
  options: CheckOptions,
): Promise<CheckReport> {
  const findings: CheckFinding[] = [];
  let more = false;
  const report: Report = (finding) => {
    if (findings.length < FINDINGS_MAX) findings.push(finding);
    else more = true;
  };
  const counts: Counts = { resources: 0, olderVersions: 0 };
  const counted = await sql.query<{ vaults: number }>(COUNT);
  const total = counted.rows[0]?.vaults ?? 0;
  let vaults = 0;
  for await (const { id, state } of pages<{ id: string; state: string }>(sql, VAULTS)) {
    if (state === 'open') await checkVault(parts, sql, id, options, report, counts);
    else await checkErased(sql, id, report);
    vaults += 1;
    options.progress?.({ vaults, total: Math.max(total, vaults) });
  }
  await checkDangling(sql, report);
  await checkLookups(parts.places, pages<LookupRow>(sql, LOOKUPS), report);
  let originals = 0;
  for await (const { id } of pages<{ id: string }>(sql, ORIGINALS)) {
    await checkOriginal(parts, sql, id, report);
    originals += 1;
  }
  return { vaults, ...counts, originals, findings, more };
}

async function* pages<R extends { id: string }>(
  sql: Sql,
  query: { readonly text: string },
): AsyncGenerator<R> {
  let after = NIL;
  for (;;) {
    const { rows } = await sql.query<R>({ ...query, values: [after, PAGE_ROWS] });
    yield* rows;
    const last = rows.at(-1);
    if (!last || rows.length < PAGE_ROWS) return;
    after = last.id;
  }
}

async function checkVault(
  parts: CheckParts,
  sql: Sql,
  vault: string,
  options: CheckOptions,
  report: Report,
  counts: Counts,
): Promise<void> {
  let key: VaultKey;
  try {
    key = await parts.keys.record(sql, vault);
  } catch (error) {
    if (Problem.from(error).kind === 'busy') throw error;
    report({ vault, fault: 'seal' });
    return;
  }
  const numbers: PersonIdentifier[] = [];
  let after = ['', NIL, NIL];
  for (;;) {
    const { rows } = await sql.query<CheckedRow>({ ...ROWS, values: [vault, ...after, PAGE_ROWS] });
    for (const row of rows) {
      const opened = checkRow(parts, key, row, options, report);
      if (row.type === 'Patient' && opened) numbers.push(...(options.numbersOf?.(opened) ?? []));
    }
    counts.olderVersions += await checkVersions(sql, key, rows, report);
    await checkPlaces(sql, vault, rows, report);
    counts.resources += rows.length;
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
}

function checkRow(
  parts: CheckParts,
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

async function checkErased(sql: Sql, vault: string, report: Report): Promise<void> {
  const { rows } = await sql.query<{ rows: number }>({ ...LEFT_OVER, values: [vault] });
  if (rows[0]?.rows !== 0) report({ vault, fault: 'left-over' });
}

async function checkOriginal(
  { originals }: CheckParts,
  sql: Sql,
  id: string,
  report: Report,
): Promise<void> {
  try {
    await originals.about(sql, id);
    for await (const _ of originals.chunks(sql, id));
  } catch (error) {
    if (Problem.from(error).kind === 'busy') throw error;
    report({ place: id, fault: 'original' });
  }
}

function tryOpen(key: VaultKey, row: SealedRow): StoredResource | undefined {
  try {
    return openRow(key, row);
  } catch {
    return undefined;
  }
}
