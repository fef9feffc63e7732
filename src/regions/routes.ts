/** Routes of the regional door that are not FHIR: the token endpoint and what describes it. */
import type { FastifyInstance } from 'fastify';
import type { Ledger } from '../audit/index.ts';
import type { FhirVersion } from '../conformance/index.ts';
import { Problem } from '../platform/problem.ts';
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

export async function regionsRoutes(app: FastifyInstance, door: RegionsDoor): Promise<void> {
  app.setErrorHandler(async (error, request, reply) => {
    const problem = (error as { validation?: unknown }).validation
      ? new Problem('invalid', 'A required parameter is missing.', { code: 'invalid_request' })
      : Problem.from(error);
    if (problem.kind === 'fault') request.log.error({ err: error }, 'fault at the token endpoint');
    const status = STATUS[problem.kind] ?? 500;
    if (problem.kind !== 'busy') await writeRefusal(door, request.id, request.ip, problem);
    if (problem.retryAfterSeconds) reply.header('retry-after', String(problem.retryAfterSeconds));
    return reply
      .code(status)
      .header('cache-control', 'no-store')
      .send({
        error: status >= 500 ? 'temporarily_unavailable' : problem.code,
        error_description: problem.message,
      });
  });

  app.post<{ Body: Record<string, string> }>(
    '/oauth/token',
    { schema: TOKEN_SCHEMA, bodyLimit: TOKEN_BODY_BYTES_MAX },
    async (request, reply) => {
      const { answer, claims, id } = await tokenRequest(door, request.body);
      await door.ledger.record([
        {
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
          tokenId: id,
          requestId: request.id,
          door: 'regions',
        },
      ]);
      return reply.header('cache-control', 'no-store').header('pragma', 'no-cache').send(answer);
    },
  );
}

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
  throttled: 429,
  busy: 503,
};

async function writeRefusal(
  door: RegionsDoor,
  requestId: string,
  address: string,
  problem: Problem,
): Promise<void> {
  await door.ledger.record([
    {
      class: 'security',
      event: 'token',
      action: 'E',
      outcome: problem.kind === 'fault' ? 8 : 4,
      reason: problem.code,
      agent: { kind: 'system', id: 'unknown', address },
      requestId,
      door: 'regions',
    },
  ]);
}
