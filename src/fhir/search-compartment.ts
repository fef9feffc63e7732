/**
 * `GET /Patient/:id/Observation`, `GET /Encounter/:id/*` and their kind: the equal search, by the
 * address. https://hl7.org/fhir/R4/http.html#vsearch
 */
import {
  compartmentsOf,
  type FhirVersion,
  isResourceType,
  parseSearch,
  resourceTypes,
  type SearchOptions,
  type SearchQuery,
  searchParametersOf,
  together,
  withinCompartment,
} from '../conformance/index.ts';
import { Problem } from '../platform/problem.ts';
import type { Asking } from './asking.ts';
import { requireType } from './doorway.ts';
import { actorOf, unknownOperation } from './interactions.ts';
import { ID } from './read.ts';
import type { SearchAsked } from './search-type.ts';
import { typesIn } from './types-asked.ts';

type Params = SearchAsked['params'];

export interface CompartmentParams {
  type: string;
  id: string;
  kind: string;
}

const absent = () => new Problem('not-found', 'There is nothing at this address.');

/** @throws Problem `not-found` where there is no such compartment, or not for this visitor. */
export function compartmentSearch(
  asking: Asking,
  { type, id, kind }: CompartmentParams,
  params: Params,
): Pick<SearchAsked, 'type' | 'params' | 'over'> {
  if (kind.startsWith('$')) throw unknownOperation();
  const { version } = asking;
  if (!compartmentsOf(version).includes(type) || actorOf(asking.access) === 'pgo') throw absent();
  if (kind !== '*') requireType(asking, kind, asking.searchTypes);
  if (type === 'Patient' && kind !== '*') {
    const member = memberOf(version, kind);
    if (member === undefined) throw absent();
    return { type: kind, params: [[member, id], ...params] };
  }
  if (!ID.test(id)) throw absent();
  const path = `${type}/${id}/${kind}`;
  const whole = kind === '*';
  const over = (options: SearchOptions) => ({
    path,
    parse: (given: Params): SearchQuery => {
      const of = { of: type, id };
      if (whole) return severalIn(version, of, given, options, path);
      const query = typeIn(version, kind, of, given, options);
      if (!query) throw absent();
      return { ...query, path };
    },
  });
  return { type: whole ? '' : kind, params, over };
}

type Of = Parameters<typeof withinCompartment>[2];

function severalIn(
  version: FhirVersion,
  of: Of,
  given: Params,
  options: SearchOptions,
  path: string,
): SearchQuery {
  const named = typesIn(version, given);
  const others = given.filter(([name]) => name !== '_type');
  const asked = named.length > 0 ? named : resourceTypes(version);
  const queries = asked.flatMap((type) => typeIn(version, type, of, others, options) ?? []);
  if (queries.length === 0) {
    throw new Problem('invalid', 'These types are never in such a compartment.', {
      code: 'type',
      expression: ['_type'],
    });
  }
  const processed: Params = named.length > 0 ? [['_type', named.join(',')]] : [];
  const parametersBefore = of.of === 'Patient' ? 1 : 0;
  return together(queries, { path, processed, parametersBefore });
}

/** One type of it; a person's is asked for like any search, so that it names whose it is. */
function typeIn(
  version: FhirVersion,
  type: string,
  of: Of,
  given: Params,
  options: SearchOptions,
): SearchQuery | undefined {
  if (of.of !== 'Patient') {
    return withinCompartment(version, parseSearch(version, type, given, options), of, options);
  }
  const member = memberOf(version, type);
  if (member === undefined) return undefined;
  return parseSearch(version, type, [[member, of.id], ...given], options);
}

/**
 * Which parameter says that a resource is in the compartment of a Patient; undefined for a type
 * that is in none. https://hl7.org/fhir/R4/compartmentdefinition-patient.html
 */
function memberOf(version: FhirVersion, type: string): string | undefined {
  if (!isResourceType(version, type)) return undefined;
  if (type === 'Patient') return '_id';
  const codes = new Set(searchParametersOf(version, type).map(({ code }) => code));
  return ['patient', 'subject'].find((code) => codes.has(code));
}
