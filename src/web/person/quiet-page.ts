/**
 * `/mij/stil`: quiet mode on and off, and `/mij/code`: the code that lifts it for one session. The
 * way to the code is there for everybody, so that it tells nothing (capabilities D9).
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { QUIET_LIMITS } from '../../consent/index.ts';
import { html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { Problem } from '../../platform/problem.ts';
import { withoutSession } from '../come-back.ts';
import { type FieldFaults, faultAt, faultSummary, markOf, statusOf } from '../form-faults.ts';
import { sendPage } from '../page.ts';
import { field, type Portal, requireCsrf, tellAt } from '../portal.ts';
import type { WebDoor } from '../web-door.ts';
import { ownAct } from './own-act.ts';
import { logoutForm, type Person, type PersonRoutes, type Visit } from './visit.ts';

const T = {
  title: { nl: 'Stille modus', en: 'Quiet mode' },
  intro: {
    nl: 'Kijkt er iemand met u mee, of dwingt iemand u? Zet dan de stille modus aan.',
    en: 'Does somebody look over your shoulder, or force you? Then turn on quiet mode.',
  },
  what: {
    nl: 'Uw apps en deze pagina’s doen dan alsof er niets van u is. Ook wie voor u mag kijken, ziet niets. Uw zorgverleners zien wat u met hen deelt, net als nu.',
    en: 'Your apps and these pages then act as if there were nothing of you. Whoever may look for you sees nothing either. Your care providers see what you share with them, as they do now.',
  },
  back: {
    nl: 'Terug? Log in met DigiD, kies onderaan "Ik heb een code" en typ uw code. Onthoud de code goed en schrijf hem nergens op. Code vergeten? Vraag hulp bij uw zorgverlener.',
    en: 'To come back, log in with DigiD, choose "I have a code" at the bottom and type your code. Remember it well and write it down nowhere. Forgotten? Ask your care provider for help.',
  },
  code: { nl: 'Kies een code van 6 tekens of meer', en: 'Choose a code of 6 characters or more' },
  again: { nl: 'Typ de code nog een keer', en: 'Type the code once more' },
  on: { nl: 'Zet aan', en: 'Turn on' },
  off: { nl: 'Zet uit', en: 'Turn off' },
  isOn: { nl: 'De stille modus staat aan.', en: 'Quiet mode is on.' },
  isOff: { nl: 'De stille modus staat uit.', en: 'Quiet mode is off.' },
  wrongTwice: {
    nl: 'De code is te kort, of de twee keer zijn niet gelijk. Er is niets veranderd.',
    en: 'The code is too short, or the two are not the same. Nothing was changed.',
  },
  have: { nl: 'Ik heb een code', en: 'I have a code' },
  typed: { nl: 'Uw code', en: 'Your code' },
  go: { nl: 'Verder', en: 'Go on' },
  wrong: {
    nl: 'Deze code klopt niet, of u probeerde het te vaak. Typ de code opnieuw, of wacht een kwartier.',
    en: 'This code is not right, or you tried too often. Type the code again, or wait a quarter of an hour.',
  },
} as const satisfies Record<string, Text>;

/** Registers the pages for who is let in. */
export function quietRoutes(pages: PersonRoutes): void {
  pages.get('/mij/stil', (visit) => show(visit));
  pages.post('/mij/stil/aan', turnOn);
  pages.post('/mij/stil/uit', turnOff);
}

async function show(visit: Visit, faults: FieldFaults = []) {
  const { door, vault, session } = visit;
  const told = faults.length > 0 ? undefined : await session.told('/mij/stil');
  const isOn = await door.consent.quiet.isOn(vault);
  const { codeCharactersMin, codeCharactersMax } = QUIET_LIMITS;
  return visit.page({
    title: T.title,
    path: '/mij/stil',
    ...statusOf(faults),
    body: (say) => html`<h1>${say(T.title)}</h1>
${told && html`<p class="note" role="status">${say(told)}</p>`}${faultSummary(faults, say)}
<p class="lead">${say(T.intro)}</p><p>${say(T.what)}</p><p>${say(T.back)}</p>
<p><strong>${say(isOn ? T.isOn : T.isOff)}</strong></p>
${
  isOn
    ? html`<form method="post" action="/mij/stil/uit">
<input type="hidden" name="csrf" value="${session.csrf}"><button>${say(T.off)}</button></form>`
    : html`<form method="post" action="/mij/stil/aan">
<input type="hidden" name="csrf" value="${session.csrf}">
<p><label for="code">${say(T.code)}</label>${faultAt(faults, 'code', say)}
<input id="code" name="code" type="password" required autocomplete="new-password"
 minlength="${codeCharactersMin}" maxlength="${codeCharactersMax}"${markOf(faults, 'code')}></p>
<p><label for="nogmaals">${say(T.again)}</label>
<input id="nogmaals" name="nogmaals" type="password" required autocomplete="new-password"
 minlength="${codeCharactersMin}" maxlength="${codeCharactersMax}"></p>
<button>${say(T.on)}</button></form>`
}`,
  });
}

async function turnOn(visit: Visit) {
  const { door, vault, request, reply, session } = visit;
  const code = field(request.body, 'code') ?? '';
  const isWrong = [{ field: 'code', text: T.wrongTwice }];
  if (code !== field(request.body, 'nogmaals')) return show(visit, isWrong);
  try {
    await door.consent.quiet.turnOn(vault, code, ownAct(visit, T.what));
  } catch (error) {
    if (Problem.from(error).code !== 'quiet-code') throw error;
    return show(visit, isWrong);
  }
  // From this click on the pages are quiet, this one as well.
  const { quietLifted: _lifted, ...who } = session.who;
  await session.keep(who);
  return reply.redirect('/mij', 303);
}

async function turnOff(visit: Visit) {
  await visit.door.consent.quiet.turnOff(visit.vault, ownAct(visit, T.isOff));
  return tellAt(visit, '/mij/stil', T.isOff);
}

const HIDDEN = { schema: { hide: true } } as const;

/** The way to the code: on the start page of everybody who logged in. */
export function codeRoutes(app: FastifyInstance, door: WebDoor, portal: Portal<Person>): void {
  const page = (
    request: FastifyRequest,
    reply: FastifyReply,
    csrf: string,
    faults: FieldFaults = [],
  ) =>
    sendPage(
      request,
      reply,
      {
        title: T.have,
        path: '/mij/code',
        ...statusOf(faults),
        account: logoutForm('/mij', csrf),
        body: (say) => html`<h1>${say(T.have)}</h1>
${faultSummary(faults, say)}
<form method="post" action="/mij/code"><input type="hidden" name="csrf" value="${csrf}">
<p><label for="code">${say(T.typed)}</label>${faultAt(faults, 'code', say)}
<input id="code" name="code" type="password" required autocomplete="off"
 maxlength="${QUIET_LIMITS.codeCharactersMax}"${markOf(faults, 'code')}></p>
<button>${say(T.go)}</button></form>`,
      },
      !door.config.production,
    );
  app.get('/mij/code', HIDDEN, async (request, reply) => {
    const session = await portal.session(request, reply);
    return session
      ? page(request, reply, session.csrf)
      : withoutSession(request, reply, portal, door);
  });
  app.post('/mij/code', HIDDEN, async (request, reply) => {
    const session = await portal.session(request, reply);
    if (!session) return withoutSession(request, reply, portal, door);
    requireCsrf(session, request.body);
    const { vault } = session.who;
    const code = field(request.body, 'code') ?? '';
    // Somebody without a record takes the same way, and hears the same.
    const isRight = await door.consent.quiet.isCode(vault ?? NOBODY, code);
    if (!isRight || vault === undefined) {
      return page(request, reply, session.csrf, [{ field: 'code', text: T.wrong }]);
    }
    await session.keep({ ...session.who, quietLifted: true });
    return reply.redirect('/mij', 303);
  });
}

const NOBODY = '00000000-0000-4000-8000-000000000000';

/** The link that is always there. */
export const CODE_LINK = T.have;
export const QUIET_TITLE = T.title;
