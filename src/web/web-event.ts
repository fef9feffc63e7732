/** The ledger line of an act on our own pages. */
import type { FastifyRequest } from 'fastify';
import type { LedgerEvent } from '../audit/index.ts';

/** Adds what is the same for all: the request, the door and the client. */
export function webEvent(request: FastifyRequest, event: LedgerEvent): LedgerEvent {
  return { requestId: request.id, door: 'web', client: 'web', ...event };
}
