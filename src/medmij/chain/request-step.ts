/** What the chain log says of a request at the resource and the subscription interface (7.3). */
import type { FastifyRequest } from 'fastify';
import { clientOfRequest, requestIdOf, uuidHeader } from '../request-ids.ts';
import type { ChainEvent } from './chain-log.ts';

const CODES: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'invalid_token',
  403: 'insufficient_scope',
  503: 'temporarily_unavailable',
  504: 'temporarily_unavailable',
};

/** The error of an answer by its status. */
export const errorOf = (status: number): NonNullable<ChainEvent['error']> => ({
  code: CODES[status] ?? 'other',
  status,
});

/**
 * @param below what follows the aanbieder in the address, as a template: an address can hold the
 * id of a resource
 */
export function requestStep(
  request: FastifyRequest,
  below: string,
  more: { serviceId?: string } = {},
): Omit<ChainEvent, 'type'> {
  const { aanbieder } = (request.params ?? {}) as Record<string, string | undefined>;
  const id = requestIdOf(request);
  const provider = plainForLog(aanbieder);
  return {
    traceId: uuidHeader(request, 'x-correlation-id') ?? id,
    request: {
      id,
      clientId: clientOfRequest(request),
      method: request.method,
      path: `/medmij/${provider}/${below}`,
      providerId: provider,
      ...more,
    },
  };
}

/** A part of an address, when it is a name; what could be a number of a person is not logged. */
export const plainForLog = (text: string | undefined): string =>
  text !== undefined && /^[a-z0-9.-]{1,100}$/.test(text) && !/\d{8}/.test(text) ? text : 'unknown';
