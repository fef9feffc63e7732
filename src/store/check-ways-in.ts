/**
 * What leads into a vault from outside. From a number: each row is bound by a key of the gateway,
 * and each BSN of a record must lead to it. From an id: the row must be there. What was put in,
 * moved or taken out past the gateway is named.
 */
import { type Sql, statement } from '../platform/database.ts';
import type { CheckFinding } from './check-vault.ts';
import { boundLookup, type PersonIdentifier, type PlaceKeys, personHash } from './place.ts';

/** All of them, page by page. */
export const LOOKUPS = statement(
  'store_check_lookups',
  `select l.hash as id, l.vault, l.bound, v.state from vault_lookup l
     left join vault v on v.id = l.vault
    where l.hash > $1 order by l.hash limit $2`,
);
const OWN = statement('store_check_own_lookups', 'select hash from vault_lookup where vault = $1');

/**
 * Places that lead where no such row is: it was taken out past the gateway, or the place leads
 * elsewhere now. A source that used one id for two people has a row in both of their vaults, and
 * a place that leads to the last one.
 */
const DANGLING = statement(
  'store_check_dangling',
  `select p.place, p.custodian, p.vault,
          exists (select from resource r where r.vault = p.vault and r.place = p.place
            and r.custodian = p.custodian) as leads
     from resource_place p where (p.place, p.custodian) > ($1, $2)
    order by p.place, p.custodian limit $3`,
);
const PAGE_ROWS = 500;
const NIL = '00000000-0000-0000-0000-000000000000';

/** Each BSN of one record must lead to it. */
export async function checkOwnLookups(
  keys: PlaceKeys,
  sql: Sql,
  vault: string,
  numbers: readonly PersonIdentifier[],
  report: (finding: CheckFinding) => void,
): Promise<void> {
  const { rows } = await sql.query<{ hash: string }>({
    ...OWN,
    values: [vault],
  });
  const leading = new Set(rows.map(({ hash }) => hash));
  for (const hash of new Set(numbers.map((one) => personHash(keys, one)))) {
    if (!leading.has(hash)) report({ vault, place: hash, fault: 'lookup' });
  }
}

/** Every row by its binding, and that it leads to a record. */
export async function checkLookups(
  keys: PlaceKeys,
  pages: AsyncIterable<LookupRow>,
  report: (finding: CheckFinding) => void,
): Promise<void> {
  for await (const { id, vault, bound, state } of pages) {
    const isBound = bound?.equals(boundLookup(keys, id, vault)) === true;
    if (!isBound || state !== 'open') report({ vault, place: id, fault: 'lookup' });
  }
}

export interface LookupRow {
  /** The keyed hash of the number. */
  readonly id: string;
  readonly vault: string;
  readonly bound: Buffer | null;
  readonly state: string | null;
}

/** Every id that is found from outside must lead to its row. */
export async function checkDangling(
  sql: Sql,
  report: (finding: CheckFinding) => void,
): Promise<void> {
  let after = [NIL, NIL];
  for (;;) {
    const { rows } = await sql.query<{
      place: string;
      custodian: string;
      vault: string;
      leads: boolean;
    }>({ ...DANGLING, values: [...after, PAGE_ROWS] });
    for (const { vault, place, leads } of rows) {
      if (!leads) report({ vault, place, fault: 'place' });
    }
    const last = rows.at(-1);
    if (!last || rows.length < PAGE_ROWS) return;
    after = [last.place, last.custodian];
  }
}
