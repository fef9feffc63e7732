/** From the number that a log-in gave to the person's vault; the number itself goes no further. */
import { BSN_SYSTEM } from '../conformance/index.ts';
import type { Sql } from '../platform/database.ts';
import type { Store } from '../store/index.ts';

/** @returns undefined when nobody is known by this number. */
export function personByBsn(store: Store, sql: Sql, bsn: string): Promise<string | undefined> {
  return store.findVault(sql, { system: BSN_SYSTEM, value: bsn });
}
