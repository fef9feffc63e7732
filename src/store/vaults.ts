/** Vaults: opening one, finding it by a person's number, its consent epoch, and its end. */
import { randomUUID } from 'node:crypto';
import type { Keyring } from '../identity/index.ts';
import type { Clock } from '../platform/clock.ts';
import { type Sql, statement, type Tx } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { boundLookup, type PersonIdentifier, type PlaceKeys, personHash } from './place.ts';
import { newVaultKeys, noVault, type VaultKeys } from './vault-keys.ts';

const FIND = statement('store_find_vault', 'select vault from vault_lookup where hash = $1');
const OPEN = statement(
  'store_open_vault',
  `insert into vault (id, kek, data_key, evidence_key, opened) values ($1, $2, $3, $4, $5)`,
);
const LINK = statement(
  'store_link_vault',
  'insert into vault_lookup (hash, vault, bound) values ($1, $2, $3) on conflict do nothing',
);
const UNBOUND = statement(
  'store_check_unbound_lookups',
  'select hash, vault from vault_lookup where bound is null order by hash limit 500',
);
const UNLINK_SOME = statement(
  'store_unlink_some',
  'delete from vault_lookup where hash = any($1::uuid[]) and bound is null',
);
const LINK_AGAIN = statement(
  'store_link_again',
  `insert into vault_lookup (hash, vault, bound)
   select * from unnest($1::uuid[], $2::uuid[], $3::bytea[])`,
);
const IDS = statement(
  'store_vault_ids',
  `select id from vault where id > $1 and state = 'open' order by id limit $2`,
);
const CLOSED_IDS = statement(
  'store_closed_vault_ids',
  `select id from vault where id > $1 and state <> 'open' order by id limit $2`,
);
const NO_VAULT = '00000000-0000-0000-0000-000000000000';
const EPOCH = statement('store_vault_epoch', 'select epoch from vault where id = $1');
const BUMP = statement(
  'store_bump_epoch',
  'update vault set epoch = greatest(epoch, $2::integer) + 1 where id = $1 returning epoch',
);
const STATE = statement('store_vault_state', 'select state from vault where id = $1');
const LOCK = statement('store_lock_vault', 'select state from vault where id = $1 for update');
const END_KEY = statement(
  'store_end_vault_key',
  `update vault set state = 'erased', data_key = null, key_number = key_number + 1,
          epoch = epoch + 1, erased = $2
    where id = $1`,
);
const PLACES = statement(
  'store_places_of_vault',
  'select place, custodian from resource where vault = $1',
);
const FREE_PLACES = statement(
  'store_free_places',
  `delete from resource_place p using unnest($2::uuid[], $3::uuid[]) as gone(place, custodian)
    where p.place = gone.place and p.custodian = gone.custodian and p.vault = $1`,
);
const UNLINK = statement('store_unlink_vault', 'delete from vault_lookup where vault = $1');
const DROP_RESOURCES = statement('store_drop_resources', 'delete from resource where vault = $1');
const DROP_HISTORY = statement(
  'store_drop_history',
  'delete from resource_history where vault = $1',
);
const DROP_ORIGINALS = statement(
  'store_drop_originals',
  'delete from original where vault = $1 returning id',
);
const DROP_CHUNKS = statement(
  'store_drop_chunks',
  'delete from original_chunk where original = any($1::uuid[])',
);

const DROP_CHANGES = statement('store_drop_changes', 'delete from vault_change where vault = $1');
const DROP_MERGES = statement('store_drop_merges', 'delete from vault_merge where vault = $1');

/** Two keyed hashes each; with more people than these a guess is rarer. */
const FOUND_KEPT_MAX = 20_000;

/** What erasure ended, for the ledger. */
export interface Erased {
  readonly resources: number;
  readonly olderVersions: number;
  readonly originals: number;
}

const idsBy =
  (asked: typeof IDS): Vaults['vaultIds'] =>
  async (sql, after, limit) => {
    const values = [after ?? NO_VAULT, limit];
    return (await sql.query<{ id: string }>({ ...asked, values })).rows.map(({ id }) => id);
  };

export interface Vaults {
  findVault(sql: Sql, identifier: PersonIdentifier): Promise<string | undefined>;
  /** Where this gateway saw it lead last: a guess, to ask more at once, and never an answer. */
  lastFound(identifier: PersonIdentifier): string | undefined;
  openVault(tx: Tx, identifiers: readonly PersonIdentifier[]): Promise<string>;
  linkIdentifier(tx: Tx, vault: string, identifier: PersonIdentifier): Promise<void>;
  /** Binds rows of before the binding, once, at an upgrade. @returns how many. */
  bindLookups(tx: Tx): Promise<number>;
  epoch(sql: Sql, vault: string): Promise<number>;
  /** Raises the consent epoch, beyond `above` too. @returns the new one. */
  bumpEpoch(tx: Tx, vault: string, above?: number): Promise<number>;
  /** @throws Problem `not-found` for one that was erased or went into another record. */
  requireOpen(tx: Tx, vault: string): Promise<void>;
  erase(tx: Tx, vault: string): Promise<Erased>;
  /** Ids of open vaults in their order, page by page; ids tell nothing of anybody. */
  vaultIds(sql: Sql, after: string | undefined, limit: number): Promise<string[]>;
  /** The same of those that were erased or went into another record. */
  closedVaultIds(sql: Sql, after: string | undefined, limit: number): Promise<string[]>;
}

export function createVaults(
  keyring: Keyring,
  places: PlaceKeys,
  keys: VaultKeys,
  clock: Clock,
): Vaults {
  const found = new Map<string, string>();

  async function findVault(sql: Sql, identifier: PersonIdentifier): Promise<string | undefined> {
    const hash = personHash(places, identifier);
    const { rows } = await sql.query<{ vault: string }>({ ...FIND, values: [hash] });
    const vault = rows[0]?.vault;
    if (found.size >= FOUND_KEPT_MAX) found.clear();
    if (vault === undefined) found.delete(hash);
    else found.set(hash, vault);
    return vault;
  }

  async function linkIdentifier(tx: Tx, vault: string, identifier: PersonIdentifier) {
    const hash = personHash(places, identifier);
    const values = [hash, vault, boundLookup(places, hash, vault)];
    const { rowCount } = await tx.query({ ...LINK, values });
    if (rowCount === 1 || (await findVault(tx, identifier)) === vault) return;
    throw new Problem('conflict', 'The identifier belongs to another record.', {
      code: 'identifier-taken',
    });
  }

  return {
    findVault,
    lastFound: (identifier) => found.get(personHash(places, identifier)),
    linkIdentifier,
    async openVault(tx, identifiers) {
      const vault = randomUUID();
      const { kek, dataKey, evidenceKey } = newVaultKeys(keyring, vault, 1);
      await tx.query({ ...OPEN, values: [vault, kek, dataKey, evidenceKey, clock()] });
      for (const identifier of identifiers) await linkIdentifier(tx, vault, identifier);
      return vault;
    },
    async bindLookups(tx) {
      for (let count = 0; ; ) {
        const { rows } = await tx.query<{ hash: string; vault: string }>(UNBOUND);
        if (rows.length === 0) return count;
        const hashes = rows.map(({ hash }) => hash);
        const vaults = rows.map(({ vault }) => vault);
        const bound = rows.map(({ hash, vault }) => boundLookup(places, hash, vault));
        await tx.query({ ...UNLINK_SOME, values: [hashes] });
        await tx.query({ ...LINK_AGAIN, values: [hashes, vaults, bound] });
        count += rows.length;
      }
    },
    vaultIds: idsBy(IDS),
    closedVaultIds: idsBy(CLOSED_IDS),
    async epoch(sql, vault) {
      const { rows } = await sql.query<{ epoch: number }>({ ...EPOCH, values: [vault] });
      // Nobody's epoch is 0, so that a question about an unknown person takes the same way.
      return rows[0]?.epoch ?? 0;
    },
    async bumpEpoch(tx, vault, above = 0) {
      const { rows } = await tx.query<{ epoch: number }>({ ...BUMP, values: [vault, above] });
      if (!rows[0]) throw noVault();
      return rows[0].epoch;
    },
    async requireOpen(tx, vault) {
      const { rows } = await tx.query<{ state: string }>({ ...STATE, values: [vault] });
      if (rows[0]?.state !== 'open') throw noVault();
    },
    erase: (tx, vault) => erase(tx, vault, keys, clock()),
  };
}

/** The lock waits for writes that run and keeps new ones out; they then find the vault erased. */
async function erase(tx: Tx, vault: string, keys: VaultKeys, at: Date): Promise<Erased> {
  const { rows: locked } = await tx.query<{ state: string }>({ ...LOCK, values: [vault] });
  if (locked[0]?.state !== 'open') throw noVault();
  const found = await tx.query<{ place: string; custodian: string }>({
    ...PLACES,
    values: [vault],
  });
  await tx.query({
    ...FREE_PLACES,
    values: [vault, found.rows.map((row) => row.place), found.rows.map((row) => row.custodian)],
  });
  await tx.query({ ...UNLINK, values: [vault] });
  const resources = await tx.query({ ...DROP_RESOURCES, values: [vault] });
  const history = await tx.query({ ...DROP_HISTORY, values: [vault] });
  const originals = await tx.query<{ id: string }>({ ...DROP_ORIGINALS, values: [vault] });
  await tx.query({ ...DROP_CHUNKS, values: [originals.rows.map((row) => row.id)] });
  await tx.query({ ...DROP_MERGES, values: [vault] });
  await tx.query({ ...DROP_CHANGES, values: [vault] });
  await tx.query({ ...END_KEY, values: [vault, at] });
  keys.forget(vault);
  return {
    resources: resources.rowCount ?? 0,
    olderVersions: history.rowCount ?? 0,
    originals: originals.rowCount ?? 0,
  };
}
