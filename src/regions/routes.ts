/** Routes of the regional door that are not FHIR: the token endpoint and what describes it. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Ledger, LedgerEvent } from '../audit/index.ts';
import type { FhirVersion } from '../conformance/index.ts';
import type { TokenClaims } from '../identity/index.ts';
import { fromFramework } from '../platform/framework-problem.ts';
import { Problem } from '../platform/problem.ts';
import { type OpenQuestionDoor, openQuestion } from './open-question.ts';
import { smartConfiguration } from './partner-door.ts';
import { type TokenRequestParts, tokenRequest } from './token-request.ts';

export interface RegionsDoor extends TokenRequestParts {
  readonly ledger: Ledger;
  readonly publicUrl: string;
}

const TOKEN_BODY_BYTES_MAX = 16_384;

const TOKEN_SCHEMA = {
  tags: ['partners and senders'],
  summary: 'Access token for a system (SMART Backend Services, private_key_jwt)',
  consumes: ['application/x-www-form-urlencoded'],
  body: {
    type: 'object',
    required: ['grant_type', 'client_assertion_type', 'client_assertion'],
    properties: {
      grant_type: { type: 'string' },
      client_assertion_type: { type: 'string' },
      client_assertion: { type: 'string' },
      scope: { type: 'string' },
    },
  },
  response: {
    200: {
      type: 'object',
      properties: {
        access_token: { type: 'string' },
        token_type: { type: 'string' },
        expires_in: { type: 'integer' },
        scope: { type: 'string' },
      },
    },
    '4xx': {
      type: 'object',
      properties: { error: { type: 'string' }, error_description: { type: 'string' } },
    },
  },
};

/** The token endpoint for systems, `POST /oauth/token`. */
export async function regionsRoutes(app: FastifyInstance, door: RegionsDoor): Promise<void> {
  app.setErrorHandler(async (error, request, reply) => {
    const problem = (error as { validation?: unknown }).validation
      ? new Problem('invalid', 'A required parameter is missing.', { code: 'invalid_request' })
      : fromFramework(error);
    if (problem.kind === 'fault') request.log.error({ err: error }, 'fault at the token endpoint');
    const status = STATUS[problem.kind] ?? 500;
    if (status < 500 && !(await writeRefusal(door, request, problem))) {
      return sendUnavailable(reply);
    }
    if (problem.retryAfterSeconds) reply.header('retry-after', String(problem.retryAfterSeconds));
    return reply
      .code(status)
      .header('cache-control', 'no-store')
      .send({
        error: oauthError(problem, status),
        error_description: problem.message,
      });
  });

  app.post<{ Body: Record<string, string> }>(
    '/oauth/token',
    { schema: TOKEN_SCHEMA, bodyLimit: TOKEN_BODY_BYTES_MAX },
    async (request, reply) => {
      const answer = await tokenRequest(door, request.body, request.raw, ({ claims, id }) =>
        door.ledger.record([issuedEvent(request, claims, id)]),
      );
      return reply.header('cache-control', 'no-store').header('pragma', 'no-cache').send(answer);
    },
  );
}

function issuedEvent(request: FastifyRequest, claims: TokenClaims, tokenId: string): LedgerEvent {
  return {
    class: 'security',
    event: 'token',
    action: 'E',
    outcome: 0,
    agent: {
      kind: 'system',
      id: claims.client,
      address: request.ip,
      ...('organisation' in claims ? { organisation: claims.organisation } : {}),
    },
    client: claims.client,
    ...(claims.kind === 'partner' ? { purpose: claims.purpose } : {}),
    tokenId,
    requestId: request.id,
    door: 'regions',
  };
}

/** The question who holds what the partner may see. */
export async function openQuestionRoutes(
  app: FastifyInstance,
  door: OpenQuestionDoor & { readonly sendOutcome: SendOutcome },
): Promise<void> {
  app.setErrorHandler(async (error, request, reply) => door.sendOutcome(error, request, reply));
  app.post('/regio/houders', { schema: HOLDERS_SCHEMA }, (request, reply) =>
    openQuestion(door, request, reply),
  );
}

type SendOutcome = (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply;

const HOLDERS_SCHEMA = {
  tags: ['partners and senders'],
  summary: 'Open question: which organisations hold what this partner may see of a patient',
  consumes: ['application/x-www-form-urlencoded'],
};

/** The address where SMART clients look; one for each FHIR base. */
export async function smartRoutes(
  app: FastifyInstance,
  options: { publicUrl: string; version: FhirVersion },
): Promise<void> {
  app.get('/.well-known/smart-configuration', { schema: { hide: true } }, async (_request, reply) =>
    reply.send(smartConfiguration(options.publicUrl, options.version)),
  );
}

const STATUS: Partial<Record<Problem['kind'], number>> = {
  invalid: 400,
  unauthenticated: 401,
  unprocessable: 422,
  'too-large': 413,
  'unsupported-media': 415,
  throttled: 429,
  busy: 503,
};

/** RFC 6749 section 5.2 knows no word for faults of our own; those of section 4.1.2.1 are used. */
function oauthError(problem: Problem, status: number): string {
  if (status === 503) return 'temporarily_unavailable';
  if (status === 500) return 'server_error';
  return OAUTH_ERRORS.has(problem.code) ? problem.code : 'invalid_request';
}

const OAUTH_ERRORS = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_scope',
  'unsupported_grant_type',
  'reason-required',
]);

function sendUnavailable(reply: FastifyReply) {
  return reply
    .code(503)
    .header('cache-control', 'no-store')
    .header('retry-after', '5')
    .send({ error: 'temporarily_unavailable', error_description: 'Try again later.' });
}

/** @returns false when the refusal could not be written down: then it may not be told either. */
async function writeRefusal(
  door: RegionsDoor,
  request: FastifyRequest,
  problem: Problem,
): Promise<boolean> {
  const line = {
    class: 'security',
    event: 'token',
    action: 'E',
    outcome: 4,
    reason: problem.code,
    agent: { kind: 'system', id: 'unknown', address: request.ip },
    requestId: request.id,
    door: 'regions',
  } as const;
  return door.ledger.record([line]).then(
    () => true,
    () => false,
  );
}
