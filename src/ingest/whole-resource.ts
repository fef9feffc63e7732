/**
 * A part of a resource, as a search with `_summary` or `_elements` gives it, is nothing to keep: it
 * would take the place of the whole one, and what was left out would be lost. Its tag is there so
 * that this does not happen (https://hl7.org/fhir/R4/search.html#summary).
 */
import { type BundleEntry, isSubset, type Resource } from '../conformance/index.ts';
import { Problem } from '../platform/problem.ts';

/**
 * @param place where the resource stands, for the error
 * @throws Problem `unprocessable` with code `subsetted` and the place of its tags
 */
export function requireWhole(resource: Resource, place: string): void {
  if (!isSubset(resource)) return;
  throw new Problem('unprocessable', 'This is a part of a resource: send all of it.', {
    code: 'subsetted',
    expression: [`${place}.meta.tag`],
  });
}

/** The same of what a bundle sends. */
export function requireWholeEntries(entries: readonly BundleEntry[]): void {
  for (const [index, { resource }] of entries.entries()) {
    if (resource) requireWhole(resource, `Bundle.entry[${index}].resource`);
  }
}
