/** FHIR create, also conditional. https://hl7.org/fhir/R4/http.html#create */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { Problem } from '../platform/problem.ts';
import type { Asking, FhirDoor } from './asking.ts';
import { writtenIn } from './binary.ts';
import { resourceIn } from './body.ts';
import {
  type Doorway,
  queryOf,
  requireType,
  type TypedRequest,
  type TypeParams,
} from './doorway.ts';
import { face } from './face.ts';
import { negotiate } from './negotiate.ts';
import { preconditionsOf } from './preconditions.ts';
import { isStrict } from './prefer.ts';
import { read } from './read.ts';
import { sendResource } from './send.ts';
import {
  conditionOf,
  forWriters,
  locationOf,
  noWriting,
  requireUnconditional,
  statusOf,
  writeAndAnswer,
  writerOf,
} from './write-door.ts';

/** `POST /:type`, with `If-None-Exist`; `If-Match` fits nothing here, as nothing is there yet. */
export function createRoute(app: FastifyInstance, doorway: Doorway): void {
  const { door, open } = doorway;
  app.post<{ Params: TypeParams }>('/:type', forWriters(doorway), async (request, reply) => {
    const visiting = await open(request, reply);
    const { type } = request.params;
    if (visiting.sharing) return shareOne(door, visiting, request, reply);
    const asking = writerOf(visiting);
    requireType(asking, type);
    const resource = writtenIn(request, asking, { type });
    requireAddress(resource, type);
    requireUnconditional(asking.version, type, queryOf(request), { strict: isStrict(request) });
    const condition = ifNoneExist(request.headers['if-none-exist'], type);
    return writeAndAnswer(door, asking, request, reply, {
      method: 'POST',
      type,
      resource,
      place: '',
      ...preconditionsOf(request),
      ...(condition === undefined ? {} : { condition }),
    });
  });
}

/** One thing that a person sends through an app: as a bundle of one. */
async function shareOne(
  door: FhirDoor,
  asking: Asking,
  request: TypedRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { type } = request.params;
  const take = asking.sharing?.create;
  if (!take) throw noWriting();
  const negotiated = negotiate(request, asking.version);
  const resource = resourceIn(request, asking.version);
  requireAddress(resource, type);
  const written = await take(resource);
  const { version, id } = written;
  reply.code(statusOf(written)).header('etag', `W/"${version}"`);
  reply.header('location', locationOf(asking, written));
  const stored = written.resource;
  const shown = stored
    ? face({ ...written, resource: stored }, asking)
    : face(await read(door, asking, { type, id }), asking);
  return sendResource(reply, shown, asking.version, negotiated);
}

/**
 * The condition of a create: a query, which many clients send with the type before it.
 * @throws Problem `invalid` when it says nothing, or is about another type.
 */
export function ifNoneExist(
  header: string | string[] | undefined,
  type: string,
  place = 'If-None-Exist',
): (readonly [string, string])[] | undefined {
  if (header === undefined) return undefined;
  const [, path = '', text = ''] = /^(?:([^?]*)\?)?(.*)$/s.exec(String(header)) ?? [];
  const about = path.split('/').at(-1) ?? '';
  if (about !== '' && about !== type) {
    throw new Problem('invalid', 'The condition is about another type than what is made.', {
      code: 'condition',
      expression: [place],
    });
  }
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
