/**
 * How an authorization run answers: back to the PGO, or with a page of ours. medmij-protocol.md
 * 2.4.
 */
import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { languageOf } from '../platform/html/language.ts';
import {
  type AuthorizationRun,
  endCookie,
  openWayBack,
  type WayBack,
} from './authorization-run.ts';
import type { AuthorizeContext } from './authorize-request.ts';
import type { MedmijDoor } from './medmij-door.ts';
import { event } from './medmij-event.ts';
import { UUID } from './request-ids.ts';
import { faultScreen, stoppedScreen } from './screens/end-screens.ts';

export type FormBody = Record<string, unknown> | undefined;

export interface OAuthFault {
  readonly error: string;
  readonly description: string;
}

/** "No data", "too young" and "refused" are the same bytes to the PGO (Autoriseren 1 and 2). */
export const DENIED: OAuthFault = {
  error: 'access_denied',
  description: 'De persoon of de aanbieder geeft de gegevens niet vrij.',
};

/** The answer could not be found out (Autoriseren 3). */
export const UNDETERMINED: OAuthFault = {
  error: 'server_error',
  description: 'Het antwoord kon niet worden bepaald.',
};

/** The log-in service had a fault; the person was told on our page. */
export const LOGIN_FAILED: OAuthFault = {
  error: 'temporarily_unavailable',
  description: 'Inloggen is nu niet mogelijk.',
};

/** Nothing was begun: the gateway or its database has no room now. */
export const OVERLOADED: OAuthFault = {
  error: 'temporarily_unavailable',
  description: 'De dienst is nu niet beschikbaar.',
};

/**
 * Redirects to the PGO with an OAuth error from a closed list, and its own state if it sent one.
 */
export function back(
  door: MedmijDoor,
  reply: FastifyReply,
  to: { redirectUri: string; state?: string | undefined },
  fault: OAuthFault,
) {
  return reply.redirect(withFault(door, to, fault), 302);
}

/** The address of the PGO with an error in it. */
export function withFault(
  door: MedmijDoor,
  { redirectUri, state }: { redirectUri: string; state?: string | undefined },
  fault: OAuthFault,
): string {
  const url = new URL(redirectUri);
  url.searchParams.set('error', fault.error);
  url.searchParams.set('error_description', fault.description);
  return answerUrl(door, url, state);
}

/** Adds the state, and `iss` (RFC 9207) when that is configured. */
export function answerUrl(door: MedmijDoor, url: URL, state: string | undefined): string {
  if (door.config.issInAnswer) url.searchParams.set('iss', door.config.publicUrl);
  if (state !== undefined) url.searchParams.set('state', state);
  return url.href;
}

/** Of a request whose client and address are both known good (1.6): a fault of ours leads back. */
export function wayBackOf(context: AuthorizeContext, sessionId: string): WayBack | undefined {
  const { client, redirectUri, state, params } = context;
  if (!client || redirectUri === undefined || state === undefined) return undefined;
  const sent = params.get('X-Correlation-ID') ?? '';
  const correlationId = UUID.test(sent) ? sent : sessionId;
  const { id, name: pgo } = client;
  return { client: id, pgo, redirectUri, state, correlationId, sessionId };
}

/** The person stopped: our page says so, and leads back to the PGO. */
export async function stopped(
  door: MedmijDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  run: AuthorizationRun,
) {
  endCookie(door, reply, run);
  await door.ledger.record([
    event(request, {
      event: 'authorize',
      outcome: 4,
      reason: 'stopped-by-person',
      client: run.client,
      correlationId: run.correlationId,
    }),
  ]);
  return sendPage(
    reply,
    stoppedScreen(
      { lang: languageOf(request) },
      { pgo: run.pgo, backUrl: withFault(door, run, DENIED) },
    ),
  );
}

/**
 * Technische storing: our own page, with the ids that the help desk asks for. Without a run, or a
 * way back that we sealed ourselves, there is none to the PGO: nobody knows that the request was
 * really its own.
 */
export function sendFault(
  door: MedmijDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  known: {
    run?: WayBack | undefined;
    fault?: OAuthFault;
    chainEvent?: string;
    ids?: { traceId: string; sessionId: string };
  } = {},
) {
  const { chainEvent = 'show_technical_error_page' } = known;
  const over = !known.run && isOver(request, reply);
  const run = known.run ?? (over ? openWayBack(door, formOf(request), LATE_SECONDS) : undefined);
  const fault = over ? DENIED : (known.fault ?? UNDETERMINED);
  const sent = new URL(request.url, door.config.publicUrl).searchParams.get('X-Correlation-ID');
  const given = UUID.test(sent ?? '') ? (sent ?? '') : randomUUID();
  const traceId = known.ids?.traceId ?? run?.correlationId ?? given;
  const sessionId = known.ids?.sessionId ?? run?.sessionId ?? request.id;
  door.chain.note({
    type: chainEvent,
    traceId,
    sessionId,
    request: { clientId: run?.client, path: request.url.split('?')[0] ?? '' },
    response: { status: reply.statusCode },
  });
  const { dvaName, dvaPhone } = door.config;
  return sendPage(
    reply,
    faultScreen(
      { lang: languageOf(request) },
      {
        ...{ dvaName, dvaPhone, traceId, sessionId },
        isOver: over,
        ...(run ? { back: { pgo: run.pgo, url: withFault(door, run, fault) } } : {}),
      },
    ),
  );
}

/** Who comes back to a form of yesterday is still led to the app that it came from. */
const LATE_SECONDS = 86_400;

const formOf = ({ body }: FastifyRequest): Readonly<Record<string, unknown>> =>
  (body as FormBody) ?? {};

/** A page within a run, asked for where there is no run (any more). */
function isOver({ url }: FastifyRequest, { statusCode }: FastifyReply): boolean {
  const path = url.split('?')[0] ?? '';
  const begins = path === '/medmij/authorize' || path === '/medmij/toestemmingen';
  return !begins && (statusCode === 400 || statusCode === 403);
}

/** Sends a page. */
export function sendPage(reply: FastifyReply, page: { toString(): string }) {
  return reply.type('text/html; charset=utf-8').send(page.toString());
}
