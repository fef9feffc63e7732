/**
 * Two records of one person become one, and can be taken apart again (capabilities A and B: merge
 * and unmerge). Everything moves under the key of the record that stays; what moved is remembered.
 * What came in after the merge stays where it came in: somebody has to look at it.
 */
import { randomUUID } from 'node:crypto';
import type { Keyring } from '../identity/index.ts';
import { type Sql, statement, type Tx } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { boundLookup, placeKeys } from './place.ts';
import { rewrapOriginals } from './rekey-vault.ts';
import {
  columnsOf,
  type IndexTokens,
  type Resealed,
  type RowName,
  resealedCurrent,
  resealedOlder,
} from './reseal-rows.ts';
import {
  freshRecordKey,
  lockedRecordKey,
  lockedVault,
  type VaultKey,
  type VaultKeys,
} from './vault-keys.ts';

const ADD_CURRENT = statement(
  'store_merge_add',
  `insert into resource
          (vault, type, place, custodian, version, versions, updated, deleted, tokens, sealed)
   select $1, i.type, i.place, i.custodian, i.version, i.versions, i.updated, i.deleted,
          i.tokens::bigint[], i.sealed
     from unnest($2::text[], $3::uuid[], $4::uuid[], $5::int[], $6::int[], $7::timestamptz[],
                 $8::boolean[], $9::text[], $10::bytea[])
       as i(type, place, custodian, version, versions, updated, deleted, tokens, sealed)
   on conflict do nothing`,
);
const ADD_OLDER = statement(
  'store_merge_add_older',
  `insert into resource_history (vault, type, place, custodian, version, updated, deleted, sealed)
   select $1, * from unnest($2::text[], $3::uuid[], $4::uuid[], $5::int[], $6::timestamptz[],
                            $7::boolean[], $8::bytea[])`,
);
const DROP_CURRENT = statement(
  'store_merge_drop',
  `delete from resource r using unnest($2::text[], $3::uuid[], $4::uuid[]) as i(type, place, custodian)
    where r.vault = $1 and r.type = i.type and r.place = i.place and r.custodian = i.custodian`,
);
const DROP_OLDER = statement(
  'store_merge_drop_older',
  `delete from resource_history h
     using unnest($2::text[], $3::uuid[], $4::uuid[]) as i(type, place, custodian)
    where h.vault = $1 and h.type = i.type and h.place = i.place and h.custodian = i.custodian`,
);
const MOVE_PLACES = statement(
  'store_merge_places',
  `update resource_place p set vault = $2
     from unnest($3::uuid[], $4::uuid[]) as i(place, custodian)
    where p.vault = $1 and p.place = i.place and p.custodian = i.custodian`,
);
const LOOKUPS = statement(
  'store_merge_lookups',
  'delete from vault_lookup where vault = $1 and ($2::uuid[] is null or hash = any($2)) returning hash',
);
const ADD_LOOKUPS = statement(
  'store_merge_add_lookups',
  `insert into vault_lookup (hash, vault, bound)
   select hash, $1, bound from unnest($2::uuid[], $3::bytea[]) as i(hash, bound)`,
);
const CLOSE = statement(
  'store_merge_close',
  `update vault set state = 'merged', data_key = null, key_number = key_number + 1,
          epoch = epoch + 1 where id = $1`,
);
const BUMP = statement('store_merge_bump', 'update vault set epoch = epoch + 1 where id = $1');
const REOPEN = statement(
  'store_merge_reopen',
  `update vault set state = 'open', data_key = $2, key_number = $3, kek = $4, evidence_key = $5,
          epoch = epoch + 1 where id = $1`,
);
const REMEMBER = statement(
  'store_merge_remember',
  `insert into vault_merge (vault, id, merged, at, types, places, custodians, originals, lookups)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
);
const RECALL = statement(
  'store_merge_recall',
  `select id, at, types, places, custodians, originals, lookups from vault_merge
    where vault = $1 and merged = $2 and undone is null order by at desc limit 1`,
);
const MERGES = statement(
  'store_merges_of',
  'select id, merged, at from vault_merge where vault = $1 and undone is null order by at desc',
);
const UNDONE = statement(
  'store_merge_undone',
  'update vault_merge set undone = $3 where vault = $1 and id = $2',
);

export interface MergeParts {
  readonly keyring: Keyring;
  readonly keys: VaultKeys;
  readonly indexTokens: IndexTokens;
  readonly at: Date;
}

export interface Merged {
  readonly id: string;
  readonly resources: number;
  readonly originals: number;
}

/**
 * Moves everything of `merged` to `vault`.
 * @throws Problem `not-found` when one is not open; `conflict` when both hold the same id of the
 * same custodian: then somebody has to look first.
 */
export async function mergeVaults(
  tx: Tx,
  parts: MergeParts,
  vault: string,
  merged: string,
): Promise<Merged> {
  if (vault === merged) throw new Problem('invalid', 'These are one record already.');
  const { to, from } = await bothLocked(tx, parts, vault, merged);
  const moved = await moveRows(tx, parts, from, to);
  const originals = await rewrapOriginals(tx, from, to);
  const { rows } = await tx.query<{ hash: string }>({ ...LOOKUPS, values: [merged, null] });
  const lookups = rows.map(({ hash }) => hash);
  await addLookups(tx, parts, vault, lookups);
  await tx.query({ ...CLOSE, values: [merged] });
  await tx.query({ ...BUMP, values: [vault] });
  const id = randomUUID();
  const { types, places, custodians } = namesOf(moved);
  const kept = [vault, id, merged, parts.at, types, places, custodians, originals, lookups];
  await tx.query({ ...REMEMBER, values: kept });
  parts.keys.forget(vault);
  parts.keys.forget(merged);
  return { id, resources: moved.length, originals: originals.length };
}

async function addLookups(
  tx: Tx,
  { keyring }: MergeParts,
  vault: string,
  hashes: readonly string[],
): Promise<void> {
  const keys = placeKeys(keyring);
  const bound = hashes.map((hash) => boundLookup(keys, hash, vault));
  await tx.query({ ...ADD_LOOKUPS, values: [vault, hashes, bound] });
}

/** Records that went into one and were not taken out again, newest first. */
export async function mergesOf(sql: Sql, vault: string): Promise<StandingMerge[]> {
  return (await sql.query<StandingMerge>({ ...MERGES, values: [vault] })).rows;
}

export interface StandingMerge {
  readonly id: string;
  /** The record that went. */
  readonly merged: string;
  readonly at: Date;
}

export interface Unmerged {
  readonly resources: number;
  readonly originals: number;
  /** When the records were made one: who read in between read what is another's. */
  readonly mergedAt: Date;
}

/** Takes apart what `mergeVaults` made one. @throws Problem `not-found` when it did not. */
export async function unmergeVaults(
  tx: Tx,
  parts: MergeParts,
  vault: string,
  merged: string,
): Promise<Unmerged> {
  // In the order of the ids, as a merge does, so that two of them do not wait in a circle.
  for (const id of [vault, merged].sort()) await lockedVault(tx, id);
  const { rows } = await tx.query<{
    id: string;
    at: Date;
    types: string[];
    places: string[];
    custodians: string[];
    originals: string[];
    lookups: string[];
  }>({ ...RECALL, values: [vault, merged] });
  const known = rows[0];
  if (!known) throw new Problem('not-found', 'These records were not merged.', { code: 'merge' });
  const { key: from } = await lockedRecordKey(tx, parts.keyring, vault);
  const closed = await lockedVault(tx, merged);
  const fresh = freshRecordKey(parts.keyring, merged, closed.keyNumber + 1, closed.evidence);
  const { dataKey, kek, evidenceKey } = fresh.wrapped;
  const opened = [merged, dataKey, fresh.key.number, kek, evidenceKey];
  await tx.query({ ...REOPEN, values: opened });
  const only = new Set(
    known.types.map((type, at) =>
      rowName({
        type,
        place: known.places[at] ?? '',
        custodian: known.custodians[at] ?? '',
      }),
    ),
  );
  const moved = await moveRows(tx, parts, from, fresh.key, only);
  const originals = await rewrapOriginals(tx, from, fresh.key, new Set(known.originals));
  await tx.query({ ...LOOKUPS, values: [vault, known.lookups] });
  await addLookups(tx, parts, merged, known.lookups);
  await tx.query({ ...BUMP, values: [vault] });
  await tx.query({ ...UNDONE, values: [vault, known.id, parts.at] });
  parts.keys.forget(vault);
  parts.keys.forget(merged);
  return { resources: moved.length, originals: originals.length, mergedAt: known.at };
}

async function bothLocked(
  tx: Tx,
  { keyring }: MergeParts,
  vault: string,
  merged: string,
): Promise<{ to: VaultKey; from: VaultKey }> {
  const keys = new Map<string, VaultKey>();
  for (const id of [vault, merged].sort()) {
    keys.set(id, (await lockedRecordKey(tx, keyring, id)).key);
  }
  return { to: keys.get(vault) as VaultKey, from: keys.get(merged) as VaultKey };
}

const rowName = ({ type, place, custodian }: RowName): string => `${type}|${place}|${custodian}`;

function namesOf(rows: readonly RowName[]) {
  return {
    types: rows.map((row) => row.type),
    places: rows.map((row) => row.place),
    custodians: rows.map((row) => row.custodian),
  };
}

async function moveRows(
  tx: Tx,
  { indexTokens }: MergeParts,
  from: VaultKey,
  to: VaultKey,
  only?: ReadonlySet<string>,
): Promise<RowName[]> {
  const how = { tx, from, to, indexTokens };
  const chosen = <R extends RowName>(rows: readonly R[]) =>
    only ? rows.filter((row) => only.has(rowName(row))) : rows;
  const moved: RowName[] = [];
  for await (const batch of resealedCurrent(how)) {
    const rows = chosen(batch);
    await addCurrent(tx, to.vault, rows);
    moved.push(...rows.map(({ type, place, custodian }) => ({ type, place, custodian })));
  }
  for await (const batch of resealedOlder(how)) {
    const rows = chosen(batch);
    if (rows.length === 0) continue;
    const { types, places, custodians, versions, updated, deleted, sealed } = columnsOf(rows);
    const values = [to.vault, types, places, custodians, versions, updated, deleted, sealed];
    await tx.query({ ...ADD_OLDER, values });
  }
  const { types, places, custodians } = namesOf(moved);
  await tx.query({ ...DROP_CURRENT, values: [from.vault, types, places, custodians] });
  await tx.query({ ...DROP_OLDER, values: [from.vault, types, places, custodians] });
  await tx.query({ ...MOVE_PLACES, values: [from.vault, to.vault, places, custodians] });
  return moved;
}

async function addCurrent(tx: Tx, vault: string, rows: readonly Resealed[]): Promise<void> {
  const { types, places, custodians, versions, updated, deleted, sealed } = columnsOf(rows);
  const { rowCount } = await tx.query({
    ...ADD_CURRENT,
    values: [
      vault,
      types,
      places,
      custodians,
      versions,
      rows.map((row) => row.versions),
      updated,
      deleted,
      rows.map((row) => row.tokens),
      sealed,
    ],
  });
  if (rowCount === rows.length) return;
  throw new Problem('conflict', 'Both records hold the same id of the same custodian.', {
    code: 'merge-collision',
  });
}
