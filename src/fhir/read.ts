/**
 * FHIR read and vread. https://hl7.org/fhir/R4/http.html#read
 * A withheld resource and one that never was give the same answer, byte for byte.
 */
import { matches, parseSearch, type Resource, type SearchQuery } from '../conformance/index.ts';
import type { ReleasedResource } from '../consent/index.ts';
import { Problem } from '../platform/problem.ts';
import type { Asking, FhirDoor } from './asking.ts';

export interface ReadKey {
  readonly type: string;
  readonly id: string;
  readonly vid?: string;
}

export const ID = /^[A-Za-z0-9\-.]{1,64}$/;

/** @throws Problem `not-found`, the same when withheld; `deleted` for what its source took back. */
export async function read(
  door: FhirDoor,
  asking: Asking,
  key: ReadKey,
): Promise<ReleasedResource> {
  // Made only when it is thrown: an error that nobody sees costs as much as one that is seen.
  const absent = () => new Problem('not-found', `There is no such ${key.type}.`);
  if (!ID.test(key.id) || (key.vid !== undefined && !/^\d{1,9}$/.test(key.vid))) throw absent();
  const released = await door.release.read(asking.access, asking.vault, {
    version: asking.version,
    type: key.type,
    id: key.id,
    ...(key.vid === undefined ? {} : { vid: Number(key.vid) }),
  });
  // Read as JSON only where a door is limited: most are not.
  if (!released || (asking.only && !isWithin(asking, released.resource))) throw absent();
  if (released.deleted || released.withdrawn) throw withdrawn(key.type, released.replacedBy);
  return released;
}

function withdrawn(type: string, replacedBy: string | undefined): Problem {
  const text = `This ${type} was withdrawn by its source.`;
  if (replacedBy === undefined) return new Problem('deleted', text);
  return new Problem('deleted', `${text} ${replacedBy} took its place.`, { replacedBy });
}

/** A door that is limited to a search lets nothing else of that type be read. */
export function isWithin(asking: Pick<Asking, 'only' | 'version' | 'base'>, resource: Resource) {
  return withinOf(asking)(resource);
}

/** The same for many resources of one answer. */
export function withinOf({
  only,
  version,
  base,
}: Pick<Asking, 'only' | 'version' | 'base'>): (resource: Resource) => boolean {
  const queries = new Map<string, SearchQuery>();
  return (resource) => {
    const { resourceType: type } = resource;
    const params = only?.get(type);
    if (!params) return true;
    const query =
      queries.get(type) ??
      parseSearch(version, type, params as [string, string][], { strict: true, bases: [base] });
    queries.set(type, query);
    return matches(query, resource);
  };
}

/** Weak ETag of a version. */
export const etagOf = (released: ReleasedResource): string => `W/"${released.version}"`;
