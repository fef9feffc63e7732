/** The person's way: landing page, log-in, consent, and back to the PGO. medmij-protocol.md 1.2. */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { newFamily } from '../identity/index.ts';
import { languageOf } from '../platform/html/language.ts';
import { Problem } from '../platform/problem.ts';
import {
  type AuthorizationRun,
  csrfFits,
  csrfOf,
  endCookie,
  handleOf,
  peekRun,
  startRun,
  takeRun,
} from './authorization-run.ts';
import {
  type AuthorizeContext,
  AuthorizeFault,
  readAuthorizeRequest,
} from './authorize-request.ts';
import type { MedmijDoor } from './medmij-door.ts';
import { event } from './medmij-event.ts';
import { consentScreen, faultScreen, landingScreen, stoppedScreen } from './screens.ts';
import { addToestemming } from './toestemming.ts';
import type { TokenGround } from './token-request.ts';

const HIDDEN = { schema: { hide: true } } as const;

/** "No data", "too young" and "refused" are the same bytes to the PGO (Autoriseren 1 and 2). */
const DENIED = {
  error: 'access_denied',
  description: 'De persoon of de aanbieder geeft de gegevens niet vrij.',
};

type FormBody = Record<string, string | undefined>;

export async function authorizeRoutes(app: FastifyInstance, door: MedmijDoor): Promise<void> {
  app.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer');
  });
  app.setErrorHandler((error, request, reply) => {
    const problem = Problem.from(error);
    if (problem.kind === 'fault') request.log.error({ err: error }, 'fault on the MedMij screens');
    return sendFault(door, request, reply.code(problem.kind === 'busy' ? 503 : 500));
  });
  app.get('/medmij/authorize', HIDDEN, (request, reply) => authorize(door, request, reply));
  app.get('/medmij/landing', HIDDEN, (request, reply) => landing(door, request, reply));
  app.post<{ Body: FormBody }>('/medmij/start', HIDDEN, (request, reply) =>
    start(door, request, reply),
  );
  app.get('/medmij/callback', HIDDEN, (request, reply) => callback(door, request, reply));
  app.get('/medmij/toestemming', HIDDEN, (request, reply) => askConsent(door, request, reply));
  app.post<{ Body: FormBody }>('/medmij/toestemming', HIDDEN, (request, reply) =>
    consent(door, request, reply),
  );
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
  if (!csrfFits(handleOf(door, request), request.body['csrf'])) {
    return sendFault(door, request, reply.code(400));
  }
  const run = await takeRun(door, request);
  if (!run) return sendFault(door, request, reply.code(400));
  if (request.body['keuze'] !== 'inloggen') return stopped(door, request, reply, run);
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

async function askConsent(door: MedmijDoor, request: FastifyRequest, reply: FastifyReply) {
  const run = await peekRun(door, request);
  const handle = handleOf(door, request);
  if (!run?.vault || handle === undefined) return sendFault(door, request, reply.code(400));
  const diensten = run.services.flatMap((id) => door.diensten.get(id) ?? []);
  return sendPage(
    reply,
    consentScreen(
      { lang: languageOf(request), path: '/medmij/toestemming' },
      { aanbieder: run.aanbiederName, pgo: run.pgo, csrf: csrfOf(handle), diensten },
    ),
  );
}

async function consent(
  door: MedmijDoor,
  request: FastifyRequest<{ Body: FormBody }>,
  reply: FastifyReply,
) {
  if (!csrfFits(handleOf(door, request), request.body['csrf'])) {
    return sendFault(door, request, reply.code(400));
  }
  const run = await takeRun(door, request);
  if (!run?.vault) return sendFault(door, request, reply.code(400));
  endCookie(door, reply);
  const given = request.body['keuze'] === 'ja';
  const about = {
    patient: run.vault,
    client: run.client,
    correlationId: run.correlationId,
    holders: [run.aanbieder],
    detail: { services: run.services.join(' ') },
  };
  if (!given) {
    await door.ledger.record([
      event(request, { event: 'authorize', outcome: 4, reason: 'refused-by-person', ...about }),
    ]);
    return back(reply, run.redirectUri, run.state, DENIED);
  }
  const longLived = request.body['langdurig'] === 'ja';
  const id = newFamily();
  const code = await giveConsent(door, run, run.vault, id, longLived);
  await door.ledger.record([
    event(request, {
      event: 'toestemming',
      class: 'evidence',
      action: 'C',
      outcome: 0,
      ...about,
      basis: [`toestemming:${id}`],
    }),
  ]);
  const url = new URL(run.redirectUri);
  url.searchParams.set('code', code);
  url.searchParams.set('state', run.state);
  return reply.redirect(url.href, 302);
}

async function giveConsent(
  door: MedmijDoor,
  run: AuthorizationRun,
  vault: string,
  id: string,
  longLived: boolean,
): Promise<string> {
  const { client, aanbieder, services, redirectUri, correlationId } = run;
  return door.database.transaction(async (tx) => {
    await addToestemming(tx, {
      vault,
      id,
      client,
      aanbieder,
      services,
      longLived,
      given: door.clock(),
    });
    const ground: TokenGround = {
      client,
      redirectUri,
      vault,
      aanbieder,
      services,
      consent: id,
      longLived,
      correlationId,
    };
    return door.state.put(tx, ground, {
      kind: 'code',
      seconds: door.config.codeSeconds,
      family: id,
    });
  });
}

async function stopped(
  door: MedmijDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  run: AuthorizationRun,
) {
  endCookie(door, reply);
  await door.ledger.record([
    event(request, {
      event: 'authorize',
      outcome: 4,
      reason: 'stopped-by-person',
      client: run.client,
      correlationId: run.correlationId,
    }),
  ]);
  const url = new URL(run.redirectUri);
  url.searchParams.set('error', DENIED.error);
  url.searchParams.set('error_description', DENIED.description);
  url.searchParams.set('state', run.state);
  return sendPage(
    reply,
    stoppedScreen(
      { lang: languageOf(request), path: '/medmij/landing' },
      { pgo: run.pgo, backUrl: url.href },
    ),
  );
}

function back(
  reply: FastifyReply,
  redirectUri: string,
  state: string | undefined,
  fault: { error: string; description: string },
) {
  const url = new URL(redirectUri);
  url.searchParams.set('error', fault.error);
  url.searchParams.set('error_description', fault.description);
  if (state !== undefined) url.searchParams.set('state', state);
  return reply.redirect(url.href, 302);
}

function sendFault(door: MedmijDoor, request: FastifyRequest, reply: FastifyReply) {
  const params = new URL(request.url, door.config.publicUrl).searchParams;
  return sendPage(
    reply,
    faultScreen(
      { lang: languageOf(request), path: '/medmij/landing' },
      {
        dvaName: door.config.dvaName,
        dvaPhone: door.config.dvaPhone,
        traceId: UUID.test(params.get('X-Correlation-ID') ?? '')
          ? (params.get('X-Correlation-ID') ?? '')
          : randomUUID(),
        sessionId: request.id,
      },
    ),
  );
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function sendPage(reply: FastifyReply, page: { toString(): string }) {
  return reply.type('text/html; charset=utf-8').send(page.toString());
}
