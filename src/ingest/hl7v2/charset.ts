/** Bytes to text. A byte that does not decode is an error with its place, never a question mark. */
import { Problem } from '../../platform/problem.ts';
import type { Charset } from '../format.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });
const windows1252 = new TextDecoder('windows-1252');
const latin9 = new TextDecoder('iso-8859-15');
/** Upper half of the code pages of DOS, which TextDecoder does not know. */
const CODE_PAGES = {
  cp437:
    'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐' +
    '└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0',
  cp850:
    'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐' +
    '└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0',
};
/** Bytes that Windows-1252 leaves undefined. */
const UNDEFINED_1252 = new Set([0x81, 0x8d, 0x8f, 0x90, 0x9d]);

/** HL7 table 0211, and names that occur in practice. */
export const CHARSETS: Readonly<Record<string, Charset>> = {
  '8859/1': 'iso-8859-1',
  '8859-1': 'iso-8859-1',
  'ISO-8859-1': 'iso-8859-1',
  'ISO8859-1': 'iso-8859-1',
  LATIN1: 'iso-8859-1',
  '8859/15': 'iso-8859-15',
  '8859-15': 'iso-8859-15',
  'ISO-8859-15': 'iso-8859-15',
  'ISO8859-15': 'iso-8859-15',
  'UNICODE UTF-8': 'utf-8',
  'UTF-8': 'utf-8',
  UTF8: 'utf-8',
  ASCII: 'ascii',
  'WINDOWS-1252': 'windows-1252',
  CP1252: 'windows-1252',
};

/**
 * Where ISO 8859 has control signs that no sender means, Windows-1252 has its quotes, dashes and
 * euro sign: who says 8859 and writes those is read so, as in XML.
 * @throws Problem `invalid` with code `undecodable` and the place.
 */
export function decodeBytes(bytes: Uint8Array, charset: Charset, place: string): string {
  if (bytes.every((byte) => byte < 0x80)) return Buffer.from(bytes).toString('latin1');
  switch (charset) {
    case 'utf-8':
      try {
        return utf8.decode(bytes);
      } catch {
        throw undecodable(place);
      }
    case 'iso-8859-1':
    case 'iso-8859-15':
    case 'windows-1252':
      if (bytes.some((byte) => UNDEFINED_1252.has(byte))) throw undecodable(place);
      return charset === 'iso-8859-15' ? latin9Text(bytes) : windows1252.decode(bytes);
    case 'cp437':
    case 'cp850':
      return codePage(bytes, CODE_PAGES[charset]);
    case 'ascii':
      throw undecodable(place);
  }
}

/**
 * What no text of FHIR may hold is refused; a form feed or a vertical tab makes a new line.
 * @throws Problem `invalid` with code `control-character` and the place.
 */
export function plainText(text: string, place: string): string {
  if (hasControl(text)) {
    throw new Problem('invalid', 'A control character stands in the text.', {
      code: 'control-character',
      expression: [place],
    });
  }
  return /[\v\f]/.test(text) ? text.replace(/[\v\f]/g, '\n') : text;
}

/** Below the blank, and no tab or end of a line or page. */
export function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x20 && (code < 0x09 || code > 0x0d)) return true;
  }
  return false;
}

function latin9Text(bytes: Uint8Array): string {
  return latin9
    .decode(bytes)
    .replace(/[\u0080-\u009f]+/g, (signs) => windows1252.decode(Buffer.from(signs, 'latin1')));
}

function codePage(bytes: Uint8Array, upper: string): string {
  let text = '';
  for (const byte of bytes) {
    text += byte < 0x80 ? String.fromCharCode(byte) : upper.charAt(byte - 0x80);
  }
  return text;
}

/** For the acknowledgement, which is written in the character set of the message. */
export function encodeText(text: string, charset: Charset): Buffer {
  if (charset === 'utf-8') return Buffer.from(text, 'utf8');
  // Whatever a single byte set cannot hold would be misread: our own texts are ASCII, control ids
  // are copied.
  return Buffer.from(text, 'latin1');
}

const undecodable = (place: string) =>
  new Problem('invalid', 'A byte does not fit the character set of the message.', {
    code: 'undecodable',
    expression: [place],
  });
