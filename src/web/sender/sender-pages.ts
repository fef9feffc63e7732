/**
 * `/afzender`: what one's own systems sent today, what became of it, and what waits. capabilities
 * 1B.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Client, LoggedIn } from '../../identity/index.ts';
import type { CodeGap, DeliveryRow } from '../../ingest/index.ts';
import { type Content, html } from '../../platform/html/html.ts';
import { type Language, languageOf, type Text } from '../../platform/html/language.ts';
import { table } from '../../platform/html/layout.ts';
import { whyHere, withoutSession } from '../come-back.ts';
import { type Admitted, LOST_FACTOR, loginRoutes, type Refused } from '../login-routes.ts';
import { dayOf, momentText, startOfDay, timeText } from '../moment-text.ts';
import { type PageContent, type Say, sendPage } from '../page.ts';
import { logoutForm } from '../person/visit.ts';
import { createPortal, requireCsrf } from '../portal.ts';
import { type Staff, staffOf } from '../staff.ts';
import type { WebDoor } from '../web-door.ts';
import { coveragePage } from './coverage-page.ts';
import { deliveryPage, formatText, original } from './delivery-page.ts';
import { DRY_RUN_ROUTE, dryRunAnswer, dryRunForm } from './dry-run-page.ts';
import { MERGES_TITLE, mergesOf, mergesPage, takeApart } from './merges-page.ts';
import {
  endRepresentative,
  REPRESENTATIVES_TITLE,
  recordRepresentative,
  representativesOf,
  representativesPage,
} from './representatives-page.ts';
import { decide, replay } from './second-look.ts';
import { READERS, REASONS, STATES, SENDER as T } from './sender-text.ts';
import { type SenderVisit, staffAgent } from './sender-visit.ts';

const HIDDEN = { schema: { hide: true } } as const;
const DELIVERIES_MAX = 200;
const WAITING_MAX = 100;
const GAPS_MAX = 50;

/** All routes below /afzender. */
export function senderPages(app: FastifyInstance, door: WebDoor): void {
  const portal = createPortal<Staff>(door, 'afzender');
  const demo = !door.config.production;
  loginRoutes<Staff>(app, door, {
    portal,
    settings: door.config.staff,
    scope: 'openid staff',
    admit: (person, request) => admit(door, person, request),
    agentOf: staffAgent,
  });
  const visited =
    (handler: (visit: SenderVisit) => Promise<FastifyReply>) =>
    async (request: FastifyRequest, reply: FastifyReply) => {
      const session = await portal.session(request, reply);
      if (!session && request.url.split('?')[0] !== '/afzender')
        return withoutSession(request, reply, portal, door);
      if (!session) return sendPage(request, reply, welcome(whyHere(request, portal)), demo);
      if (request.method === 'POST') requireCsrf(session, request.body);
      const all = await door.clients.all('sender');
      const clients = all.filter((one) => one.organisationId === session.who.organisation);
      const account = logoutForm('/afzender', session.csrf);
      const page = (content: PageContent) =>
        sendPage(request, reply, { account, ...content }, demo);
      return handler({
        door,
        request,
        reply,
        session,
        language: languageOf(request),
        clients,
        page,
      });
    };
  app.get('/afzender', HIDDEN, visited(today));
  app.get('/afzender/samenvoegingen', HIDDEN, visited(mergesPage));
  app.post('/afzender/samenvoegingen', HIDDEN, visited(mergesOf));
  app.post('/afzender/samenvoegingen/uiteen', HIDDEN, visited(takeApart));
  app.get('/afzender/vertegenwoordiging', HIDDEN, visited(representativesPage));
  app.post('/afzender/vertegenwoordiging', HIDDEN, visited(representativesOf));
  app.post('/afzender/vertegenwoordiging/vastleggen', HIDDEN, visited(recordRepresentative));
  app.post('/afzender/vertegenwoordiging/stoppen', HIDDEN, visited(endRepresentative));
  app.get('/afzender/:sender/proef', HIDDEN, visited(dryRunForm));
  app.post('/afzender/:sender/proef', DRY_RUN_ROUTE, visited(dryRunAnswer));
  app.get('/afzender/:sender/dekking', HIDDEN, visited(coveragePage));
  app.get('/afzender/:sender/:id', HIDDEN, visited(deliveryPage));
  app.post('/afzender/:sender/:id/opnieuw', HIDDEN, visited(replay));
  app.post('/afzender/:sender/:id/besluit', HIDDEN, visited(decide));
  app.get('/afzender/:sender/:id/origineel', HIDDEN, visited(original));
}

const welcome = (why: Text | undefined): PageContent => ({
  title: T.title,
  body: (say) => html`<h1>${say(T.title)}</h1>
${why && html`<p class="note" role="status">${say(why)}</p>`}<p class="lead">${say(T.intro)}</p>
<p><a class="button" href="/afzender/inloggen">${say(T.login)}</a></p>
<p>${say(LOST_FACTOR)}</p>`,
});

async function admit(
  door: WebDoor,
  person: LoggedIn,
  request: FastifyRequest,
): Promise<Admitted<Staff> | Refused> {
  const staff = await staffOf(door, person, ['sender']);
  if (!staff) {
    const agent = { kind: 'operator' as const, id: person.subject, address: request.ip };
    return {
      admitted: false,
      reason: 'no-role',
      text: T.refused,
      event: { class: 'security', agent },
    };
  }
  return {
    admitted: true,
    who: staff,
    event: { class: 'security', agent: staffAgent(staff, request) },
  };
}

async function today(visit: SenderVisit) {
  const { door, clients, language } = visit;
  const { deliveries } = door.intake;
  const from = startOfDay(dayOf(door.clock())) ?? door.clock();
  const lists = await Promise.all(
    clients.map(async (client) => ({
      client,
      rows: await deliveries.since(door.database, client.id, from, DELIVERIES_MAX),
      waiting: await deliveries.waiting(door.database, client.id, undefined, WAITING_MAX),
      gaps: await door.intake.gaps.of(door.database, client.id, GAPS_MAX),
    })),
  );
  const untold = await untoldReaders(visit);
  return visit.page({
    title: T.title,
    body: (say) => html`<h1>${say(T.title)}</h1>
<p><a href="/afzender/samenvoegingen">${say(MERGES_TITLE)}</a></p>
<p><a href="/afzender/vertegenwoordiging">${say(REPRESENTATIVES_TITLE)}</a></p>
${untold.length > 0 && untoldTable(untold, say, language)}
${lists.length === 0 && html`<p class="note">${say(T.noSystems)}</p>`}
${lists.map(
  ({ client, rows, waiting, gaps }) => html`<section><h2>${client.name}</h2>
<p><a href="/afzender/${client.id}/proef">${say(T.dryRun)}<span class="hidden">
 ${client.name}</span></a> · <a href="/afzender/${client.id}/dekking">${say(T.coverage)}<span
 class="hidden"> ${client.name}</span></a></p>
<h3>${say(T.waiting)}</h3>${
    waiting.length === 0
      ? html`<p class="good">${say(T.noneWaits)}</p>`
      : deliveryTable(client, waiting, T.waiting, say, language)
  }
${cutOff(waiting, WAITING_MAX, T.oldestOnly, say)}
${
  gaps.length > 0 &&
  html`<h3>${say(T.gaps)}</h3><p>${say(T.translate)}</p>${gapTable(gaps, language)}
${cutOff(gaps, GAPS_MAX, T.oftenOnly, say)}`
}
<h3>${say(T.today)}</h3>${
    rows.length === 0
      ? html`<p class="note">${say(T.nothing)}</p>`
      : deliveryTable(client, rows, T.today, say, language)
  }
${cutOff(rows, DELIVERIES_MAX, T.newestOnly, say)}</section>`,
)}`,
  });
}

/** Nothing is left out in silence. */
const cutOff = (rows: readonly unknown[], most: number, text: Text, say: Say): Content =>
  rows.length >= most && html`<p class="note">${say(text)}: ${most}.</p>`;

/** Kinds of readers only: who read somebody's record is not told to its source. */
async function untoldReaders({ door, session }: SenderVisit) {
  const organisations = new Map((await door.organisations.all()).map((one) => [one.id, one]));
  const notices = await door.retractions.open(session.who.organisation);
  return notices.map(({ id, kind, organisation, created, sent }) => ({
    id,
    reader: organisations.get(organisation ?? '')?.category ?? kind,
    created,
    sent,
  }));
}

function untoldTable(
  untold: Awaited<ReturnType<typeof untoldReaders>>,
  say: Say,
  language: Language,
): Content {
  const rows = untold.map(({ id, reader, created, sent }) => [
    momentText(created, language),
    say(READERS[reader] ?? { nl: reader, en: reader }),
    sent === null ? say(T.notSent) : momentText(sent, language),
    html`<code>${id}</code>`,
  ]);
  return html`<section><h2>${say(T.takenBack)}</h2><p>${say(T.takenBackIntro)}</p>
${table(
  { caption: T.takenBack, columns: [T.takenBackAt, T.untoldReader, T.sentAt, T.noticeId], rows },
  language,
)}</section>`;
}

function deliveryTable(
  client: Client,
  rows: readonly DeliveryRow[],
  caption: Text,
  say: Say,
  language: Language,
): Content {
  return table(
    {
      caption,
      columns: [T.received, T.format, T.channel, T.state, T.reasons, T.delivery],
      rows: rows.map((row) => [
        dayOf(row.received) === dayOf(new Date())
          ? timeText(row.received, language)
          : momentText(row.received, language),
        formatText(row.format, say),
        row.channel,
        say(STATES[row.state]),
        row.reasons.map((reason) => {
          const known = REASONS[reason];
          return html`<p>${known ? say(known) : reason}</p>`;
        }),
        html`<a href="/afzender/${client.id}/${row.id}">${say(T.look)}
<span class="hidden"> ${momentText(row.received, language)}</span></a>`,
      ]),
    },
    language,
  );
}

/** What to translate first: the codes that came most often. */
function gapTable(gaps: readonly CodeGap[], language: Language): Content {
  return table(
    {
      caption: T.gaps,
      columns: [T.code, T.element, T.seen, T.lastSeen],
      rows: gaps.map(({ system, code, display, element, seen, last }) => [
        html`<code>${code}</code> ${display}<br><small>${system}</small>`,
        html`<code>${element}</code>`,
        seen,
        momentText(last, language),
      ]),
    },
    language,
  );
}
