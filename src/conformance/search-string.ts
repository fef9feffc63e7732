/** Strings and URIs in searches. https://hl7.org/fhir/R4/search.html#string */

/** Letters with a stroke or of two in one, which Unicode does not take apart. */
const PLAIN_LETTERS: Readonly<Record<string, string>> = {
  ...{ ø: 'o', ł: 'l', đ: 'd', ð: 'd', ħ: 'h', ŧ: 't', ı: 'i' },
  ...{ ß: 'ss', æ: 'ae', œ: 'oe', þ: 'th' },
};
const UNDIVIDED = /[øłđðħŧıßæœþ]/g;

/** As strings are compared: without case, accents and runs of white space. */
export function folded(text: string): string {
  const plain = /^[\x20-\x7e]*$/.test(text)
    ? text
    : text
        .normalize('NFKD')
        .toLowerCase()
        .replace(/\p{M}+/gu, '')
        .replace(UNDIVIDED, (letter) => PLAIN_LETTERS[letter] ?? letter);
  return plain.toLowerCase().replace(/\s+/g, ' ').trim();
}

/** The texts of an element: of a name or an address each part, of a CodeableConcept its text. */
export function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number' || typeof value === 'boolean') return [String(value)];
  if (typeof value !== 'object' || value === null) return [];
  const texts: string[] = [];
  for (const [key, part] of Object.entries(value)) {
    if (key === 'use' || key === 'type' || key === 'extension' || key === 'id') continue;
    if (typeof part === 'string') texts.push(part);
    else if (Array.isArray(part)) texts.push(...part.filter((one) => typeof one === 'string'));
  }
  return texts;
}

/**
 * Whether a string element answers: starts with, contains, or is exactly. `asked` is folded but for
 * `:exact`.
 */
export function matchesString(
  value: unknown,
  asked: string,
  how: 'start' | 'contains' | 'exact',
): boolean {
  const texts = textsOf(value);
  if (how === 'exact') return texts.includes(asked);
  return texts.some((text) =>
    how === 'start' ? folded(text).startsWith(asked) : folded(text).includes(asked),
  );
}

/**
 * Whether a URI answers: the same, above (asked lies under it) or below (it lies under what is
 * asked). A canonical's `|version` counts only when asked for.
 */
export function matchesUri(
  value: unknown,
  asked: string,
  how: 'same' | 'above' | 'below',
): boolean {
  if (typeof value !== 'string') return false;
  if (how === 'same') {
    return value === asked || (!asked.includes('|') && value.startsWith(`${asked}|`));
  }
  const own = asked.includes('|') ? value : (value.split('|', 1)[0] ?? value);
  return how === 'above' ? isUnder(asked, own) : isUnder(own, asked);
}

function isUnder(uri: string, parent: string): boolean {
  return uri === parent || uri.startsWith(parent.endsWith('/') ? parent : `${parent}/`);
}

/** Every text of a narrative or a resource, for `_text` and `_content`: all words must occur. */
export function containsWords(value: unknown, words: readonly string[]): boolean {
  const parts: string[] = [];
  collect(value, parts);
  const text = folded(parts.join(' ').replace(/<[^<>]*>/g, ' '));
  return words.every((word) => text.includes(word));
}

function collect(value: unknown, parts: string[]): void {
  if (typeof value === 'string') parts.push(value);
  else if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) collect(inner, parts);
  }
}
