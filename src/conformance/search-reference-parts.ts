/** What a reference says by itself, without looking anything up. */
import type { Reference, Resource } from './resource.ts';

export interface ReferenceParts {
  /** `Type/id`, or the whole text for another server, a URN or a canonical URL. Without version. */
  readonly target: string;
  readonly type: string | undefined;
  readonly id: string | undefined;
  readonly version: string | undefined;
}

const LITERAL =
  /^(https?:\/\/.+?\/)?([A-Z][A-Za-z]+)\/([\w\-.]{1,64})(?:\/_history\/([\w\-.]{1,64}))?$/;

/**
 * Reads `Type/id`, its versioned and absolute forms, `#contained`, URNs and canonicals.
 * @param bases our own base addresses, without a slash at the end: absolute references below one
 * are relative to us
 */
export function referenceParts(text: string, bases: readonly string[] = []): ReferenceParts {
  const match = LITERAL.exec(text);
  if (!match) return { target: text, type: undefined, id: undefined, version: undefined };
  const [, base, type = '', id = '', version] = match;
  const own = base === undefined || bases.includes(base.slice(0, -1));
  const target = own ? `${type}/${id}` : `${base}${type}/${id}`;
  return { target, type, id, version };
}

/**
 * The type that a Reference, canonical or inline resource points at, as far as can be told from
 * `root`.
 */
export function referenceType(value: unknown, root: Resource): string | undefined {
  if (typeof value === 'string') return referenceParts(value).type;
  if (typeof value !== 'object' || value === null) return undefined;
  if (typeof (value as Partial<Resource>).resourceType === 'string') {
    return (value as Resource).resourceType;
  }
  const { reference, type } = value as Reference;
  if (typeof reference === 'string') {
    if (reference.startsWith('#')) return typeName(containedIn(root, reference)?.resourceType);
    const told = referenceParts(reference).type;
    if (told) return told;
  }
  return typeof type === 'string' ? type.slice(type.lastIndexOf('/') + 1) : undefined;
}

/** The contained resource that `#id` names. */
export function containedIn(root: Resource, reference: string): Resource | undefined {
  const contained = root['contained'];
  if (!Array.isArray(contained)) return undefined;
  return contained.find((one: Resource | null) => `#${one?.id}` === reference);
}

/** What came in may have anything where a name should be. */
function typeName(name: unknown): string | undefined {
  return typeof name === 'string' ? name : undefined;
}
