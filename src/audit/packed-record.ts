/**
 * Packs a canonical record: what is random in it (uuids, SHA-256 in hex, the time) goes as bytes,
 * the text around it is deflated with a preset dictionary (RFC 1951). Unpacks to the same bytes.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { uuidOf } from './pseudonyms.ts';
import { DICTIONARIES } from './record-dictionary.ts';

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
const RECORD_BYTES_MAX = 200_000;

/** A record is small: preparing zlib for large ones would take longer than the packing. */
const SMALL = { windowBits: 12, memLevel: 3, chunkSize: 512 } as const;

/** @throws Error for a dictionary that does not exist. */
export function packRecord(canonical: string, dictionary: number): Buffer {
  const random: Buffer[] = [];
  const text = canonical.replace(RANDOM, (found, uuid?: string, sha?: string) => {
    if (uuid !== undefined) {
      random.push(Buffer.from(uuid.replaceAll('-', ''), 'hex'));
      return UUID as string;
    }
    if (sha !== undefined) {
      random.push(Buffer.from(sha, 'hex'));
      return SHA256 as string;
    }
    const time = new Date(found);
    // Something that only looks like a time stays as it is.
    if (Number.isNaN(time.getTime()) || time.toISOString() !== found) return found;
    if (time.getTime() < 0) return found;
    const bytes = Buffer.alloc(6);
    bytes.writeUIntBE(time.getTime(), 0, 6);
    random.push(bytes);
    return TIME as string;
  });
  const length = Buffer.alloc(2);
  const bytes = Buffer.concat(random);
  length.writeUInt16BE(bytes.length);
  const deflated = deflateRawSync(Buffer.from(text), { dictionary: known(dictionary), ...SMALL });
  return Buffer.concat([length, bytes, deflated]);
}

/** @throws Error when it was not packed so. */
export function unpackRecord(packed: Buffer, dictionary: number): Buffer {
  const length = packed.readUInt16BE(0);
  let at = 2;
  const text = inflateRawSync(packed.subarray(2 + length), {
    dictionary: known(dictionary),
    maxOutputLength: RECORD_BYTES_MAX,
    chunkSize: 1_024,
  }).toString('utf8');
  const canonical = text.replace(PLACES, (kind) => {
    const bytes = packed.subarray(at, at + (BYTES[kind] ?? 0));
    at += bytes.length;
    if (kind === TIME) return new Date(bytes.readUIntBE(0, 6)).toISOString();
    const hex = bytes.toString('hex');
    return kind === SHA256 ? hex : uuidOf(hex);
  });
  return Buffer.from(canonical);
}

function known(dictionary: number): Buffer {
  const found = DICTIONARIES[dictionary];
  if (!found) throw new Error('The body of a ledger entry names an unknown dictionary.');
  return found;
}
