/** Which character set a message is in: by MSH-18, the sender's file, and the bytes themselves. */
import { isAscii, isUtf8 } from 'node:buffer';
import { Problem } from '../../platform/problem.ts';
import type { Charset, MappingIssue, SenderOverlay } from '../format.ts';
import { CHARSETS } from './charset.ts';
import type { Delimiters } from './er7.ts';

/**
 * MSH-18 holds, but for bytes that can only be UTF-8 under another name, or under that name can
 * only be letters of one byte: then that is told.
 * @throws Problem `unprocessable` for a name that is not known.
 */
export function charsetOfMessage(
  lines: readonly Buffer[],
  delimiters: Delimiters,
  overlay: SenderOverlay,
): { charset: Charset; issues: readonly MappingIssue[] } {
  const named = charsetOf(lines[0]?.toString('latin1') ?? '', delimiters);
  if (named === undefined) return { charset: guessedCharset(lines, overlay), issues: [] };
  if (named === 'utf-8') {
    const charset = isOnlyOneByte(lines) ? oneByteCharset(overlay) : 'utf-8';
    return { charset, issues: charset === 'utf-8' ? [] : [NO_UTF8] };
  }
  if (!isOnlyUtf8(lines)) return { charset: named, issues: [] };
  return { charset: 'utf-8', issues: [OTHER_CHARSET] };
}

function charsetOf(header: string, delimiters: Delimiters): Charset | undefined {
  const field = header.split(delimiters.field)[17]?.trim() ?? '';
  const name = (field.split(delimiters.repetition)[0] ?? '').trim();
  if (name === '' || name === '""') return undefined;
  const charset = CHARSETS[name.toUpperCase()];
  if (charset === undefined) {
    throw new Problem('unprocessable', 'The character set in MSH-18 is not supported.', {
      code: 'charset',
      expression: ['MSH-18'],
    });
  }
  return charset;
}

/**
 * MSH-18 is empty, so the sender's setting holds. The setting that is itself a guess
 * (Windows-1252) gives way when the bytes can only be UTF-8: its sequences do not occur in Dutch
 * Windows-1252 text.
 */
function guessedCharset(lines: readonly Buffer[], overlay: SenderOverlay): Charset {
  if (overlay.charset !== 'windows-1252') return overlay.charset;
  return isOnlyUtf8(lines) ? 'utf-8' : overlay.charset;
}

/** Letters beyond ASCII, and all of them as UTF-8 writes them: one byte letters never look so. */
function isOnlyUtf8(lines: readonly Buffer[]): boolean {
  const odd = lines.filter((line) => !isAscii(line));
  return odd.length > 0 && odd.every((line) => isUtf8(line));
}

/**
 * Called UTF-8, while no two bytes beyond ASCII follow each other as UTF-8 writes a letter, and no
 * byte is the first half of a letter that Dutch names have: text that was cut off stays refused.
 */
function isOnlyOneByte(lines: readonly Buffer[]): boolean {
  const odd = lines.filter((line) => !isAscii(line));
  return odd.length > 0 && odd.every((line) => line.every((byte, at) => isAlone(line, byte, at)));
}

function isAlone(line: Buffer, byte: number, at: number): boolean {
  if (byte < 0x80) return true;
  const isLetter = byte >= 0xc0 && !CUT_OFF.has(byte);
  return isLetter && (line[at - 1] ?? 0) < 0x80 && (line[at + 1] ?? 0) < 0x80;
}

/** First bytes of é, § and “ in UTF-8. C4 is not among them: it is Ä, which occurs. */
const CUT_OFF = new Set([0xc2, 0xc3, 0xc5, 0xe2]);

const oneByteCharset = (overlay: SenderOverlay): Charset =>
  overlay.charset === 'utf-8' || overlay.charset === 'ascii' ? 'windows-1252' : overlay.charset;

const NO_UTF8: MappingIssue = {
  kind: 'rule',
  severity: 'warning',
  code: 'charset-differs',
  text: 'MSH-18 says UTF-8, and the bytes are letters of one byte: they were read as such.',
  place: 'MSH-18',
};

const OTHER_CHARSET: MappingIssue = {
  kind: 'rule',
  severity: 'warning',
  code: 'charset-differs',
  text: 'MSH-18 names another character set than the bytes are in: they were read as UTF-8.',
  place: 'MSH-18',
};
