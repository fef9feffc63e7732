/**
 * A resource without its references to what is not to be known. An optional element goes, and so
 * does a part that is nothing without the reference (a required child of a backbone), so that no
 * gap is left that tells of it; only where the resource itself requires the element does one that
 * names nothing stand in its place. The narrative of what was changed goes as well.
 */
import { type TypeRules, typeRules } from './elements.ts';
import { isObject } from './fhir-json.ts';
import type { FhirVersion } from './fhir-version.ts';
import { isAddressName, narrativeLinks } from './links.ts';
import type { Resource } from './resource.ts';

/** Stands for an element that is not there any more. */
const GONE = Symbol('gone');

/** Names nothing, so that a required element keeps its shape. */
const NOTHING = {
  extension: [
    { url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' },
  ],
};

/**
 * @param hidden `Type/id`, as references spell it.
 * @returns the same object when it has none of them; nothing is changed in place.
 */
export function dropReferences(
  resource: Resource,
  version: FhirVersion,
  hidden: ReadonlySet<string>,
): Resource {
  if (hidden.size === 0) return resource;
  const left = object(resource, typeRules(version, resource.resourceType), { version, hidden });
  return left === GONE ? { resourceType: resource.resourceType } : (left as Resource);
}

interface Walk {
  readonly version: FhirVersion;
  readonly hidden: ReadonlySet<string>;
}

function value(inner: unknown, type: string | undefined, walk: Walk): unknown {
  if (Array.isArray(inner)) {
    const left = inner.map((one) => value(one, type, walk));
    if (left.every((one, at) => one === inner[at])) return inner;
    const kept = left.filter((one) => one !== GONE);
    return kept.length === 0 ? GONE : kept;
  }
  if (!isObject(inner)) return inner;
  const { reference, url } = inner;
  if (typeof reference === 'string' && walk.hidden.has(reference)) return GONE;
  // An attachment whose bytes are elsewhere tells their size and digest.
  if (typeof url === 'string' && walk.hidden.has(url)) return GONE;
  const { div } = inner;
  if (typeof div === 'string' && narrativeLinks(div).some((one) => walk.hidden.has(one))) {
    return GONE;
  }
  const own = typeof inner['resourceType'] === 'string' ? inner['resourceType'] : type;
  return object(inner, own === undefined ? undefined : typeRules(walk.version, own), walk);
}

function object(
  before: Record<string, unknown>,
  rules: TypeRules | undefined,
  walk: Walk,
): Record<string, unknown> | typeof GONE {
  const isRoot = typeof before['resourceType'] === 'string';
  const after: Record<string, unknown> = {};
  let changed = false;
  for (const [name, inner] of Object.entries(before)) {
    const spelling = rules?.spelled.get(name);
    const isHidden = typeof inner === 'string' && isAddressName(name) && walk.hidden.has(inner);
    const left = isHidden ? GONE : value(inner, spelling?.type, walk);
    if (left !== inner) changed = true;
    if (left !== GONE) {
      after[name] = left;
    } else if (spelling && spelling.rule.min > 0) {
      if (!isRoot) return GONE;
      after[name] = Array.isArray(inner) ? [NOTHING] : NOTHING;
    }
  }
  if (!changed) return before;
  // What a machine or person wrote of the whole may name what went (consent.md 7.3).
  if (rules?.spelled.get('text')?.type === 'Narrative') delete after['text'];
  return !isRoot && isEmptied(before, after, rules?.name) ? GONE : after;
}

/** Whether a part said nothing but what went: no child is left that means something by itself. */
function isEmptied(
  before: Record<string, unknown>,
  after: Record<string, unknown>,
  type: string | undefined,
): boolean {
  if (type === 'Extension')
    return !Object.keys(after).some((name) => /^(value|extension)/.test(name));
  // A section of a document that had entries and has nothing left but its heading.
  if (Array.isArray(before['entry']) && !('entry' in after)) {
    return !['text', 'section'].some((name) => name in after);
  }
  return Object.keys(after).every((name) => name === 'id');
}
