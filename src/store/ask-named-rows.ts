/** The statement that looks at rows by their names, for many requests at once. */
import { binaryArray } from '../platform/binary-array.ts';
import { type Sql, statement } from '../platform/database.ts';
import { LARGE_ROW_BYTES } from './fetch-large.ts';
import { CHANGES } from './record-marks.ts';
import type { SealedRow } from './sealed-row.ts';
import type { StoredResource } from './stored-resource.ts';

/** Sources that use the same id for the same person. */
const SAME_ID_MAX = 50;

// Three questions of one moment, which are joined with each other nowhere: vaults with their epoch,
// places, rows. Limits keep the planner to the index of each, whatever it believes of the sizes.
const ROWS = statement(
  'store_named_rows',
  `select -a.nth::integer as nth, v.epoch, v.key_number, null::uuid as custodian,
          v.changes as version, null::timestamptz as updated, null::boolean as deleted,
          null::text as made, null::integer as size, null::bytea as sealed, null::uuid as leads
     from unnest($1::uuid[]) with ordinality as a(vault, nth)
    cross join lateral (
      select v.epoch, v.key_number, ${CHANGES} from vault v
        left join vault_change c on c.vault = v.id where v.id = a.vault limit 1) v
   union all
   select 0, a.nth::integer, null, null, null, null, null, null, null, null, p.vault
     from unnest($2::uuid[], $3::uuid[]) with ordinality as a(place, custodian, nth)
    cross join lateral (
      select vault from resource_place p
       where p.place = a.place and (a.custodian is null or p.custodian = a.custodian)
       order by pooled desc, custodian limit 1) p
   union all
   select a.nth::integer, null, null, r.custodian, r.version, r.updated, r.deleted, r.made,
          r.size, case when a.whole and r.size <= ${LARGE_ROW_BYTES} then r.sealed end, null
     from unnest($4::uuid[], $5::text[], $6::uuid[], $7::uuid[], $8::boolean[])
       with ordinality as a(vault, type, place, custodian, whole, nth)
    cross join lateral (
      select custodian, version, updated, deleted, sealed, octet_length(sealed) as size,
             xmin::text as made
        from resource r
       where r.vault = a.vault and r.type = a.type and r.place = a.place
         and (a.custodian is null or r.custodian = a.custodian)
       order by r.custodian limit ${SAME_ID_MAX}) r`,
);

export interface RowQuestion {
  readonly type: string;
  readonly place: string;
  readonly custodian: string | null;
  readonly whole: boolean;
}

export interface FoundRow extends Omit<SealedRow, 'sealed'> {
  readonly nth: number;
  /** Of the row as it lies there: any change gives another. */
  readonly made: string;
  /** Of what is sealed, in bytes. */
  readonly size: number;
  /** Null where it was not asked for, or is large: then it is fetched by itself. */
  sealed: Buffer | null;
  /** In place of those bytes, where the row was looked at lately. */
  atHand?: StoredResource;
}

/** The names of one query, which are answered by one statement. */
export interface Question {
  readonly vault: string;
  readonly rows: readonly RowQuestion[];
  /** Asked where this leads, as well. */
  readonly leading?: RowQuestion;
}

export interface Owner {
  readonly epoch: number;
  readonly key_number: number;
  /** Which transaction wrote rows of it last. */
  readonly version: number | null;
}

export interface Answer {
  /** Absent when there is no such vault. */
  readonly owner: Owner | undefined;
  readonly leads: string | undefined;
  readonly rows: readonly FoundRow[];
}

/** Of a vault its number below 0, with its changes as version; of a place 0; else the row's own. */
interface AnswerRow extends Omit<FoundRow, 'type' | 'place'> {
  /** Of a place, the number of that place. */
  readonly epoch: number;
  readonly key_number: number;
  readonly leads: string;
}

/** Each query's rows, numbered within it. */
export async function fetchAll(sql: Sql, questions: readonly Question[]): Promise<Answer[]> {
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
      const { custodian, version, updated, deleted, made, size, sealed } = row;
      const one = { type, place, custodian, version, updated, deleted, made, size, sealed };
      found[asked.at]?.push({ ...one, nth: asked.nth });
    }
  }
  return questions.map(({ vault }, at) => ({
    owner: owners[vaults.get(vault) ?? -1],
    leads: leads[at],
    rows: found[at] ?? [],
  }));
}
