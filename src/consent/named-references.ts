/**
 * The references of a resource as it lies, found without reading it as JSON. A text that could hide
 * one (a letter written as an escape) is not looked at in this way.
 */

/** A whole address tells as much as the name in it, be it ours or the sender's own server's. */
const SERVER = String.raw`https?:\/\/[\w.~:/%\-]+\/(?!StructureDefinition\/)`;
/** What stands behind the `#` is a part of what is named. */
const PART = String.raw`(?:#[^"'\\\s<>]*)?`;
const ID = String.raw`[A-Za-z0-9\-.]{1,64}(?:\/_history\/\d+)?`;
const NAME = String.raw`(?:${SERVER})?[A-Z][A-Za-z]+\/${ID}${PART}`;
const WHOLE = new RegExp(`^${NAME}$`);
const BEFORE_NAME = new RegExp(`^${SERVER}(?=[A-Z][A-Za-z]+\\/[^/]+(?:\\/_history\\/\\d+)?$)`);
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

/** Whether a text is a reference that may name what lies here, relative or by a whole address. */
export const isNamedReference = (text: string): boolean => WHOLE.test(text);

/** @returns type, as the reference spells it, and id of what such a reference names. */
export function nameIn(reference: string): { readonly type: string; readonly id: string } {
  const [bare = ''] = reference.split('#');
  const [type = '', id = ''] = bare.replace(BEFORE_NAME, '').split('/');
  return { type, id };
}
