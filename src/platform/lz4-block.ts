/**
 * The LZ4 block format with a preset dictionary, for texts of a few kilobytes: what is stored for
 * each row or line. zlib packs better, but prepares hundreds of kilobytes of state for every call,
 * which for a text of one kilobyte takes longer than the packing; here nothing is prepared. Any LZ4
 * decoder that takes a dictionary opens what is packed here.
 * https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 */

/** A dictionary, and where in it one may look for four bytes; made once. */
export interface Lz4Dictionary {
  readonly bytes: Buffer;
  readonly places: Uint16Array;
}

/** Dictionary and text lie in one window, within reach of an offset of two bytes. */
export const LZ4_LIMITS = { dictionaryBytesMax: 16_384, textBytesMax: 32_768 } as const;

const HASH_BITS = 12;
/** From here on a copy by the engine costs less than a loop. */
const NATIVE_BYTES_MIN = 96;
const MATCH_BYTES_MIN = 4;
/** The format asks that the last five bytes are literal; no match begins in the last twelve. */
const LITERALS_LAST = 5;
const START_LAST = 12;

const { dictionaryBytesMax, textBytesMax } = LZ4_LIMITS;
// Nothing here waits for anything, so one set of these serves all callers.
const window = new Uint8Array(dictionaryBytesMax + textBytesMax);
const places = new Uint16Array(1 << HASH_BITS);
const packed = Buffer.alloc(textBytesMax + Math.ceil(textBytesMax / 255) + 16);
let loaded: Lz4Dictionary | undefined;

/** @throws RangeError when it is larger than the window allows. */
export function lz4Dictionary(bytes: Buffer): Lz4Dictionary {
  if (bytes.length > dictionaryBytesMax) throw new RangeError('The dictionary is too large.');
  const found = new Uint16Array(1 << HASH_BITS);
  for (let at = 0; at + MATCH_BYTES_MIN <= bytes.length; at += 1) found[hashAt(bytes, at)] = at;
  return { bytes, places: found };
}

/** @throws RangeError for a text of more than `textBytesMax`. */
export function lz4Pack(text: Uint8Array, dictionary: Lz4Dictionary): Buffer {
  if (text.length > textBytesMax) throw new RangeError('The text is too long to be packed so.');
  if (loaded !== dictionary) window.set(dictionary.bytes, 0);
  loaded = dictionary;
  places.set(dictionary.places);
  const start = dictionary.bytes.length;
  const end = start + text.length;
  window.set(text, start);
  let written = 0;
  let literals = start;
  for (let at = start; at <= end - START_LAST; ) {
    const hash = hashAt(window, at);
    const from = places[hash] as number;
    places[hash] = at;
    if (!startsSame(from, at)) {
      at += 1;
      continue;
    }
    const offset = at - from;
    // What stands before may fit too: the look-up found a place in the middle of it.
    while (at > literals && at > offset && window[at - 1] === window[at - offset - 1]) at -= 1;
    let to = at + MATCH_BYTES_MIN;
    while (to < end - LITERALS_LAST && window[to] === window[to - offset]) to += 1;
    written = putSequence(written, literals, at, offset, to - at - MATCH_BYTES_MIN);
    for (let inside = at + 1; inside < to; inside += 2) places[hashAt(window, inside)] = inside;
    at = to;
    literals = to;
  }
  written = putSequence(written, literals, end, 0, 0);
  return Buffer.from(packed.subarray(0, written));
}

/**
 * @param length of the text that was packed, in bytes
 * @throws RangeError when it is no block of that length: it was sealed, so that is our own fault.
 */
export function lz4Unpack(block: Uint8Array, length: number, dictionary: Lz4Dictionary): Buffer {
  const { bytes } = dictionary;
  const text = Buffer.allocUnsafe(length);
  let at = 0;
  let to = 0;
  const more = (): number => {
    for (let sum = 0; ; ) {
      const byte = block[at++];
      if (byte === undefined) throw broken();
      sum += byte;
      if (byte !== 255) return sum;
    }
  };
  for (;;) {
    const token = block[at++];
    if (token === undefined) throw broken();
    const literals = token >>> 4 === 15 ? 15 + more() : token >>> 4;
    if (at + literals > block.length || to + literals > length) throw broken();
    if (literals >= NATIVE_BYTES_MIN) {
      text.set(block.subarray(at, at + literals), to);
      at += literals;
      to += literals;
    } else for (const end = to + literals; to < end; ) text[to++] = block[at++] as number;
    if (at === block.length) break;
    const offset = (block[at] as number) | ((block[at + 1] ?? 0) << 8);
    at += 2;
    const match = MATCH_BYTES_MIN + ((token & 15) === 15 ? 15 + more() : token & 15);
    let from = to - offset;
    if (offset === 0 || from < -bytes.length || to + match > length) throw broken();
    const end = to + match;
    if (from < 0 && from + match <= 0 && match >= NATIVE_BYTES_MIN) {
      bytes.copy(text, to, bytes.length + from, bytes.length + from + match);
      to = end;
    }
    for (; from < 0 && to < end; from += 1) text[to++] = bytes[bytes.length + from] as number;
    if (from >= 0 && offset >= match && match >= NATIVE_BYTES_MIN) {
      text.copyWithin(to, from, from + match);
      to = end;
    }
    for (; to < end; from += 1) text[to++] = text[from] as number;
  }
  if (to !== length) throw broken();
  return text;
}

/** Literals up to `end`, then the match; an offset of 0 is the last sequence. @returns its end. */
function putSequence(
  from: number,
  literals: number,
  end: number,
  offset: number,
  matchRest: number,
): number {
  const length = end - literals;
  packed[from] = (Math.min(length, 15) << 4) | Math.min(matchRest, 15);
  let at = putLength(from + 1, length);
  for (let nth = literals; nth < end; nth += 1) packed[at++] = window[nth] as number;
  if (offset === 0) return at;
  packed[at++] = offset & 0xff;
  packed[at++] = offset >>> 8;
  return putLength(at, matchRest);
}

/** What of a length does not fit the four bits of the token. */
function putLength(from: number, length: number): number {
  if (length < 15) return from;
  let at = from;
  let rest = length - 15;
  for (; rest >= 255; rest -= 255) packed[at++] = 255;
  packed[at++] = rest;
  return at;
}

function startsSame(from: number, at: number): boolean {
  return (
    from < at &&
    window[from] === window[at] &&
    window[from + 1] === window[at + 1] &&
    window[from + 2] === window[at + 2] &&
    window[from + 3] === window[at + 3]
  );
}

function hashAt(bytes: Uint8Array, at: number): number {
  const four =
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24);
  return Math.imul(four, 2_654_435_761) >>> (32 - HASH_BITS);
}

const broken = (): RangeError => new RangeError('A packed text is not as it was packed.');
