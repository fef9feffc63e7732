/** HL7 v2 escapes (v2.5, 2.7): delimiters, formatting, bytes in the message's character set. */
import type { Charset } from '../format.ts';
import { decodeBytes, hasControl } from './charset.ts';
import type { Delimiters } from './er7.ts';

/**
 * A sequence that is not one of these stays as it was sent: dropping it would lose what was
 * meant.
 */
export function unescapeEr7(
  text: string,
  delimiters: Delimiters,
  charset: Charset,
  place: string,
): string {
  const sign = delimiters.escape;
  const parts = text.split(sign);
  let result = parts[0] ?? '';
  let at = 1;
  while (at < parts.length) {
    const body = parts[at] ?? '';
    const meaning = at + 1 < parts.length ? meaningOf(body, delimiters, charset, place) : undefined;
    if (meaning === undefined) {
      result += sign + body;
      at += 1;
      continue;
    }
    result += meaning + (parts[at + 1] ?? '');
    at += 2;
  }
  return result;
}

function meaningOf(
  body: string,
  delimiters: Delimiters,
  charset: Charset,
  place: string,
): string | undefined {
  switch (body) {
    case 'F':
      return delimiters.field;
    case 'S':
      return delimiters.component;
    case 'T':
      return delimiters.subcomponent;
    case 'R':
      return delimiters.repetition;
    case 'E':
      return delimiters.escape;
    case 'H':
    case 'N':
      return '';
    default:
  }
  if (/^X(?:[0-9A-Fa-f]{2})+$/.test(body)) {
    const text = decodeBytes(Buffer.from(body.slice(1), 'hex'), charset, place);
    return hasControl(text) ? undefined : text;
  }
  return formatting(body);
}

/** Formatted text: what makes a line becomes a line, indents and the like become nothing. */
function formatting(body: string): string | undefined {
  if (/^\.(br|ce)$/.test(body)) return '\n';
  const skip = /^\.(sp|sk)([+-]?\d{0,2})$/.exec(body);
  if (skip)
    return (skip[1] === 'sp' ? '\n' : ' ').repeat(Math.min(Math.max(Number(skip[2] || 1), 1), 10));
  return /^\.(fi|nf|in[+-]?\d*|ti[+-]?\d*)$/.test(body) ? '' : undefined;
}
