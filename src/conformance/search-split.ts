/** Escapes in search values: `\,` `\|` `\$` and `\\` stand for the character itself. */

/** Splits at unescaped separators; the parts keep their escapes. */
export function splitUnescaped(text: string, separator: string, partsMax = Infinity): string[] {
  if (!text.includes('\\') && partsMax === Infinity) return text.split(separator);
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length && parts.length + 1 < partsMax; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === separator) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, text.slice(from)];
}

/** The text without its search escapes (`\\,` `\\|` `\\$` `\\\\`). */
export function unescaped(text: string): string {
  return text.includes('\\') ? text.replace(/\\([,|$\\])/g, '$1') : text;
}
