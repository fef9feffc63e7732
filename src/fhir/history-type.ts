/**
 * Versions of all resources of a type in one record; without a total (consent.md 7.2). Whose record
 * it is follows from the token or from `patient`.
 */
import type { FastifyInstance } from 'fastify';
import type { Resource } from '../conformance/index.ts';
import { Problem } from '../platform/problem.ts';
import { type Doorway, HIDDEN, queryOf, requireType, type TypeParams } from './doorway.ts';
import { historyBundle } from './history-bundle.ts';
import { historyQuestion } from './history-instance.ts';
import { requireInteraction } from './interactions.ts';
import { formatParameter, negotiate } from './negotiate.ts';
import { isWithin } from './read.ts';
import { sendResource } from './send.ts';

const PATIENT = /^(?:Patient\/)?([A-Za-z0-9\-.]{1,64})$/;

/** `GET /:type/_history` with `patient`, `_since` and `_count`. */
export function historyTypeRoute(app: FastifyInstance, { door, open }: Doorway): void {
  app.get<{ Params: TypeParams }>('/:type/_history', HIDDEN, async (request, reply) => {
    const asking = await open(request, reply);
    const { type } = request.params;
    requireInteraction(asking.access, 'history-type');
    requireType(asking, type, asking.searchTypes);
    const negotiated = negotiate(request, asking.version);
    const query = queryOf(request);
    const path = `${type}/_history`;
    const patient = patientOf(query);
    const answer = await door.views.history(asking.access, asking.vault, {
      ...historyQuestion(asking, query, { type, path }),
      ...(patient === undefined ? {} : { patient }),
      ...(asking.only?.has(type) ? { fits: (one: Resource) => isWithin(asking, one) } : {}),
    });
    const found = answer ?? missing();
    const bundle = historyBundle(asking, path, found, query, formatParameter(request));
    return sendResource(reply, bundle, asking.version, negotiated);
  });
}

function patientOf(query: URLSearchParams): string | undefined {
  const text = query.get('patient');
  if (text === null) return undefined;
  const id = PATIENT.exec(text)?.[1];
  if (id !== undefined) return id;
  throw new Problem('invalid', 'This is not a reference to a Patient.', {
    code: 'reference',
    expression: ['patient'],
  });
}

function missing(): never {
  throw new Error('the history of a type is never absent');
}
