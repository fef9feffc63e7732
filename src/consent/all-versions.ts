/**
 * The versions of a record, however many it has. What may not be seen counts for nothing: a history
 * that is refused as too long would tell of it. So in a large record the older versions of a
 * resource are fetched only where its current one may be seen, since they leave only with that.
 */
import type { Grant, ResourceFacts } from '../permission/index.ts';
import type { Sql } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import {
  type CandidateQuery,
  type Mark,
  oneMark,
  type Store,
  type StoredResource,
  throughPages,
} from '../store/index.ts';

const VERSIONS_LIMITS = {
  /** That may be seen. */
  versionsMax: 5_000,
  resourcesTogetherMax: 200,
} as const satisfies Record<string, number>;

interface Parts {
  readonly store: Store;
  readonly database: Sql;
}

type Asked = Omit<CandidateQuery, 'limit' | 'after' | 'cut' | 'tokens' | 'months' | 'mayOpen'>;
type Named = Required<NonNullable<CandidateQuery['ids']>[number]>;

export interface Versions {
  /** The current version of each resource comes before its older ones. */
  readonly rows: readonly StoredResource[];
  /** How the record stood at all of them; absent where it changed meanwhile. */
  readonly mark?: Mark | undefined;
}

/**
 * Rows that this grant does not cover are given without their content.
 * @throws Problem `too-costly` when too many may be seen.
 */
export async function allVersions(
  { store, database }: Parts,
  grant: Grant,
  asked: Asked,
): Promise<Versions | 'moved'> {
  const mayOpen = (facts: ResourceFacts) => grant.covers(facts).permit;
  const every = { ...asked, deletedToo: true, mayOpen };
  const fetch = (more: Partial<CandidateQuery>) =>
    store.candidates(database, { ...every, ...more, olderToo: true, cut: true });
  const { rows, epochMoved, tooMany, mark } = await fetch({});
  if (epochMoved) return 'moved';
  if (!tooMany) return { rows, mark };
  const closed: StoredResource[] = [];
  const open: Named[] = [];
  const moved = await throughPages(store, database, every, (page) => {
    for (const row of page) {
      const { type, id, custodian, facts } = row;
      if (mayOpen(facts)) open.push({ type, id, custodian });
      else closed.push(row);
    }
    requireFew(open.length);
  });
  if (moved) return moved;
  const found: StoredResource[] = [];
  const marks: (Mark | undefined)[] = [];
  const { resourcesTogetherMax } = VERSIONS_LIMITS;
  const waiting = inParts(open, resourcesTogetherMax);
  for (let ids = waiting.pop(); ids; ids = waiting.pop()) {
    const part = await fetch({ ids });
    if (part.epochMoved) return 'moved';
    if (part.tooMany) {
      if (ids.length === 1) throw tooLong();
      waiting.push(...inParts(ids, Math.ceil(ids.length / 2)));
      continue;
    }
    found.push(...part.rows);
    marks.push(part.mark);
    requireFew(found.filter(({ facts }) => mayOpen(facts)).length);
  }
  return { rows: [...found, ...closed], mark: oneMark(marks) };
}

function inParts(ids: readonly Named[], size: number): (readonly Named[])[] {
  const parts: (readonly Named[])[] = [];
  for (let from = 0; from < ids.length; from += size) parts.push(ids.slice(from, from + size));
  return parts;
}

function requireFew(seen: number): void {
  if (seen > VERSIONS_LIMITS.versionsMax) throw tooLong();
}

const tooLong = () => new Problem('too-costly', 'This history has too many versions.');
