/**
 * The two ids that MedMij puts on every request, as headers. One that is missing or wrong gets an
 * id of our own, the same in the chain log and in the ledger. medmij-protocol.md 4.1, 7.3.
 */
import { randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The value of a header that must be one UUID; undefined when it is not. */
export function uuidHeader(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' && UUID.test(value) ? value : undefined;
}

const generated = new WeakMap<FastifyRequest, string>();

/** MedMij-Request-ID as sent, else one that we made for this request. */
export function requestIdOf(request: FastifyRequest): string {
  const sent = uuidHeader(request, 'medmij-request-id');
  if (sent !== undefined) return sent;
  const own = generated.get(request) ?? randomUUID();
  generated.set(request, own);
  return own;
}

const clients = new WeakMap<FastifyRequest, string>();

/** Whose request it turned out to be: hostname of the node. */
export function rememberClient(request: FastifyRequest, client: string): void {
  clients.set(request, client);
}

/** Undefined while nobody knows whose it is. */
export const clientOfRequest = (request: FastifyRequest): string | undefined =>
  clients.get(request);
