/**
 * Search over several types of one record: `?_type=Observation,Condition&patient=…` at the base.
 * https://hl7.org/fhir/R4/http.html#search
 */
import type { FastifyInstance } from 'fastify';
import {
  parseSearch,
  type SearchOptions,
  type SearchQuery,
  together,
} from '../conformance/index.ts';
import { Problem } from '../platform/problem.ts';
import type { Asking } from './asking.ts';
import { type Doorway, HIDDEN, queryOf } from './doorway.ts';
import { requireInteraction } from './interactions.ts';
import { formOf, type SearchAsked, search } from './search-type.ts';
import { typesIn } from './types-asked.ts';

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
