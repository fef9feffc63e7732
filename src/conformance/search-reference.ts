/** References in searches. https://hl7.org/fhir/R4/search.html#reference */

import type { Reference, Resource } from './resource.ts';
import { containedIn, type ReferenceParts, referenceParts } from './search-reference-parts.ts';

export interface ReferenceAsked {
  /** `Type/id`, an address, URN or canonical; undefined when only an id was given. */
  readonly target?: string;
  readonly id?: string;
  readonly version?: string;
  /** For a bare id: the types it may belong to; empty is any. */
  readonly types: readonly string[];
}

/**
 * Reads the value of a reference parameter: `Type/id`, `id`, versioned, absolute, URN or canonical.
 */
export function referenceAsked(
  text: string,
  types: readonly string[],
  bases: readonly string[],
): ReferenceAsked {
  const parts = referenceParts(text, bases);
  if (parts.id !== undefined || !/^[A-Za-z0-9\-.]{1,64}$/.test(text)) {
    return {
      target: parts.target,
      types,
      ...(parts.version === undefined ? {} : { version: parts.version }),
    };
  }
  return { id: text, types };
}

/**
 * True when a reference element fits what was asked. https://hl7.org/fhir/R4/search.html#reference
 */
export function matchesReference(
  value: unknown,
  asked: ReferenceAsked,
  bases: readonly string[],
): boolean {
  const parts = partsOf(value, bases);
  if (!parts) return false;
  if (asked.target !== undefined) {
    const version = asked.version === undefined || asked.version === parts.version;
    const same = parts.target === asked.target || isVersionOf(value, asked.target);
    return version && same && allows(asked.types, parts.type);
  }
  return (
    parts.id === asked.id &&
    parts.target === `${parts.type}/${parts.id}` &&
    allows(asked.types, parts.type)
  );
}

/** A canonical without version asks for any version of it. */
function isVersionOf(value: unknown, canonical: string): boolean {
  return typeof value === 'string' && !canonical.includes('|') && value.startsWith(`${canonical}|`);
}

function allows(types: readonly string[], type: string | undefined): boolean {
  return types.length === 0 || type === undefined || types.includes(type);
}

/** What a Reference, canonical or inline resource points at. */
export function partsOf(value: unknown, bases: readonly string[]): ReferenceParts | undefined {
  if (typeof value === 'string') return referenceParts(value, bases);
  if (typeof value !== 'object' || value === null) return undefined;
  const { resourceType, id } = value as Partial<Resource>;
  if (resourceType !== undefined) {
    return { target: `${resourceType}/${id}`, type: resourceType, id, version: undefined };
  }
  const { reference } = value as Reference;
  return typeof reference === 'string' ? referenceParts(reference, bases) : undefined;
}

/**
 * The resource at the other end: inline, contained, or through the caller, who is asked for
 * `Type/id` and returns only what the client may see.
 */
export function resolved(
  value: unknown,
  root: Resource,
  bases: readonly string[],
  resolve: (reference: string, from: Resource) => Resource | undefined,
): Resource | undefined {
  if (typeof value === 'object' && value !== null && 'resourceType' in value) {
    return value as Resource;
  }
  const parts = partsOf(value, bases);
  if (!parts) return undefined;
  if (parts.target.startsWith('#')) return containedIn(root, parts.target);
  return resolve(parts.target, root);
}
