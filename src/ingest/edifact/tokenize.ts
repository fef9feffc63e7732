/**
 * EDIFACT syntax read from bytes (ISO 9735; source-formats.md 11), as Dutch senders write it: a tag
 * may carry counters (`BEP:1:1:5+…`), UNH has two components in MEDLAB, line ends may follow a
 * segment. All delimiters are ASCII, so the bytes are split before they are decoded.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import { Problem } from '../../platform/problem.ts';
import type { Charset } from '../format.ts';
import { decodeBytes, plainText } from '../hl7v2/charset.ts';
import type { SourceNode } from '../mapping/source-node.ts';

const EDIFACT_LIMITS = {
  interchangeBytesMax: 10 * 1024 * 1024,
  segmentsMax: 50_000,
  /** Elements and components together: bounds the memory of one interchange. */
  nodesMax: 1_000_000,
} as const;

interface Signs {
  readonly component: number;
  readonly element: number;
  readonly release: number;
  readonly end: number;
}

/** `: + ? '`, which hold unless UNA says otherwise. */
const USUAL: Signs = { component: 0x3a, element: 0x2b, release: 0x3f, end: 0x27 };

const UNA_LENGTH = 9;
/** No byte has it: a blank in the place of the release sign says that there is none. */
const NO_SIGN = -1;
/** Also what ends an old file, or fills it up. */
const WHITE = new Set([0x20, 0x09, 0x0a, 0x0d, 0x1a, 0x00]);

/** A line's end before the end of a segment is no part of its last value. */
const LINE_END = new Set([0x0a, 0x0d]);

/** First byte that is no white space and no byte order mark. */
export function firstByte(bytes: Buffer): number {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (at < bytes.length && WHITE.has(bytes[at] ?? 0)) at++;
  return at;
}

/**
 * Segments in their order. A node is named for its tag; its children are the elements `1`, `2`, …,
 * `0` are the counters of the tag; components are their children. Places read `BEP[3]-4.1`.
 * @throws Problem `invalid` or `too-large` naming the segment that cannot be read.
 */
export function readSegments(bytes: Buffer, wanted: Charset): SourceNode[] {
  if (bytes.length > EDIFACT_LIMITS.interchangeBytesMax) {
    throw new Problem('too-large', 'An interchange may be 10 MB at most.', { expression: ['UNB'] });
  }
  const start = firstByte(bytes);
  const { signs, length } = signsOf(bytes, start);
  const parts = splitSegments(bytes, start + length, signs);
  const names = parts.map((part) => part.toString('latin1', 0, 3).toUpperCase());
  const charset = charsetOf(parts, names, signs, wanted);
  const total = Map.groupBy(names, (name) => name);
  const seen = new Map<string, number>();
  const budget = { nodes: EDIFACT_LIMITS.nodesMax };
  return parts.map((part, index) => {
    const name = names[index] ?? '';
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    if (!/^[A-Z][A-Z0-9]{2}$/.test(name)) {
      throw new Problem('invalid', 'Not a segment: three capitals begin it.', {
        code: 'segment-name',
        expression: [`segment ${index + 1}`],
      });
    }
    const place = (total.get(name)?.length ?? 0) > 1 ? `${name}[${count}]` : name;
    return readSegment({ name, place, part, signs, charset, budget });
  });
}

/** The syntax id of UNB that promises Latin-1 (ISO 9735, annex A). */
const LATIN_1 = 'UNOC';

/**
 * The sender's setting holds; where that is a guess (Windows-1252), the syntax id does, and bytes
 * that can only be UTF-8 are read as that.
 */
function charsetOf(
  parts: readonly Buffer[],
  names: readonly string[],
  signs: Signs,
  wanted: Charset,
): Charset {
  if (wanted !== 'windows-1252') return wanted;
  const odd = parts.filter((part) => !isAscii(part));
  if (odd.length === 0) return wanted;
  if (odd.every((part) => isUtf8(part))) return 'utf-8';
  const header = parts[names.indexOf('UNB')];
  const syntax = header && split(header, signs.element, signs.release)[1]?.toString('latin1', 0, 4);
  return syntax?.toUpperCase() === LATIN_1 ? 'iso-8859-1' : wanted;
}

/** The signs, and how many bytes told of them. Without the blank before the last, UNA has eight. */
function signsOf(bytes: Buffer, start: number): { signs: Signs; length: number } {
  if (bytes.toString('latin1', start, start + 3).toUpperCase() !== 'UNA') {
    return { signs: USUAL, length: 0 };
  }
  const isShort = /^UN[BH]/i.test(bytes.toString('latin1', start + 8, start + 11));
  const length = isShort ? UNA_LENGTH - 1 : UNA_LENGTH;
  const [component = 0, element = 0, , sign = 0] = bytes.subarray(start + 3);
  const end = bytes[start + length - 1] ?? 0;
  const all = [component, element, sign, end];
  if (bytes.length < start + length || new Set(all).size !== 4 || all.some(isLetter)) {
    throw new Problem('invalid', 'UNA does not name usable separators.', {
      code: 'delimiters',
      expression: ['UNA'],
    });
  }
  const release = sign === 0x20 ? NO_SIGN : sign;
  return { signs: { component, element, release, end }, length };
}

const isLetter = (byte: number) => byte >= 0x80 || /[A-Za-z0-9]/.test(String.fromCharCode(byte));

function splitSegments(bytes: Buffer, from: number, signs: Signs): Buffer[] {
  const parts: Buffer[] = [];
  let start = from;
  for (let at = from; at <= bytes.length; at++) {
    const byte = bytes[at];
    if (at < bytes.length && byte === signs.release) {
      at++;
      continue;
    }
    if (at < bytes.length && byte !== signs.end) continue;
    while (start < at && WHITE.has(bytes[start] ?? 0)) start++;
    let until = at;
    while (until > start && LINE_END.has(bytes[until - 1] ?? 0)) until--;
    if (start < until) parts.push(bytes.subarray(start, until));
    start = at + 1;
    if (parts.length > EDIFACT_LIMITS.segmentsMax) {
      throw new Problem('too-large', 'Too many segments.', { expression: ['UNB'] });
    }
  }
  return parts;
}

interface SegmentInput {
  readonly name: string;
  readonly place: string;
  readonly part: Buffer;
  readonly signs: Signs;
  readonly charset: Charset;
  readonly budget: { nodes: number };
}

function readSegment(input: SegmentInput): SourceNode {
  const { name, place, part, signs } = input;
  const [tag = part, ...elements] = split(part, signs.element, signs.release);
  const counters = split(tag, signs.component, signs.release).slice(1);
  if (tag.length > 3 && tag[3] !== signs.component) {
    throw new Problem('invalid', 'A tag is followed by a separator.', {
      code: 'segment-name',
      expression: [place],
    });
  }
  const children = elements.flatMap((element, index) =>
    readElement(input, String(index + 1), split(element, signs.component, signs.release)),
  );
  return {
    name,
    place,
    value: undefined,
    children: [...readElement(input, '0', counters), ...children],
  };
}

function readElement(
  input: SegmentInput,
  name: string,
  components: readonly Buffer[],
): SourceNode[] {
  const place = `${input.place}-${name}`;
  const parts = components.flatMap((component, index): SourceNode[] => {
    if (component.length === 0) return [];
    if (--input.budget.nodes < 0) {
      throw new Problem('too-large', 'The interchange has too many parts.', {
        expression: [place],
      });
    }
    const one = components.length === 1;
    const value = textOf(component, input, place);
    const own = one ? place : `${place}.${index + 1}`;
    return [{ name: one ? name : String(index + 1), place: own, value, children: [] }];
  });
  if (parts.length === 0) return [];
  if (components.length === 1) return parts;
  return [{ name, place, value: undefined, children: parts }];
}

function textOf(bytes: Buffer, { signs, charset }: SegmentInput, place: string): string {
  if (!bytes.includes(signs.release)) return plainText(decodeBytes(bytes, charset, place), place);
  const kept: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === signs.release && at + 1 < bytes.length) at++;
    kept.push(bytes[at] ?? 0);
  }
  return plainText(decodeBytes(Buffer.from(kept), charset, place), place);
}

/** Splits at a sign that is not released. */
function split(bytes: Buffer, sign: number, release: number): Buffer[] {
  const parts: Buffer[] = [];
  let start = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === release) at++;
    else if (bytes[at] === sign) {
      parts.push(bytes.subarray(start, at));
      start = at + 1;
    }
  }
  parts.push(bytes.subarray(start));
  return parts;
}
