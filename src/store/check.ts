/**
 * Checks a whole store: every seal opens as the row it stands in, the search tokens are those of
 * the content, versions have no gap, places lead where they should. Findings name rows, never
 * content.
 */
import { type Sql, statement } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import {
  type CheckFinding,
  type CheckOptions,
  checkVault,
  type Report,
  type VaultParts,
} from './check-vault.ts';
import { checkDangling, checkLookups, LOOKUPS, type LookupRow } from './check-ways-in.ts';
import type { Originals } from './originals.ts';

const PAGE_ROWS = 500;
const FINDINGS_MAX = 1_000;
const NIL = '00000000-0000-0000-0000-000000000000';

const COUNT = statement('store_check_count', 'select count(*)::int as vaults from vault');
const VAULTS = statement(
  'store_check_vaults',
  'select id, state from vault where id > $1 order by id limit $2',
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

/** Originals go while others are looked at. */
const STILL_KEPT = statement(
  'store_check_still_kept',
  'select id from original where id = $1 and chunks > 0 and parts is null',
);

export interface CheckReport {
  readonly vaults: number;
  readonly resources: number;
  readonly olderVersions: number;
  readonly originals: number;
  /** At most 1,000; `more` says that there were others. */
  readonly findings: readonly CheckFinding[];
  readonly more: boolean;
}

interface CheckParts extends VaultParts {
  readonly originals: Originals;
}

/** All records, the ways in to them, and the originals; while others write. */
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
  const counts = { resources: 0, olderVersions: 0 };
  const counted = await sql.query<{ vaults: number }>(COUNT);
  const total = counted.rows[0]?.vaults ?? 0;
  let vaults = 0;
  for await (const { id, state } of pages<{ id: string; state: string }>(sql, VAULTS)) {
    if (state === 'open') {
      const seen = await checkVault(parts, sql, id, options, report);
      counts.resources += seen.resources;
      counts.olderVersions += seen.olderVersions;
    } else await checkErased(sql, id, report);
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
    const { rows } = await sql.query({ ...STILL_KEPT, values: [id] });
    if (rows.length > 0) report({ place: id, fault: 'original' });
  }
}
