/**
 * One search over several types: what each of them makes of the same parameters.
 * https://hl7.org/fhir/R4/http.html#search, "searching multiple resource types"
 */
import { searchProblem } from './search-problem.ts';
import type { SearchQuery } from './search-query.ts';

/**
 * @param queries the same parameters read for each type; at least one
 * @param at address below the base, and what of it stands in the self link beside the parameters
 * @throws Problem `invalid` for a parameter or order that not all of the types know
 */
export function together(
  queries: readonly SearchQuery[],
  at: {
    readonly path: string;
    readonly processed: readonly (readonly [string, string])[];
    /** How many parameters of each query stand in the path already. */
    readonly parametersBefore?: number;
  },
): SearchQuery {
  const [first, ...others] = queries;
  if (!first) throw new Error('a search has a type');
  for (const query of queries) requireAlike(first, query);
  const { lastnMax: _none, ...shared } = first;
  return {
    ...shared,
    includes: [...first.includes, ...others.flatMap(({ includes }) => includes.filter(isAny))],
    each: queries,
    path: at.path,
    processed: [...at.processed, ...first.processed.slice(at.parametersBefore ?? 0)],
  };
}

/** Of `_include=*` each type has its own references; the others say of which type they are. */
const isAny = ({ parameter }: SearchQuery['includes'][number]): boolean => parameter === undefined;

function requireAlike(first: SearchQuery, query: SearchQuery): void {
  const odd =
    query.ignored.find((name) => !first.ignored.includes(name)) ??
    first.ignored.find((name) => !query.ignored.includes(name));
  if (odd !== undefined) {
    throw searchProblem(odd, 'search-parameter', 'Not all of these types know this parameter.');
  }
  if (query.sort.length !== first.sort.length) {
    throw searchProblem('_sort', 'search-sort', 'Not all of these types can be sorted by this.');
  }
}

/** What is asked of a type: the query itself, one of its searches, or nothing. */
export function searchOf(query: SearchQuery, type: string): SearchQuery | undefined {
  if (!query.each) return query.type === type ? query : undefined;
  return query.each.find((one) => one.type === type);
}
