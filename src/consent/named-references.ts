/**
 * The references of a resource as it lies, found without reading it as JSON. A text that could hide
 * one (a letter written as an escape) is not looked at in this way.
 */

const NAME = String.raw`[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/\d+)?`;
const REFERENCE = new RegExp(
  String.raw`"(?:reference|ur[il]|valueUr[il])"\s*:\s*"(${NAME})"|"url"\s*:\s*"(Binary\/[^"]*)"`,
  'g',
);
/** In a narrative, where a quote is an escape. */
const IN_NARRATIVE = new RegExp(String.raw`\b(?:href|src)\s*=\s*(?:\\"|')(${NAME})(?:\\"|')`, 'gi');
/** Escapes that may stand for letters or a slash; those of quotes and line ends may not. */
const DISGUISE = /\\[u/]/;

/** @returns undefined when only reading it as JSON can tell. */
export function namedReferences(text: string): string[] | undefined {
  if (DISGUISE.test(text)) return undefined;
  const found = new Set<string>();
  for (const [, reference, url] of text.matchAll(REFERENCE)) found.add(reference ?? url ?? '');
  if (!text.includes('"div"')) return [...found];
  for (const [, name = ''] of text.matchAll(IN_NARRATIVE)) found.add(name);
  return [...found];
}
