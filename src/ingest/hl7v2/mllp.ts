/**
 * MLLP framing: 0x0B, message, 0x1C 0x0D (source-formats.md 3.1).
 *
 * Tolerates several frames in one packet, a frame over several packets, a missing final 0x0D and
 * whatever stands between frames. Memory is bounded by the largest message.
 */
const START = 0x0b;
const END = 0x1c;
const CR = 0x0d;
const LF = 0x0a;

export interface Frame {
  readonly bytes: Buffer;
  /** Longer than allowed: `bytes` is only its beginning, enough to answer by its number. */
  readonly tooLarge?: true;
}

export interface MllpDecoder {
  push(chunk: Buffer): Frame[];
  /** True between the start and the end of a frame. */
  readonly inFrame: boolean;
  /** How much of the frame that was begun is here. */
  readonly size: number;
}

/** As much of a message that is too large as its header can take. */
const HEAD_BYTES = 4096;

export function mllpDecoder(limits: { readonly messageBytesMax: number }): MllpDecoder {
  let parts: Buffer[] | undefined;
  let size = 0;
  return {
    get inFrame() {
      return parts !== undefined;
    },
    get size() {
      return size;
    },
    push(chunk) {
      const frames: Frame[] = [];
      let at = 0;
      while (at < chunk.length) {
        if (parts === undefined) {
          const start = chunk.indexOf(START, at);
          if (start < 0) break;
          open();
          at = start + 1;
          continue;
        }
        const end = chunk.indexOf(END, at);
        const stop = end < 0 ? chunk.length : end;
        const restart = chunk.subarray(at, stop).lastIndexOf(START);
        if (restart >= 0) {
          // A new start before an end: what came before was broken off and will be sent again.
          open();
          at += restart + 1;
        }
        add(chunk.subarray(at, stop));
        at = stop + 1;
        if (end >= 0) frames.push(close());
      }
      return frames;
    },
  };

  function open(): void {
    parts = [];
    size = 0;
  }

  function add(piece: Buffer): void {
    const before = size;
    size += piece.length;
    if (before <= limits.messageBytesMax) parts?.push(Buffer.from(piece));
    if (size <= limits.messageBytesMax || parts === undefined) return;
    parts = [Buffer.concat(parts).subarray(0, HEAD_BYTES)];
  }

  function close(): Frame {
    const bytes = Buffer.concat(parts ?? []);
    parts = undefined;
    return size > limits.messageBytesMax ? { bytes, tooLarge: true } : { bytes };
  }
}

/**
 * The messages of a frame that holds several, each to be answered by its own number. What stands
 * before the first header (a batch begins so) goes; a frame with one message stays as it came.
 */
export function messagesIn(frame: Frame): Frame[] {
  const { bytes } = frame;
  if (frame.tooLarge) return [frame];
  const starts: number[] = [];
  for (let at = bytes.indexOf('MSH'); at >= 0; at = bytes.indexOf('MSH', at + 3)) {
    const before = bytes[at - 1];
    const isSegment = before === undefined || before === CR || before === LF;
    if (isSegment && isSign(bytes[at + 3])) starts.push(at);
  }
  if (starts.length < 2) return [frame];
  return starts.map((start, index) => ({ bytes: bytes.subarray(start, starts[index + 1]) }));
}

/** A field separator is neither a letter, a digit nor white space. */
const isSign = (byte: number | undefined) =>
  byte !== undefined &&
  byte > 0x20 &&
  byte < 0x7f &&
  !/[A-Za-z0-9]/.test(String.fromCharCode(byte));

/** A message in its frame, ready for the line. */
export const mllpFrame = (message: Buffer): Buffer =>
  Buffer.concat([Buffer.of(START), message, Buffer.of(END, CR)]);
