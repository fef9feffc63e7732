/** FHIR create, also conditional. https://hl7.org/fhir/R4/http.html#create */
import type { FastifyInstance } from 'fastify';
import { Problem } from '../platform/problem.ts';
import { resourceIn } from './body.ts';
import { type Doorway, requireType, type TypeParams } from './doorway.ts';
import { conditionOf, forWriters, writeAndAnswer, writerOf } from './write-door.ts';

/** `POST /:type`, with `If-None-Exist`. */
export function createRoute(app: FastifyInstance, doorway: Doorway): void {
  const { door, open } = doorway;
  app.post<{ Params: TypeParams }>('/:type', forWriters(doorway), async (request, reply) => {
    const asking = writerOf(await open(request, reply));
    const { type } = request.params;
    requireType(asking, type);
    const resource = resourceIn(request, asking.version);
    requireAddress(resource, type);
    const condition = ifNoneExist(request.headers['if-none-exist']);
    return writeAndAnswer(door, asking, request, reply, {
      method: 'POST',
      type,
      resource,
      place: '',
      ...(condition === undefined ? {} : { condition }),
    });
  });
}

/** The condition of a create. @throws Problem `invalid` when it says nothing. */
export function ifNoneExist(
  header: string | string[] | undefined,
  place = 'If-None-Exist',
): (readonly [string, string])[] | undefined {
  if (header === undefined) return undefined;
  const text = String(header).replace(/^[^?]*\?/, '');
  const condition = conditionOf(new URLSearchParams(text));
  if (condition.length > 0) return condition;
  throw new Problem('invalid', 'The condition names no search parameter.', {
    code: 'condition',
    expression: [place],
  });
}

/** @throws Problem `invalid` when the body is of another type, or another id, than its address. */
export function requireAddress(
  resource: { resourceType: string; id?: string },
  type: string,
  id?: string,
  place?: string,
): void {
  const at = (member: string) => (place === undefined ? member : `${place}.resource.${member}`);
  if (resource.resourceType !== type) {
    throw new Problem('invalid', 'The body is of another type than the address.', {
      code: 'type-mismatch',
      expression: [at('resourceType')],
    });
  }
  if (id !== undefined && resource.id !== id) {
    throw new Problem('invalid', 'The body must have the id of the address.', {
      code: 'id-mismatch',
      expression: [place === undefined ? `${type}.id` : at('id')],
    });
  }
}
