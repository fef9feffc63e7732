/** The person's way: landing page, log-in, consent, and back to the PGO. medmij-protocol.md 1.2. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fromFramework } from '../platform/framework-problem.ts';
import { languageOf } from '../platform/html/language.ts';
import { Problem, type ProblemKind } from '../platform/problem.ts';
import {
  csrfFits,
  csrfOf,
  endCookie,
  handleOf,
  peekRun,
  startRun,
  takeRun,
} from './authorization-run.ts';
import { back, DENIED, type FormBody, sendFault, sendPage, stopped } from './authorize-answer.ts';
import {
  type AuthorizeContext,
  AuthorizeFault,
  readAuthorizeRequest,
} from './authorize-request.ts';
import { consentRoutes } from './consent-routes.ts';
import type { MedmijDoor } from './medmij-door.ts';
import { event } from './medmij-event.ts';
import { landingScreen } from './screens.ts';

const tags = ['MedMij'];
const SCHEMAS = {
  authorize: { tags, summary: 'MedMij authorization request, in the browser of the person' },
  landing: { tags, summary: 'Landing page before the log-in' },
  start: { tags, summary: 'Goes to the log-in, or stops' },
  callback: { tags, summary: 'Where the log-in comes back' },
} as const;

const STATUS: Partial<Record<ProblemKind, number>> = {
  busy: 503,
  fault: 500,
  'too-large': 413,
  'unsupported-media': 415,
};

/** The screens of the authorization interface; every page tells nobody more than it must. */
export async function authorizeRoutes(app: FastifyInstance, door: MedmijDoor): Promise<void> {
  app.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer');
  });
  app.setErrorHandler((error, request, reply) => {
    const problem = fromFramework(error);
    if (problem.kind === 'fault') request.log.error({ err: error }, 'fault on the MedMij screens');
    return sendFault(door, request, reply.code(STATUS[problem.kind] ?? 400));
  });
  app.get('/medmij/authorize', { schema: SCHEMAS.authorize }, (request, reply) =>
    authorize(door, request, reply),
  );
  app.route({
    method: ['POST', 'PUT', 'PATCH', 'DELETE'],
    url: '/medmij/authorize',
    schema: { hide: true },
    onRequest: async (request, reply) =>
      sendFault(door, request, reply.code(405).header('allow', 'GET')),
    handler: (request, reply) => sendFault(door, request, reply.code(405)),
  });
  app.get('/medmij/landing', { schema: SCHEMAS.landing }, (request, reply) =>
    landing(door, request, reply),
  );
  app.post<{ Body: FormBody }>('/medmij/start', { schema: SCHEMAS.start }, (request, reply) =>
    start(door, request, reply),
  );
  app.get('/medmij/callback', { schema: SCHEMAS.callback }, (request, reply) =>
    callback(door, request, reply),
  );
  consentRoutes(app, door);
}

async function authorize(door: MedmijDoor, request: FastifyRequest, reply: FastifyReply) {
  const params = new URL(request.url, door.config.publicUrl).searchParams;
  const context: AuthorizeContext = {
    params,
    clients: door.clients,
    organisations: door.organisations,
    diensten: door.diensten,
  };
  try {
    const asked = await readAuthorizeRequest(context);
    await startRun(door, reply, {
      client: asked.client.id,
      pgo: asked.client.name,
      redirectUri: asked.redirectUri,
      state: asked.state,
      aanbieder: asked.aanbieder.id,
      aanbiederName: asked.aanbieder.name,
      services: asked.services,
      requestId: asked.requestId,
      correlationId: asked.correlationId,
    });
    return reply.redirect('/medmij/landing', 303);
  } catch (error) {
    if (!(error instanceof AuthorizeFault)) throw error;
    await door.ledger.record([
      event(request, {
        event: 'authorize',
        outcome: 4,
        reason: error.error,
        client: context.client?.id,
      }),
    ]);
    if (error.where === 'page' || !context.redirectUri)
      return sendFault(door, request, reply.code(400));
    return back(reply, context.redirectUri, context.state, {
      error: error.error,
      description: error.message,
    });
  }
}

async function landing(door: MedmijDoor, request: FastifyRequest, reply: FastifyReply) {
  const run = await peekRun(door, request);
  const handle = handleOf(door, request);
  if (!run || handle === undefined) return sendFault(door, request, reply.code(400));
  return sendPage(
    reply,
    landingScreen(
      { lang: languageOf(request), path: '/medmij/landing' },
      { aanbieder: run.aanbiederName, pgo: run.pgo, csrf: csrfOf(handle) },
    ),
  );
}

async function start(
  door: MedmijDoor,
  request: FastifyRequest<{ Body: FormBody }>,
  reply: FastifyReply,
) {
  if (!csrfFits(handleOf(door, request), request.body?.['csrf'])) {
    return sendFault(door, request, reply.code(400));
  }
  const run = await takeRun(door, request);
  if (!run) return sendFault(door, request, reply.code(400));
  if (request.body?.['keuze'] !== 'inloggen') return stopped(door, request, reply, run);
  const { url, run: login } = await door.digid.start();
  await startRun(door, reply, { ...run, login });
  return reply.redirect(url, 303);
}

async function callback(door: MedmijDoor, request: FastifyRequest, reply: FastifyReply) {
  const run = await takeRun(door, request);
  if (!run?.login) return sendFault(door, request, reply.code(400));
  const url = new URL(request.url, door.config.publicUrl);
  const person = await door.digid.finish(url, run.login).catch((error: unknown) => {
    if (error instanceof Problem && error.code === 'access_denied') return undefined;
    throw error;
  });
  if (!person) return stopped(door, request, reply, run);
  const bsn = String(person.claims['bsn'] ?? '');
  const found = await door.availability(bsn, run.aanbieder, door.clock());
  await door.ledger.record([
    event(request, {
      event: 'login',
      outcome: 0,
      patient: found.vault,
      client: run.client,
      correlationId: run.correlationId,
      detail: { acr: person.acr ?? 'unknown' },
    }),
  ]);
  if (found.reason !== undefined) {
    await door.ledger.record([
      event(request, {
        event: 'authorize',
        outcome: 4,
        reason: found.reason,
        patient: found.vault,
        client: run.client,
        correlationId: run.correlationId,
        holders: [run.aanbieder],
      }),
    ]);
    endCookie(door, reply);
    return back(reply, run.redirectUri, run.state, DENIED);
  }
  const { login: _login, ...rest } = run;
  await startRun(door, reply, { ...rest, vault: found.vault });
  return reply.redirect('/medmij/toestemming', 303);
}
