/**
 * Order of an answer: by the sort keys of the query, then by id, so that it is total and stable.
 * What has no value comes last. https://hl7.org/fhir/R4/search.html#sort
 */
import type { Resource } from './resource.ts';
import { rangeOf } from './search-date.ts';
import { select } from './search-expression.ts';
import type { SearchParameter } from './search-parameters.ts';
import { numberRange } from './search-quantity.ts';
import type { SearchQuery, SortKey } from './search-query.ts';
import { partsOf } from './search-reference.ts';
import { folded, textsOf } from './search-string.ts';
import { searchOf } from './search-together.ts';
import { tokensOf } from './search-token.ts';

/**
 * One value for each sort key, then the id. Plain JSON, so that a page cursor can carry it (sealed:
 * values are personal).
 */
export type SortValues = readonly (string | number | null)[];

/** A comparator for `toSorted`; the values of each resource are looked up once. */
export function sortComparator(query: SearchQuery): (a: Resource, b: Resource) => number {
  const values = new WeakMap<Resource, SortValues>();
  const of = (resource: Resource) => {
    let found = values.get(resource);
    if (!found) {
      found = sortValues(query, resource);
      values.set(resource, found);
    }
    return found;
  };
  return (a, b) => compareSortValues(query, of(a), of(b));
}

/** The values by which one resource takes its place in the order of the query. */
function sortValues(query: SearchQuery, resource: Resource): SortValues {
  const { sort } = searchOf(query, resource.resourceType) ?? query;
  return [...sort.map((key) => sortValue(key, resource, query.bases)), resource.id ?? ''];
}

/** Orders two resources by values that were worked out before; absent ones come last. */
function compareSortValues(query: SearchQuery, a: SortValues, b: SortValues): number {
  for (let at = 0; at < a.length; at++) {
    const order = compare(a[at] ?? null, b[at] ?? null, query.sort[at]?.descending ?? false);
    if (order !== 0) return order;
  }
  return 0;
}

function compare(a: string | number | null, b: string | number | null, descending: boolean) {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b !== descending ? -1 : 1;
}

const byLetters = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Of several values the least counts when rising, the greatest when falling. */
function sortValue(
  { parameter, descending }: SortKey,
  resource: Resource,
  bases: readonly string[],
): string | number | null {
  let best: string | number | null = null;
  for (const { value } of select(parameter.expression, resource)) {
    const one = comparable(parameter, value, descending, bases);
    if (one !== null && (best === null || (descending ? one > best : one < best))) best = one;
  }
  return best;
}

/** Open ends become the far past and future: JSON has no infinity. */
const FAR_MS = 1e16;

function comparable(
  parameter: SearchParameter,
  value: unknown,
  descending: boolean,
  bases: readonly string[],
): string | number | null {
  switch (parameter.kind) {
    case 'date': {
      const range = rangeOf(value);
      if (!range) return null;
      return Math.max(-FAR_MS, Math.min(FAR_MS, descending ? range.high : range.low));
    }
    case 'number':
    case 'quantity': {
      const range = numberRange(value);
      if (!range) return null;
      const end = descending ? range.high : range.low;
      return Number.isFinite(end) ? end : descending ? range.low : range.high;
    }
    case 'token': {
      const codes = tokensOf(value).flatMap(({ code }) => (code ? [code] : []));
      return codes.toSorted(byLetters).at(descending ? -1 : 0) ?? null;
    }
    case 'reference':
      return partsOf(value, bases)?.target ?? null;
    default: {
      const texts = textsOf(value).map(folded);
      return texts.length > 0 ? texts.join(' ') : null;
    }
  }
}
