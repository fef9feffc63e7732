/**
 * The rows behind a write. One statement adds what is new and fetches what is there, locked; a
 * second one moves the old version to history and puts the new one in its place. Two writers of the
 * same resource wait for each other; the second one sees what the first wrote.
 */
import { binaryArray } from '../platform/binary-array.ts';
import { statement, type Tx } from '../platform/database.ts';
import { letGoOf } from '../platform/let-go.ts';
import { Problem } from '../platform/problem.ts';
import { type SealedRow, sealRow } from './sealed-row.ts';
import type { ResourceWrite, StoredResource } from './stored-resource.ts';
import type { VaultKey, VaultKeys } from './vault-keys.ts';

const { bool, bytea, int4, text, uuid } = binaryArray;

// The share lock on the vault keeps erasure and re-keying out until the caller commits. What is
// there is looked up row by row, by the key: a connection plans this while the tables are empty,
// and would keep a plan that reads all of a record, or all places there are. A write counts as a
// change of its vault first of all: what is remembered of a record ends by that, and who writes on
// one waits there for whoever does, holding nothing that the other could need.
const ADD_OR_FETCH = statement(
  'store_add_or_fetch',
  `with owner as materialized (
     select id from vault where id = $1 and state = 'open' and key_number = $2 for key share),
   counted as (
     insert into vault_change (vault, changes) select id, 1 from owner
     on conflict (vault) do update set changes = vault_change.changes + 1 returning vault),
   input as materialized (
     select * from unnest($4::text[], $5::uuid[], $6::uuid[], $7::boolean[], $8::text[],
                          $9::bytea[])
       with ordinality as i(type, place, custodian, deleted, tokens, sealed, nth)),
   held as materialized (
     select i.nth, r.version, r.versions, r.updated, r.deleted, r.tokens::text, r.sealed
       from counted, (select * from input order by type, place, custodian) i,
            lateral (select * from resource
                      where vault = $1 and type = i.type and place = i.place
                        and custodian = i.custodian limit 1 for update) r),
   added as (
     insert into resource
            (vault, type, place, custodian, version, versions, updated, deleted, tokens, sealed)
     select $1, i.type, i.place, i.custodian, 1, 1, $3, i.deleted, i.tokens::bigint[], i.sealed
       from counted, input i
      where i.sealed is not null and not exists (select from held h where h.nth = i.nth)
      order by i.type, i.place, i.custodian
     on conflict do nothing returning type, place, custodian),
   placed as (
     insert into resource_place (place, custodian, vault, pooled)
     select a.place, a.custodian, $1,
            (select p.place from resource_place p where p.place = a.place limit 1) is null
       from added a order by a.place, a.custodian
     on conflict (place, custodian) do update set vault = excluded.vault)
   select 0 as nth, null::int as version, null::int as versions, null::timestamptz as updated,
          null::boolean as deleted, null::text as tokens, null::bytea as sealed from counted
   union all select * from held
   union all select i.nth, 1, null, null, null, null, null from added a
               join input i using (type, place, custodian)`,
);

const REPLACE = statement(
  'store_replace',
  `with input as materialized (
     select * from unnest($2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::int[],
                          $7::boolean[], $8::text[], $9::bytea[])
       as i(updated, type, place, custodian, version, deleted, tokens, sealed)),
   kept as (
     insert into resource_history
            (vault, type, place, custodian, version, updated, deleted, sealed)
     select r.vault, r.type, r.place, r.custodian, r.version, r.updated, r.deleted, r.sealed
       from input i join resource r on r.vault = $1 and r.type = i.type and r.place = i.place
                                   and r.custodian = i.custodian)
   update resource r
      set version = i.version, versions = i.version, updated = i.updated::timestamptz,
          deleted = i.deleted,
          tokens = i.tokens::bigint[], sealed = i.sealed
     from input i
    where r.vault = $1 and r.type = i.type and r.place = i.place and r.custodian = i.custodian`,
);

const ADD_OLDER = statement(
  'store_add_older',
  `with counted as (
     update resource set versions = $5
      where vault = $1 and type = $2 and place = $3 and custodian = $4)
   insert into resource_history (vault, type, place, custodian, version, updated, deleted, sealed)
   values ($1, $2, $3, $4, $5, $6, $7, $8)`,
);

const CONFIRM = statement(
  'store_confirm',
  `update resource set sealed = $5
    where vault = $1 and type = $2 and place = $3 and custodian = $4`,
);

const OLDER_VERSIONS = statement(
  'store_older_versions',
  `select type, place, custodian, version, updated, deleted, sealed from resource_history
    where vault = $1 and type = $2 and place = $3 and custodian = $4
    order by version desc limit 200`,
);

/** A write with what its row needs. */
export interface PreparedWrite {
  readonly write: ResourceWrite;
  readonly place: string;
  /** As a PostgreSQL bigint[]. */
  readonly tokens: string;
}

export interface Writer {
  readonly tx: Tx;
  readonly key: VaultKey;
  readonly now: Date;
}

export interface HeldRow {
  /** 0 says that the vault is open; from 1 the write it belongs to. */
  readonly nth: number;
  readonly version: number;
  /** Null for a row that was added just now. */
  readonly versions: number | null;
  readonly updated: Date;
  readonly deleted: boolean;
  readonly tokens: string;
  readonly sealed: Buffer;
}

/**
 * @returns what is there by the number of the write, from 1; no answer for a write means that
 * another
 *   transaction added the row meanwhile, or that it may not be added and is not there.
 * @throws Problem `not-found` when the vault was erased, `busy` when its key changed.
 */
export async function addOrFetch(
  { tx, key, now }: Writer,
  keys: VaultKeys,
  wave: readonly PreparedWrite[],
  mayAdd: (one: PreparedWrite) => boolean,
): Promise<Map<number, HeldRow>> {
  const rowsSealed = sealedTogether(
    wave.map((one) => (mayAdd(one) ? sealedAs(key, one, 1, now) : null)),
  );
  const { rows } = await tx.query<HeldRow>({
    ...ADD_OR_FETCH,
    values: [
      key.vault,
      key.number,
      now,
      text(wave.map(({ write }) => write.type)),
      uuid(wave.map(({ place }) => place)),
      uuid(wave.map(({ write }) => write.custodian)),
      bool(wave.map(({ write }) => write.deleted ?? false)),
      text(wave.map(({ tokens }) => tokens)),
      rowsSealed,
    ],
  });
  letGoOf(rowsSealed);
  const held = new Map(rows.map((row) => [row.nth, row]));
  if (!held.has(0)) {
    // Erased, or given a new key, since the key was read: the caller's transaction must start
    // again.
    keys.forget(key.vault);
    await keys.record(tx, key.vault);
    throw new Problem('busy', 'The record was given a new key.', { retryAfterSeconds: 1 });
  }
  return held;
}

export interface Replacing extends PreparedWrite {
  readonly version: number;
  readonly updated: Date;
}

/** Puts new versions in the place of rows that this transaction has locked. */
export async function replaceRows(
  { tx, key }: Writer,
  replacing: readonly Replacing[],
): Promise<void> {
  const versions = replacing.map(({ version }) => version);
  const rowsSealed = sealedTogether(
    replacing.map((one) => sealedAs(key, one, one.version, one.updated)),
  );
  const { rowCount } = await tx.query({
    ...REPLACE,
    values: [
      key.vault,
      text(replacing.map(({ updated }) => updated.toISOString())),
      text(replacing.map(({ write }) => write.type)),
      uuid(replacing.map(({ place }) => place)),
      uuid(replacing.map(({ write }) => write.custodian)),
      int4(versions),
      bool(replacing.map(({ write }) => write.deleted ?? false)),
      text(replacing.map(({ tokens }) => tokens)),
      rowsSealed,
    ],
  });
  letGoOf(rowsSealed);
  if (rowCount !== replacing.length) throw new Error('a locked resource vanished');
}

/** Straight to history: the locked current version stays. */
export async function addOlderRow(
  { tx, key, now }: Writer,
  one: PreparedWrite,
  version: number,
): Promise<void> {
  await tx.query({
    ...ADD_OLDER,
    values: [
      ...keyOf(key, one),
      version,
      now,
      one.write.deleted ?? false,
      sealedAs(key, one, version, now),
    ],
  });
}

/** Seals the current version again with a later time of the source; nothing else changes. */
export async function confirmRow(
  { tx, key }: Writer,
  one: PreparedWrite,
  row: SealedRow,
  current: StoredResource,
): Promise<void> {
  const { sourceTime, elementTimes = {} } = one.write;
  const later = sourceTime === undefined ? {} : { sourceTime, elementTimes };
  const sealed = sealRow(key, row, { ...current, ...later });
  await tx.query({ ...CONFIRM, values: [...keyOf(key, one), sealed] });
}

/** The newest 200 versions in history. */
export async function olderRows({ tx, key }: Writer, one: PreparedWrite): Promise<SealedRow[]> {
  const { rows } = await tx.query<SealedRow>({ ...OLDER_VERSIONS, values: keyOf(key, one) });
  return rows;
}

/** The row as it can be opened. */
export function rowOf({ write, place }: PreparedWrite, held: HeldRow): SealedRow {
  const { version, updated, deleted, sealed } = held;
  return { type: write.type, place, custodian: write.custodian, version, updated, deleted, sealed };
}

function keyOf(key: VaultKey, { write, place }: PreparedWrite): string[] {
  return [key.vault, write.type, place, write.custodian];
}

/** In one array for the database; the rows themselves are given back. */
function sealedTogether(sealed: readonly (Buffer | null)[]): Buffer {
  const together = bytea(sealed);
  for (const one of sealed) if (one) letGoOf(one);
  return together;
}

function sealedAs(key: VaultKey, one: PreparedWrite, version: number, updated: Date): Buffer {
  const { type, custodian, deleted = false } = one.write;
  return sealRow(key, { type, place: one.place, custodian, version, updated, deleted }, one.write);
}
