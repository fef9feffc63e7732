/**
 * Packs a canonical record: what is random in it (uuids, SHA-256 in hex, the time) goes as bytes,
 * the text around it as an LZ4 block with a preset dictionary. Unpacks to the same bytes.
 * Layout: length of the random bytes 2 | length of the text 2 | random bytes | block. A text that
 * is too long for that is deflated (RFC 1951), without its length, as all were at first.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { LZ4_LIMITS, lz4Pack, lz4Unpack } from '../platform/lz4-block.ts';
import { uuidOf } from './pseudonyms.ts';
import { BYTES_OF, takeRandom } from './random-parts.ts';
import { DEFLATE_DICTIONARY, LZ4_DICTIONARY } from './record-dictionary.ts';

const KINDS = ['uuid', 'sha256', 'time'] as const;
// biome-ignore lint/suspicious/noControlCharactersInRegex: canonical JSON has none, so they are ours
const PLACES = /[\u0001-\u0003]/g;
const SHORT_HEAD_BYTES = 4;
const LONG_HEAD_BYTES = 2;
const LONG_BYTES_MAX = 200_000;

export interface PackedRecord {
  /** Number of the dictionary, which is told beside the bytes. */
  readonly dictionary: number;
  readonly bytes: Buffer;
}

/** Packs a record of any length. @param canonical in UTF-8. */
export function packRecord(canonical: Uint8Array): PackedRecord {
  const text = Buffer.allocUnsafe(canonical.length);
  const random = Buffer.allocUnsafe(canonical.length);
  const taken = takeRandom(canonical, text, random);
  const bytes = text.subarray(0, taken.text);
  const isShort = bytes.length <= LZ4_LIMITS.textBytesMax;
  const head = Buffer.allocUnsafe(isShort ? SHORT_HEAD_BYTES : LONG_HEAD_BYTES);
  head.writeUInt16BE(taken.random, 0);
  if (isShort) head.writeUInt16BE(bytes.length, 2);
  const packed = isShort ? lz4Pack(bytes, LZ4_DICTIONARY) : deflated(bytes);
  return {
    dictionary: (isShort ? LZ4_DICTIONARY : DEFLATE_DICTIONARY).number,
    bytes: Buffer.concat([head, random.subarray(0, taken.random), packed]),
  };
}

/**
 * @param dictionary number of the one it was packed with
 * @throws Error when it was not packed so, or the dictionary does not exist.
 */
export function unpackRecord(packed: Buffer, dictionary: number): string {
  const isShort = dictionary === LZ4_DICTIONARY.number;
  if (!isShort && dictionary !== DEFLATE_DICTIONARY.number) {
    throw new Error('The body of a ledger entry names an unknown dictionary.');
  }
  let at = isShort ? SHORT_HEAD_BYTES : LONG_HEAD_BYTES;
  const rest = packed.subarray(at + packed.readUInt16BE(0));
  const text = isShort ? lz4Unpack(rest, packed.readUInt16BE(2), LZ4_DICTIONARY) : inflated(rest);
  return text.toString('utf8').replace(PLACES, (place) => {
    const kind = KINDS[place.charCodeAt(0) - 1] as (typeof KINDS)[number];
    const bytes = packed.subarray(at, at + BYTES_OF[kind]);
    at += bytes.length;
    if (kind === 'time') return new Date(bytes.readUIntBE(0, 6)).toISOString();
    const hex = bytes.toString('hex');
    return kind === 'sha256' ? hex : uuidOf(hex);
  });
}

const deflated = (text: Buffer): Buffer =>
  deflateRawSync(text, { dictionary: DEFLATE_DICTIONARY.bytes });

function inflated(packed: Buffer): Buffer {
  return inflateRawSync(packed, {
    dictionary: DEFLATE_DICTIONARY.bytes,
    maxOutputLength: LONG_BYTES_MAX,
  });
}
