/**
 * A patch on a Task that a provider set for a person: the app tells what changes of it, and the
 * same holds as for one that is sent whole.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { applyFhirPathPatch, applyJsonPatch } from '../conformance/index.ts';
import type { Requested } from '../ingest/index.ts';
import { Problem } from '../platform/problem.ts';
import type { Asking, FhirDoor } from './asking.ts';
import type { TypeParams } from './doorway.ts';
import { negotiate } from './negotiate.ts';
import { read } from './read.ts';
import { sendShared } from './share-answer.ts';
import { requireId } from './update.ts';

/** @throws Problem `method` for anything but a Task, `unprocessable` when it does not fit. */
export async function sharePatch(
  door: FhirDoor,
  asking: Asking,
  request: FastifyRequest<{ Params: TypeParams }>,
  reply: FastifyReply,
  patch: NonNullable<Requested['patch']>,
): Promise<FastifyReply> {
  const { type, id } = request.params;
  const update = asking.sharing?.update;
  if (!update || type !== 'Task') {
    throw new Problem('method', 'This interaction is not supported at this address.');
  }
  requireId(id);
  const negotiated = negotiate(request, asking.version);
  const { resource: before } = await read(door, asking, { type, id });
  const after =
    patch.kind === 'json'
      ? applyJsonPatch(before, patch.operations)
      : applyFhirPathPatch(asking.version, before, patch.operations);
  const written = await update({ ...after, id });
  return sendShared(asking, request, reply, { written, sent: after, negotiated });
}
