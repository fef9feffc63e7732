/**
 * `/cijfers`: how many people, for the analyst of one organisation. A question is typed in a form,
 * kept sealed in the session, and answered by the same counting as at the door of the partners.
 * consent.md section 12.
 */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { partyOf } from '../../consent/index.ts';
import type { LoggedIn } from '../../identity/index.ts';
import { type Figure, figureCsv } from '../../insight/index.ts';
import type { AccessRequest } from '../../permission/index.ts';
import { html } from '../../platform/html/html.ts';
import { type Language, languageOf, type Text } from '../../platform/html/language.ts';
import type { NavItem } from '../../platform/html/layout.ts';
import { Problem } from '../../platform/problem.ts';
import { whyHere, withoutSession } from '../come-back.ts';
import { type FieldFaults, statusOf } from '../form-faults.ts';
import { type Admitted, LOST_FACTOR, loginRoutes, type Refused } from '../login-routes.ts';
import { type PageContent, sendPage } from '../page.ts';
import { logoutForm } from '../person/visit.ts';
import { createPortal, requireCsrf, type Session } from '../portal.ts';
import { staffAgent } from '../sender/sender-visit.ts';
import { type Staff, staffOf } from '../staff.ts';
import type { WebDoor } from '../web-door.ts';
import { figureAnswer, figureRefused } from './figure-answer.ts';
import { type Asked, askedIn, figureFaults, figureForm } from './figure-form.ts';

const T = {
  title: { nl: 'Cijfers', en: 'Figures' },
  intro: {
    nl: 'Voor analisten: hoeveel mensen, en nooit wie. Alleen mensen die dit toestaan tellen mee.',
    en: 'For analysts: how many people, and never who. Only people who allow this are counted.',
  },
  login: { nl: 'Inloggen met twee factoren', en: 'Log in with two factors' },
  refused: {
    nl: 'Deze inlog geeft hier geen toegang: nodig is de rol analyst van een aangesloten organisatie.',
    en: 'This log-in gives no access here: the role analyst of a connected organisation is needed.',
  },
  ask: { nl: 'Nieuwe vraag', en: 'New question' },
  answer: { nl: 'Antwoord', en: 'Answer' },
} as const satisfies Record<string, Text>;

const HIDDEN = { schema: { hide: true } } as const;

interface Analyst extends Staff {
  /** Kept sealed: what was asked stands in no address. */
  readonly asked?: Asked;
}

interface AnalystVisit {
  readonly door: WebDoor;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly session: Session<Analyst>;
  readonly language: Language;
  page(content: PageContent): FastifyReply;
}

/** All routes below /cijfers. */
export function analystPages(app: FastifyInstance, door: WebDoor): void {
  const portal = createPortal<Analyst>(door, 'cijfers');
  const demo = !door.config.production;
  loginRoutes<Analyst>(app, door, {
    portal,
    settings: door.config.staff,
    scope: 'openid staff',
    admit: (person, request) => admit(door, person, request),
    agentOf: staffAgent,
  });
  const visited =
    (handler: (visit: AnalystVisit) => Promise<FastifyReply>) =>
    async (request: FastifyRequest, reply: FastifyReply) => {
      const session = await portal.session(request, reply);
      if (!session && request.url.split('?')[0] !== '/cijfers') {
        return withoutSession(request, reply, portal, door);
      }
      if (!session) return sendPage(request, reply, welcome(whyHere(request, portal)), demo);
      if (request.method === 'POST') requireCsrf(session, request.body);
      const frame = { account: logoutForm('/cijfers', session.csrf), nav: navOf(session.who) };
      return handler({
        ...{ door, request, reply, session },
        language: languageOf(request),
        page: (content) => sendPage(request, reply, { ...frame, ...content }, demo),
      });
    };
  app.get(
    '/cijfers',
    HIDDEN,
    visited((visit) => formPage(visit)),
  );
  app.post('/cijfers', HIDDEN, visited(keepQuestion));
  app.get('/cijfers/antwoord', HIDDEN, visited(answerPage));
  app.get('/cijfers/antwoord.csv', HIDDEN, visited(answerFile));
}

const navOf = ({ asked }: Analyst): NavItem[] => [
  { href: '/cijfers', text: T.ask },
  ...(asked ? [{ href: '/cijfers/antwoord', text: T.answer }] : []),
];

const welcome = (why: Text | undefined): PageContent => ({
  title: T.title,
  body: (say) => html`<h1>${say(T.title)}</h1>
${why && html`<p class="note" role="status">${say(why)}</p>`}<p class="lead">${say(T.intro)}</p>
<p><a class="button" href="/cijfers/inloggen">${say(T.login)}</a></p>
<p>${say(LOST_FACTOR)}</p>`,
});

async function admit(
  door: WebDoor,
  person: LoggedIn,
  request: FastifyRequest,
): Promise<Admitted<Analyst> | Refused> {
  const staff = await staffOf(door, person, ['analyst']);
  if (!staff) {
    const agent = { kind: 'operator' as const, id: person.subject, address: request.ip };
    const event = { class: 'security' as const, agent };
    return { admitted: false, reason: 'no-role', text: T.refused, event };
  }
  const event = { class: 'security' as const, agent: staffAgent(staff, request) };
  return { admitted: true, who: staff, event };
}

async function organisationOf({ door, session }: AnalystVisit) {
  const found = await door.organisations.byId(session.who.organisation);
  if (!found) throw new Problem('forbidden', 'The organisation left.', { code: 'no-role' });
  return found;
}

/** @param faults what cannot be asked of the question that is filled in. */
async function formPage(visit: AnalystVisit, faults: FieldFaults = []) {
  const { door, session } = visit;
  const organisation = await organisationOf(visit);
  const { regions } = partyOf(organisation, door.clock());
  const { all } = door.figures.measures;
  const { asked } = session.who;
  return visit.page({
    title: T.title,
    path: '/cijfers',
    ...statusOf(faults),
    body: (say) => html`<h1>${say(T.title)}</h1>
<p class="lead">${organisation.name}</p><p>${say(T.intro)}</p>
${figureForm({ measures: all, regions, asked, csrf: session.csrf, faults, say })}`,
  });
}

async function keepQuestion({ request, reply, session }: AnalystVisit) {
  await session.keep({ ...session.who, asked: askedIn(request.body) });
  return reply.redirect('/cijfers/antwoord', 303);
}

/** Asked anew each time: it is the count of that day, and each question is a line. */
async function answered(visit: AnalystVisit, asked: Asked): Promise<Figure> {
  const { door, request, session } = visit;
  const { purpose, region, ...question } = asked;
  const access: AccessRequest = {
    ...{ id: request.id, correlationId: randomUUID(), door: 'web', client: 'web' },
    ...{ address: request.ip, purpose, tokenId: session.id },
    actor: {
      kind: 'professional',
      organisation: partyOf(await organisationOf(visit), door.clock()),
      person: session.who.subject,
    },
    ...(region === undefined ? {} : { region }),
  };
  return door.figures.ask(access, question);
}

async function answerPage(visit: AnalystVisit) {
  const { asked } = visit.session.who;
  if (!asked) return visit.reply.redirect('/cijfers', 303);
  try {
    return visit.page(figureAnswer(await answered(visit, asked), asked));
  } catch (error) {
    const problem = Problem.from(error);
    if (problem.kind === 'busy' || problem.kind === 'fault') throw error;
    const faults = figureFaults(problem);
    if (faults.length > 0) return formPage(visit, faults);
    return visit.page(figureRefused(problem, asked, visit.door.figures.measures.all));
  }
}

async function answerFile(visit: AnalystVisit) {
  const { asked } = visit.session.who;
  if (!asked) return visit.reply.redirect('/cijfers', 303);
  const figure = await answered(visit, asked);
  const name = `cijfers-${figure.measure.id}-${figure.day}.csv`;
  return visit.reply
    .header('content-disposition', `attachment; filename="${name}"`)
    .type('text/csv; charset=utf-8')
    .send(figureCsv(figure));
}
