/** Where the entries of a bundle stand in its bytes, so that each can be given to its person. */
import { type ByteRange, elementRanges } from '../hl7v3/element-ranges.ts';

/**
 * The entries of a bundle that was read before, in their order; undefined when they cannot be told
 * apart in the bytes.
 */
export function entryRanges(bytes: Buffer, count: number): ByteRange[] | undefined {
  const isXml = /^(\uFEFF)?\s*</.test(bytes.subarray(0, 200).toString('utf8'));
  const ranges = isXml ? inXml(bytes) : inJson(bytes);
  return ranges?.length === count ? ranges : undefined;
}

/** Children of the document element that are called `entry`. */
function inXml(bytes: Buffer): ByteRange[] {
  const children = [...elementRanges(bytes, (_number, depth) => depth === 1).values()];
  const isEntry = ({ from }: ByteRange) =>
    /^<([\w.-]+:)?entry[\s/>]/.test(bytes.subarray(from, from + 64).toString('latin1'));
  return children.filter(isEntry).sort((a, b) => a.from - b.from);
}

const [QUOTE, BACKSLASH, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = Buffer.from('"\\{}[]');
const ENTRY = Buffer.from('"entry"');

/** Objects in the list called `entry` of the outermost object; none when it is there twice. */
function inJson(bytes: Buffer): ByteRange[] | undefined {
  const found: ByteRange[] = [];
  let depth = 0;
  let lists = 0;
  let from = -1;
  let isIn = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      const end = endOfText(bytes, at);
      if (depth === 1 && !isIn && isListCalledEntry(bytes, at, end)) {
        lists += 1;
        isIn = true;
      }
      at = end;
    } else if (byte === OPEN || byte === OPEN_LIST) {
      depth += 1;
      if (isIn && depth === 3 && byte === OPEN) from = at;
    } else if (byte === CLOSE || byte === CLOSE_LIST) {
      if (isIn && depth === 3 && from >= 0) {
        found.push({ from, to: at + 1 });
        from = -1;
      }
      depth -= 1;
      if (isIn && depth === 1) isIn = false;
    }
  }
  return lists === 1 ? found : undefined;
}

/** The quote that ends the text which begins at `at`. */
function endOfText(bytes: Buffer, at: number): number {
  let end = at + 1;
  while (end < bytes.length && bytes[end] !== QUOTE) end += bytes[end] === BACKSLASH ? 2 : 1;
  return end;
}

function isListCalledEntry(bytes: Buffer, at: number, end: number): boolean {
  if (!bytes.subarray(at, end + 1).equals(ENTRY)) return false;
  return /^\s*:\s*\[/.test(bytes.subarray(end + 1, end + 200).toString('latin1'));
}
