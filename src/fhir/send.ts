/** One place where a FHIR answer gets its format and headers. */
import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type FhirVersion, outcomeOf, type Resource, writeFhir } from '../conformance/index.ts';
import { fromFramework } from '../platform/framework-problem.ts';
import { Problem } from '../platform/problem.ts';
import { formatOrJson, mediaTypeOf, type Negotiated } from './negotiate.ts';

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
    .send(written(resource, version, { format, pretty }));
}

/** @throws Problem `too-costly` where it is longer than a text can be: half a gigabyte. */
function written(resource: Resource, version: FhirVersion, how: Negotiated): Buffer {
  try {
    return writeFhir(resource, { version, ...how });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const text = 'This answer is too large to be given at once: ask for fewer, with _count.';
    throw new Problem('too-costly', text, { code: 'answer-too-large', cause });
  }
}

/** The same for a resource that is JSON already. */
export function sendJson(
  reply: FastifyReply,
  json: Buffer | string | Readable,
  version: FhirVersion,
): FastifyReply {
  return reply.header('cache-control', 'no-store').type(mediaTypeOf('json', version)).send(json);
}

/**
 * Where failure becomes FHIR: whatever is not a Problem is a fault, and its text stays in the log.
 * @param scope what a token needs here, told when one falls short
 */
export function sendOutcome(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  version: FhirVersion,
  scope?: string,
): FastifyReply {
  const problem = fromFramework(error);
  if (problem.kind === 'fault') request.log.error({ err: error }, 'fault at a FHIR door');
  const { status, body } = outcomeOf(problem, version);
  if (problem.retryAfterSeconds !== undefined) {
    reply.header('retry-after', String(problem.retryAfterSeconds));
  }
  // Relative to `base/Type/id`, whatever name the door has to the outside.
  if (problem.replacedBy !== undefined) {
    reply.header('link', `<../${problem.replacedBy}>; rel="successor-version"`);
  }
  if (status === 405 && !reply.hasHeader('allow')) reply.header('allow', 'GET, HEAD');
  if (status === 415 && request.method === 'PATCH') reply.header('accept-patch', PATCHES);
  const challenge = bearerChallenge(problem, status, scope);
  if (challenge) reply.header('www-authenticate', challenge);
  return sendResource(reply.code(status), body, version, formatOrJson(request, version));
}

/** RFC 5789 section 3.1. */
const PATCHES = 'application/json-patch+json, application/fhir+json, application/fhir+xml';

/** RFC 6750 section 3; values in double quotes, since PGO software reads them that way. */
function bearerChallenge(
  problem: Problem,
  status: number,
  scope: string | undefined,
): string | undefined {
  if (status === 401 && problem.code === 'missing_token') return 'Bearer';
  const error = { 400: 'invalid_request', 401: 'invalid_token', 403: 'insufficient_scope' }[status];
  if (error === undefined) return undefined;
  // RFC 6750 section 3: printable ASCII without quotes and backslashes.
  const description = problem.message.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, "'");
  const challenge = `Bearer error="${error}", error_description="${description}"`;
  return status === 403 && scope !== undefined ? `${challenge}, scope="${scope}"` : challenge;
}
