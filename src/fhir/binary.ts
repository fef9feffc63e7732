/**
 * A Binary is sent as itself when the client asks for its content type, else as a FHIR resource.
 * https://hl7.org/fhir/R4/binary.html#rest
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Resource } from '../conformance/index.ts';

const FHIR_TYPES = /^(application\/fhir\+(json|xml)|application\/(json|xml)|text\/(json|xml))/;

/** @returns undefined when the client wants the FHIR form. */
export function sendBinary(
  request: FastifyRequest,
  reply: FastifyReply,
  binary: Resource,
): FastifyReply | undefined {
  const contentType = typeof binary['contentType'] === 'string' ? binary['contentType'] : '';
  const data = binary['data'] ?? binary['content'];
  if (contentType === '' || typeof data !== 'string') return undefined;
  const asked = (request.headers.accept ?? '')
    .split(',')
    .map((one) => (one.split(';')[0] ?? '').trim());
  const query = new URL(request.url, 'http://localhost').searchParams.get('_format');
  if (query !== null || asked.some((type) => FHIR_TYPES.test(type))) return undefined;
  const wild = asked.some((type) => type === '' || type === '*/*' || type === 'application/*');
  if (!wild && !asked.includes(contentType)) return undefined;
  return reply
    .header('cache-control', 'no-store')
    .header('content-disposition', 'attachment')
    .header('x-content-type-options', 'nosniff')
    .type(contentType)
    .send(Buffer.from(data, 'base64'));
}
