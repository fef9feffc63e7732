/**
 * A log-in and the session that follows from it, for one kind of visitor. The session lies sealed
 * in the database under a key that only the cookie gives; it starts under a new cookie at every
 * log-in, ends after 15 minutes without a click, and after 8 hours in any case. OWASP ASVS 3.2 and
 * 3.3.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type LoginRun, newFamily } from '../identity/index.ts';
import type { Text } from '../platform/html/language.ts';
import { Problem } from '../platform/problem.ts';
import type { WebDoor } from './web-door.ts';

export type PortalName = 'mij' | 'auditor' | 'afzender' | 'cijfers';

export interface Session<S> {
  readonly who: S;
  /** Anti-forgery value that every form of this session carries. */
  readonly csrf: string;
  /** Names the session in the ledger. */
  readonly id: string;
  /** Keeps something else in the session, for instance a search. */
  keep(who: S): Promise<void>;
  /**
   * Keeps what a form did for the page that comes after it, which says so once. So a form answers
   * with an address, and Back or a reload sends nothing again.
   */
  tell(path: string, text: Text): Promise<void>;
  /** What there is to say on this page, and forgets it. */
  told(path: string): Promise<Text | undefined>;
}

export interface Portal<S> {
  readonly name: PortalName;
  /** Starts a session under a new cookie; an older one of this browser ends. */
  open(request: FastifyRequest, reply: FastifyReply, who: S): Promise<void>;
  session(request: FastifyRequest, reply: FastifyReply): Promise<Session<S> | undefined>;
  /** The browser still brings the cookie of a session, whether that goes on or not. */
  hadSession(request: FastifyRequest): boolean;
  close(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  keepRun(reply: FastifyReply, run: LoginRun): Promise<void>;
  takeRun(request: FastifyRequest, reply: FastifyReply): Promise<LoginRun | undefined>;
}

interface Kept<S> {
  readonly portal: PortalName;
  readonly who: S;
  readonly csrf: string;
  readonly started: number;
  readonly told?: { readonly path: string; readonly text: Text };
}

export const SESSION_LIMITS = {
  idleSeconds: 900,
  totalSeconds: 28_800,
  loginSeconds: 600,
  /** A cookie is renewed at most this often, so that two clicks at once do not race. */
  renewSeconds: 60,
} as const;

export function createPortal<S>(door: WebDoor, name: PortalName): Portal<S> {
  const { state, database, clock } = door;
  const secure = door.config.publicUrl.startsWith('https:');
  const cookie = cookieName(name, secure);
  const options: CookieOptions = { path: '/', httpOnly: true, sameSite: 'lax', secure };

  async function put(reply: FastifyReply, kept: Kept<S>, family: string): Promise<string> {
    const seconds = SESSION_LIMITS.idleSeconds;
    const handle = await state.put(database, kept, { kind: 'session', seconds, family });
    reply.setCookie(cookie, handle, options);
    return handle;
  }

  async function find(request: FastifyRequest) {
    const handle = request.cookies[cookie];
    if (handle === undefined || handle.length > 128) return undefined;
    const open = await state.peek<Kept<S>>(database, 'session', handle);
    const age = clock().getTime() - (open?.value.started ?? 0);
    if (open?.value.portal !== name || age > SESSION_LIMITS.totalSeconds * 1000) return undefined;
    return { handle, open };
  }

  return {
    name,
    async open(request, reply, who) {
      const old = await find(request);
      if (old?.open.family) await state.endFamily(database, old.open.family);
      const csrf = randomBytes(24).toString('base64url');
      const started = clock().getTime();
      await put(reply, { portal: name, who, csrf, started }, newFamily());
    },
    async session(request, reply) {
      const found = await find(request);
      if (!found) return undefined;
      const { open } = found;
      let { handle } = found;
      const left = open.expires.getTime() - clock().getTime();
      const renew = SESSION_LIMITS.idleSeconds - SESSION_LIMITS.renewSeconds;
      if (left < renew * 1000 && open.family) handle = await put(reply, open.value, open.family);
      return sessionOf(open, (kept) => state.replace(database, 'session', handle, kept));
    },
    hadSession: (request) => request.cookies[cookie] !== undefined,
    async close(request, reply) {
      const found = await find(request);
      if (found?.open.family) await state.endFamily(database, found.open.family);
      reply.clearCookie(cookie, options);
    },
    ...loginRuns(door, name, options),
  };
}

function sessionOf<S>(
  open: { readonly id: string; readonly value: Kept<S> },
  replace: (kept: Kept<S>) => Promise<void>,
): Session<S> {
  let kept = open.value;
  const put = (changed: Kept<S>) => {
    kept = changed;
    return replace(kept);
  };
  return {
    who: kept.who,
    csrf: kept.csrf,
    id: open.id,
    keep: (who) => put({ ...kept, who }),
    tell: (path, text) => put({ ...kept, told: { path, text } }),
    async told(path) {
      const { told, ...rest } = kept;
      if (told?.path !== path) return undefined;
      await put(rest);
      return told.text;
    },
  };
}

/** The log-in under way: bound to the browser by a cookie of its own, and good for one answer. */
function loginRuns(
  { state, database }: WebDoor,
  name: PortalName,
  options: CookieOptions,
): Pick<Portal<unknown>, 'keepRun' | 'takeRun'> {
  const runCookie = `${cookieName(name, options.secure)}-inlog`;
  return {
    async keepRun(reply, run) {
      const seconds = SESSION_LIMITS.loginSeconds;
      const handle = await state.put(
        database,
        { portal: name, run },
        { kind: 'login-run', seconds },
      );
      reply.setCookie(runCookie, handle, { ...options, maxAge: seconds });
    },
    async takeRun(request, reply) {
      const handle = request.cookies[runCookie];
      if (handle === undefined || handle.length > 128) return undefined;
      reply.clearCookie(runCookie, options);
      const open = await state.take<{ portal: PortalName; run: LoginRun }>(
        database,
        'login-run',
        handle,
      );
      return open?.value.portal === name ? open.value.run : undefined;
    },
  };
}

/** `__Host-` needs TLS; without it (the demo on the loopback address) the plain name is used. */
const cookieName = (name: PortalName, secure: boolean): string =>
  secure ? `__Host-${name}` : name;

interface CookieOptions {
  readonly path: '/';
  readonly httpOnly: true;
  readonly sameSite: 'lax';
  readonly secure: boolean;
}

/** @throws Problem `forbidden` code `csrf` when the form is not one of this session. */
export function requireCsrf(session: Pick<Session<unknown>, 'csrf'>, body: unknown): void {
  const given = Buffer.from(field(body, 'csrf') ?? '');
  const expected = Buffer.from(session.csrf);
  if (given.length === expected.length && timingSafeEqual(given, expected)) return;
  throw new Problem('forbidden', 'The form is not one of this session.', { code: 'csrf' });
}

const FIELD_LENGTH_MAX = 2_000;

/** A field of a form, trimmed; undefined when absent, empty, sent twice or too long. */
export function field(body: unknown, name: string): string | undefined {
  const value = (body as Record<string, unknown> | undefined)?.[name];
  if (typeof value !== 'string' || value.length > FIELD_LENGTH_MAX) return undefined;
  return value.trim() === '' ? undefined : value.trim();
}

/** Answers a form with the address of a page, which says once what the form did. */
export async function tellAt(
  { session, reply }: { readonly session: Session<unknown>; readonly reply: FastifyReply },
  path: string,
  text: Text,
  address = path,
): Promise<FastifyReply> {
  await session.tell(path, text);
  return reply.redirect(address, 303);
}
