/**
 * The references of a resource as it lies, found without reading it as JSON. A text that could hide
 * one (a letter written as an escape) is not looked at in this way.
 */

const REFERENCE =
  /"reference"\s*:\s*"([A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/\d+)?)"|"url"\s*:\s*"(Binary\/[^"]*)"/g;
/** Escapes that may stand for letters or a slash; those of quotes and line ends may not. */
const DISGUISE = /\\[u/]/;

/** @returns undefined when only reading it as JSON can tell. */
export function namedReferences(text: string): string[] | undefined {
  if (DISGUISE.test(text)) return undefined;
  const found = new Set<string>();
  for (const [, reference, url] of text.matchAll(REFERENCE)) found.add(reference ?? url ?? '');
  return [...found];
}
