/**
 * ER7, the pipe syntax of HL7 v2, read from bytes (HL7 v2.5 chapter 2; source-formats.md 3.1).
 *
 * Delimiters come from MSH-1 and MSH-2 and from nowhere else; the character set from MSH-18.
 * Values are split first and unescaped after, so that an escaped delimiter never splits. Every
 * node knows its position.
 */

import { Problem } from '../../platform/problem.ts';
import type { Charset, MappingIssue, SenderOverlay } from '../format.ts';
import type { SourceNode } from '../mapping/source-node.ts';
import { decodeBytes, plainText } from './charset.ts';
import { unescapeEr7 } from './escape.ts';
import { charsetOfMessage } from './message-charset.ts';
import { separatorsIn } from './stray-separators.ts';

const ER7_LIMITS = {
  messageBytesMax: 10 * 1024 * 1024,
  segmentsMax: 50_000,
  /** Fields, components and sub-components together: bounds the memory of one message. */
  nodesMax: 2_000_000,
  messagesInBatchMax: 10_000,
} as const;

export interface Delimiters {
  readonly field: string;
  readonly component: string;
  readonly repetition: string;
  readonly escape: string;
  readonly subcomponent: string;
}

export interface Er7Message {
  readonly delimiters: Delimiters;
  readonly charset: Charset;
  /** In the order of the message; the first is MSH. Names are `PID`, places `PID`, `OBX[2]`. */
  readonly segments: readonly SourceNode[];
  readonly lines: readonly Buffer[];
  /** What the integrator should know of how it was read. */
  readonly issues: readonly MappingIssue[];
}

/**
 * Starts of a message or an envelope, with whatever white space or byte order mark comes before;
 * or a segment without them, which is then refused by name.
 */
export function looksLikeEr7(bytes: Buffer): boolean {
  const start = opening(bytes).subarray(0, 8).toString('latin1');
  return /^(MSH|FHS|BHS)[^A-Za-z0-9\s]/.test(start) || BARE_SEGMENT.test(start);
}

/** Segments that a message cut short begins with. */
const BARE_SEGMENT = /^(EVN|PID|PD1|NK1|PV1|PV2|MRG|ORC|OBR|OBX|NTE|TXA|AL1|DG1|IN1|SPM)\|/;

function opening(bytes: Buffer): Buffer {
  let at = 0;
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) at = 3;
  while (at < bytes.length && at < 64 && [0x0b, 0x20, 0x09, 0x0a, 0x0d].includes(bytes[at] ?? 0))
    at++;
  return bytes.subarray(at);
}

/**
 * Every message of a file: one, several in a row, or a batch (FHS/BHS … BTS/FTS).
 * @throws Problem `invalid` naming the segment or field that cannot be read.
 */
export function readEr7(bytes: Buffer, overlay: SenderOverlay): Er7Message[] {
  if (bytes.length > ER7_LIMITS.messageBytesMax) {
    throw new Problem('too-large', 'A message may be 10 MB at most.', { expression: ['MSH'] });
  }
  const lines = linesOf(opening(bytes));
  const groups: Buffer[][] = [];
  for (const line of lines) {
    const name = line.subarray(0, 3).toString('latin1');
    if (name === 'MSH') groups.push([]);
    if (/^(FHS|BHS|BTS|FTS)$/.test(name)) continue;
    const current = groups[groups.length - 1];
    if (!current) {
      throw new Problem('invalid', 'A message begins with segment MSH.', {
        code: 'segment-missing',
        expression: ['MSH'],
      });
    }
    current.push(line);
  }
  if (groups.length === 0) {
    throw new Problem('invalid', 'There is no segment MSH.', {
      code: 'segment-missing',
      expression: ['MSH'],
    });
  }
  if (groups.length > ER7_LIMITS.messagesInBatchMax) {
    throw new Problem('too-large', 'Too many messages in one batch.', { expression: ['BHS'] });
  }
  return groups.map((group) => readMessage(group, overlay));
}

/** Segments end with CR; LF and CR LF occur. Bytes, since the character set is not known yet. */
function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let start = 0;
  for (let at = 0; at <= bytes.length; at++) {
    const byte = bytes[at];
    if (at < bytes.length && byte !== 0x0d && byte !== 0x0a) continue;
    const line = unframed(bytes.subarray(start, at));
    start = at + 1;
    if (line.length === 0 || isBlank(line)) continue;
    lines.push(line);
    if (lines.length > ER7_LIMITS.segmentsMax) {
      throw new Problem('too-large', 'Too many segments.', { expression: ['MSH'] });
    }
  }
  return lines;
}

/** White space, the end of an MLLP frame that was kept in a file, and the end of an old file. */
const BLANK = new Set([0x20, 0x09, 0x1c, 0x0b, 0x1a, 0x00]);

/** In a file of several MLLP frames a message begins with the sign that starts its frame. */
function unframed(line: Buffer): Buffer {
  let at = 0;
  while (line[at] === 0x0b || line[at] === 0x1c) at++;
  return line.subarray(at);
}

const isBlank = (line: Buffer): boolean => line.every((byte) => BLANK.has(byte));

const isAdded = (line: Buffer): boolean => line[0] === 0x41 && line[1] === 0x44 && line[2] === 0x44;

/** ADD goes on with the last field of the segment before it (HL7 v2.5 2.10.2). */
function joined(lines: readonly Buffer[]): Buffer[] {
  const whole: Buffer[] = [];
  for (const line of lines) {
    const before = whole[whole.length - 1];
    const isMore = before && isAdded(line) && line[3] === lines[0]?.[3];
    // Where a person begins, the bytes are needed as they came.
    if (!isMore || /^(MSH|PID)$/.test(before.toString('latin1', 0, 3))) whole.push(line);
    else whole[whole.length - 1] = Buffer.concat([before, line.subarray(4)]);
  }
  return whole;
}

function readMessage(sent: readonly Buffer[], overlay: SenderOverlay): Er7Message {
  const lines = sent.some(isAdded) ? joined(sent) : sent;
  const header = lines[0] ?? Buffer.alloc(0);
  const delimiters = delimitersOf(header.toString('latin1'), overlay);
  const { charset, issues } = charsetOfMessage(lines, delimiters, overlay);
  const seen = new Map<string, number>();
  const budget = { nodes: ER7_LIMITS.nodesMax };
  const names = lines.map((line) => line.subarray(0, 3).toString('latin1'));
  const repeated = new Set(names.filter((name) => seen.has(name) || !seen.set(name, 0)));
  const segments = lines.map((line, index) => {
    const name = names[index] ?? '';
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    const place = repeated.has(name) ? `${name}[${count}]` : name;
    if (!/^[A-Z][A-Z0-9]{2}$/.test(name) || !isSegmentEnd(line, delimiters)) {
      throw new Problem('invalid', 'Not a segment: three capitals and the field separator.', {
        code: 'segment-name',
        expression: [`segment ${index + 1}`],
      });
    }
    return readSegment({
      name,
      place,
      text: textOf(line, delimiters, charset, place),
      delimiters,
      charset,
      budget,
    });
  });
  return { delimiters, charset, segments, lines, issues };
}

/** @throws Problem with the field that does not decode, or holds what no text may. */
function textOf(line: Buffer, { field }: Delimiters, charset: Charset, place: string): string {
  const read = (bytes: Buffer, at: string) => plainText(decodeBytes(bytes, charset, at), at);
  try {
    return read(line, place);
  } catch (error) {
    // Of MSH the separator is the first field.
    const first = place === 'MSH' ? 1 : 0;
    for (const [index, text] of line.toString('latin1').split(field).entries()) {
      read(Buffer.from(text, 'latin1'), index === 0 ? place : `${place}-${index + first}`);
    }
    throw error;
  }
}

const isSegmentEnd = (line: Buffer, delimiters: Delimiters): boolean =>
  line.length === 3 || line.toString('latin1', 3, 4) === delimiters.field;

function delimitersOf(header: string, overlay: SenderOverlay): Delimiters {
  const text = 'MSH-1 and MSH-2 do not name usable delimiters.';
  const wrong = () => new Problem('invalid', text, { code: 'delimiters', expression: ['MSH-2'] });
  const field = header[3] ?? '';
  let given = header.slice(4).split(field)[0] ?? '';
  if (field === '' || /[A-Za-z0-9\s]/.test(field)) throw wrong();
  if (given.length < 2 && overlay.delimiters !== undefined) given = overlay.delimiters.slice(1);
  const [component = '', repetition = '~', escapeSign = '', subcomponent = ''] = given;
  const all = [field, ...given];
  if (given.length < 1 || given.length > 5 || new Set(all).size !== all.length) throw wrong();
  if (all.some((sign) => /[A-Za-z0-9\s]/.test(sign))) throw wrong();
  return { field, component, repetition, escape: escapeSign, subcomponent };
}

interface SegmentInput {
  readonly name: string;
  readonly place: string;
  readonly text: string;
  readonly delimiters: Delimiters;
  readonly charset: Charset;
  readonly budget: { nodes: number };
}

function readSegment(input: SegmentInput): SourceNode {
  const { name, place, text, delimiters } = input;
  const fields = text.split(delimiters.field);
  const children: SourceNode[] = [];
  const isMsh = name === 'MSH';
  if (isMsh) {
    children.push(
      leaf('1', `${place}-1`, delimiters.field),
      leaf('2', `${place}-2`, fields[1] ?? ''),
    );
  }
  const separatorsOf = separatorsIn(name, fields, delimiters);
  for (let index = isMsh ? 2 : 1; index < fields.length; index++) {
    const number = String(isMsh ? index + 1 : index);
    readField(input, number, fields[index] ?? '', children, separatorsOf(index));
  }
  return { name, place, value: undefined, children };
}

const leaf = (name: string, place: string, value: string): SourceNode => ({
  name,
  place,
  value,
  children: [],
});

function readField(
  input: SegmentInput,
  number: string,
  text: string,
  into: SourceNode[],
  separators: readonly string[],
): void {
  if (text === '') return;
  const { delimiters } = input;
  const repetitions = text.split(delimiters.repetition);
  for (const [index, repetition] of repetitions.entries()) {
    const isText = separators.length === 0;
    if (repetition === '' || (!isText && saysNothing(repetition, delimiters))) continue;
    const count = repetitions.length > 1 ? `[${index + 1}]` : '';
    const place = `${input.place}-${number}${count}`;
    // Of a fixed width: `F ` is F, and `NM ` is NM (HL7 v2.5 2.A).
    const sent = isText ? repetition : repetition.trim();
    into.push(readParts(input, number, place, sent, separators));
  }
}

/** Only separators and blanks, as `^ ^`: no value, which is not a value without parts. */
const saysNothing = (text: string, { component, subcomponent }: Delimiters): boolean =>
  [...text].every((sign) => sign === ' ' || sign === component || sign === subcomponent);

/**
 * Splits by the first separator and its parts by the next; a part without separators is a leaf. A
 * field of sub-components alone is still its own first component.
 */
function readParts(
  input: SegmentInput,
  name: string,
  place: string,
  text: string,
  separators: readonly string[],
): SourceNode {
  if (--input.budget.nodes < 0) {
    throw new Problem('too-large', 'The message has too many parts.', { expression: [place] });
  }
  const [separator = '', ...inner] = separators;
  if (!separators.some((sign) => sign !== '' && text.includes(sign))) {
    return leaf(name, place, unescaped(input, place, text));
  }
  if (separator === '') return readParts(input, name, place, text, inner);
  const children: SourceNode[] = [];
  for (const [index, part] of text.split(separator).entries()) {
    if (part.trim() === '') continue;
    children.push(readParts(input, String(index + 1), `${place}.${index + 1}`, part.trim(), inner));
  }
  return { name, place, value: undefined, children };
}

function unescaped(input: SegmentInput, place: string, text: string): string {
  if (input.delimiters.escape === '' || !text.includes(input.delimiters.escape)) return text;
  return unescapeEr7(text, input.delimiters, input.charset, place);
}
