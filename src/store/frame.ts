/**
 * What is sealed as one row: the bytes as they came, the R4 form where that is another, and what
 * the gateway knows of them. Packed together, so that what they have in common is stored once.
 *
 * Up to 8 KiB an LZ4 block with a dictionary packs four times and opens three times as fast as
 * deflate, for 140 bytes more; above that zstd packs well and fast. Figures: docs/decisions/0300.
 * What is larger than a megabyte is packed piece by piece, so that a document is not held once more
 * for each step (0801): then the body is length 4 | zstd, again and again.
 * Layout: method 1 | length of the unpacked rest 4 | packed (native 1 | bytes 4 | r4 4 | bytes | r4
 * | about).
 */
import { inflateRawSync, constants as zlib, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { ResourceFacts } from '../permission/index.ts';
import { letGoOf, letGoWithRoom } from '../platform/let-go.ts';
import { lz4Dictionary, lz4Pack, lz4Unpack } from '../platform/lz4-block.ts';
import { DICTIONARY_1 } from './frame-dictionary.ts';

export interface Framed {
  readonly native: 'R4' | 'STU3';
  readonly bytes: Buffer;
  readonly r4?: Buffer | undefined;
  readonly about: About;
}

/** `type` and `custodian` of the facts stand in the row, which is sealed together with this. */
export interface About {
  readonly facts: Omit<ResourceFacts, 'type' | 'custodian'>;
  readonly originalId?: string;
  readonly sourceTime?: string;
  readonly standing?: number;
  readonly elementTimes?: Readonly<Record<string, string>>;
  readonly mapping?: string;
}

const PLAIN = 0;
/** Rows that were written before. */
const DEFLATE_DICTIONARY_1 = 1;
const ZSTD = 2;
const LZ4_DICTIONARY_1 = 3;
const ZSTD_PIECES = 4;
const HEAD_BYTES = 5;
const INNER_HEAD_BYTES = 9;
const SMALL_BYTES_MAX = 8_192;
const WINDOW = { windowBits: 14, dictionary: DICTIONARY_1 } as const;
const LZ4 = lz4Dictionary(DICTIONARY_1);
const FAST = { params: { [zlib.ZSTD_c_compressionLevel]: 1 } };
/** What is larger is neither put together before it is sealed nor packed in one go. */
const PIECE_BYTES = 1_048_576;
/** A piece that does not get smaller gets this much larger at most, and then is one part still. */
const IN_ONE_ROOM = { ...FAST, chunkSize: PIECE_BYTES + 65_536 };
const UNPACKED_IN_ONE_ROOM = { maxOutputLength: PIECE_BYTES, chunkSize: PIECE_BYTES };

/** Packs bytes of any kind; what does not get smaller stays as it is. */
export function pack(bytes: Buffer): Buffer {
  if (bytes.length > PIECE_BYTES) return Buffer.concat(packInPieces([bytes], bytes.length));
  const small = bytes.length <= SMALL_BYTES_MAX;
  const packed = small ? lz4Pack(bytes, LZ4) : zstdCompressSync(bytes, FAST);
  const pays = packed.length < bytes.length;
  const method = pays ? (small ? LZ4_DICTIONARY_1 : ZSTD) : PLAIN;
  return Buffer.concat([headOf(method, bytes.length), pays ? packed : bytes]);
}

function headOf(method: number, length: number): Buffer {
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  head[0] = method;
  head.writeUInt32BE(length, 1);
  return head;
}

/** Pieces that follow each other; together as long as `length` before they are packed. */
function packInPieces(parts: readonly Buffer[], length: number): Buffer[] {
  const packed: Buffer[] = [];
  let size = 0;
  for (const part of parts) {
    for (let from = 0; from < part.length; from += PIECE_BYTES) {
      const piece = packPiece(part.subarray(from, from + PIECE_BYTES));
      const before = Buffer.allocUnsafe(4);
      before.writeUInt32BE(piece.length);
      packed.push(before, piece);
      size += piece.length + 4;
    }
  }
  return size < length
    ? [headOf(ZSTD_PIECES, length), ...packed]
    : [headOf(PLAIN, length), ...parts];
}

/** Alone in its memory: the room in which it was packed is given back at once. */
function packPiece(piece: Buffer): Buffer {
  const inRoom = zstdCompressSync(piece, IN_ONE_ROOM);
  const packed = Buffer.allocUnsafeSlow(inRoom.length);
  inRoom.copy(packed);
  letGoWithRoom(inRoom);
  return packed;
}

function unpackPieces(body: Buffer, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let to = 0;
  for (let at = 0; at < body.length; ) {
    const end = at + 4 + body.readUInt32BE(at);
    const piece = zstdDecompressSync(body.subarray(at + 4, end), UNPACKED_IN_ONE_ROOM);
    to += piece.copy(bytes, to);
    letGoWithRoom(piece);
    at = end;
  }
  if (to !== length) throw new Error('A packed record has another length than it says.');
  return bytes;
}

/**
 * @throws Error when the bytes were not packed by `pack`; they were sealed, so that is our own
 * fault.
 */
export function unpack(packed: Buffer): Buffer {
  const length = packed.readUInt32BE(1);
  const body = packed.subarray(HEAD_BYTES);
  if (packed[0] === LZ4_DICTIONARY_1) return lz4Unpack(body, length, LZ4);
  if (packed[0] === ZSTD_PIECES) return unpackPieces(body, length);
  const limit = { maxOutputLength: Math.max(1, length), chunkSize: Math.max(64, length) };
  if (packed[0] === PLAIN) return body;
  if (packed[0] === DEFLATE_DICTIONARY_1) return inflateRawSync(body, { ...WINDOW, ...limit });
  if (packed[0] === ZSTD) return zstdDecompressSync(body, limit);
  throw new Error('A packed record has an unknown method.');
}

/**
 * Packs facts, native bytes and R4 bytes into one payload, compressed where that pays; a large one
 * as pieces that follow each other.
 */
export function frame({ native, bytes, r4, about }: Framed): Buffer | readonly Buffer[] {
  const head = Buffer.allocUnsafe(INNER_HEAD_BYTES);
  head[0] = native === 'R4' ? 4 : 3;
  head.writeUInt32BE(bytes.length, 1);
  head.writeUInt32BE(r4?.length ?? 0, 5);
  const end = Buffer.from(JSON.stringify(about));
  const parts = r4 ? [head, bytes, r4, end] : [head, bytes, end];
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return length > PIECE_BYTES ? packInPieces(parts, length) : pack(Buffer.concat(parts));
}

/** A payload in its parts; what is known of it as it lies, for `readAbout`. */
export interface Unframed extends Omit<Framed, 'about'> {
  readonly about: Buffer;
}

/**
 * The parts of a payload. Of a large one the payload is given back.
 * @throws Error when it was not made by `frame`.
 */
export function unframe(framed: Buffer): Unframed {
  const inner = unpack(framed);
  if (inner.buffer !== framed.buffer) letGoOf(framed);
  const bytesEnd = INNER_HEAD_BYTES + inner.readUInt32BE(1);
  const r4End = bytesEnd + inner.readUInt32BE(5);
  return {
    native: inner[0] === 4 ? 'R4' : 'STU3',
    bytes: inner.subarray(INNER_HEAD_BYTES, bytesEnd),
    ...(r4End > bytesEnd ? { r4: inner.subarray(bytesEnd, r4End) } : {}),
    about: inner.subarray(r4End),
  };
}

export const readAbout = (about: Buffer): About => JSON.parse(about.toString('utf8')) as About;
