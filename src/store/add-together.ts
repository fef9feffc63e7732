/**
 * New rows of many vaults in one statement, for creates that run side by side. It only adds: a row
 * that is there already, or whose vault was closed or given a new key meanwhile, is left out and
 * said so, and its request takes the ordinary way.
 */
import { binaryArray } from '../platform/binary-array.ts';
import { type Sql, statement, type Tx } from '../platform/database.ts';
import { type PlaceKeys, placeOf } from './place.ts';
import { sealRow } from './sealed-row.ts';
import { plainTokens, tokenHashes } from './search-tokens.ts';
import type { ResourceWrite } from './stored-resource.ts';
import type { VaultKeys } from './vault-keys.ts';

// The share lock on the vaults keeps erasure and re-keying out until the caller commits. Changes
// of the vaults are counted first, in the order of their ids, so that nobody waits in a circle.
const ADD = statement(
  'store_add_together',
  `with input as materialized (
     select * from unnest($1::uuid[], $2::integer[], $3::text[], $4::uuid[], $5::uuid[],
                          $6::integer[], $7::integer[], $9::bytea[], $10::timestamptz[])
       with ordinality
         as i(vault, key_number, type, place, custodian, first, last, sealed, updated, nth)),
   owner as materialized (
     select v.id, v.key_number from vault v
      where v.id = any($1::uuid[]) and v.state = 'open' order by v.id for key share),
   counted as (
     insert into vault_change (vault, changes) select id, 1 from owner order by id
     on conflict (vault) do update set changes = vault_change.changes + 1 returning vault),
   added as (
     insert into resource
            (vault, type, place, custodian, version, versions, updated, deleted, tokens, sealed)
     select i.vault, i.type, i.place, i.custodian, 1, 1, i.updated, false,
            ($8::bigint[])[i.first : i.last], i.sealed
       from input i join owner o on o.id = i.vault and o.key_number = i.key_number
       join counted c on c.vault = o.id
      order by i.vault, i.type, i.place
     on conflict do nothing returning vault, type, place, custodian),
   placed as (
     insert into resource_place (place, custodian, vault, pooled)
     select a.place, a.custodian, a.vault,
            (select p.place from resource_place p where p.place = a.place limit 1) is null
       from added a order by a.place, a.custodian
     on conflict (place, custodian) do update set vault = excluded.vault)
   select i.nth::integer from added a join input i using (vault, type, place, custodian)`,
);

/** A new resource, ready to be inserted as its version 1. */
export interface Addition {
  readonly vault: string;
  readonly keyNumber: number;
  readonly type: string;
  readonly place: string;
  readonly custodian: string;
  readonly tokens: BigInt64Array;
  readonly sealed: Buffer;
  readonly updated: Date;
}

/** Seals a new resource. @throws Problem `not-found` when there is no such vault. */
export async function prepareAddition(
  keys: VaultKeys,
  places: PlaceKeys,
  sql: Sql,
  where: { readonly vault: string; readonly updated: Date },
  write: ResourceWrite,
): Promise<Addition> {
  const { vault, updated } = where;
  const key = await keys.record(sql, vault);
  const { type, custodian, id } = write;
  const place = placeOf(places, type, id);
  const row = { type, place, custodian, version: 1, updated, deleted: false };
  return {
    ...{ vault, keyNumber: key.number, type, place, custodian, updated },
    tokens: tokenHashes(key.for('tokens'), plainTokens(write)),
    sealed: sealRow(key, row, write),
  };
}

/** @returns for each whether it was added. */
export async function addTogether(
  keys: VaultKeys,
  tx: Tx,
  additions: readonly Addition[],
): Promise<boolean[]> {
  const { bytea, int4, int8, text, uuid } = binaryArray;
  // All tokens in one list, of which each row has its piece.
  let last = 0;
  const lasts = additions.map(({ tokens }) => {
    last += tokens.length;
    return last;
  });
  const { rows } = await tx.query<{ nth: number }>({
    ...ADD,
    values: [
      uuid(additions.map(({ vault }) => vault)),
      int4(additions.map(({ keyNumber }) => keyNumber)),
      text(additions.map(({ type }) => type)),
      uuid(additions.map(({ place }) => place)),
      uuid(additions.map(({ custodian }) => custodian)),
      int4(additions.map(({ tokens }, at) => (lasts[at] ?? 0) - tokens.length + 1)),
      int4(lasts),
      int8(additions.flatMap(({ tokens }) => [...tokens])),
      bytea(additions.map(({ sealed }) => sealed)),
      additions.map(({ updated }) => updated),
    ],
  });
  const added = new Set(rows.map(({ nth }) => nth));
  return additions.map(({ vault }, at) => {
    const isAdded = added.has(at + 1);
    // Perhaps the key was another one: it is read again before the next try.
    if (!isAdded) keys.forget(vault);
    return isAdded;
  });
}
