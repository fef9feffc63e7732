/**
 * The meta of one resource that may be read.
 * https://hl7.org/fhir/R4/resource-operation-meta.html
 */
import type { FastifyInstance } from 'fastify';
import { type Doorway, HIDDEN, requireType, type TypeParams } from './doorway.ts';
import { face } from './face.ts';
import { requireOperation } from './interactions.ts';
import { negotiate } from './negotiate.ts';
import { read } from './read.ts';
import { sendResource } from './send.ts';

/** `GET /:type/:id/$meta`, also of one version. */
export function metaRoutes(app: FastifyInstance, { door, open }: Doorway): void {
  for (const url of ['/:type/:id/$meta', '/:type/:id/_history/:vid/$meta']) {
    app.get<{ Params: TypeParams }>(url, HIDDEN, async (request, reply) => {
      const asking = await open(request, reply);
      requireOperation(asking.access, 'meta', request.params.type);
      requireType(asking, request.params.type, asking.readTypes);
      const negotiated = negotiate(request, asking.version);
      const released = await read(door, asking, request.params);
      const valueMeta = face(released, asking).meta;
      const parameters = { resourceType: 'Parameters', parameter: [{ name: 'return', valueMeta }] };
      return sendResource(reply, parameters, asking.version, negotiated);
    });
  }
}
