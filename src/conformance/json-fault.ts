/**
 * Where a text stops being JSON (RFC 8259) or UTF-8. The platform's parser says so for some faults
 * only, and only where the text is long; whoever mends a message of one line needs the column.
 */
const BLANK = /[ \t\r\n]*/y;
/** Written so that a document of megabytes in one string needs no stack. */
const PLAIN = String.raw`[^"\\${String.fromCharCode(0)}-${String.fromCharCode(0x1f)}]*`;
const STRING = new RegExp(
  String.raw`"${PLAIN}(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})${PLAIN})*"`,
  'y',
);
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

function end(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

/** What may come next: a value, a value or `]`, a name, a name or `}`, or what follows a value. */
type Next = 'value' | 'first-value' | 'name' | 'first-name' | 'after';

/** Offset of the first character that cannot be there; the text's length when it ends early. */
export function jsonFaultAt(text: string): number {
  const open: ('{' | '[')[] = [];
  let next: Next = 'value';
  let at = end(BLANK, text, 0);
  while (at < text.length) {
    const sign = text[at];
    let until = -1;
    if (next === 'after') {
      const inside = open.at(-1);
      if (inside === undefined) return at;
      if (sign === ',') next = inside === '{' ? 'name' : 'value';
      else if (sign === (inside === '{' ? '}' : ']')) open.pop();
      else return at;
      until = at + 1;
    } else if (next === 'name' || next === 'first-name') {
      if (sign === '}' && next === 'first-name') {
        open.pop();
        next = 'after';
        until = at + 1;
      } else {
        until = nameEnd(text, at);
        if (until < 0) return at;
        next = 'value';
      }
    } else if (sign === '{' || sign === '[') {
      open.push(sign);
      next = sign === '{' ? 'first-name' : 'first-value';
      until = at + 1;
    } else if (sign === ']' && next === 'first-value') {
      open.pop();
      next = 'after';
      until = at + 1;
    } else {
      until = end(sign === '"' ? STRING : SCALAR, text, at);
      if (until < 0) return at;
      next = 'after';
    }
    at = end(BLANK, text, until);
  }
  return text.length;
}

/** Behind the name and its colon. */
function nameEnd(text: string, at: number): number {
  const name = end(STRING, text, at);
  const colon = name < 0 ? -1 : end(BLANK, text, name);
  return colon >= 0 && text[colon] === ':' ? colon + 1 : -1;
}

/** Line and column, both from 1, as an editor shows them. */
export function lineAndColumn(text: string, at: number): string {
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  return `line ${line}, column ${at - before.lastIndexOf('\n')}`;
}

const REPLACEMENT = Buffer.from('\ufffd');

/** The text before the first bytes that are not UTF-8. */
export function validUtf8Before(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString('utf8');
  let read = 0;
  let offset = 0;
  for (let at = text.indexOf('\ufffd'); at >= 0; at = text.indexOf('\ufffd', read)) {
    offset += Buffer.byteLength(text.slice(read, at));
    // The sign itself may have been sent.
    if (!buffer.subarray(offset, offset + 3).equals(REPLACEMENT)) return text.slice(0, at);
    offset += 3;
    read = at + 1;
  }
  return text;
}
