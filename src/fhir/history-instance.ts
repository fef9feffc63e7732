/** Versions of one resource. https://hl7.org/fhir/R4/http.html#history */
import type { FastifyInstance } from 'fastify';
import { Problem } from '../platform/problem.ts';
import type { Asking } from './asking.ts';
import {
  countOf,
  type Doorway,
  dateText,
  HIDDEN,
  momentOf,
  queryOf,
  requireType,
  type TypeParams,
} from './doorway.ts';
import { historyBundle } from './history-bundle.ts';
import { requireInteraction } from './interactions.ts';
import { FHIR_LIMITS } from './limits.ts';
import { formatParameter, negotiate } from './negotiate.ts';
import { ID } from './read.ts';
import { sendResource } from './send.ts';

/** `GET /:type/:id/_history` with `_since`, `_at` and `_count`. */
export function historyInstanceRoute(app: FastifyInstance, { door, open }: Doorway): void {
  app.get<{ Params: TypeParams }>('/:type/:id/_history', HIDDEN, async (request, reply) => {
    const asking = await open(request, reply);
    const { type, id } = request.params;
    requireInteraction(asking.access, 'history-instance');
    requireType(asking, type, asking.readTypes);
    const negotiated = negotiate(request, asking.version);
    const absent = new Problem('not-found', `There is no such ${type}.`);
    if (!ID.test(id)) throw absent;
    const path = `${type}/${id}/_history`;
    const query = queryOf(request);
    const question = historyQuestion(asking, query, { type, id, path });
    const answer = await door.views.history(asking.access, asking.vault, question);
    if (!answer) throw absent;
    const bundle = historyBundle(asking, path, answer, query, formatParameter(request));
    return sendResource(reply, bundle, asking.version, negotiated);
  });
}

/** What `_since`, `_at`, `_count` and a cursor ask of a history. @throws Problem `invalid`. */
export function historyQuestion(
  asking: Asking,
  query: URLSearchParams,
  of: { readonly type?: string; readonly id?: string; readonly path: string },
) {
  const since = momentOf(query, '_since');
  const at = dateText(query, '_at');
  const cursor = query.get('_cursor');
  return {
    ...of,
    version: asking.version,
    base: asking.base,
    pageSize: countOf(query, FHIR_LIMITS.pageSizeMax, 0) ?? FHIR_LIMITS.pageSizeDefault,
    ...(since === undefined ? {} : { since }),
    ...(at === undefined ? {} : { at }),
    ...(cursor === null ? {} : { cursor }),
  };
}
