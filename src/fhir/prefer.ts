/** What a client prefers to get back of a write. https://hl7.org/fhir/R4/http.html#ops */
import type { FastifyRequest } from 'fastify';

export type Return = 'minimal' | 'representation' | 'OperationOutcome';

/** `Prefer: return=…`; without it the resource is given back, unless `other` is. */
export function returnOf(request: FastifyRequest, other: Return = 'representation'): Return {
  const text = String(request.headers.prefer ?? '');
  const asked = /(?:^|[;,\s])return="?(minimal|representation|OperationOutcome)/.exec(text)?.[1];
  return (asked as Return | undefined) ?? other;
}

/** `Prefer: handling=strict`: what is not known is refused, and not passed over. */
export function isStrict(request: FastifyRequest): boolean {
  return /handling=strict/.test(String(request.headers.prefer ?? ''));
}

/** `Prefer: handling=lenient`, said aloud: what would be refused otherwise may be passed over. */
export function isLenient(request: FastifyRequest): boolean {
  return /handling=lenient/.test(String(request.headers.prefer ?? ''));
}
