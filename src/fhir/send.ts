/** One place where a FHIR answer gets its format and headers. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type FhirVersion, outcomeOf, type Resource, writeFhir } from '../conformance/index.ts';
import { Problem } from '../platform/problem.ts';
import { mediaTypeOf, type Negotiated, negotiate } from './negotiate.ts';

/** Sends a resource; personal data is never stored by anything on the way. */
export function sendResource(
  reply: FastifyReply,
  resource: Resource,
  version: FhirVersion,
  { format, pretty }: Negotiated,
): FastifyReply {
  return reply
    .header('cache-control', 'no-store')
    .type(mediaTypeOf(format, version))
    .send(writeFhir(resource, { format, version, pretty }));
}

/** Where failure becomes FHIR: whatever is not a Problem is a fault, and its text stays in the log. */
export function sendOutcome(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  version: FhirVersion,
): FastifyReply {
  const problem = fromFramework(error);
  if (problem.kind === 'fault') request.log.error({ err: error }, 'fault at a FHIR door');
  const { status, body } = outcomeOf(problem, version);
  if (problem.retryAfterSeconds !== undefined) {
    reply.header('retry-after', String(problem.retryAfterSeconds));
  }
  const challenge = bearerChallenge(problem, status);
  if (challenge) reply.header('www-authenticate', challenge);
  let negotiated: Negotiated = { format: 'json', pretty: false };
  try {
    negotiated = negotiate(request, version);
  } catch {
    // An answer that cannot be made in the asked type is given as JSON.
  }
  return sendResource(reply.code(status), body, version, negotiated);
}

/** RFC 6750 section 3; values in double quotes, since PGO software reads them that way. */
function bearerChallenge(problem: Problem, status: number): string | undefined {
  if (status === 401 && problem.code === 'missing_token') return 'Bearer';
  const error = { 400: 'invalid_request', 401: 'invalid_token', 403: 'insufficient_scope' }[status];
  return error && `Bearer error="${error}", error_description="${problem.message}"`;
}

/** Fastify's own refusals (body too large, media type, malformed URL) as Problems. */
export function fromFramework(error: unknown): Problem {
  const status = (error as { statusCode?: unknown } | undefined)?.statusCode;
  if (error instanceof Problem || typeof status !== 'number') return Problem.from(error);
  switch (status) {
    case 413:
      return new Problem('too-large', 'The body is larger than this address accepts.');
    case 414:
      return new Problem('too-large', 'The URL is too long; send the search by POST.');
    case 415:
      return new Problem('unsupported-media', 'This media type is not accepted here.');
    case 429:
      return new Problem('throttled', 'Too many requests; try again later.', {
        retryAfterSeconds: 10,
      });
    default:
      return status < 500
        ? new Problem('invalid', 'The request could not be read.')
        : Problem.from(error);
  }
}
