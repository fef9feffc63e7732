/** Whoever is not there any more, as a line tells and the row of the record shows. */
import type { Ledger, LedgerEntry } from '../audit/index.ts';
import type { Sql } from '../platform/database.ts';
import type { Store } from '../store/index.ts';

const PAGE = 500;

export interface ClosedParts {
  readonly sql: Sql;
  readonly store: Pick<Store, 'closedVaultIds'>;
  readonly ledger: Pick<Ledger, 'pseudonymOf'>;
}

/** Whether a line tells that somebody was erased, or went into another record. */
export const isClosing = ({ event }: LedgerEntry['record']): boolean =>
  event === 'erase' || event === 'merge';

/**
 * Takes out of what is told by pseudonym those whose record was closed: a line alone does not do,
 * nor does a row that was closed past the gateway.
 * @param closings pseudonyms of which a line tells so
 */
export async function passOverClosed(
  { sql, store, ledger }: ClosedParts,
  told: Map<string, unknown>,
  closings: ReadonlySet<string>,
): Promise<void> {
  let after: string | undefined;
  while (told.size > 0) {
    const ids = await store.closedVaultIds(sql, after, PAGE);
    for (const name of ids.map((id) => ledger.pseudonymOf(id))) {
      if (closings.has(name)) told.delete(name);
    }
    after = ids.at(-1);
    if (ids.length < PAGE) return;
  }
}
