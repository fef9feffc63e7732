/**
 * Messages as they came in, kept before anybody parses them. Each has a data key of its own:
 * wrapped by the key-encryption key while nobody knows whose it is, by a key of the vault from then
 * on, so that it ends with the vault. The digest is sealed too: with it in clear anybody could
 * confirm that a document they know is here. Content is sealed in chunks: memory stays bounded at
 * any size.
 */
import { createHash, createSecretKey, type KeyObject, randomBytes, randomUUID } from 'node:crypto';
import type { Keyring } from '../identity/index.ts';
import type { Clock } from '../platform/clock.ts';
import { type Sql, statement, type Tx } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { pack, unpack } from './frame.ts';
import { KEY_BYTES, unwrapKey, wrapKey } from './key-wrap.ts';
import { aboutContext, chunkContext, keyContext } from './original-context.ts';
import { seal, unseal } from './seal.ts';
import { noVault, type VaultKeys } from './vault-keys.ts';

export const ORIGINAL_LIMITS = {
  bytesMax: 64 * 1024 * 1024,
  chunkBytesMax: 1024 * 1024,
  /** A write that is unfinished for so long has broken off. */
  unfinishedMinutesMax: 60,
} as const satisfies Record<string, number>;

const ADD_WHOLE = statement(
  'store_add_original',
  `with chunk as (insert into original_chunk (original, number, sealed) values ($1, 0, $6))
   insert into original (id, kek, data_key, chunks, received, about) values ($1, $2, $3, 1, $4, $5)`,
);
const BEGIN = statement(
  'store_begin_original',
  'insert into original (id, kek, data_key, chunks, received) values ($1, $2, $3, 0, $4)',
);
const ADD_CHUNK = statement(
  'store_add_original_chunk',
  'insert into original_chunk (original, number, sealed) values ($1, $2, $3)',
);
const FINISH = statement(
  'store_finish_original',
  'update original set chunks = $2, about = $3 where id = $1',
);
const READ = statement(
  'store_read_original',
  'select id, vault, kek, data_key, chunks, received, about from original where id = $1',
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

export interface OriginalMessage {
  readonly sender: string;
  readonly custodian: string;
  /** How it came: `http`, `mllp`, `file` … */
  readonly channel: string;
  readonly mediaType: string;
  readonly charset?: string;
  readonly bytes: Buffer | AsyncIterable<Buffer>;
}

/** What is known of an original without opening its content. */
export interface OriginalAbout {
  readonly sender: string;
  readonly custodian: string;
  readonly channel: string;
  readonly mediaType: string;
  readonly charset?: string;
  /** Hexadecimal, over the bytes as they came. */
  readonly sha256: string;
  readonly size: number;
}

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
}

export interface Originals {
  /**
   * Durable when it resolves if `sql` is the database itself.
   * @throws Problem `too-large` beyond `ORIGINAL_LIMITS.bytesMax`.
   */
  keep(sql: Sql, message: OriginalMessage): Promise<{ id: string; sha256: string }>;
  /** From now on it ends with the vault. @throws Problem `conflict` when it is bound to another. */
  bind(tx: Tx, id: string, vault: string): Promise<void>;
  about(sql: Sql, id: string): Promise<OpenOriginal>;
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
    for (let number = 0; number < row.chunks; number += 1) {
      yield await readChunk(sql, row.id, number, key);
    }
  }

  return {
    keep: (sql, message) => keep(sql, keyring, clock(), message),
    bind: (tx, id, vault) => bind(tx, keyring, keys, id, vault),
    chunks,
    async about(sql, id) {
      const { row, key } = await opened(sql, id);
      return openAbout(row, key);
    },
    async open(sql, id) {
      const { row, key } = await opened(sql, id);
      const about = openAbout(row, key);
      const parts: Buffer[] = [];
      for (let number = 0; number < row.chunks; number += 1) {
        parts.push(await readChunk(sql, row.id, number, key));
      }
      return { ...about, bytes: Buffer.concat(parts) };
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

async function keep(sql: Sql, keyring: Keyring, received: Date, message: OriginalMessage) {
  const id = randomUUID();
  const raw = randomBytes(KEY_BYTES);
  const { kek, wrapped } = wrapKey(keyring, raw, keyContext(id));
  const key = intoKey(raw);
  const digest = createHash('sha256');
  let size = 0;
  let number = 0;
  const { bytes, ...rest } = message;
  const about = () => {
    const known: OriginalAbout = { ...rest, sha256: digest.digest('hex'), size };
    const sealed = seal(key, Buffer.from(JSON.stringify(known)), aboutContext(id, number));
    return { sealed, sha256: known.sha256 };
  };
  const sealNext = (piece: Buffer): Buffer => {
    size += piece.length;
    if (size > ORIGINAL_LIMITS.bytesMax) {
      throw new Problem('too-large', 'The message is too large.', { code: 'original-too-large' });
    }
    digest.update(piece);
    number += 1;
    return seal(key, pack(piece), chunkContext(id, number - 1));
  };
  if (Buffer.isBuffer(bytes) && bytes.length <= ORIGINAL_LIMITS.chunkBytesMax) {
    const chunk = sealNext(bytes);
    const { sealed, sha256 } = about();
    await sql.query({ ...ADD_WHOLE, values: [id, kek, wrapped, received, sealed, chunk] });
    return { id, sha256 };
  }
  await sql.query({ ...BEGIN, values: [id, kek, wrapped, received] });
  for await (const piece of pieces(bytes)) {
    await sql.query({ ...ADD_CHUNK, values: [id, number, sealNext(piece)] });
  }
  if (number === 0) await sql.query({ ...ADD_CHUNK, values: [id, 0, sealNext(EMPTY)] });
  const { sealed, sha256 } = about();
  await sql.query({ ...FINISH, values: [id, number, sealed] });
  return { id, sha256 };
}

const EMPTY = Buffer.alloc(0);

/** Pieces of the size they are sealed in, however the bytes come. */
async function* pieces(bytes: Buffer | AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const max = ORIGINAL_LIMITS.chunkBytesMax;
  let held: Buffer[] = [];
  let length = 0;
  for await (const part of Buffer.isBuffer(bytes) ? [bytes] : bytes) {
    let rest = part;
    while (length + rest.length >= max) {
      const cut = max - length;
      yield Buffer.concat([...held, rest.subarray(0, cut)]);
      rest = rest.subarray(cut);
      held = [];
      length = 0;
    }
    if (rest.length > 0) held.push(rest);
    length += rest.length;
  }
  if (length > 0) yield Buffer.concat(held);
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
  const sealed = row.about ?? EMPTY;
  const about = JSON.parse(
    unseal(key, sealed, aboutContext(row.id, row.chunks)).toString('utf8'),
  ) as OriginalAbout;
  const bound = row.vault === null ? {} : { vault: row.vault };
  return { ...about, id: row.id, received: row.received, ...bound };
}

function intoKey(raw: Buffer): KeyObject {
  const key = createSecretKey(raw);
  raw.fill(0);
  return key;
}

const noOriginal = (): Problem =>
  new Problem('not-found', 'There is no such message.', { code: 'original' });
