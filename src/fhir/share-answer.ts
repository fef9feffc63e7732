/** What an app hears of a Task that it moved on. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Resource } from '../conformance/index.ts';
import type { Written } from '../ingest/index.ts';
import type { Asking } from './asking.ts';
import { face } from './face.ts';
import type { Negotiated } from './negotiate.ts';
import { returnOf } from './prefer.ts';
import { sendResource } from './send.ts';
import { locationOf } from './write-door.ts';

/** Whoever may write a type but not read it hears that it was done, and no more. */
export function sendShared(
  asking: Asking,
  request: FastifyRequest,
  reply: FastifyReply,
  { written, sent, negotiated }: { written: Written; sent: Resource; negotiated: Negotiated },
): FastifyReply {
  reply.header('etag', `W/"${written.version}"`).header('location', locationOf(asking, written));
  const mayRead = asking.readTypes?.has(sent.resourceType) !== false;
  if (!mayRead || returnOf(request) === 'minimal') {
    return reply.header('cache-control', 'no-store').send();
  }
  const shown = face({ ...written, resource: written.resource ?? sent }, asking);
  return sendResource(reply, shown, asking.version, negotiated);
}
