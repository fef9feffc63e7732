/**
 * References of a bundle to entries that it does not hold. `urn:uuid:` means something within its
 * bundle only: kept, nobody could ever follow it, and what is about nobody known would go along
 * with the rest into the record of another. https://hl7.org/fhir/R4/bundle.html#references
 */
import { Problem } from '../../platform/problem.ts';
import { type MaybeReference, placesOfReferences } from '../places-of-references.ts';
import type { Requested } from './requested.ts';

const TOLD_MAX = 20;

/** @throws Problem `unprocessable` code `dangling-reference` with the place of each. */
export function requireLinked(requested: readonly Requested[]): void {
  // What is taken back is not there afterwards, and by a condition perhaps never was.
  const held = new Set(
    requested.flatMap(({ fullUrl, method }) =>
      method === 'DELETE' ? [] : (fullUrl?.toLowerCase() ?? []),
    ),
  );
  const found: string[] = [];
  for (const { place, resource } of requested) {
    // A resource that is sent alone may name what its sender calls so.
    if (place === '' || !resource) continue;
    const max = TOLD_MAX - found.length;
    const isOdd = (value: MaybeReference) => isDangling(value, held);
    found.push(...placesOfReferences(resource, `${place}.resource`, isOdd, max));
  }
  if (found.length === 0) return;
  throw new Problem('unprocessable', 'The bundle holds no entry of the name that this refers to.', {
    code: 'dangling-reference',
    expression: found,
  });
}

/** With an identifier it is still said what is meant. */
function isDangling({ reference, identifier }: MaybeReference, held: ReadonlySet<string>): boolean {
  if (typeof reference !== 'string' || identifier !== undefined) return false;
  const name = reference.replace(/\/_history\/[^/]+$/, '').toLowerCase();
  return name.startsWith('urn:uuid:') && !held.has(name);
}
