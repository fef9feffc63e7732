/**
 * One authorization run: kept on our side, bound to the browser by a cookie that changes after the
 * log-in. medmij-protocol.md 2.5; RFC 6819 4.4.1.8-10.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { LoginRun } from '../identity/index.ts';
import { WHOLE_TAG } from '../platform/whole-tag.ts';
import type { RunKind } from './authorize-request.ts';
import type { MedmijDoor } from './medmij-door.ts';
import type { Representative } from './person-login.ts';
import {
  csrfOf,
  giveCookie,
  heldHere,
  type OfWindow,
  takeCookie,
  windowsOf,
} from './run-cookie.ts';
import type { Delegation } from './scope.ts';

/** What both kinds of run know: who asks, and where the answer goes. */
export interface WayBack {
  readonly client: string;
  readonly pgo: string;
  readonly redirectUri: string;
  readonly state: string;
  readonly correlationId: string;
  /** Our own id of this run: Session ID on a fault page and in the chain log. */
  readonly sessionId: string;
}

export interface AuthorizationRun extends WayBack, OfWindow {
  readonly kind: RunKind | 'beheren';
  /** Organisation id and name; empty for `beheren`. */
  readonly aanbieder: string;
  readonly aanbiederName: string;
  /** As in the scope, without `@medmij`. */
  readonly aanbiederScope: string;
  readonly services: readonly string[];
  /** Days of the subscription that may be granted; 0 ends it. */
  readonly days?: number;
  readonly delegation?: Delegation;
  readonly birthDate?: string;
  readonly codeChallenge?: string;
  readonly requestId: string;
  readonly login?: LoginRun;
  /** Set once the person has logged in, also when nothing is known of that person. */
  readonly isLoggedIn?: true;
  readonly vault?: string;
  readonly representative?: Representative;
  /** Why nothing will be given; the person reads it, the PGO never does. */
  readonly denied?: string;
  /** What the aanbieder says of its closed window, in its own words. */
  readonly closedBecause?: string;
  /** In a run that is over: where the browser was sent, or `''` when it was nowhere. */
  readonly ledTo?: string;
}

const RUN_SECONDS = 900;

/** Keeps the run and hands its cookie to the browser. */
export async function startRun(
  door: MedmijDoor,
  reply: FastifyReply,
  run: AuthorizationRun,
): Promise<string> {
  const handle = await door.state.put(door.database, run, { kind: KIND, seconds: RUN_SECONDS });
  giveCookie(door.config, reply, { window: run.window, handle, seconds: RUN_SECONDS });
  return handle;
}

const KIND = 'authorization-run';

/** The run's handle, of the window that asks. */
export const handleOf = (door: MedmijDoor, request: FastifyRequest): string | undefined =>
  heldHere(door.config, request)?.handle;

/** The run of this window, as long as it lives. */
export async function peekRun(
  door: MedmijDoor,
  request: FastifyRequest,
): Promise<AuthorizationRun | undefined> {
  const handle = handleOf(door, request);
  return handle === undefined ? undefined : peekAt(door, handle);
}

async function peekAt(door: MedmijDoor, handle: string): Promise<AuthorizationRun | undefined> {
  return (await door.state.peek<AuthorizationRun>(door.database, KIND, handle))?.value;
}

/**
 * Takes away the run of this browser whose log-in comes back: it is known by the state that it sent
 * along. An answer with another state was not meant for any of them: they stay.
 */
export async function takeLoggingIn(
  door: MedmijDoor,
  request: FastifyRequest,
  state: string | null,
): Promise<AuthorizationRun | undefined> {
  for (const { handle } of windowsOf(door.config, request)) {
    const run = await peekAt(door, handle);
    if (run?.login && run.login.state === state) return takeAt(door, handle);
  }
  return undefined;
}

async function takeAt(door: MedmijDoor, handle: string): Promise<AuthorizationRun | undefined> {
  return (await door.state.take<AuthorizationRun>(door.database, KIND, handle))?.value;
}

/** Takes the run away: the next step starts under a new cookie, or there is none. */
export async function takeRun(
  door: MedmijDoor,
  request: FastifyRequest,
): Promise<AuthorizationRun | undefined> {
  const handle = handleOf(door, request);
  return handle === undefined ? undefined : takeAt(door, handle);
}

/** A button that is pressed twice, by a hand that doubts: the second time comes right after. */
const PRESSED_TWICE_MS = 10_000;

/** The run that this browser's form belonged to, shortly after it was taken. */
export async function justTaken(
  door: MedmijDoor,
  request: FastifyRequest,
): Promise<AuthorizationRun | undefined> {
  const handle = handleOf(door, request);
  if (handle === undefined) return undefined;
  const spent = await door.state.spent<AuthorizationRun>(door.database, KIND, handle);
  // Of a spent handle this is the moment at which it was taken.
  const ago = spent && door.clock().getTime() - spent.expires.getTime();
  return ago !== undefined && ago < PRESSED_TWICE_MS ? spent?.value : undefined;
}

/** Keeps where a run led to, so that the same form sent again leads there too. */
export async function keepWhereTo(
  door: MedmijDoor,
  request: FastifyRequest,
  run: AuthorizationRun,
  ledTo: string,
): Promise<void> {
  const handle = handleOf(door, request);
  if (handle === undefined) return;
  const over = { ...run, ledTo };
  // The answer itself is durable already; without this a second press ends on a page of ours.
  await door.state
    .replace(door.database, KIND, handle, over)
    .catch(() => door.log.warn('where a run led to could not be kept'));
}

/** Takes the cookie of this run away; what goes on in another window goes on. */
export function endCookie(door: MedmijDoor, reply: FastifyReply, run: OfWindow): void {
  takeCookie(door.config, reply, run);
}

/**
 * The way back as it stands in a form, sealed and bound to the browser: with it the PGO can be
 * told of a fault also while the database that holds the run is away (Autoriseren 3).
 */
export function sealWayBack(door: MedmijDoor, handle: string, run: WayBack): string {
  const { client, pgo, redirectUri, state, correlationId, sessionId } = run;
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', door.wayBackKey, nonce);
  cipher.setAAD(Buffer.from(csrfOf(handle)));
  const until = door.clock().getTime() + RUN_SECONDS * 1_000;
  const text = JSON.stringify([client, pgo, redirectUri, state, correlationId, sessionId, until]);
  const body = Buffer.concat([cipher.update(text), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url');
}

/**
 * @param csrf the anti-forgery value that stood in the same form.
 * @param lateSeconds how long after the run was over it may still be opened.
 * @returns undefined when it is not ours, not of this form, or over.
 */
export function openWayBack(
  door: MedmijDoor,
  { csrf, terugweg: sealed }: Readonly<Record<string, unknown>>,
  lateSeconds = 0,
): WayBack | undefined {
  if (typeof csrf !== 'string' || typeof sealed !== 'string' || sealed.length > 16_384) {
    return undefined;
  }
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < 29) return undefined;
  try {
    const decipher = createDecipheriv(
      'aes-256-gcm',
      door.wayBackKey,
      bytes.subarray(0, 12),
      WHOLE_TAG,
    );
    decipher.setAAD(Buffer.from(csrf));
    decipher.setAuthTag(bytes.subarray(12, 28));
    const text = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]);
    const [client, pgo, redirectUri, state, correlationId, sessionId, until] = JSON.parse(
      text.toString('utf8'),
    ) as [string, string, string, string, string, string, number];
    if (until + lateSeconds * 1_000 < door.clock().getTime()) return undefined;
    return { client, pgo, redirectUri, state, correlationId, sessionId };
  } catch {
    return undefined;
  }
}
