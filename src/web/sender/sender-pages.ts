/**
 * `/afzender`: what one's own systems sent today, what became of it, and what waits. capabilities
 * 1B.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { LedgerEvent } from '../../audit/index.ts';
import type { Client, LoggedIn } from '../../identity/index.ts';
import type { DeliveryRow, Receipt } from '../../ingest/index.ts';
import { type Content, html } from '../../platform/html/html.ts';
import { type Language, languageOf, type Text } from '../../platform/html/language.ts';
import { table } from '../../platform/html/layout.ts';
import { Problem } from '../../platform/problem.ts';
import { type Admitted, loginRoutes, type Refused } from '../login-routes.ts';
import { dayOf, momentText, startOfDay, timeText } from '../moment-text.ts';
import { type PageContent, type Say, sendPage } from '../page.ts';
import { logoutForm } from '../person/visit.ts';
import { createPortal, requireCsrf, type Session } from '../portal.ts';
import { type Staff, staffOf } from '../staff.ts';
import type { WebDoor } from '../web-door.ts';
import { STATES, SENDER as T } from './sender-text.ts';

const HIDDEN = { schema: { hide: true } } as const;
const DELIVERIES_MAX = 200;
const WAITING_MAX = 100;

interface SenderVisit {
  readonly door: WebDoor;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly session: Session<Staff>;
  readonly language: Language;
  /** The sending systems of this person's organisation. */
  readonly clients: readonly Client[];
  page(content: PageContent): FastifyReply;
}

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
        return reply.redirect('/afzender', 303);
      if (!session) return sendPage(request, reply, WELCOME, demo);
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
  app.get('/afzender/:sender/:id', HIDDEN, visited(delivery));
  app.post('/afzender/:sender/:id/opnieuw', HIDDEN, visited(replay));
}

const WELCOME: PageContent = {
  title: T.title,
  body: (say) => html`<h1>${say(T.title)}</h1><p class="lead">${say(T.intro)}</p>
<p><a class="button" href="/afzender/inloggen">${say(T.login)}</a></p>`,
};

function staffAgent(who: Staff, request: FastifyRequest): LedgerEvent['agent'] {
  const { subject, role, organisation } = who;
  return { kind: 'operator', id: subject, role, organisation, address: request.ip };
}

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
    })),
  );
  return visit.page({
    title: T.title,
    body: (say) => html`<h1>${say(T.title)}</h1>
${lists.length === 0 && html`<p class="note">${say(T.noSystems)}</p>`}
${lists.map(
  ({ client, rows, waiting }) => html`<section><h2>${client.name}</h2>
<h3>${say(T.today)}</h3>${
    rows.length === 0
      ? html`<p class="note">${say(T.nothing)}</p>`
      : deliveryTable(client, rows, T.today, say, language)
  }
<h3>${say(T.waiting)}</h3>${
    waiting.length === 0
      ? html`<p class="good">${say(T.noneWaits)}</p>`
      : deliveryTable(client, waiting, T.waiting, say, language)
  }</section>`,
)}`,
  });
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
        row.format ?? '',
        row.channel,
        say(STATES[row.state]),
        row.reasons.join(', '),
        html`<a href="/afzender/${client.id}/${row.id}">${say(T.look)}
<span class="hidden"> ${momentText(row.received, language)}</span></a>`,
      ]),
    },
    language,
  );
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** One's own delivery only. @throws Problem `not-found` for any other, whether it exists or not. */
async function ownDelivery({ door, request, clients }: SenderVisit) {
  const { sender, id } = request.params as { sender: string; id: string };
  const client = clients.find((one) => one.id === sender);
  const row =
    client && UUID.test(id)
      ? await door.intake.deliveries.find(door.database, sender, id)
      : undefined;
  if (!client || !row) throw new Problem('not-found', 'There is no such delivery.');
  return { client, row };
}

async function delivery(visit: SenderVisit, told?: Text) {
  const { door, session, language } = visit;
  const { client, row } = await ownDelivery(visit);
  const receipt = door.intake.deliveries.receiptOf(row);
  const waits = row.state === 'held' || row.state === 'refused';
  return visit.page({
    title: T.delivery,
    path: `/afzender/${client.id}/${row.id}`,
    body: (say) => html`<h1>${say(T.delivery)}</h1>
${told && html`<p class="note" role="status">${say(told)}</p>`}
<dl><dt>${say(T.system)}</dt><dd>${client.name}</dd>
<dt>${say(T.receiptId)}</dt><dd><code>${row.id}</code></dd>
<dt>${say(T.received)}</dt><dd>${momentText(row.received, language)}</dd>
<dt>${say(T.format)}</dt><dd>${row.format}</dd>
<dt>${say(T.state)}</dt><dd>${say(STATES[row.state])}</dd>
${row.reasons.length > 0 && html`<dt>${say(T.reasons)}</dt><dd>${row.reasons.join(', ')}</dd>`}
${receipt && html`<dt>SHA-256</dt><dd><code>${receipt.sha256}</code></dd>`}</dl>
${
  waits &&
  html`<form method="post" action="/afzender/${client.id}/${row.id}/opnieuw"><input
  type="hidden" name="csrf" value="${session.csrf}"><button>${say(T.replay)}</button></form>`
}
${receipt && receiptTables(receipt, language)}
<p><a class="button secondary" href="/afzender">${say(T.back)}</a></p>`,
  });
}

function receiptTables(receipt: Receipt, language: Language): readonly Content[] {
  return [
    receipt.items.length > 0 &&
      table(
        {
          caption: T.items,
          columns: [T.item, T.version, T.outcome],
          rows: receipt.items.map(({ reference, version, outcome }) => [
            reference,
            version,
            outcome,
          ]),
        },
        language,
      ),
    receipt.issues.length > 0 &&
      table(
        {
          caption: T.issues,
          columns: [T.place, T.severity, T.issue],
          rows: receipt.issues.map(({ place, severity, text }) => [
            html`<code>${place}</code>`,
            severity,
            text,
          ]),
        },
        language,
      ),
  ];
}

async function replay(visit: SenderVisit) {
  const { door, request } = visit;
  const { client, row } = await ownDelivery(visit);
  const organisation = await door.organisations.byId(client.organisationId ?? '');
  if (!organisation) throw new Problem('not-found', 'There is no such delivery.');
  const overlay = door.senders.overlayOf(client.overlay ?? client.id, client.id);
  const told = await door.intake.replay({ client, organisation, overlay }, row, request.id).then(
    () => T.replayed,
    (error: unknown) => {
      const problem = Problem.from(error);
      if (problem.kind === 'fault' || problem.kind === 'busy') throw problem;
      return T.stillWrong;
    },
  );
  return delivery(visit, told);
}
