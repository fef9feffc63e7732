/**
 * PDF that does something when a reader opens it, or that hides what it would do: refused, however
 * it came. Nothing is drawn or run. What is looked for is in ISO 32000-1 12.6 (actions), 7.3.5
 * (names with #xx), 7.5.7 (object streams). To show a page of its own first is no such thing.
 */
import { areFilesHarmless, embedsFiles, type Inside } from './pdf-embedded-files.ts';
import {
  definitionsOf,
  dictionaryAtStart,
  objectsIn,
  partsOf,
  spelledOut,
  UNPACKED_BYTES_MAX,
} from './pdf-objects.ts';

/** Names that only stand where something happens when a reader opens the file. */
const ACTION = /\/(JavaScript|Launch|RichMedia|XFA|SubmitForm|ImportData)(?![A-Za-z])/;
/** Short ones, which chance also writes in the bytes of a picture. */
const SHORT_ACTION = /\/(JS|AA)(?![A-Za-z])/;
/** In plain sight files are looked into; in the bytes of a stream they are hidden. */
const HIDDEN = /\/EmbeddedFiles?(?![A-Za-z])/;
const OPEN_ACTION = /\/OpenAction(?![A-Za-z])\s*/g;
/** One for each version of the document: more are there to keep a scanner busy. */
const OPEN_ACTIONS_MAX = 64;
/** A PDF in a PDF, and one in that: enough for a letter with its enclosures. */
const DEPTH_MAX = 2;

/** A file that begins as a PDF, whatever it is called. */
export const looksLikePdf = (bytes: Buffer): boolean =>
  bytes.subarray(0, 1024).indexOf('%PDF-') >= 0;

export const isActivePdf = (pdf: Buffer): boolean =>
  isActive(pdf, { bytes: UNPACKED_BYTES_MAX, depth: DEPTH_MAX });

function isActive(pdf: Buffer, inside: Inside): boolean {
  let budget = UNPACKED_BYTES_MAX;
  let hasFiles = false;
  const openedBy = new Set<string>();
  for (const part of partsOf(pdf)) {
    const objects = objectsIn(part, budget);
    // What cannot be looked into is not let through.
    if (objects === undefined) return true;
    for (const text of [part.text, objects]) {
      const names = spelledOut(text);
      if (ACTION.test(names) || SHORT_ACTION.test(names)) return true;
      for (const opened of openActionsOf(names)) openedBy.add(opened);
      if (openedBy.size > OPEN_ACTIONS_MAX) return true;
      hasFiles ||= embedsFiles(names);
    }
    if (part.stream !== undefined && actsInStream(part.stream)) return true;
    budget -= objects.length;
  }
  if (![...openedBy].every((opened) => isOpenedAtPage(pdf, opened))) return true;
  if (!hasFiles) return false;
  if (inside.depth === 0) return true;
  const deeper = { ...inside, depth: inside.depth - 1 };
  const harmless = areFilesHarmless(pdf, deeper, (inner) => !isActive(inner, deeper));
  inside.bytes = deeper.bytes;
  return !harmless;
}

/** What stands behind each /OpenAction: a reference (`9 0 R`), or the value itself. */
function openActionsOf(names: string): string[] {
  return [...names.matchAll(OPEN_ACTION)]
    .slice(0, OPEN_ACTIONS_MAX + 1)
    .map(({ index, 0: name }) => {
      const value = names.slice(index + name.length);
      return /^\d+\s+\d+\s+R(?![A-Za-z])/.exec(value)?.[0] ?? opening(value);
    });
}

/** The beginning that tells what a value is: to keep more would keep the file. */
const opening = (value: string): string => dictionaryAtStart(value) ?? value.slice(0, 4);

function isOpenedAtPage(pdf: Buffer, opened: string): boolean {
  const [, number, generation] = /^(\d+)\s+(\d+)\s+R$/.exec(opened) ?? [];
  if (number === undefined || generation === undefined) return isPage(opened);
  const definitions = definitionsOf(pdf, number, generation);
  return definitions.length > 0 && definitions.every((value) => isPage(opening(value)));
}

/** A page of the document (an array), or the action that goes to one (12.6.4.2, 12.6.4.11). */
function isPage(value: string): boolean {
  if (/^(\[|null)/.test(value)) return true;
  const kinds = [...value.matchAll(/\/S(?![A-Za-z])\s*(\/\w+)?/g)].map(([, kind]) => kind);
  if (kinds.length !== 1 || /\/Next(?![A-Za-z])/.test(value)) return false;
  const turns = /\/N\s*\/(First|Last|Next|Prev)Page(?![A-Za-z])/.test(value);
  return kinds[0] === '/GoTo' || (kinds[0] === '/Named' && turns);
}

const WINDOW_BYTES = 64 * 1024;
/** Longer than the longest name with each of its letters written as #xx. */
const OVERLAP_BYTES = 64;

/**
 * A reader finds objects by their place in the file, so also inside what looks like a stream. Read
 * in pieces: as one text a document of 30 MB would be held several times.
 */
function actsInStream(stream: Buffer): boolean {
  for (let at = 0; at < stream.length; at += WINDOW_BYTES) {
    const piece = stream.subarray(at, at + WINDOW_BYTES + OVERLAP_BYTES);
    if (piece.indexOf('/') < 0) continue;
    const names = spelledOut(piece.toString('latin1'));
    if (ACTION.test(names) || HIDDEN.test(names)) return true;
  }
  return false;
}
