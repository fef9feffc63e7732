/** Where in a resource references stand that do not lead where they should. */

const DEPTH_MAX = 64;

/** An object as far as it may be a Reference. */
export interface MaybeReference {
  readonly reference?: unknown;
  readonly identifier?: unknown;
}

/** @returns the places of those that are odd, `${place}.subject.reference`, at most `max` */
export function placesOfReferences(
  value: object,
  place: string,
  isOdd: (value: MaybeReference) => boolean,
  max: number,
): string[] {
  // Without saying where, which most never need.
  if (max <= 0 || !anyIsOdd(value, isOdd)) return [];
  const found: string[] = [];
  collect(value, { place, isOdd, found, max });
  return found;
}

function anyIsOdd(value: object, isOdd: (value: MaybeReference) => boolean, depth = 0): boolean {
  if (depth > DEPTH_MAX) return false;
  if (isOdd(value)) return true;
  for (const name in value) {
    const inner = (value as Record<string, unknown>)[name];
    if (typeof inner !== 'object' || inner === null) continue;
    if (anyIsOdd(inner, isOdd, depth + 1)) return true;
  }
  return false;
}

interface Looking {
  readonly place: string;
  readonly isOdd: (value: MaybeReference) => boolean;
  readonly found: string[];
  readonly max: number;
}

function collect(value: object, looking: Looking, depth = 0): void {
  const { place, isOdd, found, max } = looking;
  if (depth > DEPTH_MAX || found.length >= max) return;
  if (isOdd(value)) found.push(`${place}.reference`);
  for (const [name, inner] of Object.entries(value)) {
    if (typeof inner !== 'object' || inner === null) continue;
    const at = Array.isArray(value) ? `${place}[${name}]` : `${place}.${name}`;
    collect(inner, { ...looking, place: at }, depth + 1);
  }
}
