/**
 * Rows by their names, for many requests in one statement. Beside the row that was asked for, the
 * statement looks at what that row refers to: of those only that they are there, and which version,
 * since their facts are mostly known. Each question carries its own vault, and gets that vault's
 * consent epoch of the same moment, so a choice that was committed before it always counts (D6).
 */
import type { ResourceFacts } from '../permission/index.ts';
import { type Sql, statement } from '../platform/database.ts';
import { gather } from '../platform/gather.ts';
import { Problem } from '../platform/problem.ts';
import { createKnownFacts, type KnownFacts } from './known-facts.ts';
import { type PlaceKeys, placeOf } from './place.ts';
import { openRow, type SealedRow } from './sealed-row.ts';
import type { StoredResource } from './stored-resource.ts';
import type { VaultKey, VaultKeys } from './vault-keys.ts';

export const NAMED_LIMITS = {
  /** Sources that use the same id for the same person. */
  sameIdMax: 50,
  questionsTogetherMax: 400,
  roundTripsMax: 3,
} as const satisfies Record<string, number>;

// Limits keep the planner to the index of each row, whatever it believes of the sizes; one row more
// than may be says that there are too many.
const ROWS = statement(
  'store_named_rows',
  `select a.nth::integer, v.epoch, v.key_number, r.type, r.place, r.custodian, r.version,
          r.updated, r.deleted, r.made, case when a.whole then r.sealed end as sealed
     from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::boolean[])
       with ordinality as a(vault, type, place, custodian, whole, nth)
     left join lateral (
       select epoch, key_number from vault where id = a.vault limit 1) v on true
     left join lateral (
       select type, place, custodian, version, updated, deleted, sealed, xmin::text as made
         from resource r
        where r.vault = a.vault and r.type = a.type and r.place = a.place
          and (a.custodian is null or r.custodian = a.custodian)
        order by r.custodian limit ${NAMED_LIMITS.sameIdMax}) r on true`,
);

export interface ResourceName {
  /** R4 type name. */
  readonly type: string;
  readonly id: string;
}

export interface NamedQuery {
  readonly vault: string;
  /** The consent epoch that the decision was made under. */
  readonly epoch: number;
  /** Tombstones as well. */
  readonly whole: readonly (ResourceName & { readonly custodian?: string })[];
  /** Only what a decision looks at; what was deleted is not there. */
  readonly facts: readonly ResourceName[];
}

export interface NamedAnswer {
  readonly rows: readonly StoredResource[];
  /** Facts of all custodians' rows of each name asked, in the order asked. */
  readonly facts: readonly (readonly ResourceFacts[])[];
}

export interface NamedRows {
  /** @returns `moved` when the vault's epoch is another now: decide again, nothing was fetched. */
  ask(sql: Sql, query: NamedQuery): Promise<NamedAnswer | 'moved'>;
}

interface RowQuestion {
  readonly vault: string;
  readonly type: string;
  readonly place: string;
  readonly custodian: string | null;
  readonly whole: boolean;
}

interface FoundRow extends Omit<SealedRow, 'sealed'> {
  readonly nth: number;
  readonly epoch: number | null;
  readonly key_number: number;
  /** Of the row as it lies there: any change gives another. */
  readonly made: string;
  readonly sealed: Buffer | null;
}

/** One question: the names of a query, which are answered by one statement. */
type Questions = readonly RowQuestion[];

export function createNamedRows(keys: VaultKeys, places: PlaceKeys): NamedRows {
  const known = createKnownFacts();
  const lines = new WeakMap<Sql, (questions: Questions) => Promise<readonly FoundRow[]>>();

  function lineOf(sql: Sql) {
    const line =
      lines.get(sql) ??
      gather((asked: readonly Questions[]) => fetchAll(sql, asked), {
        togetherMax: 64,
        lanesMax: 2,
      });
    lines.set(sql, line);
    return line;
  }

  return {
    async ask(sql, query) {
      const { vault, epoch } = query;
      const whole = query.whole.map(({ type, id, custodian = null }) => ({
        vault,
        type,
        place: placeOf(places, type, id),
        custodian,
        whole: true,
      }));
      const named = query.facts.map(({ type, id }) => ({
        vault,
        type,
        place: placeOf(places, type, id),
        custodian: null,
        whole: false,
      }));
      let asked: RowQuestion[] = [...whole, ...named];
      for (let attempt = 0; attempt < NAMED_LIMITS.roundTripsMax; attempt += 1) {
        const key = await keys.recordOrNobodys(sql, vault);
        const found = await lineOf(sql)(asked);
        const [first] = found;
        if ((first?.epoch ?? 0) !== epoch) return 'moved';
        // Of an erased vault there is no row left, and no key.
        const holdsRows = found.some((row) => row.type !== null);
        if (holdsRows && first?.key_number !== key.number) {
          keys.forget(vault);
          continue;
        }
        const missing = missingIn(known, key, found);
        if (missing.size === 0) return answerOf(known, key, whole.length, asked, found);
        // What is met for the first time is opened once; its facts are known from then on.
        asked = asked.map((one, nth) => (missing.has(nth) ? { ...one, whole: true } : one));
      }
      throw new Problem('busy', 'The record is being changed.', { retryAfterSeconds: 1 });
    },
  };
}

/** Each query's rows, numbered within it. */
async function fetchAll(sql: Sql, queries: readonly Questions[]): Promise<FoundRow[][]> {
  const all = queries.flat();
  const { rows } = await sql.query<FoundRow>({
    ...ROWS,
    values: [
      all.map(({ vault }) => vault),
      all.map(({ type }) => type),
      all.map(({ place }) => place),
      all.map(({ custodian }) => custodian),
      all.map(({ whole }) => whole),
    ],
  });
  const owner: number[] = [];
  const start: number[] = [];
  for (const [at, query] of queries.entries()) {
    start.push(owner.length);
    for (const _one of query) owner.push(at);
  }
  const parts = queries.map((): FoundRow[] => []);
  for (const row of rows) {
    const at = owner[row.nth - 1] ?? 0;
    parts[at]?.push({ ...row, nth: row.nth - 1 - (start[at] ?? 0) });
  }
  return parts;
}

/** Numbers of the names of which some facts are not known yet. */
function missingIn(known: KnownFacts, key: VaultKey, found: readonly FoundRow[]): Set<number> {
  const missing = new Set<number>();
  for (const row of found) {
    if (row.type === null || row.sealed !== null || row.deleted) continue;
    if (!known.get(key.vault, row)) missing.add(row.nth);
  }
  return missing;
}

function answerOf(
  known: KnownFacts,
  key: VaultKey,
  wholes: number,
  asked: Questions,
  found: readonly FoundRow[],
): NamedAnswer {
  const rows: StoredResource[] = [];
  const facts = asked.slice(wholes).map((): ResourceFacts[] => []);
  for (const row of found) {
    if (row.type === null) continue;
    const { sealed } = row;
    const isWanted = row.nth < wholes;
    if (sealed !== null && (isWanted || !row.deleted)) {
      const opened = openRow(key, { ...row, sealed });
      known.put(key.vault, row, opened.facts);
      if (isWanted) rows.push(opened);
      else facts[row.nth - wholes]?.push(opened.facts);
    } else if (!row.deleted) {
      const one = known.get(key.vault, row);
      if (one) facts[row.nth - wholes]?.push(one);
    }
  }
  return { rows, facts };
}
