/** How many versions there are of a resource, wherever it lies now. */
import { type Sql, statement } from '../platform/database.ts';
import { type PlaceKeys, placeOf } from './place.ts';

/** An id may be used by several custodians: the most that one of them has. */
const MOST = statement(
  'store_most_versions',
  `select a.nth::integer, max(r.versions) as most
     from unnest($1::uuid[], $2::text[]) with ordinality as a(place, type, nth)
     join resource_place p on p.place = a.place
     join resource r on r.vault = p.vault and r.type = a.type
       and r.place = p.place and r.custodian = p.custodian
    group by a.nth`,
);

/** @returns for each how many versions it has; 0 when there is none. */
export async function mostVersions(
  sql: Sql,
  keys: PlaceKeys,
  asked: readonly { readonly type: string; readonly id: string }[],
): Promise<number[]> {
  const places = asked.map(({ type, id }) => placeOf(keys, type, id));
  const values = [places, asked.map(({ type }) => type)];
  const { rows } = await sql.query<{ nth: number; most: number }>({ ...MOST, values });
  const most = asked.map(() => 0);
  for (const row of rows) most[row.nth - 1] = row.most;
  return most;
}
