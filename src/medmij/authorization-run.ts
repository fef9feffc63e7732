/**
 * One authorization run: kept on our side, bound to the browser by a cookie that changes after the
 * log-in. medmij-protocol.md 2.5; RFC 6819 4.4.1.8-10.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { LoginRun } from '../identity/index.ts';
import type { MedmijDoor } from './medmij-door.ts';

export interface AuthorizationRun {
  readonly client: string;
  readonly pgo: string;
  readonly redirectUri: string;
  readonly state: string;
  readonly aanbieder: string;
  readonly aanbiederName: string;
  readonly services: readonly string[];
  readonly requestId: string;
  readonly correlationId: string;
  readonly login?: LoginRun;
  /** Known after log-in and a positive availability test. */
  readonly vault?: string;
}

const RUN_SECONDS = 900;

/** `__Host-` needs TLS; without it (demo on the loopback address) the plain name is used. */
function cookieName(door: MedmijDoor): string {
  return door.config.publicUrl.startsWith('https:') ? '__Host-medmij' : 'medmij';
}

/** Keeps the run and hands its cookie to the browser. */
export async function startRun(
  door: MedmijDoor,
  reply: FastifyReply,
  run: AuthorizationRun,
): Promise<string> {
  const handle = await door.state.put(door.database, run, {
    kind: 'authorization-run',
    seconds: RUN_SECONDS,
  });
  reply.setCookie(cookieName(door), handle, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: door.config.publicUrl.startsWith('https:'),
    maxAge: RUN_SECONDS,
  });
  return handle;
}

/** The handle in the cookie of this browser. */
/** The run's handle, from the cookie. */
export function handleOf(door: MedmijDoor, request: FastifyRequest): string | undefined {
  return request.cookies[cookieName(door)];
}

/** The run of this browser, which goes on under the same cookie. */
/** The run of this browser, as long as it lives. */
export async function peekRun(
  door: MedmijDoor,
  request: FastifyRequest,
): Promise<AuthorizationRun | undefined> {
  const handle = handleOf(door, request);
  if (handle === undefined) return undefined;
  return (await door.state.peek<AuthorizationRun>(door.database, 'authorization-run', handle))
    ?.value;
}

/** Takes the run away: the next step starts under a new cookie, or there is none. */
export async function takeRun(
  door: MedmijDoor,
  request: FastifyRequest,
): Promise<AuthorizationRun | undefined> {
  const handle = handleOf(door, request);
  if (handle === undefined) return undefined;
  return (await door.state.take<AuthorizationRun>(door.database, 'authorization-run', handle))
    ?.value;
}

/** Takes the cookie away at the end of a run. */
/** Takes the cookie away. */
export function endCookie(door: MedmijDoor, reply: FastifyReply): void {
  reply.clearCookie(cookieName(door), { path: '/' });
}

/** Anti-forgery value of a form: follows from the cookie, which another site cannot read. */
export function csrfOf(handle: string): string {
  return createHash('sha256').update(`csrf|${handle}`).digest('base64url');
}

/** True when the form came from a page that this browser was given. */
/** Compares in constant time. */
export function csrfFits(handle: string | undefined, csrf: unknown): boolean {
  if (handle === undefined || typeof csrf !== 'string') return false;
  const expected = Buffer.from(csrfOf(handle));
  const given = Buffer.from(csrf);
  return expected.length === given.length && timingSafeEqual(expected, given);
}
