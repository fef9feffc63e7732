/**
 * Rows by their names, for many requests in one statement. Beside the row that was asked for, the
 * statement looks at what that row refers to: of those only that they are there, and which version,
 * since their facts are mostly known. Each question carries its own vault, and gets that vault's
 * consent epoch of the same moment, so a choice that was committed before it always counts (D6).
 */
import type { ResourceFacts } from '../permission/index.ts';
import { binaryArray } from '../platform/binary-array.ts';
import { type Sql, statement } from '../platform/database.ts';
import { gather } from '../platform/gather.ts';
import { Problem } from '../platform/problem.ts';
import { createOpenedRows, type OpenedRows } from './opened-rows.ts';
import { type PlaceKeys, placeOf } from './place.ts';
import { CHANGES, isSameMark, type Mark, markOf } from './record-marks.ts';
import type { SealedRow } from './sealed-row.ts';
import type { StoredResource } from './stored-resource.ts';
import type { VaultKey, VaultKeys } from './vault-keys.ts';

const NAMED_LIMITS = {
  /** Sources that use the same id for the same person. */
  sameIdMax: 50,
  questionsTogetherMax: 400,
  roundTripsMax: 3,
} as const satisfies Record<string, number>;

// Three questions of one moment, which are joined with each other nowhere: vaults with their epoch,
// places, rows. Limits keep the planner to the index of each, whatever it believes of the sizes.
const ROWS = statement(
  'store_named_rows',
  `select -a.nth::integer as nth, v.epoch, v.key_number, null::uuid as custodian,
          v.changes as version, null::timestamptz as updated, null::boolean as deleted,
          null::text as made, null::bytea as sealed, null::uuid as leads
     from unnest($1::uuid[]) with ordinality as a(vault, nth)
    cross join lateral (
      select v.epoch, v.key_number, ${CHANGES} from vault v
        left join vault_change c on c.vault = v.id where v.id = a.vault limit 1) v
   union all
   select 0, a.nth::integer, null, null, null, null, null, null, null, p.vault
     from unnest($2::uuid[], $3::uuid[]) with ordinality as a(place, custodian, nth)
    cross join lateral (
      select vault from resource_place p
       where p.place = a.place and (a.custodian is null or p.custodian = a.custodian)
       order by pooled desc, custodian limit 1) p
   union all
   select a.nth::integer, null, null, r.custodian, r.version, r.updated, r.deleted, r.made,
          case when a.whole then r.sealed end, null
     from unnest($4::uuid[], $5::text[], $6::uuid[], $7::uuid[], $8::boolean[])
       with ordinality as a(vault, type, place, custodian, whole, nth)
    cross join lateral (
      select custodian, version, updated, deleted, sealed, xmin::text as made
        from resource r
       where r.vault = a.vault and r.type = a.type and r.place = a.place
         and (a.custodian is null or r.custodian = a.custodian)
       order by r.custodian limit ${NAMED_LIMITS.sameIdMax}) r`,
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
  /**
   * The vault is where the first of `whole` was found before by its bare id: looked at again in the
   * same moment.
   */
  readonly asFound?: boolean;
  /**
   * How the record stood when the same request fetched what it shows. Facts that are remembered of
   * that very mark are of the same moment: nothing is asked again. Not together with `whole`.
   */
  readonly asOf?: Mark | undefined;
}

export interface NamedAnswer {
  readonly rows: readonly StoredResource[];
  /** Facts of all custodians' rows of each name asked, in the order asked. */
  readonly facts: readonly (readonly ResourceFacts[])[];
}

export interface NamedRows {
  /**
   * @returns `moved` when the vault's epoch is another now, or when its bare id leads elsewhere:
   *   decide again, nothing was fetched.
   */
  ask(sql: Sql, query: NamedQuery, opened: OpenedRows): Promise<NamedAnswer | 'moved'>;
}

interface RowQuestion {
  readonly type: string;
  readonly place: string;
  readonly custodian: string | null;
  readonly whole: boolean;
}

interface FoundRow extends Omit<SealedRow, 'sealed'> {
  readonly nth: number;
  /** Of the row as it lies there: any change gives another. */
  readonly made: string;
  readonly sealed: Buffer | null;
}

/** The names of one query, which are answered by one statement. */
interface Question {
  readonly vault: string;
  readonly rows: readonly RowQuestion[];
  /** Asked where this leads, as well. */
  readonly leading?: RowQuestion;
}

interface Owner {
  readonly epoch: number;
  readonly key_number: number;
  /** Which transaction wrote rows of it last. */
  readonly version: number | null;
}

interface Answer {
  /** Absent when there is no such vault. */
  readonly owner: Owner | undefined;
  readonly leads: string | undefined;
  readonly rows: readonly FoundRow[];
}

export function createNamedRows(keys: VaultKeys, places: PlaceKeys): NamedRows {
  const lines = new WeakMap<Sql, (question: Question) => Promise<Answer>>();

  function lineOf(sql: Sql) {
    const line =
      lines.get(sql) ??
      gather((asked: readonly Question[]) => fetchAll(sql, asked), {
        togetherMax: 64,
        lanesMax: 1,
      });
    lines.set(sql, line);
    return line;
  }

  return {
    async ask(sql, query, opened) {
      const { vault, epoch } = query;
      // What a transaction sees of its own is not yet so for others, and may come to nothing.
      const shelf = 'transaction' in sql ? opened : createOpenedRows();
      const whole = query.whole.map(({ type, id, custodian = null }) => ({
        type,
        place: placeOf(places, type, id),
        custodian,
        whole: true,
      }));
      const named = query.facts.map(({ type, id }) => ({
        type,
        place: placeOf(places, type, id),
        custodian: null,
        whole: false,
      }));
      const [first] = whole;
      const leading = query.asFound && first ? { leading: first } : {};
      const question = query.asOf && `named ${named.map(({ type, place }) => type + place).join()}`;
      const known = question && remembered(shelf, query, question);
      if (known) return known;
      let rows: RowQuestion[] = [...whole, ...named];
      for (let attempt = 0; attempt < NAMED_LIMITS.roundTripsMax; attempt += 1) {
        const key = await keys.recordOrNobodys(sql, vault);
        const found = await lineOf(sql)({ vault, rows, ...leading });
        if ((found.owner?.epoch ?? 0) !== epoch) return 'moved';
        if (query.asFound && found.leads !== vault) return 'moved';
        // Of an erased vault there is no row left, and no key.
        if (found.rows.length > 0 && found.owner?.key_number !== key.number) {
          keys.forget(vault);
          continue;
        }
        const missing = missingIn(shelf, key, found.rows);
        if (missing.size === 0) {
          if (question) shelf.answers.put(vault, question, markOfOwner(found.owner), found.rows);
          return answerOf(shelf, key, whole.length, rows, found.rows);
        }
        // What is met for the first time is opened once; its facts are known from then on.
        rows = rows.map((one, nth) => (missing.has(nth) ? { ...one, whole: true } : one));
      }
      throw new Problem('busy', 'The record is being changed.', { retryAfterSeconds: 1 });
    },
  };
}

/** Of a vault its number below 0, with its changes as version; of a place 0; else the row's own. */
interface AnswerRow extends Omit<FoundRow, 'type' | 'place'> {
  /** Of a place, the number of that place. */
  readonly epoch: number;
  readonly key_number: number;
  readonly leads: string;
}

/** Each query's rows, numbered within it. */
async function fetchAll(sql: Sql, questions: readonly Question[]): Promise<Answer[]> {
  const vaults = new Map<string, number>();
  for (const { vault } of questions) if (!vaults.has(vault)) vaults.set(vault, vaults.size);
  const leading = questions.flatMap((one, at) => (one.leading ? [{ ...one.leading, at }] : []));
  const all = questions.flatMap(({ vault, rows }, at) =>
    rows.map((row, nth) => ({ row, vault, at, nth })),
  );
  const { rows } = await sql.query<AnswerRow>({
    ...ROWS,
    values: [
      binaryArray.uuid([...vaults.keys()]),
      binaryArray.uuid(leading.map(({ place }) => place)),
      binaryArray.uuid(leading.map(({ custodian }) => custodian)),
      binaryArray.uuid(all.map(({ vault }) => vault)),
      binaryArray.text(all.map(({ row }) => row.type)),
      binaryArray.uuid(all.map(({ row }) => row.place)),
      binaryArray.uuid(all.map(({ row }) => row.custodian)),
      binaryArray.bool(all.map(({ row }) => row.whole)),
    ],
  });
  const owners: Answer['owner'][] = [];
  const leads: (string | undefined)[] = questions.map(() => undefined);
  const found = questions.map((): FoundRow[] => []);
  for (const row of rows) {
    if (row.nth < 0) owners[-row.nth - 1] = row;
    else if (row.nth === 0) leads[leading[row.epoch - 1]?.at ?? -1] = row.leads;
    else {
      const asked = all[row.nth - 1];
      if (!asked) throw new Error('A row was given that nobody asked for.');
      const { type, place } = asked.row;
      const { custodian, version, updated, deleted, made, sealed } = row;
      const one = { type, place, custodian, version, updated, deleted, made, sealed };
      found[asked.at]?.push({ ...one, nth: asked.nth });
    }
  }
  return questions.map(({ vault }, at) => ({
    owner: owners[vaults.get(vault) ?? -1],
    leads: leads[at],
    rows: found[at] ?? [],
  }));
}

function markOfOwner(owner: Owner | undefined): Mark {
  return markOf(owner && { ...owner, changes: owner.version });
}

/** Facts by the names that were asked of the same mark before, as far as all are at hand. */
function remembered(
  opened: OpenedRows,
  { vault, facts: asked, asOf }: NamedQuery,
  question: string,
): NamedAnswer | undefined {
  const known = opened.answers.get(vault, question);
  if (!known?.rows || !asOf || !isSameMark(known.mark, asOf)) return undefined;
  const facts = asked.map((): ResourceFacts[] => []);
  for (const row of known.rows) {
    if (row.deleted) continue;
    const one = opened.known(vault, row);
    if (!one) return undefined;
    facts[row.nth ?? -1]?.push(one.facts);
  }
  return { rows: [], facts };
}

/** Numbers of the names of which some facts are not known yet. */
function missingIn(opened: OpenedRows, key: VaultKey, found: readonly FoundRow[]): Set<number> {
  const missing = new Set<number>();
  for (const row of found) {
    if (row.sealed !== null || row.deleted) continue;
    if (!opened.known(key.vault, row)) missing.add(row.nth);
  }
  return missing;
}

function answerOf(
  opened: OpenedRows,
  key: VaultKey,
  wholes: number,
  asked: readonly RowQuestion[],
  found: readonly FoundRow[],
): NamedAnswer {
  const rows: StoredResource[] = [];
  const facts = asked.slice(wholes).map((): ResourceFacts[] => []);
  for (const row of found) {
    const { sealed } = row;
    const isWanted = row.nth < wholes;
    if (sealed !== null && (isWanted || !row.deleted)) {
      const one = opened.open(key, { ...row, sealed });
      if (isWanted) rows.push(one);
      else facts[row.nth - wholes]?.push(one.facts);
    } else if (!row.deleted) {
      const one = opened.known(key.vault, row);
      if (one) facts[row.nth - wholes]?.push(one.facts);
    }
  }
  return { rows, facts };
}
