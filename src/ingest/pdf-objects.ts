/**
 * The objects of a PDF as a scanner sees them (ISO 32000-1 7.3 and 7.5.7): the text between its
 * streams, what object streams unpack to, and each way in which the file defines one object. The
 * table of places is not trusted: a reader follows it, so every definition counts.
 */
import { inflateSync, constants as zlib } from 'node:zlib';

export interface PdfPart {
  /** The objects up to a stream, or to the end. */
  readonly text: string;
  readonly stream?: Buffer;
}

const OBJECT_STREAM = /\/ObjStm(?![A-Za-z])/;
const OBJECT_STREAM_BYTES_MAX = 16 * 1024 * 1024;
/** No value that is looked for here is longer; a file of beginnings without end costs no more. */
const VALUE_CHARACTERS_MAX = 4_096;
const DEFINITIONS_MAX = 64;
/** All object streams of one file together. */
export const UNPACKED_BYTES_MAX = 64 * 1024 * 1024;
const STREAM_OPENS = 'stream\r\n'.length;

/** Text and streams in turn, as they stand in the file. */
export function* partsOf(pdf: Buffer): Generator<PdfPart> {
  let from = 0;
  for (let at = pdf.indexOf('stream'); at >= 0; at = pdf.indexOf('stream', at + 1)) {
    const opened = /^[^A-Za-z0-9_]stream\r?\n/.exec(
      pdf.subarray(at - 1, at + STREAM_OPENS).toString('latin1'),
    );
    if (!opened) continue;
    const end = pdf.indexOf('endstream', at);
    if (end < 0) break;
    const start = at - 1 + opened[0].length;
    yield {
      text: pdf.subarray(from, at).toString('latin1'),
      stream: pdf.subarray(start, end),
    };
    from = end + 'endstream'.length;
    at = from - 1;
  }
  yield { text: pdf.subarray(from).toString('latin1') };
}

/** Names with their #xx written as the letters they are (7.3.5); brackets stay as written. */
export const spelledOut = (text: string): string =>
  text.includes('#')
    ? text.replace(/#(3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa])/g, (_all, hex: string) =>
        String.fromCharCode(parseInt(hex, 16)),
      )
    : text;

/**
 * What the object stream of a part unpacks to; empty when its stream is no object stream.
 * @param budget bytes that may still be unpacked of this file
 * @returns undefined for what is encrypted, packed otherwise, or endless.
 */
export function objectsIn({ text, stream }: PdfPart, budget: number): string | undefined {
  if (stream === undefined || !OBJECT_STREAM.test(spelledOut(text))) return '';
  return inflated(stream, Math.min(budget, OBJECT_STREAM_BYTES_MAX))?.toString('latin1');
}

/** @returns undefined for what is not packed by Deflate alone, or unpacks to more than allowed. */
export function inflated(stream: Buffer, bytesMax: number): Buffer | undefined {
  if (bytesMax <= 0) return undefined;
  try {
    const finishFlush = zlib.Z_SYNC_FLUSH;
    return inflateSync(stream, { maxOutputLength: bytesMax, finishFlush });
  } catch {
    return undefined;
  }
}

/**
 * Every body that the file gives an object, each with what follows it. One inside the bytes of a
 * stream, where the table of places may point, is told as an empty text; too many as one.
 */
export function definitionsOf(pdf: Buffer, number: string, generation: string): string[] {
  const header = new RegExp(`(?<![0-9])${number}\\s+${generation}\\s+obj(?![A-Za-z])`, 'g');
  const found: string[] = [];
  for (const part of partsOf(pdf)) {
    for (const { index, 0: opened } of part.text.matchAll(header)) {
      found.push(valueAt(part.text, index + opened.length));
      if (found.length > DEFINITIONS_MAX) return [''];
    }
    if (part.stream?.includes(`${number} ${generation} obj`)) found.push('');
    const objects = objectsIn(part, UNPACKED_BYTES_MAX);
    if (objects) found.push(...packed(part, objects, number));
  }
  return found;
}

/** An object stream begins with pairs of number and place, the places counted from /First. */
function packed({ text }: PdfPart, objects: string, number: string): string[] {
  const first = Number([...spelledOut(text).matchAll(/\/First\s+(\d+)/g)].at(-1)?.[1] ?? 0);
  const pairs = objects.slice(0, first).matchAll(/(?<![0-9])(\d+)\s+(\d+)/g);
  return [...pairs].flatMap(([, numbered, place]) =>
    numbered === number ? [valueAt(objects, first + Number(place))] : [],
  );
}

const valueAt = (text: string, from: number): string =>
  spelledOut(text.slice(from, from + VALUE_CHARACTERS_MAX)).trimStart();

/** The dictionary that a text begins with, to its `>>`; undefined when it does not or never ends. */
export function dictionaryAtStart(text: string): string | undefined {
  if (!text.startsWith('<<')) return undefined;
  let open = 0;
  for (const { index, 0: token } of text
    .slice(0, VALUE_CHARACTERS_MAX)
    .matchAll(/<<|<[0-9A-Fa-f\s]*>|>>|\((?:\\[\s\S]|[^\\()])*\)|\(/g)) {
    // A bracket within a text: rare, and then nothing of it is believed.
    if (token === '(') return undefined;
    if (token === '<<') open += 1;
    if (token === '>>') open -= 1;
    if (open === 0) return text.slice(0, index + 2);
  }
  return undefined;
}
