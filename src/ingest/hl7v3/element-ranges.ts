/** Where elements stand in the bytes of an XML document, for cutting some of them out. */
import { SaxesParser } from 'saxes';
import { decodeXml, wideEncodingOf } from './decode.ts';

export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/**
 * The ranges of elements, from `<` to the end of the closing tag.
 * @param isWanted by the number of the element in the order of the document, from 0, and its depth.
 * @throws Problem `invalid` as `decodeXml` does; the document was read before, so it is well formed.
 */
export function elementRanges(
  bytes: Buffer,
  isWanted: (number: number, depth: number) => boolean,
): ReadonlyMap<number, ByteRange> {
  const text = decodeXml(bytes);
  const offset = byteOffsets(bytes, text);
  const parser = new SaxesParser({ xmlns: true, position: true });
  const open: { readonly number: number; readonly start: number }[] = [];
  const found: { readonly number: number; readonly start: number; readonly end: number }[] = [];
  let count = 0;
  parser.on('opentag', () => {
    // Inside a tag no `<` can stand, so the last one before its end is where it begins.
    open.push({ number: count, start: text.lastIndexOf('<', parser.position - 1) });
    count += 1;
  });
  parser.on('closetag', () => {
    const closed = open.pop();
    if (!closed || !isWanted(closed.number, open.length)) return;
    found.push({ ...closed, end: parser.position });
  });
  parser.write(text).close();
  const edges = [...new Set(found.flatMap(({ start, end }) => [start, end]))].sort((a, b) => a - b);
  const places = new Map(edges.map((edge) => [edge, offset(edge)]));
  return new Map(
    found.map(({ number, start, end }) => [
      number,
      { from: places.get(start) ?? 0, to: places.get(end) ?? 0 },
    ]),
  );
}

/** From characters to bytes, asked in ascending order. */
function byteOffsets(bytes: Buffer, text: string): (at: number) => number {
  const wide = wideEncodingOf(bytes);
  if (wide) return (at) => wide.mark + at * 2;
  const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  if (bytes.length === text.length) return (at) => at;
  let seen = 0;
  let length = mark;
  return (at) => {
    length += Buffer.byteLength(text.slice(seen, at));
    seen = at;
    return length;
  };
}
