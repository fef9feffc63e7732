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
  'utf-16': 'utf-16le',
  'utf-16le': 'utf-16le',
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
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  const start = bytes.subarray(0, 200).toString('latin1');
  return /^\s*<\?xml[^>]*\bencoding\s*=\s*["']([^"']+)["']/.exec(start)?.[1] ?? 'utf-8';
}

function badLine(bytes: Buffer, encoding: string): number {
  if (encoding === 'utf-16le') return 1;
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
