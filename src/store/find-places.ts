/** From bare ids to vaults, for many requests in one statement. */
import { binaryArray } from '../platform/binary-array.ts';
import { type Sql, statement } from '../platform/database.ts';
import { gather } from '../platform/gather.ts';

const PLACES = statement(
  'store_places',
  `select a.nth::integer, p.vault, p.custodian
     from unnest($1::uuid[], $2::uuid[]) with ordinality as a(place, custodian, nth)
     cross join lateral (
       select vault, custodian from resource_place p
        where p.place = a.place and (a.custodian is null or p.custodian = a.custodian)
        order by pooled desc, custodian limit 1) p`,
);

export interface FoundPlace {
  readonly vault: string;
  readonly custodian: string;
}

interface PlaceQuestion {
  readonly place: string;
  readonly custodian: string | null;
}

type FindPlace = (question: PlaceQuestion) => Promise<FoundPlace | undefined>;

/** A finder for each line to the database: a transaction asks for itself alone. */
export function createFindPlace(): (sql: Sql) => FindPlace {
  const finders = new WeakMap<Sql, FindPlace>();
  return (sql) => {
    const finder =
      finders.get(sql) ??
      gather((asked: readonly PlaceQuestion[]) => findPlaces(sql, asked), {
        togetherMax: 64,
        lanesMax: 2,
      });
    finders.set(sql, finder);
    return finder;
  };
}

async function findPlaces(
  sql: Sql,
  asked: readonly PlaceQuestion[],
): Promise<(FoundPlace | undefined)[]> {
  const { rows } = await sql.query<FoundPlace & { nth: number }>({
    ...PLACES,
    values: [
      binaryArray.uuid(asked.map(({ place }) => place)),
      binaryArray.uuid(asked.map(({ custodian }) => custodian)),
    ],
  });
  const found: (FoundPlace | undefined)[] = asked.map(() => undefined);
  for (const { nth, vault, custodian } of rows) found[nth - 1] = { vault, custodian };
  return found;
}
