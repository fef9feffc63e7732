/**
 * What surrounds every request at the subscription interface: its chain events, and the id of the
 * request in the answer. medmij-protocol.md 7.2, 7.3 and 8.3.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { errorOf, requestStep } from '../chain/request-step.ts';
import type { MedmijDoor } from '../medmij-door.ts';
import { requestIdOf, uuidHeader } from '../request-ids.ts';

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
    const error = errorOf(status);
    door.chain.note({ ...step, type: 'send_subscription_request_error', error });
  });
}

const stepOf = (request: FastifyRequest) => requestStep(request, 'abonnement/Subscription');
