/** From bare ids to vaults, for many requests in one statement. */
import { binaryArray } from '../platform/binary-array.ts';
import { type Sql, statement } from '../platform/database.ts';
import { gather } from '../platform/gather.ts';
import { type PlaceKeys, placeOf } from './place.ts';

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

const REMEMBERED_MAX = 20_000;

export interface ResourceId {
  readonly type: string;
  readonly id: string;
  readonly custodian?: string;
}

export interface FindPlaces {
  /** Asks with others of the same line to the database: a transaction asks for itself alone. */
  place(sql: Sql, where: ResourceId): Promise<FoundPlace | undefined>;
  /** Where it was found last, without asking: for whoever then looks whether it still is there. */
  lastPlace(where: ResourceId): string | undefined;
}

/** @returns places as one circle finds them: it remembers what it looked for itself. */
export function createFindPlaces(keys: PlaceKeys): (circle: string) => FindPlaces {
  const finders = new WeakMap<Sql, FindPlace>();
  const found = new Map<string, string>();
  const nameOf = (circle: string, place: string, custodian: string | null | undefined) =>
    `${circle}|${place}|${custodian ?? ''}`;

  function on(sql: Sql): FindPlace {
    const finder =
      finders.get(sql) ??
      gather((asked: readonly PlaceQuestion[]) => findPlaces(sql, asked), {
        togetherMax: 64,
        lanesMax: 2,
      });
    finders.set(sql, finder);
    return finder;
  }

  return (circle) => ({
    async place(sql, { type, id, custodian = null }) {
      const place = placeOf(keys, type, id);
      const answer = await on(sql)({ place, custodian });
      const name = nameOf(circle, place, custodian);
      if (found.size >= REMEMBERED_MAX) found.clear();
      if (answer) found.set(name, answer.vault);
      else found.delete(name);
      return answer;
    },
    lastPlace: ({ type, id, custodian }) =>
      found.get(nameOf(circle, placeOf(keys, type, id), custodian)),
  });
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
