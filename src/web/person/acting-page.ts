/**
 * `/mij/namens`: what somebody may see of a person who gave a mandate, and nothing that tells
 * whether there is more: no reasons for what is not there, no numbers of what is hidden.
 * consent.md 10.2; capabilities D8, D9.
 */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { tidyList } from '../../conformance/index.ts';
import { MANDATE_AUTHORITY, type Mandate } from '../../consent/index.ts';
import type { AccessRequest } from '../../permission/index.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { Problem } from '../../platform/problem.ts';
import { dayText } from '../moment-text.ts';
import { sendPage } from '../page.ts';
import type { Portal, Session } from '../portal.ts';
import type { WebDoor } from '../web-door.ts';
import { tidyCards } from './record-routes.ts';
import { logoutForm, organisationNames, type Person } from './visit.ts';

const T = {
  title: { nl: 'Meekijken voor iemand anders', en: 'Looking for somebody else' },
  intro: {
    nl: 'Deze mensen laten u meekijken. Alles wat u bekijkt, kunnen zij zien.',
    en: 'These people let you look. They can see all that you look at.',
  },
  none: { nl: 'Niemand laat u nu meekijken.', en: 'Nobody lets you look now.' },
  until: { nl: 'tot en met', en: 'up to and including' },
  look: { nl: 'Bekijk', en: 'Look' },
  of: { nl: 'Gegevens van', en: 'Data of' },
  nothing: { nl: 'Er is niets te zien.', en: 'There is nothing to see.' },
  refused: {
    nl: 'U kunt hier niet (meer) meekijken. Vraag het aan deze persoon.',
    en: 'You cannot look here (any more). Ask this person.',
  },
  back: { nl: 'Terug', en: 'Back' },
} as const satisfies Record<string, Text>;

const HIDDEN = { schema: { hide: true } } as const;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

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
      const proxy = session?.who.proxy;
      if (!session || proxy === undefined) return reply.redirect('/mij', 303);
      return handler({ request, reply, session, proxy });
    };
  app.get(
    '/mij/namens',
    HIDDEN,
    guarded((acting) => list(door, acting)),
  );
  app.get(
    '/mij/namens/:mandate',
    HIDDEN,
    guarded((acting) => look(door, acting)),
  );
}

function page(
  door: WebDoor,
  { request, reply, session }: Acting,
  status: number,
  body: (say: (text: Text) => string, language: 'nl' | 'en') => Content,
): FastifyReply {
  return sendPage(
    request,
    reply,
    { title: T.title, status, account: logoutForm('/mij', session.csrf), body },
    !door.config.production,
  );
}

async function list(door: WebDoor, acting: Acting) {
  const mandates = await door.consent.mandates.forProxy(acting.proxy);
  return page(
    door,
    acting,
    200,
    (say, language) => html`<h1>${say(T.title)}</h1>
<p class="lead">${say(T.intro)}</p>
${mandates.length === 0 && html`<p class="note">${say(T.none)}</p>`}
${mandates.map(
  ({ id, principal, until }) => html`<section class="card"><h2>${principal}</h2>
<p>${say(T.until)} ${dayText(new Date(Date.parse(until) - 1), language)}</p>
<p><a class="button" href="/mij/namens/${id}">${say(T.look)}<span class="hidden">
 ${principal}</span></a></p></section>`,
)}
<p><a class="button secondary" href="/mij">${say(T.back)}</a></p>`,
  );
}

async function look(door: WebDoor, acting: Acting) {
  const { mandate: id } = acting.request.params as { mandate: string };
  const mandates = UUID.test(id) ? await door.consent.mandates.forProxy(acting.proxy) : [];
  const mandate = mandates.find((one) => one.id === id);
  if (!mandate) return refused(door, acting);
  try {
    const [record, names] = await Promise.all([
      door.ownRecord(mandate.vault, accessFor(acting, mandate)),
      organisationNames(door),
    ]);
    const groups = tidyList(record);
    return page(
      door,
      acting,
      200,
      (say, language) => html`<h1>${say(T.of)} ${mandate.principal}</h1>
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

function accessFor({ request, session, proxy }: Acting, { id }: Mandate): AccessRequest {
  return {
    id: request.id,
    correlationId: randomUUID(),
    door: 'web',
    client: 'web',
    address: request.ip,
    actor: { kind: 'representative', subject: proxy, authority: `${MANDATE_AUTHORITY}${id}` },
    purpose: 'PWATRNY',
    tokenId: session.id,
  };
}
