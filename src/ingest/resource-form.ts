/** A resource as it lies in the store, and as it is put there. */
import {
  isAddressName,
  type LinkTargets,
  type Resource,
  toStu3,
  withNarrativeLinks,
} from '../conformance/index.ts';
import type { StoredResource } from '../store/index.ts';

/** Type, id and meta first: a reader may then leave with new meta and the rest as it lies. */
export function headFirst(resource: Resource, id: string): Resource {
  const { resourceType, id: _own, meta, ...rest } = resource;
  return { resourceType, id, ...(meta === undefined ? {} : { meta }), ...rest };
}

/**
 * Links inside the message become `Type/id`, also those of addresses and of the narrative; all
 * others stay as the sender wrote them. https://hl7.org/fhir/R4/http.html#trules
 */
export function rewriteReferences(value: unknown, targets: LinkTargets): unknown {
  if (Array.isArray(value)) return value.map((one) => rewriteReferences(one, targets));
  if (value === null || typeof value !== 'object' || !isPlain(value)) return value;
  const rewritten: Record<string, unknown> = {};
  for (const name in value) {
    const inner = (value as Record<string, unknown>)[name];
    // The readers refuse it; written like this it would not be a property.
    if (name === '__proto__') continue;
    if (typeof inner === 'object') rewritten[name] = rewriteReferences(inner, targets);
    else if (typeof inner !== 'string') rewritten[name] = inner;
    else if (name === 'div') rewritten[name] = withNarrativeLinks(inner, targets);
    else {
      const isLink = name === 'reference' || isAddressName(name);
      rewritten[name] = (isLink ? targetOf(targets, inner) : undefined) ?? inner;
    }
  }
  return rewritten;
}

/** A version of an entry is the entry; the letters of a UUID count in either case (RFC 9562). */
function targetOf(targets: LinkTargets, name: string): string | undefined {
  const found = targets.get(name);
  if (found !== undefined) return found;
  const whole = name.replace(/\/_history\/[A-Za-z0-9\-.]{1,64}$/, '');
  return targets.get(/^urn:uuid:/i.test(whole) ? whole.toLowerCase() : whole);
}

const isPlain = (value: object): boolean => Object.getPrototypeOf(value) === Object.prototype;

/** A stored row in the version that a message speaks. */
export function storedIn(row: StoredResource, version: 'R4' | 'STU3'): Resource {
  const r4 = JSON.parse((row.r4 ?? row.bytes).toString('utf8')) as Resource;
  if (version === 'R4') return r4;
  return row.native === 'STU3'
    ? (JSON.parse(row.bytes.toString('utf8')) as Resource)
    : toStu3(r4).resource;
}
