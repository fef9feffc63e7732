/** POST /medmij/token. */
import type { FastifyInstance } from 'fastify';
import { Problem } from '../platform/problem.ts';
import type { MedmijDoor } from './medmij-door.ts';
import { event } from './medmij-event.ts';
import { TokenFault, tokenRequest } from './token-request.ts';

const TOKEN_BODY_BYTES_MAX = 16_384;

const SCHEMA = {
  tags: ['MedMij'],
  summary: 'MedMij token interface: authorization_code and refresh_token, over mutual TLS',
  consumes: ['application/x-www-form-urlencoded'],
} as const;

export async function tokenRoutes(app: FastifyInstance, door: MedmijDoor): Promise<void> {
  app.addHook('onSend', async (request, reply) => {
    reply.header('cache-control', 'no-store').header('pragma', 'no-cache');
    const id = request.headers['medmij-request-id'];
    if (typeof id === 'string' && /^[0-9a-f-]{36}$/i.test(id))
      reply.header('MedMij-Request-ID', id);
  });
  app.setErrorHandler(async (error, request, reply) => {
    if (error instanceof TokenFault) {
      await door.ledger.record([
        event(request, { event: 'token', outcome: 4, reason: error.error, patient: error.vault }),
      ]);
      return reply
        .code(error.status)
        .send({ error: error.error, error_description: error.message });
    }
    const problem = Problem.from(error);
    if (problem.kind === 'fault') request.log.error({ err: error }, 'fault at the token endpoint');
    const status = (error as { statusCode?: number }).statusCode;
    if (status !== undefined && status < 500) {
      return reply
        .code(status)
        .send({ error: 'invalid_request', error_description: 'The request could not be read.' });
    }
    return reply
      .code(problem.kind === 'busy' ? 503 : 500)
      .header('retry-after', '5')
      .send({ error: 'temporarily_unavailable', error_description: problem.message });
  });

  app.post<{ Body: Record<string, string> | undefined }>(
    '/medmij/token',
    { schema: SCHEMA, bodyLimit: TOKEN_BODY_BYTES_MAX },
    async (request, reply) => {
      const { answer, ground, tokenId, repeated } = await tokenRequest(
        door,
        request,
        request.body ?? {},
      );
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
          detail: { services: answer.scope, ...(repeated ? { repeated: 'true' } : {}) },
        }),
      ]);
      return reply.send(answer);
    },
  );
}
