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
import { onlyIfMatchOf } from './preconditions.ts';
import { read } from './read.ts';
import { sendShared } from './share-answer.ts';
import { requireId } from './update.ts';

/**
 * @throws Problem `method` for anything but a Task, `unprocessable` when it does not fit,
 *   `precondition` when it is of another version than asked for, `conflict` when somebody else
 *   changed it between.
 */
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
  const { ifVersion } = onlyIfMatchOf(request);
  const { resource: before, version } = await read(door, asking, { type, id });
  const after =
    patch.kind === 'json'
      ? applyJsonPatch(before, patch.operations)
      : applyFhirPathPatch(asking.version, before, patch.operations);
  // What is patched is what was read: somebody else's step in between is not undone.
  const written = await update({ ...after, id }, ifVersion ?? version).catch((error: unknown) => {
    if (ifVersion !== undefined || Problem.from(error).kind !== 'precondition') throw error;
    throw new Problem('conflict', 'The Task was changed meanwhile: read it again.', {
      code: 'version',
      cause: error,
    });
  });
  return sendShared(asking, request, reply, { written, sent: after, negotiated });
}
