/**
 * References of a bundle to entries that it does not hold. `urn:uuid:` means something within its
 * bundle only: kept, nobody could ever follow it, and what is about nobody known would go along
 * with the rest into the record of another. https://hl7.org/fhir/R4/bundle.html#references
 */
import type { Resource } from '../../conformance/index.ts';
import { Problem } from '../../platform/problem.ts';
import type { Requested } from './requested.ts';

const TOLD_MAX = 20;
const DEPTH_MAX = 64;

/** @throws Problem `unprocessable` code `dangling-reference` with the place of each. */
export function requireLinked(requested: readonly Requested[]): void {
  const held = new Set(requested.flatMap(({ fullUrl }) => fullUrl?.toLowerCase() ?? []));
  const found: string[] = [];
  for (const { place, resource } of requested) {
    // A resource that is sent alone may name what its sender calls so.
    if (place === '' || !resource || !dangles(resource, held)) continue;
    collect(resource, `${place}.resource`, held, found);
  }
  if (found.length === 0) return;
  throw new Problem('unprocessable', 'The bundle holds no entry of the name that this refers to.', {
    code: 'dangling-reference',
    expression: found.slice(0, TOLD_MAX),
  });
}

/** Without saying where, which most never need. */
function dangles(value: object, held: ReadonlySet<string>, depth = 0): boolean {
  if (depth > DEPTH_MAX) return false;
  if (isDangling(value, held)) return true;
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null && dangles(inner, held, depth + 1)) return true;
  }
  return false;
}

function collect(
  value: Resource | object,
  place: string,
  held: ReadonlySet<string>,
  found: string[],
  depth = 0,
): void {
  if (depth > DEPTH_MAX || found.length >= TOLD_MAX) return;
  if (isDangling(value, held)) found.push(`${place}.reference`);
  for (const [name, inner] of Object.entries(value)) {
    if (typeof inner !== 'object' || inner === null) continue;
    const at = Array.isArray(value) ? `${place}[${name}]` : `${place}.${name}`;
    collect(inner, at, held, found, depth + 1);
  }
}

/** With an identifier it is still said what is meant. */
function isDangling(value: object, held: ReadonlySet<string>): boolean {
  const { reference, identifier } = value as { reference?: unknown; identifier?: unknown };
  if (typeof reference !== 'string' || identifier !== undefined) return false;
  const name = reference.replace(/\/_history\/[^/]+$/, '').toLowerCase();
  return name.startsWith('urn:uuid:') && !held.has(name);
}
