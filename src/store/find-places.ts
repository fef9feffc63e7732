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

const REMEMBERED_MAX = 20_000;

export interface FindPlaces {
  /** Each line to the database has a finder: a transaction asks for itself alone. */
  on(sql: Sql): FindPlace;
  /** Where it was found last, without asking: for whoever then looks whether it still is there. */
  lastFound(place: string, custodian: string | undefined): string | undefined;
}

export function createFindPlaces(): FindPlaces {
  const finders = new WeakMap<Sql, FindPlace>();
  const found = new Map<string, string>();
  const nameOf = (place: string, custodian: string | null | undefined) =>
    custodian ? `${place}|${custodian}` : place;

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

  return {
    on: (sql) => async (question) => {
      const answer = await on(sql)(question);
      const name = nameOf(question.place, question.custodian);
      if (found.size >= REMEMBERED_MAX) found.clear();
      if (answer) found.set(name, answer.vault);
      else found.delete(name);
      return answer;
    },
    lastFound: (place, custodian) => found.get(nameOf(place, custodian)),
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
