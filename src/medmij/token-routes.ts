/** POST /medmij/token. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fromFramework } from '../platform/framework-problem.ts';
import type { ProblemKind } from '../platform/problem.ts';
import { type ChainEvent, hostForLog } from './chain/chain-log.ts';
import { expiresIn, representationEnds } from './consent-end.ts';
import { TokenFault } from './issue-tokens.ts';
import type { MedmijDoor } from './medmij-door.ts';
import { event } from './medmij-event.ts';
import { UUID } from './request-ids.ts';
import { isOwnRefresh, type TokenForm, tokenRequest } from './token-request.ts';

const TOKEN_BODY_BYTES_MAX = 16_384;

const SCHEMA = {
  tags: ['MedMij'],
  summary: 'MedMij token interface: authorization_code and refresh_token, over mutual TLS',
  consumes: ['application/x-www-form-urlencoded'],
} as const;

const UNAVAILABLE = { error: 'temporarily_unavailable', error_description: 'Try again later.' };

/** Refusals of the framework and faults of our own, as status and OAuth error. */
const OWN: Partial<Record<ProblemKind, readonly [number, string]>> = {
  busy: [503, 'temporarily_unavailable'],
  fault: [500, 'server_error'],
  throttled: [429, 'temporarily_unavailable'],
  'too-large': [413, 'invalid_request'],
  'unsupported-media': [415, 'invalid_request'],
};

/** The MedMij token interface. */
export async function tokenRoutes(app: FastifyInstance, door: MedmijDoor): Promise<void> {
  // A form and nothing else (RFC 6749 4.1.3): another reader would see other parameters.
  app.removeContentTypeParser(['application/json', 'text/plain']);
  app.addHook('onSend', async (request, reply) => {
    reply.header('cache-control', 'no-store').header('pragma', 'no-cache');
    const id = request.headers['medmij-request-id'];
    if (typeof id === 'string' && UUID.test(id)) reply.header('MedMij-Request-ID', id);
  });
  door.levels.measure(app, 'token');
  app.setErrorHandler((error, request, reply) => refused(door, request, reply, error));
  app.route({
    method: ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'],
    url: '/medmij/token',
    schema: { hide: true },
    onRequest: async (_request, reply) =>
      reply.code(405).header('allow', 'POST').send({ error: 'invalid_request' }),
    handler: (_request, reply) => reply.code(405).send(),
  });
  app.post<{ Body: TokenForm | undefined }>(
    '/medmij/token',
    { schema: SCHEMA, bodyLimit: TOKEN_BODY_BYTES_MAX },
    async (request, reply) => {
      const step = stepOf(request);
      const flags = door.seen.flag(step.request?.id);
      door.chain.note({ ...step, type: 'receive_token_request', flags });
      const told = await tokenRequest(door, request, request.body ?? {});
      const { answer, ground, tokenId, repeated } = told;
      const odd = oddGrant(door, request);
      await door.ledger.record([
        event(request, {
          event: 'token',
          outcome: 0,
          patient: ground.vault,
          client: ground.client,
          correlationId: ground.correlationId,
          holders: [ground.aanbieder],
          basis: [`toestemming:${ground.consent}`],
          tokenId,
          detail: {
            services: answer.scope,
            ...(repeated ? { repeated: 'true' } : {}),
            ...(odd.length > 0 ? { grant: 'refresh_code' } : {}),
          },
        }),
      ]);
      door.chain.note({
        ...step,
        type: 'send_token_response',
        sessionId: ground.sessionId,
        response: { id: step.request?.id, status: 200 },
        flags: [...told.flags, ...odd],
      });
      if (ground.longLived) {
        // The token is given and written down: an outage here must not take it away again.
        const ends = await representationEnds(door, ground).then(
          (end) => ({ end }),
          () => undefined,
        );
        if (ends) reply.header('consent-expires-in', expiresIn(ends.end, door.clock()));
      }
      return reply.send(answer);
    },
  );
}

/** A refusal, written down before it is told. */
async function refused(
  door: MedmijDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  error: unknown,
) {
  if (error instanceof TokenFault) {
    const fault = { code: error.error, description: error.message, status: error.status };
    const flags = oddGrant(door, request);
    door.chain.note({ ...stepOf(request), type: 'send_token_request_error', error: fault, flags });
    const line = {
      event: 'token',
      outcome: 4,
      reason: error.error,
      patient: error.vault,
    } as const;
    const isTold = await door.ledger.record([event(request, line)]).catch(() => undefined);
    // What cannot be written down may not be told either.
    if (!isTold) return reply.code(503).header('retry-after', '5').send(UNAVAILABLE);
    return reply.code(error.status).send({ error: error.error, error_description: error.message });
  }
  const problem = fromFramework(error);
  if (problem.kind === 'fault') request.log.error({ err: error }, 'fault at the token endpoint');
  const [status, name] = OWN[problem.kind] ?? [400, 'invalid_request'];
  if (status >= 500 || status === 429) reply.header('retry-after', '5');
  const fault = { code: name, status };
  door.chain.note({ ...stepOf(request), type: 'send_token_request_error', error: fault });
  return reply.code(status).send({ error: name, error_description: problem.message });
}

/**
 * An app that refreshes with a grant type of its own fails here each time, or is let in by a
 * setting: either way somebody should see.
 */
function oddGrant(door: MedmijDoor, request: FastifyRequest): readonly string[] {
  const form = (request.body ?? {}) as TokenForm;
  if (form['grant_type'] !== 'refresh_code') return [];
  door.levels.countRefreshCode(isOwnRefresh(door, form));
  return ['grant-type-refresh-code'];
}

/** What the chain log says of every step of a token request: ids and names, nothing secret. */
function stepOf(request: FastifyRequest): Omit<ChainEvent, 'type'> {
  const header = (name: string) => {
    const value = request.headers[name];
    return typeof value === 'string' && UUID.test(value) ? value : undefined;
  };
  const body = (request.body ?? {}) as Record<string, unknown>;
  const { grant_type: sent } = body;
  const grantType = sent === 'refresh_code' ? 'refresh_token' : sent;
  const isGrant = grantType === 'authorization_code' || grantType === 'refresh_token';
  return {
    traceId: header('x-correlation-id') ?? request.id,
    request: {
      id: header('medmij-request-id'),
      method: request.method,
      path: '/medmij/token',
      clientId: hostForLog(body['client_id']),
      grantType: isGrant ? grantType : 'other',
      initiatedBy: grantType === 'refresh_token' ? 'schedule' : 'person',
    },
  };
}
