/**
 * Walks a resource for what labels and categories are made of: codings, references, identifiers.
 */

/** A resource as far as classification reads it: plain parsed JSON. */
export interface Clinical {
  readonly resourceType: string;
  readonly id?: string;
  readonly [element: string]: unknown;
}

export interface Coded {
  readonly system: string;
  readonly code: string;
}

/** Deeper than any FHIR resource goes; input is parsed JSON that others wrote. */
const DEPTH_MAX = 64;

/** Every object below a value, contained resources included, in document order. */
export function objectsBelow(value: unknown): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  collect(value, found, 0);
  return found;
}

function collect(value: unknown, found: Record<string, unknown>[], depth: number): void {
  if (depth > DEPTH_MAX || typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) collect(item, found, depth + 1);
    return;
  }
  const object = value as Record<string, unknown>;
  found.push(object);
  for (const key in object) {
    const item = object[key];
    if (typeof item === 'object' && key !== 'meta' && key !== 'text') {
      collect(item, found, depth + 1);
    }
  }
}

/** Every coding in the resource, also those of components, extensions and contained resources. */
export function allCodings(resource: Clinical): Coded[] {
  const found: Coded[] = [];
  for (const object of objectsBelow(resource)) {
    const coded = codedOf(object);
    if (coded) found.push(coded);
  }
  return found;
}

/** Codings of one element that is a CodeableConcept, a Coding, or a list of either. */
export function codingsOf(element: unknown): Coded[] {
  const found: Coded[] = [];
  for (const item of Array.isArray(element) ? element : [element]) {
    if (typeof item !== 'object' || item === null) continue;
    const { coding } = item as { coding?: unknown };
    for (const one of Array.isArray(coding) ? coding : [item]) {
      const coded = codedOf(one as Record<string, unknown>);
      if (coded) found.push(coded);
    }
  }
  return found;
}

function codedOf(object: Record<string, unknown> | null): Coded | undefined {
  const { system, code } = object ?? {};
  return typeof system === 'string' && typeof code === 'string' ? { system, code } : undefined;
}
