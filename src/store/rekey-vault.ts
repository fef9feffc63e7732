/**
 * A new data key for one record: every row, older version and original under it again, and the old
 * key gone, in one transaction. Writers wait, readers find the new number and read again. What a
 * backup from before could open with the old wrapped key stays there until that backup ends.
 */
import type { Keyring } from '../identity/index.ts';
import { statement, type Tx } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { keyContext } from './original-context.ts';
import { columnsOf, type IndexTokens, resealedCurrent, resealedOlder } from './reseal-rows.ts';
import { seal, unseal } from './seal.ts';
import { freshRecordKey, lockedRecordKey, type VaultKey, type VaultKeys } from './vault-keys.ts';

const WRITE_CURRENT = statement(
  'store_rekey_rows',
  `update resource r set tokens = i.tokens::bigint[], sealed = i.sealed
     from unnest($2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::bytea[])
       as i(type, place, custodian, tokens, sealed)
    where r.vault = $1 and r.type = i.type and r.place = i.place and r.custodian = i.custodian`,
);
const DROP_OLDER = statement(
  'store_rekey_drop_older',
  `delete from resource_history h
     using unnest($2::text[], $3::uuid[], $4::uuid[], $5::int[])
       as i(type, place, custodian, version)
    where h.vault = $1 and h.type = i.type and h.place = i.place and h.custodian = i.custodian
      and h.version = i.version`,
);
const ADD_OLDER = statement(
  'store_rekey_add_older',
  `insert into resource_history (vault, type, place, custodian, version, updated, deleted, sealed)
   select $1, * from unnest($2::text[], $3::uuid[], $4::uuid[], $5::int[], $6::timestamptz[],
                            $7::boolean[], $8::bytea[])`,
);
const ORIGINALS = statement(
  'store_originals_of_vault',
  'select id, data_key from original where vault = $1 for update',
);
const REWRAP_ORIGINALS = statement(
  'store_rekey_originals',
  `update original o set vault = $2, data_key = i.data_key
     from unnest($3::uuid[], $4::bytea[]) as i(id, data_key)
    where o.vault = $1 and o.id = i.id`,
);
const SET_KEY = statement(
  'store_set_record_key',
  `update vault set state = 'open', data_key = $2, key_number = $3, kek = $4, evidence_key = $5
    where id = $1`,
);

export interface Rekeyed {
  readonly resources: number;
  readonly olderVersions: number;
  readonly originals: number;
}

/** @throws Problem `not-found` when there is no such record or it was erased. */
export async function rekeyVault(
  tx: Tx,
  keyring: Keyring,
  keys: VaultKeys,
  vault: string,
  indexTokens: IndexTokens,
): Promise<Rekeyed> {
  const old = await lockedRecordKey(tx, keyring, vault);
  const fresh = freshRecordKey(keyring, vault, old.key.number + 1, old.evidence);
  const how = { tx, from: old.key, to: fresh.key, indexTokens };
  let resources = 0;
  for await (const rows of resealedCurrent(how)) {
    const { types, places, custodians, sealed } = columnsOf(rows);
    const tokens = rows.map((row) => row.tokens);
    await tx.query({
      ...WRITE_CURRENT,
      values: [vault, types, places, custodians, tokens, sealed],
    });
    resources += rows.length;
  }
  let olderVersions = 0;
  for await (const rows of resealedOlder(how)) {
    await replaceOlder(tx, vault, rows);
    olderVersions += rows.length;
  }
  const originals = (await rewrapOriginals(tx, old.key, fresh.key)).length;
  const { dataKey, kek, evidenceKey } = fresh.wrapped;
  await tx.query({ ...SET_KEY, values: [vault, dataKey, fresh.key.number, kek, evidenceKey] });
  keys.forget(vault);
  return { resources, olderVersions, originals };
}

/** History is never changed, only taken out and put back: the app may do no more. */
async function replaceOlder(
  tx: Tx,
  vault: string,
  rows: Parameters<typeof columnsOf>[0],
): Promise<void> {
  if (rows.length === 0) return;
  const { types, places, custodians, versions, updated, deleted, sealed } = columnsOf(rows);
  const name = [vault, types, places, custodians, versions];
  await tx.query({ ...DROP_OLDER, values: name });
  await tx.query({ ...ADD_OLDER, values: [...name, updated, deleted, sealed] });
}

/** Originals of one record under the key of another, or of the same. @returns their ids. */
export async function rewrapOriginals(
  tx: Tx,
  from: VaultKey,
  to: VaultKey,
  only?: ReadonlySet<string>,
): Promise<string[]> {
  const { rows } = await tx.query<{ id: string; data_key: Buffer }>({
    ...ORIGINALS,
    values: [from.vault],
  });
  const mine = only ? rows.filter(({ id }) => only.has(id)) : rows;
  const again = mine.map(({ id, data_key: wrapped }) => {
    const raw = unseal(from.for('originals'), wrapped, keyContext(id));
    const made = seal(to.for('originals'), raw, keyContext(id));
    raw.fill(0);
    return made;
  });
  const ids = mine.map(({ id }) => id);
  const values = [from.vault, to.vault, ids, again];
  const { rowCount } = await tx.query({ ...REWRAP_ORIGINALS, values });
  if (rowCount !== ids.length) throw new Problem('fault', 'An original went away meanwhile.');
  return ids;
}
