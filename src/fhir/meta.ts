/**
 * The meta of one resource that may be read.
 * https://hl7.org/fhir/R4/resource-operation-meta.html
 */
import type { FastifyInstance } from 'fastify';
import type { Resource } from '../conformance/index.ts';
import type { Asking, FhirDoor } from './asking.ts';
import { type Doorway, HIDDEN, requireType, type TypeParams } from './doorway.ts';
import { face } from './face.ts';
import { requireOperation } from './interactions.ts';
import { negotiate } from './negotiate.ts';
import { type ReadKey, read } from './read.ts';
import { sendResource } from './send.ts';

/** `GET /:type/:id/$meta`, also of one version. */
export function metaRoutes(app: FastifyInstance, { door, open }: Doorway): void {
  for (const url of ['/:type/:id/$meta', '/:type/:id/_history/:vid/$meta']) {
    app.get<{ Params: TypeParams }>(url, HIDDEN, async (request, reply) => {
      const asking = await open(request, reply);
      const negotiated = negotiate(request, asking.version);
      const parameters = await metaOf(door, asking, request.params);
      return sendResource(reply, parameters, asking.version, negotiated);
    });
  }
}

/** A Parameters. @throws Problem as a read does. */
export async function metaOf(door: FhirDoor, asking: Asking, key: ReadKey): Promise<Resource> {
  requireOperation(asking.access, 'meta', key.type);
  requireType(asking, key.type, asking.readTypes);
  const valueMeta = face(await read(door, asking, key), asking).meta;
  return { resourceType: 'Parameters', parameter: [{ name: 'return', valueMeta }] };
}
