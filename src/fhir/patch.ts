/**
 * FHIR patch: JSON Patch, or FHIRPath Patch in a Parameters.
 * https://hl7.org/fhir/R4/http.html#patch
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  type FhirVersion,
  isJsonPatchType,
  readFhirPathPatch,
  readJsonPatch,
} from '../conformance/index.ts';
import type { Requested } from '../ingest/index.ts';
import { bytesIn, resourceIn } from './body.ts';
import { type Doorway, queryOf, requireType, type TypeParams } from './doorway.ts';
import { preconditionsOf } from './preconditions.ts';
import { isStrict } from './prefer.ts';
import { sharePatch } from './share-patch.ts';
import { requireId } from './update.ts';
import {
  forWriters,
  requireCondition,
  requireUnconditional,
  writeAndAnswer,
  writerOf,
} from './write-door.ts';

/** `PATCH /:type/:id` and `PATCH /:type?condition`, with `If-Match` and `If-None-Match`. */
export function patchRoutes(app: FastifyInstance, doorway: Doorway): void {
  const { door, open } = doorway;
  const options = forWriters(doorway);
  app.patch<{ Params: TypeParams }>('/:type/:id', options, async (request, reply) => {
    const visiting = await open(request, reply);
    if (visiting.sharing?.update) {
      return sharePatch(door, visiting, request, reply, patchIn(request, visiting.version));
    }
    const asking = writerOf(visiting);
    const { type, id } = request.params;
    requireType(asking, type);
    requireId(id);
    requireUnconditional(asking.version, type, queryOf(request), { strict: isStrict(request) });
    const patch = patchIn(request, asking.version);
    const asked = { method: 'PATCH', type, id, patch, place: '' } as const;
    const preconditions = preconditionsOf(request);
    return writeAndAnswer(door, asking, request, reply, { ...asked, ...preconditions });
  });
  app.patch<{ Params: TypeParams }>('/:type', options, async (request, reply) => {
    const asking = writerOf(await open(request, reply));
    const { type } = request.params;
    requireType(asking, type);
    const condition = requireCondition(request);
    const patch = patchIn(request, asking.version);
    const asked = { method: 'PATCH', type, condition, patch, place: '' } as const;
    const preconditions = preconditionsOf(request);
    return writeAndAnswer(door, asking, request, reply, { ...asked, ...preconditions });
  });
}

function patchIn(request: FastifyRequest, version: FhirVersion): NonNullable<Requested['patch']> {
  const mediaType = request.headers['content-type'] ?? '';
  if (isJsonPatchType(mediaType)) {
    return { kind: 'json', operations: readJsonPatch(bytesIn(request)) };
  }
  return { kind: 'fhirpath', operations: readFhirPathPatch(resourceIn(request, version)) };
}
