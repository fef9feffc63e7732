/** What became of what one sent: receipts, originals, and codes that need a translation. */
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { Problem } from '../platform/problem.ts';
import {
  INTAKE_LIMITS,
  type IntakeDoor,
  ownDelivery,
  type SenderOf,
  type SenderParams,
} from './intake-door.ts';
import { INTAKE_SCHEMAS } from './route-schemas.ts';

export function lookingRoutes(app: FastifyInstance, door: IntakeDoor, senderOf: SenderOf): void {
  mappingRoute(app, door, senderOf);
  app.get<{ Params: SenderParams }>(
    '/intake/:sender/receipts/:id',
    { schema: INTAKE_SCHEMAS.receipt },
    async (request) => {
      const row = await ownDelivery(door, await senderOf(request), request.params.id);
      const receipt = door.intake.deliveries.receiptOf(row);
      if (!receipt) throw new Problem('not-found', 'There is no such receipt.');
      return receipt;
    },
  );

  app.get<{ Params: SenderParams }>(
    '/intake/:sender/receipts/:id/trail',
    { schema: INTAKE_SCHEMAS.trail },
    async (request, reply) => {
      const sender = await senderOf(request);
      const row = await ownDelivery(door, sender, request.params.id);
      const all = await door.organisations.all();
      const kinds = new Map(all.map(({ id, category }) => [id, category]));
      reply.header('cache-control', 'no-store');
      return door.intake.trail(sender, row, (organisation) => kinds.get(organisation));
    },
  );

  app.get<{ Params: SenderParams }>(
    '/intake/:sender/receipts/:id/original',
    { schema: INTAKE_SCHEMAS.original },
    async (request, reply) => {
      const sender = await senderOf(request);
      const row = await ownDelivery(door, sender, request.params.id);
      const { client, organisation } = sender;
      const asked = {
        client: client.id,
        organisation: organisation.id,
        address: request.ip,
        requestId: request.id,
      };
      const original = await door.releaseOriginal(asked, row);
      return reply
        .header('cache-control', 'no-store')
        .header('content-disposition', 'attachment')
        .header('content-length', original.size)
        .header(
          'repr-digest',
          `sha-256=:${Buffer.from(original.sha256, 'hex').toString('base64')}:`,
        )
        .type(original.mediaType || 'application/octet-stream')
        .send(Readable.from(original.chunks));
    },
  );

  app.get<{ Params: SenderParams; Querystring: { limit?: number } }>(
    '/intake/:sender/gaps',
    { schema: INTAKE_SCHEMAS.gaps },
    async (request, reply) => {
      const { client } = await senderOf(request);
      const limit = request.query.limit ?? INTAKE_LIMITS.pageSizeMax;
      reply.header('cache-control', 'no-store');
      return { items: await door.intake.gaps.of(door.database, client.id, limit) };
    },
  );
}

function mappingRoute(app: FastifyInstance, door: IntakeDoor, senderOf: SenderOf): void {
  app.get<{ Params: SenderParams; Querystring: { place?: string } }>(
    '/intake/:sender/receipts/:id/mapping',
    { schema: INTAKE_SCHEMAS.mapping },
    async (request, reply) => {
      const sender = await senderOf(request);
      const row = await ownDelivery(door, sender, request.params.id);
      reply.header('cache-control', 'no-store');
      return door.intake.origins(sender, row, request.query.place);
    },
  );
}
