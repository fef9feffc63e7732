/**
 * A message as it came, sealed under a data key of its own: wrapped by the key-encryption key while
 * nobody knows whose it is, or by a key of the vault from the start.
 */
import { createHash, createSecretKey, type KeyObject, randomBytes, randomUUID } from 'node:crypto';
import type { Keyring } from '../identity/index.ts';
import { type Sql, statement } from '../platform/database.ts';
import { letGoOf } from '../platform/let-go.ts';
import { Problem } from '../platform/problem.ts';
import { pack } from './frame.ts';
import { KEY_BYTES, wrapKey } from './key-wrap.ts';
import { aboutContext, chunkContext, keyContext } from './original-context.ts';
import { seal } from './seal.ts';
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
const ADD_BOUND = statement(
  'store_add_bound_original',
  `with owner as materialized (
     select id from vault where id = $2 and state = 'open' and key_number = $7 for key share),
   chunk as (
     insert into original_chunk (original, number, sealed) select $1, 0, $6 from owner)
   insert into original (id, vault, data_key, chunks, received, about)
   select $1, owner.id, $3, 1, $4, $5 from owner`,
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

/** Under which id; and for a message of at most one chunk, whose it is from the start. */
export interface KeptAs {
  readonly id: string;
  readonly vault?: string;
}

export interface Keeping {
  readonly sql: Sql;
  readonly keyring: Keyring;
  readonly keys: VaultKeys;
}

/** Durable when it resolves if `sql` is the database itself. */
export async function keepOriginal(
  { sql, keyring, keys }: Keeping,
  received: Date,
  message: OriginalMessage,
  { id, vault }: KeptAs = { id: randomUUID() },
) {
  const owner = vault === undefined ? undefined : await keys.record(sql, vault);
  const raw = randomBytes(KEY_BYTES);
  const { kek, wrapped } = owner
    ? { kek: null, wrapped: seal(owner.for('originals'), raw, keyContext(id)) }
    : wrapKey(keyring, raw, keyContext(id));
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
    const packed = pack(piece);
    const sealed = seal(key, packed, chunkContext(id, number - 1));
    letGoOf(packed);
    return sealed;
  };
  if (Buffer.isBuffer(bytes) && bytes.length <= ORIGINAL_LIMITS.chunkBytesMax) {
    const chunk = sealNext(bytes);
    const { sealed, sha256 } = about();
    if (owner) {
      const values = [id, owner.vault, wrapped, received, sealed, chunk, owner.number];
      if ((await sql.query({ ...ADD_BOUND, values })).rowCount === 0) {
        keys.forget(owner.vault);
        throw noVault();
      }
    } else await sql.query({ ...ADD_WHOLE, values: [id, kek, wrapped, received, sealed, chunk] });
    return { id, sha256 };
  }
  if (owner) throw new Error('only what fits one chunk is bound from the start');
  await sql.query({ ...BEGIN, values: [id, kek, wrapped, received] });
  for await (const piece of pieces(bytes)) {
    const at = number;
    const sealed = sealNext(piece);
    await sql.query({ ...ADD_CHUNK, values: [id, at, sealed] });
    letGoOf(sealed);
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
  if (Buffer.isBuffer(bytes)) {
    for (let at = 0; at < bytes.length; at += max) yield bytes.subarray(at, at + max);
    return;
  }
  let held: Buffer[] = [];
  let length = 0;
  for await (const part of bytes) {
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

/** The bytes are wiped: only the key object holds them. */
export function intoKey(raw: Buffer): KeyObject {
  const key = createSecretKey(raw);
  raw.fill(0);
  return key;
}
