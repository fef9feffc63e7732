/**
 * FHIR update, also conditional; an id that is new is taken.
 * https://hl7.org/fhir/R4/http.html#update
 */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { Problem } from '../platform/problem.ts';
import type { Asking } from './asking.ts';
import { writtenIn } from './binary.ts';
import { resourceIn } from './body.ts';
import { requireAddress } from './create.ts';
import {
  type Doorway,
  queryOf,
  requireType,
  type TypedRequest,
  type TypeParams,
} from './doorway.ts';
import { negotiate } from './negotiate.ts';
import { onlyIfMatchOf, preconditionsOf } from './preconditions.ts';
import { isStrict } from './prefer.ts';
import { ID } from './read.ts';
import { sendShared } from './share-answer.ts';
import {
  forWriters,
  noWriting,
  requireCondition,
  requireUnconditional,
  writeAndAnswer,
  writerOf,
} from './write-door.ts';

/** `PUT /:type/:id` and `PUT /:type?condition`, with `If-Match` and `If-None-Match`. */
export function updateRoutes(app: FastifyInstance, doorway: Doorway): void {
  const { door, open } = doorway;
  const options = forWriters(doorway);
  app.put<{ Params: TypeParams }>('/:type/:id', options, async (request, reply) => {
    const visiting = await open(request, reply);
    const { type, id } = request.params;
    if (visiting.sharing) return shareUpdate(visiting, request, reply);
    const asking = writerOf(visiting);
    requireType(asking, type);
    requireId(id);
    requireUnconditional(asking.version, type, queryOf(request), { strict: isStrict(request) });
    const resource = writtenIn(request, asking, { type, id });
    requireAddress(resource, type, id);
    return writeAndAnswer(door, asking, request, reply, {
      method: 'PUT',
      type,
      id,
      resource,
      place: '',
      ...preconditionsOf(request),
    });
  });
  app.put<{ Params: TypeParams }>('/:type', options, async (request, reply) => {
    const asking = writerOf(await open(request, reply));
    const { type } = request.params;
    requireType(asking, type);
    const condition = requireCondition(request);
    const resource = writtenIn(request, asking, { type });
    requireAddress(resource, type);
    const asked = { method: 'PUT', type, resource, condition, place: '' } as const;
    const preconditions = preconditionsOf(request);
    return writeAndAnswer(door, asking, request, reply, { ...asked, ...preconditions });
  });
}

/** A Task that a provider set for a person goes on: the app sends it whole. */
async function shareUpdate(
  asking: Asking,
  request: TypedRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { type, id } = request.params;
  const update = asking.sharing?.update;
  if (!update || type !== 'Task') throw noWriting();
  requireId(id);
  const negotiated = negotiate(request, asking.version);
  const resource = resourceIn(request, asking.version);
  requireAddress(resource, type, id);
  const { ifVersion } = onlyIfMatchOf(request);
  const written = await update(resource, ifVersion);
  return sendShared(asking, request, reply, { written, sent: resource, negotiated });
}

/** @throws Problem `invalid` when it is not a FHIR id. */
export function requireId(id: string, place = 'id'): void {
  if (ID.test(id)) return;
  throw new Problem('invalid', 'This is not a FHIR id.', { code: 'id', expression: [place] });
}
