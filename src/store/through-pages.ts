/** All rows that fit, however many, a page at a time. */
import type { Sql } from '../platform/database.ts';
import type { CandidateQuery } from './candidate-query.ts';
import type { Candidates } from './candidates.ts';
import type { Store } from './store.ts';
import type { StoredResource } from './stored-resource.ts';

const PAGE_ROWS_MAX = 1_000;

/**
 * All candidates, where `candidates` gives none when there are too many. What may not be seen has
 * no limit of its own, since reaching it would tell of it. `look` hears each page, and counts what
 * may be seen. Not for older versions. No row has its long texts: of documents a page would be
 * gigabytes.
 * @returns `moved` when the epoch is another now: decide again.
 */
export async function throughPages(
  store: Pick<Store, 'candidates'>,
  sql: Sql,
  asked: Omit<CandidateQuery, 'limit' | 'after' | 'olderToo' | 'cut'>,
  look: (rows: readonly StoredResource[]) => void,
): Promise<'moved' | undefined> {
  for (let after: string | undefined = ''; after !== undefined; ) {
    const query: CandidateQuery = { ...asked, cut: true, limit: PAGE_ROWS_MAX, after };
    const page: Candidates = await store.candidates(sql, query);
    if (page.epochMoved) return 'moved';
    look(page.rows);
    after = page.next;
  }
  return undefined;
}
