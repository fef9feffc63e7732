/** Rows that were looked at without their long texts, whole, to be given away. */
import { binaryArray } from '../platform/binary-array.ts';
import { type Sql, statement } from '../platform/database.ts';
import { fetchLarge } from './fetch-large.ts';
import { type PlaceKeys, placeOf } from './place.ts';
import { CHANGES, isSameMark, type Mark, markOf } from './record-marks.ts';
import { openRow } from './sealed-row.ts';
import type { StoredResource } from './stored-resource.ts';
import { isOutdated, type VaultKeys } from './vault-keys.ts';

// Where each lies and how large it is; its bytes follow in slices.
const PLACES = statement(
  'store_whole_rows',
  `select v.epoch, v.key_number, ${CHANGES}, r.* from vault v
     left join vault_change c on c.vault = v.id
     left join lateral (
       select a.nth::integer as nth, r.*
         from unnest($3::text[], $4::uuid[], $5::uuid[], $6::integer[])
           with ordinality as a(type, place, custodian, version, nth)
        cross join lateral (
          select r.updated, r.deleted, xmin::text as made, octet_length(r.sealed) as size,
                 true as latest
            from resource r
           where r.vault = v.id and r.type = a.type and r.place = a.place
             and r.custodian = a.custodian and r.version = a.version
           union all
          select r.updated, r.deleted, xmin::text, octet_length(r.sealed), false
            from resource_history r
           where r.vault = v.id and r.type = a.type and r.place = a.place
             and r.custodian = a.custodian and r.version = a.version
           limit 1) r
        where v.epoch = $2) r on true
    where v.id = $1`,
);

interface PlaceRow {
  readonly epoch: number;
  readonly key_number: number;
  readonly changes: number | null;
  /** Null when none is there. */
  readonly nth: number | null;
  readonly updated: Date;
  readonly deleted: boolean;
  readonly made: string;
  readonly size: number;
  readonly latest: boolean;
}

export interface WholeQuery {
  readonly vault: string;
  /** The consent epoch that the decision was made under. */
  readonly epoch: number;
  /**
   * How the record stood when it was decided about them: nothing may have been written since, or a
   * newer version might be one that may not be seen.
   */
  readonly asOf?: Mark;
  readonly rows: readonly Pick<StoredResource, 'type' | 'id' | 'custodian' | 'version'>[];
}

const TRIES_MAX = 3;

/**
 * One after the other, and kept by nobody.
 * @returns `moved` when one of these versions is not there, or the epoch is another.
 */
export async function whole(
  sql: Sql,
  { keys, places }: { readonly keys: VaultKeys; readonly places: PlaceKeys },
  { vault, epoch, asOf, rows: asked }: WholeQuery,
): Promise<readonly StoredResource[] | 'moved'> {
  const lying = asked.map(({ type, id, custodian, version }) => {
    return { type, place: placeOf(places, type, id), custodian, version };
  });
  for (let attempt = 0; attempt < TRIES_MAX; attempt += 1) {
    const key = await keys.recordOrNobodys(sql, vault);
    const { rows } = await sql.query<PlaceRow>({
      ...PLACES,
      values: [
        vault,
        epoch,
        binaryArray.text(lying.map(({ type }) => type)),
        binaryArray.uuid(lying.map(({ place }) => place)),
        binaryArray.uuid(lying.map(({ custodian }) => custodian)),
        binaryArray.int4(lying.map(({ version }) => version)),
      ],
    });
    const [first] = rows;
    if (first?.epoch !== epoch) return 'moved';
    if (asOf && !isSameMark(asOf, markOf(first))) return 'moved';
    if (isOutdated(key, first.key_number, attempt)) {
      keys.forget(vault);
      continue;
    }
    const opened: StoredResource[] = [];
    for (const [at, where] of lying.entries()) {
      const found = rows.find(({ nth }) => nth === at + 1);
      const row = found && { ...where, ...found };
      const sealed = row && (await fetchLarge(sql, vault, row));
      if (!sealed) return 'moved';
      opened.push(openRow(key, { ...row, sealed }));
    }
    return opened;
  }
  return 'moved';
}
