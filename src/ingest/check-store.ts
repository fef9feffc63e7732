/** Checks the whole store against its own contents: what `db:check` runs. */
import {
  BSN_SYSTEM,
  indexTokens,
  isBsnSystem,
  normaliseBsn,
  type Resource,
} from '../conformance/index.ts';
import type { Sql } from '../platform/database.ts';
import type { CheckReport, Store, StoredResource } from '../store/index.ts';

export function checkStore(
  store: Store,
  sql: Sql,
  progress: (done: number, total: number) => void,
): Promise<CheckReport> {
  return store.check(sql, {
    indexTokens: (row) =>
      indexTokens(JSON.parse((row.r4 ?? row.bytes).toString('utf8')) as Resource),
    numbersOf,
    progress: ({ vaults, total }) => progress(vaults, total),
  });
}

/** A BSN leads to its record; one that was put away need not. */
function numbersOf(row: StoredResource): { system: string; value: string }[] {
  const resource = JSON.parse((row.r4 ?? row.bytes).toString('utf8')) as Resource;
  const identifiers = Array.isArray(resource['identifier'])
    ? (resource['identifier'] as { system?: unknown; value?: unknown; use?: unknown }[])
    : [];
  return identifiers.flatMap(({ system, value, use }) => {
    if (typeof value !== 'string' || !isBsnSystem(system) || use === 'old') return [];
    const number = normaliseBsn(value);
    return number === undefined ? [] : [{ system: BSN_SYSTEM, value: number }];
  });
}
