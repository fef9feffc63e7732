/**
 * FHIR delete, also conditional: the source takes back what it sent. What was withdrawn is 410 to
 * whoever might have seen it. https://hl7.org/fhir/R4/http.html#delete
 */
import type { FastifyInstance } from 'fastify';
import { type Doorway, queryOf, requireType, type TypeParams } from './doorway.ts';
import { preconditionsOf } from './preconditions.ts';
import { isStrict } from './prefer.ts';
import { requireId } from './update.ts';
import {
  forWriters,
  requireCondition,
  requireUnconditional,
  writeAndAnswer,
  writerOf,
} from './write-door.ts';

/** `DELETE /:type/:id` and `DELETE /:type?condition`, with `If-Match` and `If-None-Match`. */
export function deleteRoutes(app: FastifyInstance, doorway: Doorway): void {
  const { door, open } = doorway;
  const options = forWriters(doorway);
  app.delete<{ Params: TypeParams }>('/:type/:id', options, async (request, reply) => {
    const asking = writerOf(await open(request, reply));
    const { type, id } = request.params;
    requireType(asking, type);
    requireId(id);
    requireUnconditional(asking.version, type, queryOf(request), { strict: isStrict(request) });
    const asked = { method: 'DELETE', type, id, place: '' } as const;
    const preconditions = preconditionsOf(request);
    return writeAndAnswer(door, asking, request, reply, { ...asked, ...preconditions });
  });
  app.delete<{ Params: TypeParams }>('/:type', options, async (request, reply) => {
    const asking = writerOf(await open(request, reply));
    const { type } = request.params;
    requireType(asking, type);
    const condition = requireCondition(request);
    const asked = { method: 'DELETE', type, condition, place: '' } as const;
    const preconditions = preconditionsOf(request);
    return writeAndAnswer(door, asking, request, reply, { ...asked, ...preconditions });
  });
}
