/**
 * How an authorization run answers: back to the PGO, or with a page of ours. medmij-protocol.md
 * 2.4.
 */
import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { languageOf } from '../platform/html/language.ts';
import { type AuthorizationRun, endCookie } from './authorization-run.ts';
import type { MedmijDoor } from './medmij-door.ts';
import { event } from './medmij-event.ts';
import { faultScreen, stoppedScreen } from './screens.ts';

export type FormBody = Record<string, unknown> | undefined;

/** "No data", "too young" and "refused" are the same bytes to the PGO (Autoriseren 1 and 2). */
export const DENIED = {
  error: 'access_denied',
  description: 'De persoon of de aanbieder geeft de gegevens niet vrij.',
};

/**
 * Redirects to the PGO with an OAuth error from a closed list, and its own state if it sent one.
 */
export function back(
  reply: FastifyReply,
  redirectUri: string,
  state: string | undefined,
  fault: { error: string; description: string },
) {
  return reply.redirect(withFault(redirectUri, state, fault), 302);
}

function withFault(
  redirectUri: string,
  state: string | undefined,
  fault: { error: string; description: string },
): string {
  const url = new URL(redirectUri);
  url.searchParams.set('error', fault.error);
  url.searchParams.set('error_description', fault.description);
  if (state !== undefined) url.searchParams.set('state', state);
  return url.href;
}

/** The person stopped: our page says so, and leads back to the PGO. */
export async function stopped(
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
  return sendPage(
    reply,
    stoppedScreen(
      { lang: languageOf(request), path: '/medmij/landing' },
      { pgo: run.pgo, backUrl: withFault(run.redirectUri, run.state, DENIED) },
    ),
  );
}

/** A page of ours without a way back: for faults that the PGO may not hear. */
export function sendFault(door: MedmijDoor, request: FastifyRequest, reply: FastifyReply) {
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

/** Sends a page. */
export function sendPage(reply: FastifyReply, page: { toString(): string }) {
  return reply.type('text/html; charset=utf-8').send(page.toString());
}
