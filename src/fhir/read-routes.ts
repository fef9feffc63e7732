/** One resource or one version of it, with what HTTP knows of it. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { parseSearch, type Resource, subsetElements } from '../conformance/index.ts';
import { LARGE_BYTES, TURNS, turnUntilAnswered } from '../platform/large-turns.ts';
import { Problem } from '../platform/problem.ts';
import type { Asking, FhirDoor } from './asking.ts';
import { sendBinary } from './binary.ts';
import { isUnchanged } from './conditional-read.ts';
import { type Doorway, HIDDEN, queryOf, requireType, type TypeParams } from './doorway.ts';
import { face } from './face.ts';
import { facePieces, faceText, IN_PIECES_FROM } from './face-bytes.ts';
import { unknownOperation } from './interactions.ts';
import { negotiate } from './negotiate.ts';
import { etagOf, read } from './read.ts';
import { sendJson, sendResource } from './send.ts';

/** `GET /:type/:id` and `GET /:type/:id/_history/:vid`. */
export function readRoutes(app: FastifyInstance, { door, open }: Doorway): void {
  app.get<{ Params: TypeParams }>('/:type/:id', HIDDEN, async (request, reply) => {
    const asking = await open(request, reply);
    if (request.params.id.startsWith('$')) throw unknownOperation();
    return sendOne(door, asking, request, reply, request.params);
  });
  app.get<{ Params: TypeParams }>('/:type/:id/_history/:vid', HIDDEN, async (request, reply) => {
    const asking = await open(request, reply);
    return sendOne(door, asking, request, reply, request.params);
  });
}

/** Types of which one may hold a document as a whole. */
const HOLDS_DOCUMENTS: ReadonlySet<string> = new Set(['Binary', 'DocumentReference', 'Media']);

async function sendOne(
  door: FhirDoor,
  asking: Asking,
  request: FastifyRequest,
  reply: FastifyReply,
  params: TypeParams,
): Promise<FastifyReply> {
  requireType(asking, params.type, asking.readTypes);
  const end = HOLDS_DOCUMENTS.has(params.type)
    ? await turnUntilAnswered(TURNS.goingOut, asking.access.client, reply)
    : undefined;
  const released = await read(door, asking, params);
  const isLarge = released.size > IN_PIECES_FROM;
  if (released.size <= LARGE_BYTES) end?.();
  reply.header('etag', etagOf(released)).header('last-modified', released.updated.toUTCString());
  if (isUnchanged(request, released)) return reply.code(304).send();
  if (params.type === 'Binary') {
    const sent = sendBinary(request, reply, face(released, asking));
    if (sent) return sent;
  }
  const negotiated = negotiate(request, asking.version);
  if (negotiated.format === 'json' && !request.url.includes('?')) {
    const json = isLarge ? facePieces(released, asking) : faceText(released, asking);
    if (json) return sendJson(reply, json, asking.version);
  }
  const resource = reducedTo(asking, queryOf(request), face(released, asking));
  return sendResource(reply, resource, asking.version, negotiated);
}

/** `_summary` and `_elements` of a single resource. */
export function reducedTo(asking: Asking, query: URLSearchParams, resource: Resource): Resource {
  const asked = [...query].filter(([name]) => /^_(summary|elements)$/.test(name));
  if (asked.length === 0) return resource;
  if (asked.some(([name, value]) => name === '_summary' && value === 'count')) {
    throw new Problem('invalid', 'One resource cannot be counted.', { expression: ['_summary'] });
  }
  const subset = parseSearch(asking.version, resource.resourceType, asked, { strict: false });
  return subsetElements(subset, resource);
}
