/**
 * A reference by identifier becomes a real one when the one thing it names came in the same
 * message; the identifier stays, so that the relation also holds for who sees only one of the two.
 * Of two of a type with one number, the agreements of two products, it names neither.
 */
import type { Identifier, Resource } from '../../conformance/index.ts';

interface Made {
  readonly resource: Resource;
  readonly fullUrl: string;
}

export function resolveOwnReferences(made: readonly Made[]): void {
  const known = new Map<string, string | undefined>();
  for (const { resource, fullUrl } of made) {
    const found = resource['identifier'] as Identifier | Identifier[] | undefined;
    for (const { system, value } of found === undefined ? [] : [found].flat()) {
      if (value === undefined) continue;
      const name = nameOf(resource.resourceType, system, value);
      known.set(name, known.has(name) && known.get(name) !== fullUrl ? undefined : fullUrl);
    }
  }
  for (const { resource } of made) walk(resource, known);
}

const nameOf = (type: string, system: string | undefined, value: string) =>
  JSON.stringify([type, system, value]);

function walk(holder: unknown, known: ReadonlyMap<string, string | undefined>): void {
  if (typeof holder !== 'object' || holder === null) return;
  for (const value of Object.values(holder)) {
    if (typeof value !== 'object' || value === null) continue;
    const { type, identifier, reference } = value as {
      type?: unknown;
      identifier?: Identifier;
      reference?: unknown;
    };
    if (typeof type === 'string' && identifier?.value !== undefined && reference === undefined) {
      const target = known.get(nameOf(type, identifier.system, identifier.value));
      if (target !== undefined) (value as { reference?: string }).reference = target;
    }
    walk(value, known);
  }
}
