/**
 * `/mij/namens`: what somebody may see and decide for a person who gave a mandate, or for a child in
 * the own custody, and nothing that tells whether there is more: no reasons for what is not there,
 * no numbers of what is hidden. consent.md 10.2; capabilities D8, D9.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { tidyList } from '../../conformance/index.ts';
import { dayText } from '../../platform/html/day-text.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { languageOf } from '../../platform/html/language.ts';
import { Problem } from '../../platform/problem.ts';
import { withoutSession } from '../come-back.ts';
import { type PageContent, sendPage } from '../page.ts';
import { type Portal, requireCsrf, type Session } from '../portal.ts';
import type { WebDoor } from '../web-door.ts';
import { accessFor, type Principal, principalsOf } from './principals.ts';
import { receiptPage } from './receipt-page.ts';
import { tidyCards } from './record-routes.ts';
import { secondaryUsePage } from './secondary-use-page.ts';
import { sharingPage } from './sharing-page.ts';
import { askPreview, previewPage, saveChoice } from './sharing-routes.ts';
import {
  decidesOnResearch,
  logoutForm,
  organisationNames,
  type Person,
  type Visit,
} from './visit.ts';

const T = {
  title: { nl: 'Voor iemand anders', en: 'For somebody else' },
  intro: {
    nl: 'Voor deze mensen mag u kijken of beslissen. Alles wat u doet, kunnen zij zien.',
    en: 'For these people you may look or decide. They can see all that you do.',
  },
  none: {
    nl: 'Niemand laat u nu kijken of beslissen.',
    en: 'Nobody lets you look or decide now.',
  },
  child: { nl: 'Uw kind', en: 'Your child' },
  until: { nl: 'tot en met', en: 'up to and including' },
  look: { nl: 'Bekijk de gegevens', en: 'Look at the data' },
  decide: { nl: 'Beslis over delen', en: 'Decide on sharing' },
  deciding: {
    nl: 'U beslist voor iemand anders. Waar hieronder "u" staat, gaat het om deze persoon:',
    en: 'You decide for somebody else. Where it says "you" below, it is about this person:',
  },
  of: { nl: 'Gegevens van', en: 'Data of' },
  nothing: { nl: 'Er is niets te zien.', en: 'There is nothing to see.' },
  refused: {
    nl: 'Dit kan hier niet (meer). Vraag het aan deze persoon.',
    en: 'This is not possible here (any more). Ask this person.',
  },
  back: { nl: 'Terug', en: 'Back' },
} as const satisfies Record<string, Text>;

const HIDDEN = { schema: { hide: true } } as const;

interface Acting {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly session: Session<Person>;
  readonly proxy: string;
}

/** Pages for who acts for somebody: a log-in is needed, a record of the own is not. */
export function actingRoutes(app: FastifyInstance, door: WebDoor, portal: Portal<Person>): void {
  const guarded =
    (handler: (acting: Acting) => Promise<FastifyReply>) =>
    async (request: FastifyRequest, reply: FastifyReply) => {
      const session = await portal.session(request, reply);
      if (!session) return withoutSession(request, reply, portal, door);
      const { proxy } = session.who;
      if (proxy === undefined) return reply.redirect('/mij', 303);
      if (request.method === 'POST') requireCsrf(session, request.body);
      return handler({ request, reply, session, proxy });
    };
  const decide = (page: (visit: Visit) => Promise<FastifyReply>) =>
    guarded((acting) => deciding(door, acting, page));
  const home = '/mij/namens/:as';
  app.get(
    '/mij/namens',
    HIDDEN,
    guarded((acting) => list(door, acting)),
  );
  app.get(
    home,
    HIDDEN,
    guarded((acting) => look(door, acting)),
  );
  app.get(`${home}/delen`, HIDDEN, decide(sharingPage));
  app.get(`${home}/delen/onderzoek`, HIDDEN, decide(researchForAnother));
  app.get(`${home}/delen/voorbeeld`, HIDDEN, decide(previewPage));
  app.post(`${home}/delen/voorbeeld`, HIDDEN, decide(askPreview));
  app.post(`${home}/delen/opslaan`, HIDDEN, decide(saveChoice));
  app.get(`${home}/delen/bewijs/:id`, HIDDEN, decide(receiptPage));
}

function researchForAnother(visit: Visit): Promise<FastifyReply> {
  if (decidesOnResearch(visit)) return secondaryUsePage(visit);
  throw new Problem('forbidden', 'This is for the person alone.', { code: 'no-authority' });
}

function send(door: WebDoor, { request, reply, session }: Acting, content: PageContent) {
  return sendPage(
    request,
    reply,
    { ...content, account: logoutForm('/mij', session.csrf) },
    !door.config.production,
  );
}

function page(
  door: WebDoor,
  acting: Acting,
  status: number,
  body: (say: (text: Text) => string, language: 'nl' | 'en') => Content,
): FastifyReply {
  return send(door, acting, { title: T.title, status, body });
}

async function list(door: WebDoor, acting: Acting) {
  const principals = await principalsOf(door, acting.session.who, acting.request);
  return page(
    door,
    acting,
    200,
    (say, language) => html`<h1>${say(T.title)}</h1>
<p class="lead">${say(T.intro)}</p>
${principals.length === 0 && html`<p class="note">${say(T.none)}</p>`}
${principals.map((one) => card(one, say, language))}
<p><a class="button secondary" href="/mij">${say(T.back)}</a></p>`,
  );
}

function card(one: Principal, say: (text: Text) => string, language: 'nl' | 'en'): Content {
  const name = one.name ?? say(T.child);
  const link = (href: string, text: Text) =>
    html`<a class="button" href="${href}">${say(text)}<span class="hidden"> ${name}</span></a> `;
  return html`<section class="card"><h2>${name}</h2>
${
  one.until !== undefined &&
  html`<p>${say(T.until)} ${dayText(new Date(Date.parse(one.until) - 1), language)}</p>`
}
${one.soon && html`<p class="note">${say(one.soon)}</p>`}
<p>${one.reads && link(`/mij/namens/${one.as}`, T.look)}
${one.decides && link(`/mij/namens/${one.as}/delen`, T.decide)}</p></section>`;
}

/** Whom the address names, if the session may act for that person at all. */
async function principalIn(door: WebDoor, { request, session }: Acting) {
  const { as } = request.params as { as: string };
  return (await principalsOf(door, session.who, request)).find((one) => one.as === as);
}

async function look(door: WebDoor, acting: Acting) {
  const principal = await principalIn(door, acting);
  if (!principal?.reads || principal.vault === undefined) return refused(door, acting);
  try {
    const [record, names] = await Promise.all([
      door.ownRecord(principal.vault, accessFor(principal, acting)),
      organisationNames(door),
    ]);
    const groups = tidyList(record);
    return page(
      door,
      acting,
      200,
      (say, language) => html`<h1>${say(T.of)} ${principal.name ?? say(T.child).toLowerCase()}</h1>
${groups.length === 0 && html`<p class="note">${say(T.nothing)}</p>`}
${tidyCards(groups, { names, language, apart: [] })}
<p><a class="button secondary" href="/mij/namens">${say(T.back)}</a></p>`,
    );
  } catch (error) {
    // One text for every reason: none of them tells whether there is a record (10.2).
    if (Problem.from(error).kind !== 'forbidden') throw error;
    return refused(door, acting);
  }
}

/** The pages about sharing, on the choices of the person who is acted for. */
async function deciding(
  door: WebDoor,
  acting: Acting,
  handler: (visit: Visit) => Promise<FastifyReply>,
): Promise<FastifyReply> {
  const principal = await principalIn(door, acting);
  if (!principal?.decides || principal.isBlocked || principal.vault === undefined) {
    return refused(door, acting);
  }
  const { request, reply, session } = acting;
  const about = (content: PageContent): PageContent => ({
    ...content,
    path: '/mij/namens',
    body: (say, language) => html`<p class="note">${say(T.deciding)}
<strong>${principal.name ?? say(T.child)}</strong>. <a href="/mij/namens">${say(T.back)}</a></p>
${content.body(say, language)}`,
  });
  const page = (content: PageContent) => send(door, acting, about(content));
  const { vault, decides } = principal;
  const language = languageOf(request);
  return handler({ door, request, reply, session, vault, language, page, deciding: decides });
}

function refused(door: WebDoor, acting: Acting): FastifyReply {
  return page(
    door,
    acting,
    403,
    (say) => html`<h1>${say(T.title)}</h1>
<p class="bad" role="alert">${say(T.refused)}</p>
<p><a class="button secondary" href="/mij/namens">${say(T.back)}</a></p>`,
  );
}
