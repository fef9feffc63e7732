/** The versions of records, for decisions of the past that are made again. */
import type { Sql } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { Store, StoredResource } from '../store/index.ts';

export interface ShelfParts {
  readonly store: Pick<Store, 'candidates' | 'epoch'>;
  readonly sql: Sql;
}

/** Where a line is about no record at all. */
export const NOBODY = '00000000-0000-4000-8000-000000000000';

/** @param names what a line shows, `Type/id@version`: of a large record only these are fetched */
export type VersionShelf = (
  vault: string,
  names: readonly string[],
) => Promise<readonly StoredResource[] | undefined>;

const VAULTS_HELD_MAX = 20;
/** New versions come without a new epoch: what is held is fetched again after a while. */
export const HELD_MS_MAX = 2_000;

/** All versions of a record, fetched once for many of its lines while its epoch stands. */
export function createVersionShelf({ store, sql }: ShelfParts): VersionShelf {
  const held = new Map<string, { epoch: number; until: number; rows: readonly StoredResource[] }>();
  return async (vault, names) => {
    if (vault === NOBODY) return [];
    for (;;) {
      const epoch = await store.epoch(sql, vault);
      const known = held.get(vault);
      const now = performance.now();
      if (known?.epoch === epoch && now < known.until) return known.rows;
      const query = { vault, epoch, deletedToo: true, olderToo: true, cut: true };
      const { rows, epochMoved, tooMany } = await store.candidates(sql, query);
      if (epochMoved) continue;
      if (tooMany) return namedVersions(store, sql, vault, names);
      if (rows.length === 0) return undefined;
      if (held.size >= VAULTS_HELD_MAX) held.clear();
      held.set(vault, { epoch, until: now + HELD_MS_MAX, rows });
      return rows;
    }
  };
}

/** All versions of these resources, and of the Patients of the record. */
async function namedVersions(
  store: ShelfParts['store'],
  sql: Sql,
  vault: string,
  names: readonly string[],
): Promise<StoredResource[]> {
  const every = { vault, deletedToo: true, olderToo: true, cut: true };
  const ids = names.flatMap((name) => {
    const [, type, id] = /^([A-Za-z]+)\/(.+)@\d+$/.exec(name) ?? [];
    return type && id && type !== 'Patient' ? [{ type, id }] : [];
  });
  const types = [...new Set(ids.map(({ type }) => type))];
  const [people, named] = await Promise.all([
    store.candidates(sql, { ...every, types: ['Patient'] }),
    types.length === 0 ? NOTHING : store.candidates(sql, { ...every, types, ids }),
  ]);
  if (people.tooMany || named.tooMany) {
    throw new Problem('too-costly', 'These resources have too many versions.');
  }
  return [...people.rows, ...named.rows];
}

const NOTHING = { rows: [], tooMany: false } as const;
