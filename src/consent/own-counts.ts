/**
 * How much each source has of a person, as the person may see it: numbers only, for the own pages.
 * What is withheld is not counted, whatever the reason.
 */
import type { AccessRequest, Grant } from '../permission/index.ts';
import type { Database } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { type Store, throughPages } from '../store/index.ts';

export interface OwnCount {
  /** Organisation id. */
  readonly custodian: string;
  /** R4 type. */
  readonly type: string;
  readonly items: number;
}

export interface OwnCountParts {
  readonly database: Database;
  readonly store: Store;
  grantFor(access: AccessRequest, vault: string, at: Date): Promise<Grant>;
}

const AGAIN_MAX = 4;

/** @throws Problem `busy` when the record keeps changing. */
export async function ownCounts(
  { database, store, grantFor }: OwnCountParts,
  access: AccessRequest,
  vault: string,
  at: Date,
): Promise<OwnCount[]> {
  for (let attempt = 0; attempt < AGAIN_MAX; attempt += 1) {
    const grant = await grantFor(access, vault, at);
    const counts = new Map<string, OwnCount>();
    const asked = { vault, epoch: grant.epoch };
    const moved = await throughPages(store, database, asked, (rows) => {
      for (const { facts, custodian, type } of rows) {
        if (!grant.covers(facts).permit) continue;
        const key = `${custodian} ${type}`;
        counts.set(key, { custodian, type, items: (counts.get(key)?.items ?? 0) + 1 });
      }
    });
    if (moved) continue;
    return [...counts.values()];
  }
  throw new Problem('busy', 'The record changed while it was read.', { retryAfterSeconds: 1 });
}
