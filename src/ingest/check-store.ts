/** Checks the whole store against its own contents: what `db:check` runs. */
import { indexTokens, type Resource } from '../conformance/index.ts';
import type { Sql } from '../platform/database.ts';
import type { CheckReport, Store } from '../store/index.ts';

export function checkStore(
  store: Store,
  sql: Sql,
  progress: (done: number, total: number) => void,
): Promise<CheckReport> {
  return store.check(sql, {
    indexTokens: (row) =>
      indexTokens(JSON.parse((row.r4 ?? row.bytes).toString('utf8')) as Resource),
    progress: ({ vaults, total }) => progress(vaults, total),
  });
}
