/**
 * Versions of all resources of a type, or of every type, in one record; without a total (consent.md
 * 7.2). Whose record it is follows from the token or from `patient`.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Bundle, Resource } from '../conformance/index.ts';
import { Problem } from '../platform/problem.ts';
import type { Asking, FhirDoor } from './asking.ts';
import { type Doorway, HIDDEN, queryOf, requireType, type TypeParams } from './doorway.ts';
import { historyBundle } from './history-bundle.ts';
import { type HistoryAsked, historyQuestion } from './history-instance.ts';
import { requireInteraction } from './interactions.ts';
import { formatParameter, negotiate } from './negotiate.ts';
import { isWithin } from './read.ts';
import { sendResource } from './send.ts';

const PATIENT = /^(?:Patient\/)?([A-Za-z0-9\-.]{1,64})$/;

/** `GET /:type/_history`, and of all types `GET /_history`, with `patient`, `_since`, `_at`, `_count`. */
export function historyTypeRoute(app: FastifyInstance, { door, open }: Doorway): void {
  async function answer(request: FastifyRequest, reply: FastifyReply, type?: string) {
    const asking = await open(request, reply);
    const negotiated = negotiate(request, asking.version);
    const asked = { query: queryOf(request), format: formatParameter(request) };
    const bundle = await historyOfMany(door, asking, { type, ...asked });
    return sendResource(reply, bundle, asking.version, negotiated);
  }
  app.get<{ Params: TypeParams }>('/:type/_history', HIDDEN, (request, reply) =>
    answer(request, reply, request.params.type),
  );
  app.get('/_history', HIDDEN, (request, reply) => answer(request, reply));
}

/** One page of the history of a type, or of all types. @throws Problem `invalid`. */
export async function historyOfMany(
  door: FhirDoor,
  asking: Asking,
  { type, query, format = '' }: HistoryAsked & { readonly type?: string | undefined },
): Promise<Bundle> {
  requireInteraction(asking.access, type === undefined ? 'history-system' : 'history-type');
  if (type !== undefined) requireType(asking, type, asking.searchTypes);
  const path = type === undefined ? '_history' : `${type}/_history`;
  const patient = patientOf(query);
  const isLimited = type !== undefined && asking.only?.has(type);
  const found = await door.views.history(asking.access, asking.vault, {
    ...historyQuestion(asking, query, { path, ...(type === undefined ? {} : { type }) }),
    ...(patient === undefined ? {} : { patient }),
    ...(isLimited ? { fits: (one: Resource) => isWithin(asking, one) } : {}),
  });
  return historyBundle(asking, path, found ?? missing(), query, format);
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
