import { type FhirVersion, R4 } from '../../src/conformance/fhir-version.ts';
import type { Resource } from '../../src/conformance/resource.ts';
import { matches } from '../../src/conformance/search-matches.ts';
import { parseSearch } from '../../src/conformance/search-parse.ts';
import type { SearchOptions, SearchQuery } from '../../src/conformance/search-query.ts';

export const BASE = 'https://gateway.example/fhir/r4';

/** Reads a search as it stands behind the base address: `Observation/$lastn?code=…`. */
export function ask(
  version: FhirVersion,
  search: string,
  options: Partial<SearchOptions> = {},
): SearchQuery {
  const [path = '', query = ''] = search.split('?');
  const [type = '', operation] = path.split('/');
  const params = query === '' ? [] : query.split('&').map(pair);
  return parseSearch(version, type, params, {
    strict: true,
    bases: [BASE],
    ...(operation === '$lastn' ? { lastn: true } : {}),
    ...options,
  });
}

function pair(text: string): [string, string] {
  const at = text.indexOf('=');
  return [text.slice(0, at), text.slice(at + 1)];
}

/** Which of the resources an R4 search finds, by id. */
export function found(search: string, resources: readonly Resource[], version = R4): string[] {
  const query = ask(version, search);
  const byReference = new Map(resources.map((one) => [`${one.resourceType}/${one.id}`, one]));
  return resources
    .filter((one) =>
      matches(
        query,
        one,
        (reference) => byReference.get(reference),
        (type) => resources.filter((other) => other.resourceType === type),
      ),
    )
    .map((one) => one.id ?? '');
}
