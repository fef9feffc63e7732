/**
 * What surrounds every request at the subscription interface: its chain events, and the id of the
 * request in the answer. medmij-protocol.md 7.2, 7.3 and 8.3.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ChainEvent } from '../chain/chain-log.ts';
import type { MedmijDoor } from '../medmij-door.ts';
import { clientOfRequest, requestIdOf, uuidHeader } from '../request-ids.ts';
import { plainForLog } from '../resource-log.ts';

/** Hooks for the scope that holds the subscription routes, and nothing else. */
export function logSubscriptions(app: FastifyInstance, door: MedmijDoor): void {
  app.addHook('onRequest', async (request, reply) => {
    const sent = uuidHeader(request, 'medmij-request-id');
    const flags = door.seen.flag(sent);
    door.chain.note({ ...stepOf(request), type: 'receive_subscription_request', flags });
    reply.header('cache-control', 'no-store');
    if (sent !== undefined) reply.header('MedMij-Request-ID', sent);
  });
  app.addHook('onResponse', async (request, reply) => {
    const { statusCode: status } = reply;
    const step = { ...stepOf(request), response: { id: requestIdOf(request), status } };
    if (status < 400) return door.chain.note({ ...step, type: 'send_subscription_response' });
    const error = { code: CODES[status] ?? 'other', status };
    door.chain.note({ ...step, type: 'send_subscription_request_error', error });
  });
}

const CODES: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'invalid_token',
  403: 'insufficient_scope',
  503: 'temporarily_unavailable',
};

function stepOf(request: FastifyRequest): Omit<ChainEvent, 'type'> {
  const { aanbieder } = (request.params ?? {}) as Record<string, string | undefined>;
  const provider = plainForLog(aanbieder);
  return {
    traceId: uuidHeader(request, 'x-correlation-id') ?? requestIdOf(request),
    request: {
      id: requestIdOf(request),
      clientId: clientOfRequest(request),
      method: request.method,
      path: `/medmij/${provider}/abonnement/Subscription`,
      providerId: provider,
    },
  };
}
