import type { Resource } from './resource.ts';
import type { Neighbours, SearchQuery } from './search-query.ts';
import { searchOf } from './search-together.ts';

/**
 * Whether a resource, in the query's FHIR version, is what the query asks: exact, after all
 * narrowing.
 * @param resolve what a reference leads to; only what the client may see
 * @param referrers resources of a type that may refer to the candidate; only what the client may
 * see
 */
export function matches(
  query: SearchQuery,
  candidate: Resource,
  resolve: Neighbours['resolve'] = () => undefined,
  referrers: Neighbours['referrers'] = () => [],
): boolean {
  const own = searchOf(query, candidate.resourceType);
  if (!own) return false;
  const neighbours = { resolve, referrers };
  return own.conditions.every((condition) => condition.test(candidate, neighbours));
}
