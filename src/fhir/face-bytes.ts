/**
 * A released resource as JSON without reading and writing it again: the bytes as they lie in the
 * store, behind a head with the version and time of the store (D5). Whoever needs an edit, or lies
 * in another spelling than the store's own, goes the long way through `face`.
 */
import { Readable } from 'node:stream';
import { holdsNoBsn } from '../conformance/index.ts';
import type { ReleasedResource } from '../consent/index.ts';
import type { Asking } from './asking.ts';

/** What leaves is `head`, and then what lies from `from` on. */
export interface FaceBytes {
  readonly type: string;
  /** Each character is a byte of its UTF-8: it is written without being read as letters. */
  readonly head: string;
  readonly lying: Buffer;
  /** Position in `lying`. */
  readonly from: number;
}

const META = ',"meta":{';
/** A type and what stands before it. */
const TYPE_BYTES_MAX = 96;

/** @returns undefined when only `face` can tell what leaves. */
export function faceBytes(released: ReleasedResource, asking: Asking): FaceBytes | undefined {
  const { lying } = released;
  if (lying === undefined) return undefined;
  const known = madeBefore.get(lying);
  if (known && isSame(known, released, asking)) return known.face;
  const face = spliced(lying, released, asking);
  if (!released.isKept) return face;
  const { id, version, updated } = released;
  madeBefore.set(lying, { id, version, at: updated.getTime(), maskBsn: asking.maskBsn, face });
  return face;
}

/** As letters: one that leaves alone is written to the line together with its head. */
export function faceText(released: ReleasedResource, asking: Asking): string | undefined {
  const face = faceBytes(released, asking);
  if (face === undefined) return undefined;
  const { head, lying, from } = face;
  const start = isAscii(head) ? head : Buffer.from(head, 'latin1').toString('utf8');
  return start + lying.toString('utf8', from);
}

/** From here on what lies is sent as it lies, and no text is made of it. */
export const IN_PIECES_FROM = 1_048_576;
const PIECE_BYTES = 65_536;

/** As pieces that are taken when the line has room. */
export function facePieces(released: ReleasedResource, asking: Asking): Readable | undefined {
  const face = faceBytes(released, asking);
  return face && Readable.from(piecesOf(face), { objectMode: false });
}

function* piecesOf({ head, lying, from }: FaceBytes): Generator<Buffer> {
  yield Buffer.from(head, 'latin1');
  for (let at = from; at < lying.length; at += PIECE_BYTES) {
    yield lying.subarray(at, at + PIECE_BYTES);
  }
}

/** A text as the characters that are the bytes of its UTF-8. */
export const latin1 = (text: string): string =>
  isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');

// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text);

interface Made {
  readonly id: string;
  readonly version: number;
  readonly at: number;
  readonly maskBsn: boolean;
  readonly face: FaceBytes | undefined;
}

/** Of bytes that stay in use, as those of rows that are looked at again. */
const madeBefore = new WeakMap<Buffer, Made>();

/** All that `spliced` looks at beside the bytes. */
function isSame(made: Made, { id, version, updated }: ReleasedResource, asking: Asking): boolean {
  return (
    made.id === id &&
    made.version === version &&
    made.at === updated.getTime() &&
    made.maskBsn === asking.maskBsn
  );
}

function spliced(
  lying: Buffer,
  { id, version, updated }: ReleasedResource,
  asking: Asking,
): FaceBytes | undefined {
  if (asking.maskBsn && !holdsNoBsn(lying.toString('latin1'))) return undefined;
  const type = typeOf(lying);
  const start = `{"resourceType":"${type}","id":${JSON.stringify(id)}`;
  const { length } = start;
  if (lying.toString('latin1', 0, length) !== start) return undefined;
  const hasMeta = lying.toString('latin1', length, length + META.length) === META;
  const metaStart = length + META.length - 1;
  const metaEnd = hasMeta ? endOfObject(lying, metaStart) : 0;
  const from = metaEnd || length;
  // Another meta further on may be one of a contained resource, or one that stands elsewhere.
  if (lying.includes('"meta"', from, 'latin1') || !isEndOfMember(lying[from])) return undefined;
  const meta = metaEnd === 0 ? {} : JSON.parse(lying.toString('latin1', metaStart, metaEnd));
  const written = JSON.stringify({
    ...meta,
    versionId: String(version),
    lastUpdated: updated.toISOString(),
  });
  return { type, head: `${start},"meta":${written}`, lying, from };
}

/** The type that a resource in JSON begins with; empty when it does not. */
function typeOf(lying: Buffer): string {
  const start = lying.toString('latin1', 0, TYPE_BYTES_MAX);
  return /^\{"resourceType":"([A-Za-z]+)"/.exec(start)?.[1] ?? '';
}

const isEndOfMember = (code: number | undefined): boolean => code === 0x2c || code === 0x7d;

/** Position after the closing bracket of the object that begins here; 0 when it does not close. */
function endOfObject(bytes: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; at < bytes.length; at += 1) {
    const code = bytes[at];
    if (code === 0x22) at = endOfString(bytes, at);
    else if (code === 0x7b) depth += 1;
    else if (code === 0x7d) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return 0;
}

function endOfString(bytes: Buffer, from: number): number {
  let at = from + 1;
  while (at < bytes.length && bytes[at] !== 0x22) at += bytes[at] === 0x5c ? 2 : 1;
  return at;
}
