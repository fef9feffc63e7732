/**
 * PDF that does something when a reader opens it, or that hides what it would do: refused, however
 * it came. Nothing is drawn or run. What is looked for is in ISO 32000-1 12.6 (actions), 7.3.5
 * (names with #xx), 7.5.7 (object streams).
 */
import { inflateSync, constants as zlib } from 'node:zlib';

/** Names that only stand where something happens when a reader opens the file. */
const ACTION =
  /\/(JavaScript|Launch|RichMedia|EmbeddedFiles?|XFA|SubmitForm|ImportData)(?![A-Za-z])/;
/** Short ones, which chance also writes in the bytes of a picture. */
const SHORT_ACTION = /\/(JS|AA)(?![A-Za-z])/;
/** An array says which page is shown first; anything else is an action. */
const OPEN_ACTION = /\/OpenAction(?![A-Za-z])(?!\s*\[)/;
const OBJECT_STREAM = /\/ObjStm(?![A-Za-z])/;

const OBJECT_STREAM_BYTES_MAX = 16 * 1024 * 1024;
const OBJECT_STREAMS_BYTES_MAX = 64 * 1024 * 1024;

/** A file that begins as a PDF, whatever it is called. */
export const looksLikePdf = (bytes: Buffer): boolean =>
  bytes.subarray(0, 1024).indexOf('%PDF-') >= 0;

export function isActivePdf(pdf: Buffer): boolean {
  let budget = OBJECT_STREAMS_BYTES_MAX;
  for (const { text, stream } of partsOf(pdf)) {
    const names = spelledOut(text);
    if (actsIn(names)) return true;
    if (stream === undefined) continue;
    if (actsInStream(stream)) return true;
    if (!OBJECT_STREAM.test(names)) continue;
    const objects = inflated(stream, Math.min(budget, OBJECT_STREAM_BYTES_MAX));
    // What cannot be looked into (encrypted, another packing, endless) is not let through.
    if (objects === undefined || actsIn(spelledOut(objects.toString('latin1')))) return true;
    budget -= objects.length;
  }
  return false;
}

const actsIn = (names: string): boolean =>
  ACTION.test(names) || SHORT_ACTION.test(names) || OPEN_ACTION.test(names);

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
    if (piece.indexOf('/') >= 0 && ACTION.test(spelledOut(piece.toString('latin1')))) return true;
  }
  return false;
}

/** Names with their #xx written as the letters they are. */
const spelledOut = (text: string): string =>
  text.includes('#')
    ? text.replace(/#([0-9A-Fa-f]{2})/g, (_all, hex: string) =>
        String.fromCharCode(parseInt(hex, 16)),
      )
    : text;

/** @returns undefined for what is not packed by Deflate alone, or unpacks to more than allowed. */
function inflated(stream: Buffer, bytesMax: number): Buffer | undefined {
  if (bytesMax <= 0) return undefined;
  try {
    const finishFlush = zlib.Z_SYNC_FLUSH;
    return inflateSync(stream, { maxOutputLength: bytesMax, finishFlush });
  } catch {
    return undefined;
  }
}

interface Part {
  /** The objects up to a stream, or to the end. */
  readonly text: string;
  readonly stream?: Buffer;
}

function* partsOf(pdf: Buffer): Generator<Part> {
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

const STREAM_OPENS = 'stream\r\n'.length;
