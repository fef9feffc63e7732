/**
 * Documents taken out of JSON before it is read. A text of 40 MB (a PDF in base64) would lie in
 * memory three times: as bytes, in the text of the body and as the value that is made of it. Cut
 * out of the bytes it lies there twice, and the rest is read as fast as if there were no document
 * (docs/decisions/1840).
 */
import { randomUUID } from 'node:crypto';

/** Shorter texts are read with the rest. */
const LONG_BYTES = 524_288;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
/** As it stands in JSON it is what it says: nothing is escaped, and in Latin-1 it is UTF-8. */
const PLAIN = /^[A-Za-z0-9+/=]+$/;
/** Nobody outside can write a text that is taken for one of these. */
const MARK = `\u{F0000}${randomUUID()}`;

export interface Lifted {
  /** The JSON with a mark in the place of each text. */
  readonly rest: Buffer;
  /** Puts the texts back into what was read of it. @returns false when they do not fit there. */
  putBack(value: unknown): boolean;
}

/** @returns undefined when there is no long text of base64 in it. */
export function liftTexts(bytes: Uint8Array): Lifted | undefined {
  const texts: string[] = [];
  const rest = withoutLong(bytes, LONG_BYTES, (text) => `${MARK}${texts.push(text) - 1}`);
  return rest && { rest, putBack: (value) => putBack(value, texts) === texts.length };
}

/**
 * The JSON of a resource for whoever looks into it and not into its documents: a text of base64 as
 * long as this is an empty one.
 * @returns undefined when there is none.
 */
export const cutTexts = (bytes: Uint8Array, longBytes: number): Buffer | undefined =>
  withoutLong(bytes, longBytes, () => '');

/** @returns undefined when nothing is so long. */
function withoutLong(
  bytes: Uint8Array,
  longBytes: number,
  inPlaceOf: (text: string) => string,
): Buffer | undefined {
  if (bytes.length < longBytes) return undefined;
  const json = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Buffer[] = [];
  let from = 0;
  for (const { start, end } of longRuns(json, longBytes)) {
    if (start < from || isEscaped(json, start - 1) || isName(json, end)) continue;
    const text = json.toString('latin1', start, end);
    if (!PLAIN.test(text)) continue;
    parts.push(json.subarray(from, start), Buffer.from(inPlaceOf(text)));
    from = end;
  }
  return from === 0 ? undefined : Buffer.concat([...parts, json.subarray(from)]);
}

/** Between two quotes that stand so far apart that one of the steps falls between them. */
function* longRuns(json: Buffer, longBytes: number): Generator<{ start: number; end: number }> {
  const step = longBytes / 2;
  for (let at = step; at < json.length; at += step) {
    const end = json.indexOf(QUOTE, at);
    if (end < 0) return;
    const start = json.lastIndexOf(QUOTE, at - 1) + 1;
    if (start > 0 && end - start >= longBytes) yield { start, end };
    at = Math.max(at, end);
  }
}

function isEscaped(json: Buffer, quote: number): boolean {
  let slashes = 0;
  while (json[quote - 1 - slashes] === BACKSLASH) slashes += 1;
  return slashes % 2 === 1;
}

function isName(json: Buffer, quote: number): boolean {
  let at = quote + 1;
  while ([0x20, 0x09, 0x0a, 0x0d].includes(json[at] ?? 0)) at += 1;
  return json[at] === COLON;
}

/** @returns how many were put back. */
function putBack(value: unknown, texts: readonly string[]): number {
  if (typeof value !== 'object' || value === null) return 0;
  const members = value as Record<string, unknown>;
  let count = 0;
  for (const name of Object.keys(members)) {
    const one = members[name];
    if (typeof one !== 'string') count += putBack(one, texts);
    else if (one.startsWith(MARK)) {
      members[name] = texts[Number(one.slice(MARK.length))];
      count += 1;
    }
  }
  return count;
}
