/** Versions of one resource. https://hl7.org/fhir/R4/http.html#history */
import type { FastifyInstance } from 'fastify';
import type { Bundle } from '../conformance/index.ts';
import { Problem } from '../platform/problem.ts';
import type { Asking, FhirDoor } from './asking.ts';
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
    const negotiated = negotiate(request, asking.version);
    const asked = { ...request.params, query: queryOf(request), format: formatParameter(request) };
    const bundle = await historyOfOne(door, asking, asked);
    return sendResource(reply, bundle, asking.version, negotiated);
  });
}

export interface HistoryAsked {
  readonly query: URLSearchParams;
  /** What the link to the next page repeats. */
  readonly format?: string;
}

/** One page of it. @throws Problem `not-found`, the same when withheld. */
export async function historyOfOne(
  door: FhirDoor,
  asking: Asking,
  { type, id, query, format = '' }: HistoryAsked & { readonly type: string; readonly id: string },
): Promise<Bundle> {
  requireInteraction(asking.access, 'history-instance');
  requireType(asking, type, asking.readTypes);
  const absent = new Problem('not-found', `There is no such ${type}.`);
  if (!ID.test(id)) throw absent;
  const path = `${type}/${id}/_history`;
  const question = historyQuestion(asking, query, { type, id, path });
  const answer = await door.views.history(asking.access, asking.vault, question);
  if (!answer) throw absent;
  return historyBundle(asking, path, answer, query, format);
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
