import type { Resource } from './resource.ts';
import type { Neighbours, SearchQuery } from './search-query.ts';

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
  if (candidate.resourceType !== query.type) return false;
  const neighbours = { resolve, referrers };
  return query.conditions.every((condition) => condition.test(candidate, neighbours));
}
