/**
 * `_include` and `_revinclude`: which references to follow.
 * https://hl7.org/fhir/R4/search.html#include
 */
import type { FhirVersion } from './fhir-version.ts';
import type { Resource } from './resource.ts';
import { select } from './search-expression.ts';
import { resourceTypes, type SearchParameter, searchParametersOf } from './search-parameters.ts';
import type { Include, SearchQuery } from './search-query.ts';
import { partsOf } from './search-reference.ts';

export interface IncludeTarget {
  /** `Type/id`, or the address as it stands when it is not ours. */
  readonly reference: string;
  /** When given, only a target of one of these types is included. */
  readonly types?: readonly string[];
  /** Follow it from included resources too. */
  readonly iterate: boolean;
}

/**
 * What to include because of this resource: a match, or (then only the targets that iterate) a
 * resource that was itself included. The list is not cut; how much is followed is the caller's
 * limit.
 */
export function includeTargets(query: SearchQuery, resource: Resource): IncludeTarget[] {
  return targetsOf(query, query.includes, resource);
}

/**
 * The references that make this resource a reverse include: it belongs in the answer when one of
 * them is a match (or, for those that iterate, an included resource).
 */
export function revincludeTargets(query: SearchQuery, resource: Resource): IncludeTarget[] {
  return targetsOf(query, query.revincludes, resource);
}

/** Types of which resources may be included in reverse, in the query's version. */
export function revincludeSources(query: SearchQuery): string[] {
  const sources = new Set(query.revincludes.map((include) => include.source));
  return sources.has('*') ? [...resourceTypes(query.version)] : [...sources];
}

function targetsOf(
  query: SearchQuery,
  includes: readonly Include[],
  resource: Resource,
): IncludeTarget[] {
  const targets = new Map<string, IncludeTarget>();
  for (const include of includes) {
    if (include.source !== '*' && include.source !== resource.resourceType) continue;
    for (const parameter of parametersOf(query.version, include, resource.resourceType)) {
      for (const { value } of select(parameter.expression, resource)) {
        const parts = partsOf(value, query.bases);
        if (!parts || parts.target.startsWith('#')) continue;
        if (include.target && parts.type !== undefined && parts.type !== include.target) continue;
        const key = `${parts.target} ${include.target ?? ''} ${include.iterate}`;
        targets.set(key, {
          reference: parts.target,
          ...(include.target ? { types: [include.target] } : {}),
          iterate: include.iterate,
        });
      }
    }
  }
  return [...targets.values()];
}

function parametersOf(
  version: FhirVersion,
  { parameter }: Include,
  type: string,
): readonly SearchParameter[] {
  if (parameter) return [parameter];
  return searchParametersOf(version, type).filter(({ kind }) => kind === 'reference');
}
