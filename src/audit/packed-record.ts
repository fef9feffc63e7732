/**
 * Packs a canonical record: what is random in it (uuids, SHA-256 in hex, the time) goes as bytes,
 * the text around it as an LZ4 block with a preset dictionary. Unpacks to the same bytes.
 * Layout: length of the random bytes 2 | length of the text 2 | random bytes | block. A text that
 * is too long for that is deflated (RFC 1951), without its length, as all were at first.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { writeHex } from '../platform/hex.ts';
import { LZ4_LIMITS, lz4Pack, lz4Unpack } from '../platform/lz4-block.ts';
import { uuidOf } from './pseudonyms.ts';
import { DEFLATE_DICTIONARY, LZ4_DICTIONARY } from './record-dictionary.ts';

const RANDOM = new RegExp(
  [
    /([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/,
    /([0-9a-f]{64})/,
    /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);
// Canonical JSON has no bare control characters, so these stand for nothing else.
const [UUID, SHA256, TIME] = ['\u0001', '\u0002', '\u0003'];
const PLACES = new RegExp(`[${UUID}${SHA256}${TIME}]`, 'g');
const BYTES: Readonly<Record<string, number>> = { '\u0001': 16, '\u0002': 32, '\u0003': 6 };
const SHORT_HEAD_BYTES = 4;
const LONG_HEAD_BYTES = 2;
const LONG_BYTES_MAX = 200_000;

export interface PackedRecord {
  /** Number of the dictionary, which is told beside the bytes. */
  readonly dictionary: number;
  readonly bytes: Buffer;
}

/** Packs a record of any length. */
export function packRecord(canonical: string): PackedRecord {
  const random = Buffer.allocUnsafe(canonical.length);
  let at = 0;
  const text = canonical.replace(RANDOM, (found, uuid?: string, sha?: string) => {
    if (uuid !== undefined) {
      at = writeHex(random, at, uuid);
      return UUID;
    }
    if (sha !== undefined) {
      at = writeHex(random, at, sha);
      return SHA256;
    }
    const time = new Date(found);
    // Something that only looks like a time stays as it is.
    if (Number.isNaN(time.getTime()) || time.toISOString() !== found) return found;
    if (time.getTime() < 0) return found;
    at = random.writeUIntBE(time.getTime(), at, 6);
    return TIME;
  });
  const bytes = Buffer.from(text);
  const isShort = bytes.length <= LZ4_LIMITS.textBytesMax;
  const head = Buffer.allocUnsafe(isShort ? SHORT_HEAD_BYTES : LONG_HEAD_BYTES);
  head.writeUInt16BE(at, 0);
  if (isShort) head.writeUInt16BE(bytes.length, 2);
  const packed = isShort ? lz4Pack(bytes, LZ4_DICTIONARY) : deflated(bytes);
  return {
    dictionary: (isShort ? LZ4_DICTIONARY : DEFLATE_DICTIONARY).number,
    bytes: Buffer.concat([head, random.subarray(0, at), packed]),
  };
}

/**
 * @param dictionary number of the one it was packed with
 * @throws Error when it was not packed so, or the dictionary does not exist.
 */
export function unpackRecord(packed: Buffer, dictionary: number): Buffer {
  const isShort = dictionary === LZ4_DICTIONARY.number;
  if (!isShort && dictionary !== DEFLATE_DICTIONARY.number) {
    throw new Error('The body of a ledger entry names an unknown dictionary.');
  }
  let at = isShort ? SHORT_HEAD_BYTES : LONG_HEAD_BYTES;
  const rest = packed.subarray(at + packed.readUInt16BE(0));
  const text = isShort ? lz4Unpack(rest, packed.readUInt16BE(2), LZ4_DICTIONARY) : inflated(rest);
  const canonical = text.toString('utf8').replace(PLACES, (kind) => {
    const bytes = packed.subarray(at, at + (BYTES[kind] ?? 0));
    at += bytes.length;
    if (kind === TIME) return new Date(bytes.readUIntBE(0, 6)).toISOString();
    const hex = bytes.toString('hex');
    return kind === SHA256 ? hex : uuidOf(hex);
  });
  return Buffer.from(canonical);
}

const deflated = (text: Buffer): Buffer =>
  deflateRawSync(text, { dictionary: DEFLATE_DICTIONARY.bytes });

function inflated(packed: Buffer): Buffer {
  return inflateRawSync(packed, {
    dictionary: DEFLATE_DICTIONARY.bytes,
    maxOutputLength: LONG_BYTES_MAX,
  });
}
