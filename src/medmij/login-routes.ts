/** From the landing page to the log-in and back. medmij-protocol.md 1.2 (V4), 2.4. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../platform/problem.ts';
import { afterLogin } from './after-login.ts';
import {
  type AuthorizationRun,
  handleOf,
  justTaken,
  keepWhereTo,
  startRun,
  takeLoggingIn,
  takeRun,
} from './authorization-run.ts';
import { type FormBody, LOGIN_FAILED, sendFault, stopped } from './authorize-answer.ts';
import type { MedmijDoor } from './medmij-door.ts';
import { csrfFits } from './run-cookie.ts';

const SCHEMAS = {
  start: { tags: ['MedMij'], summary: 'Goes to the log-in, or stops' },
  callback: { tags: ['MedMij'], summary: 'Where the log-in comes back' },
} as const;

/** `/medmij/start` and `/medmij/callback`. */
export function loginRoutes(app: FastifyInstance, door: MedmijDoor): void {
  app.post<{ Body: FormBody }>('/medmij/start', { schema: SCHEMAS.start }, (request, reply) =>
    start(door, request, reply),
  );
  app.get('/medmij/callback', { schema: SCHEMAS.callback }, (request, reply) =>
    callback(door, request, reply),
  );
}

async function start(
  door: MedmijDoor,
  request: FastifyRequest<{ Body: FormBody }>,
  reply: FastifyReply,
) {
  const handle = handleOf(door, request);
  if (!csrfFits(handle, request.body?.['csrf'])) return sendFault(door, request, reply.code(403));
  const run = (await takeRun(door, request)) ?? (await begunTwice(door, request));
  if (!run) return sendFault(door, request, reply.code(400));
  const step = { traceId: run.correlationId, sessionId: run.sessionId };
  if (request.body?.['keuze'] !== 'inloggen') {
    door.chain.note({
      ...step,
      type: 'send_authorization_cancellation',
      request: { clientId: run.client },
    });
    await keepWhereTo(door, request, run, '');
    return stopped(door, request, reply, run);
  }
  const begun = await door.login.start(run.delegation).catch((error: unknown) => {
    request.log.warn({ err: error }, 'a log-in could not begin');
    return undefined;
  });
  door.chain.note({ ...step, type: 'send_authentication_request' });
  if (!begun) return loginFailed(door, request, reply, run);
  await startRun(door, reply, { ...run, login: begun.run });
  return reply.redirect(begun.url, 303);
}

/** A button that was pressed twice: nobody has logged in yet, so it may begin anew. */
async function begunTwice(
  door: MedmijDoor,
  request: FastifyRequest,
): Promise<AuthorizationRun | undefined> {
  const run = await justTaken(door, request);
  return run && !run.login && !run.isLoggedIn && run.ledTo === undefined ? run : undefined;
}

async function callback(door: MedmijDoor, request: FastifyRequest, reply: FastifyReply) {
  const url = new URL(request.url, door.config.publicUrl);
  const run = await takeLoggingIn(door, request, url.searchParams.get('state'));
  if (!run?.login) return sendFault(door, request, reply.code(400));
  const step = { traceId: run.correlationId, sessionId: run.sessionId };
  const person = await door.login.finish(url, run.login).catch((error: unknown) => {
    if (error instanceof Problem) return error;
    throw error;
  });
  if (!(person instanceof Problem)) {
    door.chain.note({ ...step, type: 'receive_authentication_response' });
    return afterLogin(door, request, reply, run, person);
  }
  if (person.code !== 'access_denied') {
    request.log.warn({ err: person }, 'a log-in did not succeed');
    return loginFailed(door, request, reply, run);
  }
  door.chain.note({ ...step, type: 'receive_authorization_cancellation' });
  return stopped(door, request, reply, run);
}

/** The log-in service failed: a page of ours says so, and leads back to the PGO. */
async function loginFailed(
  door: MedmijDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  run: AuthorizationRun,
) {
  door.chain.note({
    type: 'receive_authentication_error',
    traceId: run.correlationId,
    sessionId: run.sessionId,
    error: { code: LOGIN_FAILED.error },
  });
  return sendFault(door, request, reply.code(503), { run, fault: LOGIN_FAILED });
}
