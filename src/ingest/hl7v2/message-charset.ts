/** Which character set a message is in: by MSH-18, the sender's file, and the bytes themselves. */
import { isAscii, isUtf8 } from 'node:buffer';
import { Problem } from '../../platform/problem.ts';
import type { Charset, MappingIssue, SenderOverlay } from '../format.ts';
import { CHARSETS } from './charset.ts';
import type { Delimiters } from './er7.ts';

/**
 * MSH-18 holds, but for bytes that can only be UTF-8 under another name: then that is told.
 * @throws Problem `unprocessable` for a name that is not known.
 */
export function charsetOfMessage(
  lines: readonly Buffer[],
  delimiters: Delimiters,
  overlay: SenderOverlay,
): { charset: Charset; issues: readonly MappingIssue[] } {
  const named = charsetOf(lines[0]?.toString('latin1') ?? '', delimiters);
  if (named === undefined) return { charset: guessedCharset(lines, overlay), issues: [] };
  if (named === 'utf-8' || !isOnlyUtf8(lines)) return { charset: named, issues: [] };
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

const OTHER_CHARSET: MappingIssue = {
  kind: 'rule',
  severity: 'warning',
  code: 'charset-differs',
  text: 'MSH-18 names another character set than the bytes are in: they were read as UTF-8.',
  place: 'MSH-18',
};
