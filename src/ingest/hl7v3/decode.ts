/**
 * Bytes of an XML document to text: byte order mark first, then the XML declaration, else UTF-8.
 */
import { Problem } from '../../platform/problem.ts';

/**
 * Encodings that senders use. `iso-8859-1` is decoded as windows-1252, a superset, as browsers
 * do.
 */
const ENCODINGS: Readonly<Record<string, string>> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'us-ascii': 'utf-8',
  'iso-8859-1': 'windows-1252',
  latin1: 'windows-1252',
  'windows-1252': 'windows-1252',
  'iso-8859-15': 'iso-8859-15',
  'utf-16le': 'utf-16le',
  'utf-16be': 'utf-16be',
};

/**
 * @throws Problem `invalid` naming the line of bytes that do not decode, or the encoding we do
 * not read.
 */
export function decodeXml(bytes: Buffer): string {
  const name = encodingOf(bytes);
  const encoding = ENCODINGS[name.toLowerCase()];
  if (encoding === undefined) {
    throw new Problem('invalid', 'The encoding in the XML declaration is not supported.', {
      code: 'xml-encoding',
      expression: ['/'],
    });
  }
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    const line = badLine(bytes, encoding);
    throw new Problem('invalid', `Bytes on line ${line} are not valid ${encoding}.`, {
      code: 'xml-encoding',
      expression: ['/'],
    });
  }
}

function encodingOf(bytes: Buffer): string {
  const wide = wideEncodingOf(bytes);
  if (wide !== undefined) return wide.name;
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  const start = bytes.subarray(0, 200).toString('latin1');
  const named = /^\s*<\?xml[^>]*\bencoding\s*=\s*["']([^"']+)["']/.exec(start)?.[1] ?? 'utf-8';
  // Programs that wrote to a text first leave the name of the encoding it had in memory.
  return /^utf-16(le|be)?$/i.test(named) ? 'utf-8' : named;
}

/**
 * Two bytes a character, by the mark or, without it, by the `<` that XML begins with (XML 1.0
 * appendix F.1); with how many bytes the mark takes.
 */
export function wideEncodingOf(
  bytes: Buffer,
): { readonly name: 'utf-16le' | 'utf-16be'; readonly mark: number } | undefined {
  const pair = bytes.subarray(0, 2).toString('hex');
  if (pair === 'fffe') return { name: 'utf-16le', mark: 2 };
  if (pair === 'feff') return { name: 'utf-16be', mark: 2 };
  if (pair === '3c00') return { name: 'utf-16le', mark: 0 };
  return pair === '003c' ? { name: 'utf-16be', mark: 0 } : undefined;
}

/** The beginning as far as it tells what the document is: what does not decode is passed over. */
export function beginningOf(bytes: Buffer, length: number): string {
  const start = bytes.subarray(0, length);
  const wide = wideEncodingOf(bytes);
  return wide ? new TextDecoder(wide.name).decode(start) : start.toString('latin1');
}

function badLine(bytes: Buffer, encoding: string): number {
  if (encoding.startsWith('utf-16')) return 1;
  const decoder = new TextDecoder(encoding, { fatal: true });
  let line = 1;
  let from = 0;
  while (from < bytes.length) {
    const next = bytes.indexOf(0x0a, from);
    const end = next < 0 ? bytes.length : next + 1;
    try {
      decoder.decode(bytes.subarray(from, end));
    } catch {
      return line;
    }
    line += 1;
    from = end;
  }
  return line;
}
