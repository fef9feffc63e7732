/**
 * Files inside a PDF (ISO 32000-1 7.11.4). PDF/A-1 has none, PDF/A-2 has PDF/A, PDF/A-3 has any
 * (ISO 19005-1 6.1.11, -2 and -3 6.8); decision 1600 says which are taken: what would be taken as
 * a document of its own, under a name that opens it as such.
 */
import {
  dictionaryAtStart,
  inflated,
  objectsIn,
  partsOf,
  spelledOut,
  UNPACKED_BYTES_MAX,
} from './pdf-objects.ts';

/** Where a file specification, or the tree of their names, tells of files inside. */
const EMBEDS = /\/(EmbeddedFiles?|EF)(?![A-Za-z])/;
const FILE_BYTES_MAX = 16 * 1024 * 1024;
/** Each is looked for in every stream. */
const FILES_MAX = 32;
/** More than a book has; a file of nothing else would take seconds. */
const PARTS_MAX = 50_000;
const TAKEN_AS = /\.(pdf|xml|json|txt|jpe?g|png)$/i;

/** What may still be unpacked, of all files inside together, and how deep they may go. */
export interface Inside {
  bytes: number;
  readonly depth: number;
}

/** @param text with its names spelled out */
export const embedsFiles = (text: string): boolean => EMBEDS.test(text);

/**
 * Whether every file inside is one that may be there; false also when one is not found or cannot
 * be looked into.
 * @param isHarmlessPdf judges a PDF inside the PDF
 */
export function areFilesHarmless(
  pdf: Buffer,
  inside: Inside,
  isHarmlessPdf: (inner: Buffer) => boolean,
): boolean {
  const named = new Set<string>();
  let budget = UNPACKED_BYTES_MAX;
  let parts = 0;
  for (const part of partsOf(pdf)) {
    parts += 1;
    if (parts > PARTS_MAX) return false;
    const objects = objectsIn(part, budget);
    if (objects === undefined) return false;
    for (const text of [part.text, objects]) {
      if (!collectFiles(spelledOut(text), named)) return false;
    }
    budget -= objects.length;
  }
  if (named.size === 0 || named.size > FILES_MAX) return false;
  const found = new Set<string>();
  for (const { text, stream } of partsOf(pdf)) {
    if (stream === undefined) continue;
    if ([...named].some((name) => stream.includes(`${name} obj`))) return false;
    const { name, dictionary } = objectOf(text);
    if (!named.has(name) && !/\/EmbeddedFile(?![A-Za-z])/.test(dictionary)) continue;
    found.add(name);
    const bytes = unpacked(dictionary, stream, inside.bytes);
    if (bytes === undefined) return false;
    inside.bytes -= bytes.length;
    const isPdf = bytes.subarray(0, 1024).includes('%PDF-');
    if (!(isPdf ? isHarmlessPdf(bytes) : isPicture(bytes) || isInertText(bytes))) return false;
  }
  return [...named].every((name) => found.has(name));
}

/** Notes the streams that /EF names; false when it, or the name of a file, cannot be read. */
function collectFiles(text: string, named: Set<string>): boolean {
  for (const { index, 0: opened } of text.matchAll(/\/EF(?![A-Za-z])\s*/g)) {
    const streams = dictionaryAtStart(text.slice(index + opened.length));
    if (streams === undefined) return false;
    for (const [, number, generation] of streams.matchAll(/(?<![0-9])(\d+)\s+(\d+)\s+R/g)) {
      named.add(`${number} ${generation}`);
    }
  }
  const names = text.replace(/\/EF\s*<<[^>]{0,500}>>/g, '').matchAll(FILE_NAME);
  return [...names].every(([, name]) => TAKEN_AS.test(fileName(name ?? '')));
}

/** /F (4) are the flags of an annotation; a name that stands elsewhere (9 0 R) is not believed. */
const FILE_NAME =
  /\/(?:UF|F|DOS|Mac|Unix)(?![A-Za-z])\s*(\((?:\\[\s\S]|[^\\()])*\)|<[0-9A-Fa-f\s]*>|\d+\s+\d+\s+R)/g;

function fileName(written: string): string {
  if (written.startsWith('<')) {
    return plain(Buffer.from(written.replace(/[<>\s]/g, ''), 'hex').toString('latin1'));
  }
  return plain(written.replace(/^\(|\)$/g, ''));
}

/** Names are latin or UTF-16: the letters of an ending are the same without the zero bytes. */
const plain = (name: string): string => name.replaceAll('\0', '').replaceAll('\\000', '').trim();

/** The object that a stream belongs to: the last that its text opens. */
function objectOf(text: string): { name: string; dictionary: string } {
  const [header] = [...text.matchAll(/(?<![0-9])(\d+)\s+(\d+)\s+obj(?![A-Za-z])/g)].slice(-1);
  if (!header) return { name: '', dictionary: spelledOut(text) };
  const dictionary = spelledOut(text.slice(header.index + header[0].length));
  return { name: `${header[1]} ${header[2]}`, dictionary };
}

/** @returns undefined for what is packed by anything but Deflate, or is too large. */
function unpacked(dictionary: string, stream: Buffer, budget: number): Buffer | undefined {
  const named = /\/Filter(?![A-Za-z])\s*(\[\s*\/FlateDecode\s*\]|\/FlateDecode(?![A-Za-z]))?/;
  const filter = named.exec(dictionary);
  if (!filter) return stream.length <= budget ? stream : undefined;
  return filter[1] === undefined ? undefined : inflated(stream, Math.min(budget, FILE_BYTES_MAX));
}

const isPicture = (bytes: Buffer): boolean =>
  /^(\xff\xd8\xff|\x89PNG\r\n)/.test(bytes.subarray(0, 8).toString('latin1'));

/** Text of a document, data or a letter: it names no script that a browser would run. */
function isInertText(bytes: Buffer): boolean {
  const isWide = bytes[0] === 0xff && bytes[1] === 0xfe;
  const text = bytes.toString(isWide ? 'utf16le' : 'utf8');
  return !text.includes('\0') && !text.includes('\ufffd') && !/<([\w.-]+:)?script\b/i.test(text);
}
