/** The person's way: landing page, log-in, consent, and back to the PGO. medmij-protocol.md 1.2. */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fromFramework } from '../platform/framework-problem.ts';
import { languageOf } from '../platform/html/language.ts';
import { PAGE_POLICY } from '../platform/html/layout.ts';
import type { ProblemKind } from '../platform/problem.ts';
import {
  type AuthorizationRun,
  handleOf,
  openWayBack,
  peekRun,
  sealWayBack,
  startRun,
  type WayBack,
} from './authorization-run.ts';
import {
  back,
  type FormBody,
  OVERLOADED,
  sendFault,
  sendPage,
  UNDETERMINED,
  wayBackOf,
} from './authorize-answer.ts';
import {
  type AuthorizeContext,
  AuthorizeFault,
  MANAGE,
  readAuthorizeRequest,
} from './authorize-request.ts';
import { hostForLog } from './chain/chain-log.ts';
import { consentRoutes } from './consent-routes.ts';
import { loginRoutes } from './login-routes.ts';
import { manageRoutes } from './manage-routes.ts';
import type { MedmijDoor } from './medmij-door.ts';
import { event } from './medmij-event.ts';
import { UUID } from './request-ids.ts';
import { csrfFits, csrfOf, freeWindow } from './run-cookie.ts';
import { landingScreen } from './screens/landing-screen.ts';

const tags = ['MedMij'];
const SCHEMAS = {
  authorize: { tags, summary: 'MedMij authorization request, in the browser of the person' },
  manage: { tags, summary: 'MedMij request to manage consents, in the browser of the person' },
  landing: { tags, summary: 'Landing page before the log-in' },
} as const;

const COUNTERS = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'] as const;

const STATUS: Partial<Record<ProblemKind, number>> = {
  busy: 503,
  fault: 500,
  throttled: 429,
  forbidden: 403,
  'too-large': 413,
  'unsupported-media': 415,
};

/** The screens of the authorization interface; every page tells nobody more than it must. */
export async function authorizeRoutes(app: FastifyInstance, door: MedmijDoor): Promise<void> {
  const policy = formsLeadOn(door);
  app.addHook('onSend', async (_request, reply) => {
    // A counter would make two answers differ that must look the same.
    for (const name of COUNTERS) reply.removeHeader(name);
    reply
      .header('cache-control', 'no-store')
      .header('referrer-policy', 'no-referrer')
      .header('x-frame-options', 'DENY')
      .header('content-security-policy', policy)
      .header('x-content-type-options', 'nosniff');
  });
  app.setErrorHandler((error, request, reply) => failed(door, request, reply, error));
  app.get('/medmij/authorize', { schema: SCHEMAS.authorize }, (request, reply) =>
    authorize(door, request, reply),
  );
  app.get('/medmij/toestemmingen', { schema: SCHEMAS.manage }, (request, reply) =>
    manage(door, request, reply),
  );
  for (const url of ['/medmij/authorize', '/medmij/toestemmingen', '/medmij/callback']) {
    app.route({
      method: ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'],
      url,
      schema: { hide: true },
      onRequest: async (request, reply) =>
        sendFault(door, request, reply.code(405).header('allow', 'GET')),
      handler: (request, reply) => sendFault(door, request, reply.code(405)),
    });
  }
  app.get('/medmij/landing', { schema: SCHEMAS.landing }, (request, reply) =>
    landing(door, request, reply),
  );
  loginRoutes(app, door);
  consentRoutes(app, door);
  manageRoutes(app, door);
}

/** The forms here end at the log-in or at the PGO, which are on other hosts. */
export function formsLeadOn({ config }: MedmijDoor): string {
  const schemes = config.requireClientCertificate ? 'https:' : 'https: http:';
  return PAGE_POLICY.replace("form-action 'self'", `form-action 'self' ${schemes}`);
}

/**
 * Whatever breaks on the way. When the person had just answered and the way back came along sealed,
 * the PGO is told that the answer could not be found out; else a page of ours says it.
 */
function failed(
  door: MedmijDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  error: unknown,
  known?: WayBack,
) {
  const problem = fromFramework(error);
  if (problem.kind === 'fault') request.log.error({ err: error }, 'fault on the MedMij screens');
  const run = openWayBack(door, (request.body as FormBody) ?? {}) ?? known;
  const isOurs = problem.kind === 'busy' || problem.kind === 'fault';
  if (run && isOurs && csrfFits(handleOf(door, request), (request.body as FormBody)?.['csrf'])) {
    door.chain.note({
      type: 'send_authorization_request_error',
      traceId: run.correlationId,
      sessionId: run.sessionId,
      request: { clientId: run.client },
      error: { code: UNDETERMINED.error },
    });
    return back(door, reply, run, UNDETERMINED);
  }
  if (problem.retryAfterSeconds !== undefined) {
    reply.header('retry-after', String(problem.retryAfterSeconds));
  }
  return sendFault(door, request, reply.code(STATUS[problem.kind] ?? 400), {
    run,
    ...(known && problem.kind === 'busy' ? { fault: OVERLOADED } : {}),
  });
}

function contextOf(door: MedmijDoor, request: FastifyRequest): AuthorizeContext {
  return {
    params: new URL(request.url, door.config.publicUrl).searchParams,
    pgos: door.pgos,
    organisations: door.organisations,
    offer: door.offer,
    diensten: door.diensten,
    settings: door.config,
  };
}

async function authorize(door: MedmijDoor, request: FastifyRequest, reply: FastifyReply) {
  const context = contextOf(door, request);
  const sessionId = arrived(door, request, context);
  try {
    const { client, aanbieder, ...asked } = await readAuthorizeRequest(context);
    return await showLanding(door, request, reply, {
      ...asked,
      sessionId,
      client: client.id,
      pgo: client.name,
      aanbieder: aanbieder.id,
      aanbiederName: aanbieder.name,
      aanbiederScope: aanbieder.aanbieder ?? '',
    });
  } catch (error) {
    return refused(door, { request, reply, context, sessionId }, error);
  }
}

async function manage(door: MedmijDoor, request: FastifyRequest, reply: FastifyReply) {
  const context = contextOf(door, request);
  const sessionId = arrived(door, request, context);
  try {
    for (const step of MANAGE) await step(context);
    const { client, redirectUri = '', state = '', requestId = '', correlationId = '' } = context;
    return await showLanding(door, request, reply, {
      ...{ redirectUri, state, requestId, correlationId, sessionId },
      kind: 'beheren',
      client: client?.id ?? '',
      pgo: client?.name ?? '',
      aanbieder: '',
      aanbiederName: '',
      aanbiederScope: '',
      services: [],
    });
  } catch (error) {
    return refused(door, { request, reply, context, sessionId }, error);
  }
}

/** @returns the id of this run, under which everything about it is found back. */
function arrived(door: MedmijDoor, request: FastifyRequest, context: AuthorizeContext): string {
  const sessionId = randomUUID();
  const sent = (name: string) => {
    const value = context.params.get(name);
    return value !== null && UUID.test(value) ? value : undefined;
  };
  const requestId = sent('MedMij-Request-ID');
  door.chain.note({
    type: 'receive_authorization_request',
    traceId: sent('X-Correlation-ID') ?? sessionId,
    sessionId,
    request: {
      id: requestId,
      method: 'GET',
      clientId: hostForLog(context.params.get('client_id')),
      path: request.url.split('?')[0] ?? '',
    },
    flags: door.seen.flag(requestId),
  });
  return sessionId;
}

async function showLanding(
  door: MedmijDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  begun: Omit<AuthorizationRun, 'window'>,
) {
  const run = { ...begun, window: freeWindow(door.config, request) };
  const handle = await startRun(door, reply, run);
  door.chain.note({
    type: 'show_landing_page',
    traceId: run.correlationId,
    sessionId: run.sessionId,
    request: { id: run.requestId, clientId: run.client },
  });
  return sendLanding(door, request, reply, run, handle);
}

function sendLanding(
  door: MedmijDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  run: AuthorizationRun,
  handle: string,
) {
  const form = { csrf: csrfOf(handle), wayBack: sealWayBack(door, handle, run) };
  return sendPage(reply, landingScreen({ lang: languageOf(request) }, run, form));
}

interface Refused {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly context: AuthorizeContext;
  readonly sessionId: string;
}

async function refused(
  door: MedmijDoor,
  { request, reply, context, sessionId }: Refused,
  error: unknown,
) {
  if (!(error instanceof AuthorizeFault)) {
    return failed(door, request, reply, error, wayBackOf(context, sessionId));
  }
  const { client, redirectUri, state } = context;
  await door.ledger.record([
    event(request, { event: 'authorize', outcome: 4, reason: error.error, client: client?.id }),
  ]);
  const sent = context.params.get('X-Correlation-ID') ?? '';
  const traceId = UUID.test(sent) ? sent : sessionId;
  const known = { traceId, sessionId, request: { clientId: client?.id } };
  if (error.where === 'page' || !redirectUri) {
    door.chain.note({
      ...known,
      type: 'authorization_request_error',
      error: { code: error.error },
    });
    return sendFault(door, request, reply.code(400), {
      chainEvent: 'show_authorization_request_error_page',
      ids: { traceId, sessionId },
    });
  }
  door.chain.note({
    ...known,
    type: 'send_authorization_request_error',
    error: { code: error.error, description: error.message },
  });
  return back(
    door,
    reply,
    { redirectUri, state },
    {
      error: error.error,
      description: error.message,
    },
  );
}

async function landing(door: MedmijDoor, request: FastifyRequest, reply: FastifyReply) {
  const run = await peekRun(door, request);
  const handle = handleOf(door, request);
  if (!run || handle === undefined) return sendFault(door, request, reply.code(400));
  return sendLanding(door, request, reply, run, handle);
}
