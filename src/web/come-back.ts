/**
 * Who comes without a session: told at the log-in why, shown what was typed, and brought back after
 * it. Only the address is kept, and only one that names no line, person or delivery.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Content, html } from '../platform/html/html.ts';
import type { Text } from '../platform/html/language.ts';
import { type Say, sendPage } from './page.ts';
import { type Portal, SESSION_LIMITS } from './portal.ts';
import type { WebDoor } from './web-door.ts';

/**
 * Why there is no session: too long without a click, the term of the access, or no cookie: of a
 * form of ours that is because the visitor logged out in another window.
 */
type Why = 'idle' | 'ended' | 'gone';

const IDLE_MINUTES = SESSION_LIMITS.idleSeconds / 60;
const TOTAL_HOURS = SESSION_LIMITS.totalSeconds / 3600;

const WHY: Readonly<Record<Why, Text>> = {
  idle: {
    nl: `U bent uitgelogd. Dat gebeurt na ${IDLE_MINUTES} minuten zonder klik, en in elk geval na ${TOTAL_HOURS} uur.`,
    en: `You were logged out. That happens after ${IDLE_MINUTES} minutes without a click, and in any case after ${TOTAL_HOURS} hours.`,
  },
  ended: {
    nl: 'De tijd waarvoor u toegang had, is voorbij. Daarom bent u uitgelogd.',
    en: 'The time for which you had access is over. That is why you were logged out.',
  },
  gone: {
    nl: 'U bent niet meer ingelogd. Misschien hebt u in een ander venster uitgelogd.',
    en: 'You are no longer logged in. Maybe you logged out in another window.',
  },
};
const T = {
  title: { nl: 'U bent uitgelogd', en: 'You were logged out' },
  nothing: {
    nl: 'Wat u net verstuurde, is niet bewaard.',
    en: 'What you just sent was not saved.',
  },
  typed: {
    nl: 'Dit had u getypt. Kopieer het als u het nog nodig heeft:',
    en: 'This is what you typed. Copy it if you still need it:',
  },
  login: { nl: 'Opnieuw inloggen', en: 'Log in again' },
} as const satisfies Record<string, Text>;

/** Fields with words of one's own; numbers, codes, messages and choices are not shown again. */
const TYPED: readonly string[] = ['vraag', 'antwoord', 'reden', 'reason'];
const TYPED_CHARACTERS_MAX = 2_000;
/** Small letters and dashes alone: no id, no number, no query. */
const PLACE = /^(?:\/[a-z][a-z-]{0,40}){2,3}$/;

/** Log-in and log-out lead nowhere; of quiet mode nobody else at this browser may learn. */
const NEVER: readonly string[] = ['inloggen', 'uitloggen', 'callback', 'stil', 'code'];

type Came<S> = Pick<Portal<S>, 'name' | 'hadSession'>;

/** Answers whoever has no session, or whose access ended: to the log-in, and afterwards back. */
export function withoutSession<S>(
  request: FastifyRequest,
  reply: FastifyReply,
  portal: Came<S>,
  door: WebDoor,
  hasEnded = false,
): FastifyReply {
  const home = `/${portal.name}`;
  const why: Why = hasEnded ? 'ended' : portal.hadSession(request) ? 'idle' : 'gone';
  if (request.method === 'POST' && isFromHere(request)) {
    const page = { title: T.title, status: 401, path: home, body: lostPage(home, why, request) };
    return sendPage(request, reply, page, !door.config.production);
  }
  const path = request.url.split('?')[0] ?? '';
  const place = request.method === 'GET' && isPlace(path, home) ? path : '';
  if (why === 'ended' || place !== '') {
    reply.setCookie(cookieOf(home), `${why}.${place}`, cookieOptions(door));
  }
  return reply.redirect(home, 303);
}

/** Why the visitor stands before the log-in. */
export function whyHere<S>(request: FastifyRequest, portal: Came<S>): Text | undefined {
  const [why] = (request.cookies[cookieOf(`/${portal.name}`)] ?? '').split('.');
  if (why === 'ended') return WHY.ended;
  return portal.hadSession(request) ? WHY.idle : undefined;
}

/** Where the visitor wanted to be, for after the log-in; the home of the portal when unknown. */
export function takeWayBack(
  request: FastifyRequest,
  reply: FastifyReply,
  home: string,
  door: WebDoor,
): string {
  const kept = request.cookies[cookieOf(home)];
  if (kept === undefined) return home;
  reply.clearCookie(cookieOf(home), cookieOptions(door));
  const place = kept.slice(kept.indexOf('.') + 1);
  return isPlace(place, home) ? place : home;
}

const cookieOf = (home: string): string => `${home.slice(1)}-terug`;

const cookieOptions = (door: WebDoor) => ({
  path: '/',
  httpOnly: true,
  sameSite: 'lax' as const,
  secure: door.config.publicUrl.startsWith('https:'),
  maxAge: SESSION_LIMITS.loginSeconds,
});

const isPlace = (path: string, home: string): boolean =>
  PLACE.test(path) && path.startsWith(`${home}/`) && !NEVER.includes(path.slice(home.length + 1));

/** Words of another site are not shown on a page of ours. Our pages send no `Origin` (no-referrer). */
const isFromHere = ({ headers }: FastifyRequest): boolean =>
  headers['sec-fetch-site'] === 'same-origin';

function lostPage(home: string, why: Why, { body }: FastifyRequest) {
  const fields = (body ?? {}) as Readonly<Record<string, unknown>>;
  const typed = TYPED.flatMap((name) => {
    const value = fields[name];
    return typeof value === 'string' && value.trim() !== '' ? [value] : [];
  });
  return (say: Say): Content => html`<h1>${say(T.title)}</h1>
<p class="bad" role="alert">${say(WHY[why])} ${say(T.nothing)}</p>
${
  typed.length > 0 &&
  html`<p>${say(T.typed)}</p>${typed.map(
    (text) => html`<pre class="typed" dir="auto">${text.slice(0, TYPED_CHARACTERS_MAX)}</pre>`,
  )}`
}
<p><a class="button" href="${home}/inloggen">${say(T.login)}</a></p>`;
}
