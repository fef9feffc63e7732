/** What a client prefers to get back of a write. https://hl7.org/fhir/R4/http.html#ops */
import type { FastifyRequest } from 'fastify';

export type Return = 'minimal' | 'representation' | 'OperationOutcome';

/** `Prefer: return=…`; without it the resource is given back. */
export function returnOf(request: FastifyRequest): Return {
  const text = String(request.headers.prefer ?? '');
  const asked = /(?:^|[;,\s])return="?(minimal|representation|OperationOutcome)/.exec(text)?.[1];
  return (asked as Return | undefined) ?? 'representation';
}
