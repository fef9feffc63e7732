/**
 * Puts every wrapped key under the current key-encryption key, a batch a transaction, while the
 * gateway runs. No record is touched: only the keys are wrapped again. When nothing remains the old
 * key may leave the key file, and with it everything that a backup from before could still have
 * opened.
 */
import type { Keyring } from '../identity/index.ts';
import { type Database, statement, type Tx } from '../platform/database.ts';
import { rewrapKey } from './key-wrap.ts';
import { keyContext } from './original-context.ts';
import { evidenceContext, recordContext } from './vault-keys.ts';

const BATCH_ROWS = 500;

const COUNT = statement(
  'store_count_old_keks',
  `select (select count(*) from vault where kek <> $1)::int
        + (select count(*) from original where kek <> $1)::int as remaining`,
);
const OLD_VAULTS = statement(
  'store_old_kek_vaults',
  `select id, key_number, kek, data_key, evidence_key from vault
    where kek <> $1 order by id limit $2 for no key update`,
);
const REWRAP_VAULTS = statement(
  'store_rewrap_vaults',
  `update vault v set kek = $1, data_key = i.data_key, evidence_key = i.evidence_key
     from unnest($2::uuid[], $3::bytea[], $4::bytea[]) as i(id, data_key, evidence_key)
    where v.id = i.id`,
);
const OLD_ORIGINALS = statement(
  'store_old_kek_originals',
  `select id, kek, data_key from original
    where kek is not null and kek <> $1 order by id limit $2 for update`,
);
const REWRAP_ORIGINALS = statement(
  'store_rewrap_originals',
  `update original o set kek = $1, data_key = i.data_key
     from unnest($2::uuid[], $3::bytea[]) as i(id, data_key) where o.id = i.id`,
);

export interface RotationProgress {
  readonly done: number;
  readonly total: number;
}

/**
 * @returns how many keys were wrapped again. @throws Problem `fault` when an old kek is not at
 * hand.
 */
export async function rotateKek(
  database: Database,
  keyring: Keyring,
  progress: (at: RotationProgress) => void = () => undefined,
): Promise<number> {
  const values = [keyring.kek.current];
  const { rows } = await database.query<{ remaining: number }>({ ...COUNT, values });
  const total = rows[0]?.remaining ?? 0;
  let done = 0;
  for (const batch of [rewrapVaults, rewrapOriginals]) {
    let some = 0;
    do {
      some = await database.transaction((tx) => batch(tx, keyring));
      done += some;
      progress({ done, total: Math.max(total, done) });
    } while (some > 0);
  }
  return done;
}

async function rewrapVaults(tx: Tx, keyring: Keyring): Promise<number> {
  const current = keyring.kek.current;
  const { rows } = await tx.query<{
    id: string;
    key_number: number;
    kek: string;
    data_key: Buffer | null;
    evidence_key: Buffer;
  }>({ ...OLD_VAULTS, values: [current, BATCH_ROWS] });
  const again = (kek: string, wrapped: Buffer, context: string) =>
    rewrapKey(keyring, { kek, wrapped }, context).wrapped;
  const records = rows.map((row) =>
    row.data_key ? again(row.kek, row.data_key, recordContext(row.id, row.key_number)) : null,
  );
  const evidence = rows.map((row) => again(row.kek, row.evidence_key, evidenceContext(row.id)));
  if (rows.length > 0) {
    const ids = rows.map((row) => row.id);
    await tx.query({ ...REWRAP_VAULTS, values: [current, ids, records, evidence] });
  }
  return rows.length;
}

async function rewrapOriginals(tx: Tx, keyring: Keyring): Promise<number> {
  const current = keyring.kek.current;
  const { rows } = await tx.query<{ id: string; kek: string; data_key: Buffer }>({
    ...OLD_ORIGINALS,
    values: [current, BATCH_ROWS],
  });
  if (rows.length > 0) {
    const again = rows.map(
      (row) =>
        rewrapKey(keyring, { kek: row.kek, wrapped: row.data_key }, keyContext(row.id)).wrapped,
    );
    await tx.query({ ...REWRAP_ORIGINALS, values: [current, rows.map((row) => row.id), again] });
  }
  return rows.length;
}
