/** How many versions there are of a resource, wherever it lies now. */
import { type Sql, statement } from '../platform/database.ts';
import { type PlaceKeys, placeOf } from './place.ts';

/** An id may be used by several custodians. */
const VAULTS = statement(
  'store_vaults_of_places',
  `select place, vault from resource_place where place = any($1::uuid[])`,
);
const VERSIONS = statement(
  'store_versions_of_places',
  `select place, versions from resource
    where vault = $1 and type = any($2::text[]) and place = any($3::uuid[])`,
);

/** @returns for each the most versions that one custodian has of it; 0 when there is none. */
export async function mostVersions(
  sql: Sql,
  keys: PlaceKeys,
  asked: readonly { readonly type: string; readonly id: string }[],
): Promise<number[]> {
  const places = asked.map(({ type, id }) => placeOf(keys, type, id));
  const types = [...new Set(asked.map(({ type }) => type))];
  const { rows: found } = await sql.query<{ place: string; vault: string }>({
    ...VAULTS,
    values: [places],
  });
  const byVault = Map.groupBy(found, ({ vault }) => vault);
  const most = new Map<string, number>();
  for (const [vault, of] of byVault) {
    const values = [vault, types, [...new Set(of.map(({ place }) => place))]];
    const { rows } = await sql.query<{ place: string; versions: number }>({ ...VERSIONS, values });
    for (const { place, versions } of rows) {
      most.set(place, Math.max(versions, most.get(place) ?? 0));
    }
  }
  return places.map((place) => most.get(place) ?? 0);
}
