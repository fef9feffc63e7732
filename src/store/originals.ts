/**
 * Messages as they came in, kept before anybody parses them. Each has a data key of its own:
 * wrapped by the key-encryption key while nobody knows whose it is, by a key of the vault from then
 * on, so that it ends with the vault. The digest is sealed too: with it in clear anybody could
 * confirm that a document they know is here. Content is sealed in chunks: memory stays bounded at
 * any size.
 */
import type { KeyObject } from 'node:crypto';
import type { Keyring } from '../identity/index.ts';
import type { Clock } from '../platform/clock.ts';
import { type Sql, statement, type Tx } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { unpack } from './frame.ts';
import {
  intoKey,
  type KeptAs,
  keepOriginal,
  ORIGINAL_LIMITS,
  type OriginalAbout,
  type OriginalMessage,
} from './keep-original.ts';
import { unwrapKey } from './key-wrap.ts';
import { aboutContext, chunkContext, keyContext } from './original-context.ts';
import { seal, unseal } from './seal.ts';
import { noVault, type VaultKeys } from './vault-keys.ts';

const READ = statement(
  'store_read_original',
  `select id, vault, kek, data_key, chunks, received, about, parts, parts_whole as "isWhole",
          parts_layout as layout
     from original where id = $1`,
);
const READ_CHUNK = statement(
  'store_read_original_chunk',
  'select sealed from original_chunk where original = $1 and number = $2',
);
const LOCK = statement('store_lock_original', `${READ.text} for update`);
const BIND = statement(
  'store_bind_original',
  `with owner as materialized (
     select id from vault where id = $2 and state = 'open' and key_number = $4 for key share)
   update original o set vault = owner.id, kek = null, data_key = $3
     from owner where o.id = $1`,
);
const UNFINISHED = statement(
  'store_unfinished_originals',
  'select id from original where chunks = 0 and received < $1',
);
const DROP = statement(
  'store_drop_original',
  `with chunks as (delete from original_chunk where original = any($1::uuid[]))
   delete from original where id = any($1::uuid[])`,
);

const PART = statement(
  'store_part_original',
  'update original set parts = $2, parts_whole = $3, parts_layout = $4 where id = $1',
);
const DROP_CONTENT = statement(
  'store_drop_original_content',
  'delete from original_chunk where original = $1',
);
const IS_THERE = statement('store_original_is_there', 'select from original where id = $1');

export interface OpenOriginal extends OriginalAbout {
  readonly id: string;
  readonly received: Date;
  /** Absent while nobody knows whose it is. */
  readonly vault?: string;
}

interface OriginalRow {
  id: string;
  vault: string | null;
  kek: string | null;
  data_key: Buffer;
  chunks: number;
  received: Date;
  about: Buffer | null;
  /** Where its content lies, in this order. */
  parts: string[] | null;
  /** Whether they make the message as it came. */
  isWhole: boolean;
  /** How; none: one after another. */
  layout: PartsLayout | null;
}

/** Piece by piece: bytes of a part (its number, from, how many), or what stood between. */
export type PartsLayout = readonly (
  | readonly [part: number, from: number, length: number]
  | string
)[];

const EMPTY = Buffer.alloc(0);

export interface Originals {
  /**
   * Durable when it resolves if `sql` is the database itself.
   * @throws Problem `too-large` beyond `ORIGINAL_LIMITS.bytesMax`.
   */
  keep(sql: Sql, message: OriginalMessage, as?: KeptAs): Promise<{ id: string; sha256: string }>;
  /** From now on it ends with the vault. @throws Problem `conflict` when it is bound to another. */
  bind(tx: Tx, id: string, vault: string): Promise<void>;
  /** @throws Problem `not-found` also when one of its parts ended with its record. */
  about(sql: Sql, id: string): Promise<OpenOriginal>;
  /**
   * Lets its content lie in these originals and nowhere else.
   * @param layout how they make the message as it came; without it, it cannot be read as a whole.
   */
  part(tx: Tx, id: string, parts: readonly string[], layout?: PartsLayout): Promise<void>;
  /** Those of its parts that are still there; none when it was not parted. */
  parts(sql: Sql, id: string): Promise<string[]>;
  open(sql: Sql, id: string): Promise<OpenOriginal & { readonly bytes: Buffer }>;
  /**
   * The content piece by piece. @throws Problem `not-found`; `fault` when a piece does not open.
   */
  chunks(sql: Sql, id: string): AsyncIterable<Buffer>;
  drop(tx: Sql, ids: readonly string[]): Promise<void>;
  /** Removes what broke off while it was received. @returns how many. */
  sweep(sql: Sql): Promise<number>;
}

export function createOriginals(keyring: Keyring, keys: VaultKeys, clock: Clock): Originals {
  async function opened(sql: Sql, id: string): Promise<{ row: OriginalRow; key: KeyObject }> {
    const { rows } = await sql.query<OriginalRow>({ ...READ, values: [id] });
    const row = rows[0];
    if (!row?.about) throw noOriginal();
    const raw = await dataKeyOf(sql, keyring, keys, row);
    return { row, key: intoKey(raw) };
  }

  async function* chunks(sql: Sql, id: string): AsyncGenerator<Buffer> {
    const { row, key } = await opened(sql, id);
    if (row.parts) {
      if (row.layout)
        yield* laidOut(
          row.layout,
          row.parts.map((part) => chunks(sql, part)),
        );
      else for (const part of row.parts) yield* chunks(sql, part);
      return;
    }
    for (let number = 0; number < row.chunks; number += 1) {
      yield await readChunk(sql, row.id, number, key);
    }
  }

  async function partsOf(sql: Sql, { parts }: OriginalRow): Promise<string[]> {
    const there: string[] = [];
    for (const part of parts ?? []) {
      if ((await sql.query({ ...IS_THERE, values: [part] })).rowCount === 1) there.push(part);
    }
    return there;
  }

  async function mustBeWhole(sql: Sql, row: OriginalRow): Promise<void> {
    if (!row.parts) return;
    const there = await partsOf(sql, row);
    if (!row.isWhole || there.length < row.parts.length) throw noOriginal();
  }

  return {
    keep: (sql, message, as) => keepOriginal({ sql, keyring, keys }, clock(), message, as),
    bind: (tx, id, vault) => bind(tx, keyring, keys, id, vault),
    chunks,
    async about(sql, id) {
      const { row, key } = await opened(sql, id);
      await mustBeWhole(sql, row);
      return openAbout(row, key);
    },
    async part(tx, id, parts, layout) {
      const laid = layout === undefined ? null : JSON.stringify(layout);
      await tx.query({ ...PART, values: [id, parts, laid !== null, laid] });
      await tx.query({ ...DROP_CONTENT, values: [id] });
    },
    parts: async (sql, id) => partsOf(sql, (await opened(sql, id)).row),
    async open(sql, id) {
      const { row, key } = await opened(sql, id);
      await mustBeWhole(sql, row);
      const about = openAbout(row, key);
      return { ...about, bytes: await allOf(chunks(sql, id)) };
    },
    drop: async (tx, ids) => void (await tx.query({ ...DROP, values: [ids] })),
    async sweep(sql) {
      const minutes = ORIGINAL_LIMITS.unfinishedMinutesMax;
      const before = new Date(clock().getTime() - minutes * 60_000);
      const { rows } = await sql.query<{ id: string }>({ ...UNFINISHED, values: [before] });
      await sql.query({ ...DROP, values: [rows.map((row) => row.id)] });
      return rows.length;
    },
  };
}

/** The parts have what stands around them in common, so all are at hand until the end. */
async function* laidOut(
  layout: PartsLayout,
  parts: readonly AsyncIterable<Buffer>[],
): AsyncGenerator<Buffer> {
  const bytes: Buffer[] = [];
  for (const part of parts) bytes.push(await allOf(part));
  for (const piece of layout) {
    if (typeof piece === 'string') yield Buffer.from(piece, 'latin1');
    else yield (bytes[piece[0]] ?? EMPTY).subarray(piece[1], piece[1] + piece[2]);
  }
}

async function allOf(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of chunks) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function bind(
  tx: Tx,
  keyring: Keyring,
  keys: VaultKeys,
  id: string,
  vault: string,
): Promise<void> {
  const { rows } = await tx.query<OriginalRow>({ ...LOCK, values: [id] });
  const row = rows[0];
  if (!row?.about) throw noOriginal();
  if (row.vault === vault) return;
  if (row.vault !== null) {
    throw new Problem('conflict', 'The message belongs to another record.', {
      code: 'original-bound',
    });
  }
  const key = await keys.record(tx, vault);
  const raw = await dataKeyOf(tx, keyring, keys, row);
  const wrapped = seal(key.for('originals'), raw, keyContext(id));
  raw.fill(0);
  const { rowCount } = await tx.query({ ...BIND, values: [id, vault, wrapped, key.number] });
  if (rowCount === 0) {
    keys.forget(vault);
    throw noVault();
  }
}

async function dataKeyOf(
  sql: Sql,
  keyring: Keyring,
  keys: VaultKeys,
  row: OriginalRow,
): Promise<Buffer> {
  const { id, kek, vault, data_key: wrapped } = row;
  if (kek !== null) return unwrapKey(keyring, { kek, wrapped }, keyContext(id));
  const opened = async () =>
    unseal((await keys.record(sql, vault ?? '')).for('originals'), wrapped, keyContext(id));
  return opened().catch(() => {
    // The record may have been given a new key elsewhere since this one was kept.
    keys.forget(vault ?? '');
    return opened();
  });
}

async function readChunk(sql: Sql, id: string, number: number, key: KeyObject): Promise<Buffer> {
  const { rows } = await sql.query<{ sealed: Buffer }>({ ...READ_CHUNK, values: [id, number] });
  if (!rows[0]) {
    throw new Problem('fault', 'A part of an original is missing.', { code: 'original-part' });
  }
  return unpack(unseal(key, rows[0].sealed, chunkContext(id, number)));
}

function openAbout(row: OriginalRow, key: KeyObject): OpenOriginal {
  const sealed = row.about ?? Buffer.alloc(0);
  const about = JSON.parse(
    unseal(key, sealed, aboutContext(row.id, row.chunks)).toString('utf8'),
  ) as OriginalAbout;
  const bound = row.vault === null ? {} : { vault: row.vault };
  return { ...about, id: row.id, received: row.received, ...bound };
}

const noOriginal = (): Problem =>
  new Problem('not-found', 'There is no such message.', { code: 'original' });
