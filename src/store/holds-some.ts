/** Whether a holder has anything in a record, whatever it is: nothing is looked into. */
import type { Sql } from '../platform/database.ts';
import type { Store } from './store.ts';

/** @param custodian organisation id. What was deleted does not count. */
export async function holdsSome(
  store: Pick<Store, 'candidates'>,
  sql: Sql,
  vault: string,
  custodian: string,
): Promise<boolean> {
  const asked = { vault, custodians: [custodian], limit: 1, cut: true, mayOpen: () => false };
  const { rows, tooMany } = await store.candidates(sql, asked);
  return tooMany || rows.length > 0;
}
