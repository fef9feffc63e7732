/**
 * A cookie for each authorization run, so that two windows of one browser can go on side by side: a
 * person collects from two providers at once. Which run a request is about follows from its form,
 * or from the `venster` in its address; both only choose among what this browser holds.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Of one browser; the next takes the place of the oldest. */
const WINDOWS = ['1', '2', '3', '4', '5'] as const;

interface Address {
  readonly publicUrl: string;
}

/** Which of the runs of this browser; tells nothing and opens nothing. */
export interface OfWindow {
  readonly window: string;
}

interface Held extends OfWindow {
  readonly handle: string;
}

const isSecure = ({ publicUrl }: Address): boolean => publicUrl.startsWith('https:');

/** `__Host-` needs TLS; without it (demo on the loopback address) the plain name is used. */
const cookieName = (at: Address, window: string): string =>
  `${isSecure(at) ? '__Host-' : ''}medmij${window === '1' ? '' : `-${window}`}`;

/** The address of a page of this run. */
export const pageOf = (path: string, { window }: OfWindow): string =>
  window === '1' ? path : `${path}?venster=${window}`;

/** The runs of this browser, the oldest first: browsers send cookies in that order (RFC 6265). */
export function windowsOf(at: Address, { cookies }: FastifyRequest): readonly Held[] {
  const windows = new Map<string, string>(WINDOWS.map((one) => [cookieName(at, one), one]));
  return Object.entries(cookies).flatMap(([name, handle]) => {
    const window = windows.get(name);
    return window !== undefined && handle !== undefined ? [{ window, handle }] : [];
  });
}

/** Where a run that begins now finds its place. */
export function freeWindow(at: Address, request: FastifyRequest): string {
  const held = windowsOf(at, request);
  const free = WINDOWS.find((one) => held.every(({ window }) => window !== one));
  return free ?? held[0]?.window ?? '1';
}

/** What this request is about, of all that the browser holds. */
export function heldHere(at: Address, request: FastifyRequest): Held | undefined {
  const held = windowsOf(at, request);
  const csrf = (request.body as Record<string, unknown> | undefined)?.['csrf'];
  if (csrf !== undefined) return held.find(({ handle }) => csrfFits(handle, csrf));
  const asked = (request.query as Record<string, unknown> | undefined)?.['venster'] ?? '1';
  return held.find(({ window }) => window === asked);
}

/** Hands a run to the browser, in the place of what it held in that window. */
export function giveCookie(
  at: Address,
  reply: FastifyReply,
  { window, handle, seconds }: Held & { readonly seconds: number },
): void {
  reply.setCookie(cookieName(at, window), handle, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: isSecure(at),
    maxAge: seconds,
  });
}

/** Takes the cookie of one window away; a browser heeds that only under the same rules. */
export function takeCookie(at: Address, reply: FastifyReply, { window }: OfWindow): void {
  reply.clearCookie(cookieName(at, window), { path: '/', secure: isSecure(at) });
}

/** Anti-forgery value of a form: follows from the cookie, which another site cannot read. */
export function csrfOf(handle: string): string {
  return createHash('sha256').update(`csrf|${handle}`).digest('base64url');
}

/** True when the form came from a page that this browser was given. Compares in constant time. */
export function csrfFits(handle: string | undefined, csrf: unknown): boolean {
  if (handle === undefined || typeof csrf !== 'string') return false;
  const expected = Buffer.from(csrfOf(handle));
  const given = Buffer.from(csrf);
  return expected.length === given.length && timingSafeEqual(expected, given);
}
