/**
 * Search over several types of one record: `?_type=Observation,Condition&patient=…` at the base,
 * and `Patient/:id/*`. https://hl7.org/fhir/R4/http.html#search, #vsearch
 */
import type { FastifyInstance } from 'fastify';
import {
  type FhirVersion,
  isResourceType,
  parseSearch,
  resourceTypes,
  type SearchOptions,
  type SearchQuery,
  searchParametersOf,
  together,
} from '../conformance/index.ts';
import { Problem } from '../platform/problem.ts';
import type { Asking } from './asking.ts';
import { type Doorway, HIDDEN, queryOf } from './doorway.ts';
import { requireInteraction } from './interactions.ts';
import { formOf, type SearchAsked, search } from './search-type.ts';

type Params = SearchAsked['params'];
type Several = Pick<SearchAsked, 'type' | 'params' | 'over'>;

/** `GET` at the base and `POST /_search`. */
export function searchSystemRoutes(app: FastifyInstance, { door, open }: Doorway): void {
  app.get('/', HIDDEN, async (request, reply) => {
    const asking = await open(request, reply);
    return search(door, asking, request, reply, atBase(asking, [...queryOf(request)]));
  });
  app.post<{ Body: string | Buffer }>('/_search', HIDDEN, async (request, reply) => {
    const asking = await open(request, reply);
    const params = [...queryOf(request), ...formOf(request.body)];
    return search(door, asking, request, reply, atBase(asking, params));
  });
}

/** @throws Problem `not-found` for a visitor who may not search several types. */
export function atBase({ version, access }: Asking, params: Params): Several {
  requireInteraction(access, 'search-system');
  const over = (options: SearchOptions) => ({
    path: '',
    parse(given: Params): SearchQuery {
      const types = typesIn(version, given);
      if (types.length === 0) {
        throw new Problem('invalid', 'Name the types to search: _type.', {
          code: 'type-required',
          expression: ['_type'],
        });
      }
      const others = given.filter(([name]) => name !== '_type');
      const queries = types.map((type) => parseSearch(version, type, others, options));
      return together(queries, { path: '', processed: [['_type', types.join(',')]] });
    },
  });
  return { type: '', params, over };
}

/** All that is in the compartment of one Patient, or what `_type` names of it. */
export function inCompartment({ version }: Asking, id: string, params: Params): Several {
  const path = `Patient/${id}/*`;
  const over = (options: SearchOptions) => ({
    path,
    parse(given: Params): SearchQuery {
      const named = typesIn(version, given);
      const others = given.filter(([name]) => name !== '_type');
      const asked = named.length > 0 ? named : resourceTypes(version);
      const queries = asked.flatMap((type) => {
        const member = memberOf(version, type);
        if (member === undefined) return [];
        return [parseSearch(version, type, [[member, id], ...others], options)];
      });
      if (queries.length === 0) {
        throw new Problem('invalid', 'These types are in no record of a person.', {
          code: 'type',
          expression: ['_type'],
        });
      }
      const processed: Params = named.length > 0 ? [['_type', named.join(',')]] : [];
      return together(queries, { path, processed, parametersBefore: 1 });
    },
  });
  return { type: '', params, over };
}

/** @throws Problem `invalid` code `type` for what is no type of this version. */
function typesIn(version: FhirVersion, params: Params): string[] {
  const names = params.flatMap(([name, value]) => (name === '_type' ? value.split(',') : []));
  if (names.every((name) => isResourceType(version, name))) return [...new Set(names)];
  throw new Problem('invalid', 'This is not a resource type of this FHIR version.', {
    code: 'type',
    expression: ['_type'],
  });
}

/**
 * Which parameter says that a resource is in the compartment of a Patient; undefined for a type
 * that is in none. https://hl7.org/fhir/R4/compartmentdefinition-patient.html
 */
export function memberOf(version: FhirVersion, type: string): string | undefined {
  if (type === 'Patient') return '_id';
  const codes = new Set(searchParametersOf(version, type).map(({ code }) => code));
  return ['patient', 'subject'].find((code) => codes.has(code));
}
