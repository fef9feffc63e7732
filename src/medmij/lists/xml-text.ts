/**
 * The bytes of an XML file as text. What they are written in is told by their own first bytes, else
 * by the media type, else by the declaration (RFC 7303 section 3; XML 1.0 appendix F); UTF-8 if
 * nothing tells.
 */
import { Problem } from '../../platform/problem.ts';

/** Long enough for any declaration; it is written in ASCII, whatever follows it. */
const DECLARATION_BYTES_MAX = 256;
const DECLARED = /^<\?xml\s[^>]*?\sencoding\s*=\s*["']([A-Za-z][\w.-]*)["']/;
const CHARSET = /;\s*charset\s*=\s*"?([\w.:-]+)/i;

/**
 * @param contentType of the answer that brought it
 * @throws Problem `invalid` code `list-xml`: an encoding that we do not know, or bytes that are not
 * of it.
 */
export function readXmlText(bytes: Uint8Array, contentType = ''): string {
  const name = encodingOf(bytes, contentType);
  try {
    return new TextDecoder(name, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Problem('invalid', 'The file is not in the encoding that it names.', {
      code: 'list-xml',
      expression: ['encoding'],
      cause,
    });
  }
}

function encodingOf(bytes: Uint8Array, contentType: string): string {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  const isBig = (first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c);
  if (isBig) return 'utf-16be';
  const isLittle = (first === 0xff && second === 0xfe) || (first === 0x3c && second === 0);
  if (isLittle) return 'utf-16le';
  const head = Buffer.from(bytes.subarray(0, DECLARATION_BYTES_MAX)).toString('latin1');
  const name = CHARSET.exec(contentType)?.[1] ?? DECLARED.exec(head)?.[1] ?? 'utf-8';
  // One byte a character has been seen above: whatever is written there, it is not UTF-16.
  return /^utf-?16/i.test(name) ? 'utf-8' : name;
}
