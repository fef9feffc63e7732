/**
 * What a partner read and a source took back since: the partner asks for its notices and
 * acknowledges each (capabilities B7). A partner sees its own notices and no sign of others'.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Retractions } from '../consent/index.ts';
import { Problem } from '../platform/problem.ts';
import { openForPartner, type PartnerDoorParts } from './partner-door.ts';

export interface RetractionDoor extends PartnerDoorParts {
  readonly retractions: Retractions;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const LIST_SCHEMA = {
  tags: ['partners and senders'],
  summary: 'Notices of what this partner read and its source took back; ?all=true: also the old',
};
const ACKNOWLEDGE_SCHEMA = {
  tags: ['partners and senders'],
  summary: 'Acknowledge a notice: what was read is no longer used',
};

/** `GET /regio/intrekkingen` and `POST /regio/intrekkingen/{id}/ontvangen`. */
export async function retractionRoutes(
  app: FastifyInstance,
  door: RetractionDoor & {
    readonly sendOutcome: (
      error: unknown,
      request: FastifyRequest,
      reply: FastifyReply,
    ) => FastifyReply;
  },
): Promise<void> {
  app.setErrorHandler(async (error, request, reply) => door.sendOutcome(error, request, reply));
  app.get<{ Querystring: { all?: string } }>(
    '/regio/intrekkingen',
    { schema: LIST_SCHEMA },
    async (request, reply) => {
      const client = await partnerOf(door, request);
      const notices = await door.retractions.of(client, request.query.all === 'true');
      return reply.header('cache-control', 'no-store').send({ notices });
    },
  );
  app.post<{ Params: { id: string } }>(
    '/regio/intrekkingen/:id/ontvangen',
    { schema: ACKNOWLEDGE_SCHEMA },
    async (request, reply) => {
      const client = await partnerOf(door, request);
      if (!UUID.test(request.params.id)) {
        throw new Problem('not-found', 'There is no such notice.');
      }
      await door.retractions.acknowledge(client, request.params.id, request.id);
      return reply.code(204).send();
    },
  );
}

/** A sender has no notices: what is its own it took back itself. */
async function partnerOf(door: RetractionDoor, request: FastifyRequest): Promise<string> {
  const { access } = await openForPartner(door, request);
  return access.client;
}
