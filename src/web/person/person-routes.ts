/** `/mij`: the person's own pages. Log-in with DigiD, and the way to the rest. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { PARENTAL } from '../../consent/index.ts';
import type { LoggedIn } from '../../identity/index.ts';
import { ageAt } from '../../permission/index.ts';
import { html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { Problem } from '../../platform/problem.ts';
import { type Admitted, loginRoutes, type Refused } from '../login-routes.ts';
import { sendPage } from '../page.ts';
import { createPortal, type Portal } from '../portal.ts';
import type { WebDoor } from '../web-door.ts';
import { actingRoutes } from './acting-page.ts';
import { appRoutes } from './app-routes.ts';
import { lookedRoutes } from './looked-routes.ts';
import { mandateRoutes } from './mandates-page.ts';
import { mitzRoutes } from './mitz-page.ts';
import { newsRoutes } from './news-page.ts';
import { noticeRoutes } from './notices-page.ts';
import { questionRoutes } from './question-routes.ts';
import { CODE_LINK, codeRoutes, QUIET_TITLE, quietRoutes } from './quiet-page.ts';
import { recordRoutes } from './record-routes.ts';
import { sentRoutes } from './sent-routes.ts';
import { sharingRoutes } from './sharing-routes.ts';
import { sourceRoutes } from './source-routes.ts';
import { takeAlongRoutes } from './take-along-routes.ts';
import { treatingRoutes } from './treating-page.ts';
import {
  isHidden,
  logoutForm,
  type Person,
  type PersonRoutes,
  personAgent,
  personRoutes,
} from './visit.ts';
import { withdrawnRoutes } from './withdrawn-page.ts';

const AGE_YEARS_MIN = 12;

const T = {
  title: { nl: 'Mijn gegevens', en: 'My data' },
  intro: {
    nl: 'Hier bepaalt u wie uw medische gegevens mag zien. En u ziet wie er keek.',
    en: 'Here you decide who may see your medical data. And you see who looked.',
  },
  login: { nl: 'Inloggen met DigiD', en: 'Log in with DigiD' },
  hello: { nl: 'U bent ingelogd', en: 'You are logged in' },
  unknown: {
    nl: 'Er zijn hier geen gegevens van u. Geen zorgverlener heeft ons gegevens over u gestuurd.',
    en: 'There are no data of you here. No care provider sent us data about you.',
  },
  young: {
    nl: 'Bent u jonger dan 12? Dan regelt uw ouder of voogd dit, met de eigen DigiD.',
    en: 'Are you younger than 12? Then your parent or guardian arranges this, with their own DigiD.',
  },
  deceased: {
    nl: 'Inloggen op dit dossier kan niet. Neem contact op met de zorgverlener.',
    en: 'Logging in to this record is not possible. Please contact the care provider.',
  },
  sharing: { nl: 'Delen', en: 'Sharing' },
  sharingText: {
    nl: 'Wie mag wat zien? Bekijk uw keuzes, verander ze of trek ze in.',
    en: 'Who may see what? Look at your choices, change or withdraw them.',
  },
  looked: { nl: 'Wie keek', en: 'Who looked' },
  lookedText: {
    nl: 'Wie keek naar uw gegevens, wanneer en waarom. Ook wie niets te zien kreeg.',
    en: 'Who looked at your data, when and why. Also who got nothing to see.',
  },
  notices: { nl: 'Berichten', en: 'Notices' },
  noticesText: {
    nl: 'Krijg bericht als iemand kijkt: elke keer, per dag, of alleen bij iets ongewoons.',
    en: 'Be told when somebody looks: each time, a day at a time, or only when it is unusual.',
  },
  apps: { nl: 'Mijn apps', en: 'My apps' },
  appsText: {
    nl: 'Welke apps mogen uw gegevens ophalen? U kunt een app stoppen.',
    en: 'Which apps may collect your data? You can stop an app.',
  },
  news: { nl: 'Wat is er nieuw', en: 'What is new' },
  newsText: {
    nl: 'Wat kwam erbij, veranderde of werd ingetrokken? En wanneer haalden apps op?',
    en: 'What came in, changed or was taken back? And when did apps collect?',
  },
  withdrawn: { nl: 'Wat is ingetrokken', en: 'What was taken back' },
  withdrawnText: {
    nl: 'Wat een zorgverlener introk, en wie het daarvoor al had gezien.',
    en: 'What a care provider took back, and who had seen it before that.',
  },
  record: { nl: 'Mijn dossier', en: 'My record' },
  recordText: {
    nl: 'Wat zeggen uw zorgverleners? Met uitleg in gewone taal.',
    en: 'What do your care providers say? With an explanation in plain language.',
  },
  take: { nl: 'Alles meenemen', en: 'Take everything along' },
  takeText: {
    nl: 'Download uw dossier en wie erin keek.',
    en: 'Download your record and who looked into it.',
  },
  sources: { nl: 'Mijn zorgverleners', en: 'My care providers' },
  sourcesText: {
    nl: 'Wie stuurde gegevens over u, en wat kan een app daar ophalen?',
    en: 'Who sent data about you, and what can an app collect there?',
  },
  treating: { nl: 'Wie behandelt u', en: 'Who treats you' },
  treatingText: {
    nl: 'Welke zorgverleners behandelen u volgens uw dossier, en tot wanneer telt dat?',
    en: 'Which care providers treat you according to your record, and until when does it count?',
  },
  mitz: { nl: 'Mitz', en: 'Mitz' },
  mitzText: {
    nl: 'Wat zegt Mitz, de landelijke plek voor uw toestemming, over uw gegevens hier?',
    en: 'What does Mitz, the national place for your consent, say about your data here?',
  },
  mandates: { nl: 'Iemand laten meekijken', en: 'Let somebody look' },
  mandatesText: {
    nl: 'Laat bijvoorbeeld uw kind of een mantelzorger meekijken. U kiest wat, en tot wanneer.',
    en: 'Let for instance your child or a carer look. You choose what, and until when.',
  },
  acting: { nl: 'Voor iemand anders', en: 'For somebody else' },
  loginChild: { nl: 'Inloggen voor uw kind', en: 'Log in for your child' },
  forChild: { nl: 'U bent ingelogd voor uw kind.', en: 'You are logged in for your child.' },
  quietText: {
    nl: 'Verberg uw gegevens voor wie thuis meekijkt.',
    en: 'Hide your data from who looks over your shoulder at home.',
  },
  sent: { nl: 'Wat u stuurde', en: 'What you sent' },
  sentText: {
    nl: 'Wat u met een app naar een zorgverlener stuurde, en wat ermee gebeurde.',
    en: 'What you sent to a care provider with an app, and what became of it.',
  },
} as const satisfies Record<string, Text>;

/** All routes below /mij. */
export function minePages(app: FastifyInstance, door: WebDoor): void {
  const portal = createPortal<Person>(door, 'mij');
  loginRoutes<Person>(app, door, {
    portal,
    settings: door.config.digid,
    scope: 'openid bsn',
    admit: (person, request) => admit(door, person, request),
    agentOf: actingAgent,
    extra: ({ query }) =>
      (query as { voor?: unknown }).voor === 'kind'
        ? { prompt: 'login', representation: PARENTAL }
        : {},
  });
  homePage(app, door, portal);
  codeRoutes(app, door, portal);
  actingRoutes(app, door, portal);
  ownRoutes(personRoutes(app, door, portal));
}

function homePage(app: FastifyInstance, door: WebDoor, portal: Portal<Person>): void {
  app.get('/mij', { schema: { hide: true } }, async (request, reply) => {
    const session = await portal.session(request, reply);
    const demo = !door.config.production;
    if (!session) {
      return sendPage(
        request,
        reply,
        {
          title: T.title,
          body: (say) => html`<h1>${say(T.title)}</h1>
<p class="lead">${say(T.intro)}</p>
<p><a class="button" href="/mij/inloggen">${say(T.login)}</a>
<a class="button secondary" href="/mij/inloggen?voor=kind">${say(T.loginChild)}</a></p>`,
        },
        demo,
      );
    }
    const known = session.who.vault !== undefined && !(await isHidden(door, session.who));
    const { proxy, child } = session.who;
    const acts = child || (proxy && (await door.consent.mandates.forProxy(proxy)).length > 0);
    return sendPage(
      request,
      reply,
      {
        title: T.title,
        account: logoutForm('/mij', session.csrf),
        body: (say) => html`<h1>${say(T.title)}</h1>
<p class="lead">${say(T.intro)}</p>
${!known && html`<p class="note">${say(child ? T.forChild : T.unknown)}</p>`}
${
  known &&
  html`<ul class="cards">${CARDS.map(
    ({ href, title, text }) => html`<li class="card"><h2><a href="${href}">${say(title)}</a></h2>
<p>${say(text)}</p></li>`,
  )}</ul>`
}
${acts && html`<p><a class="button" href="/mij/namens">${say(T.acting)}</a></p>`}
<p class="small"><a href="/mij/code">${say(CODE_LINK)}</a></p>`,
      },
      demo,
    );
  });
}

function ownRoutes(pages: PersonRoutes): void {
  sharingRoutes(pages);
  lookedRoutes(pages);
  noticeRoutes(pages);
  newsRoutes(pages);
  withdrawnRoutes(pages);
  questionRoutes(pages);
  appRoutes(pages);
  sentRoutes(pages);
  recordRoutes(pages);
  takeAlongRoutes(pages);
  sourceRoutes(pages);
  treatingRoutes(pages);
  mandateRoutes(pages);
  quietRoutes(pages);
  mitzRoutes(pages);
}

const CARDS: readonly { readonly href: string; readonly title: Text; readonly text: Text }[] = [
  { href: '/mij/delen', title: T.sharing, text: T.sharingText },
  { href: '/mij/inzage', title: T.looked, text: T.lookedText },
  { href: '/mij/berichten', title: T.notices, text: T.noticesText },
  { href: '/mij/apps', title: T.apps, text: T.appsText },
  { href: '/mij/dossier', title: T.record, text: T.recordText },
  { href: '/mij/nieuw', title: T.news, text: T.newsText },
  { href: '/mij/ingetrokken', title: T.withdrawn, text: T.withdrawnText },
  { href: '/mij/meenemen', title: T.take, text: T.takeText },
  { href: '/mij/bronnen', title: T.sources, text: T.sourcesText },
  { href: '/mij/behandelaars', title: T.treating, text: T.treatingText },
  { href: '/mij/mitz', title: T.mitz, text: T.mitzText },
  { href: '/mij/machtigingen', title: T.mandates, text: T.mandatesText },
  { href: '/mij/stil', title: QUIET_TITLE, text: T.quietText },
  { href: '/mij/gestuurd', title: T.sent, text: T.sentText },
];

/** From 12 years on a person opens the own record alone; consent.md 10.1. */
async function admit(
  door: WebDoor,
  person: LoggedIn,
  request: FastifyRequest,
): Promise<Admitted<Person> | Refused> {
  const bsn = String(person.claims['bsn'] ?? '');
  if (person.claims['representation'] === PARENTAL) return admitParent(door, person, request);
  const vault = /^\d{9}$/.test(bsn) ? await door.consent.own.byBsn(bsn) : undefined;
  const event = {
    class: 'pgo' as const,
    agent: personAgent(vault, request),
    purpose: 'PATRQT',
    ...(vault === undefined ? {} : { patient: vault }),
  };
  const facts = vault === undefined ? {} : await door.consent.own.facts(vault);
  if (facts.deceased) return { admitted: false, reason: 'deceased', text: T.deceased, event };
  const age = ageAt(facts.birthDate, door.clock());
  if (age !== undefined && age < AGE_YEARS_MIN) {
    return { admitted: false, reason: 'age-under-12', text: T.young, event };
  }
  const acr = person.acr === undefined ? {} : { acr: person.acr };
  const proxy = /^\d{9}$/.test(bsn) ? { proxy: door.consent.mandates.proxyOf(bsn) } : {};
  const who = { ...acr, ...proxy, ...(vault === undefined ? {} : { vault }) };
  return { admitted: true, who, event };
}

function actingAgent({ vault, child, proxy }: Person, request: FastifyRequest) {
  if (!child || proxy === undefined) return personAgent(vault, request);
  const behalf = child.vault === undefined ? {} : { onBehalfOf: child.vault };
  return { kind: 'representative' as const, id: proxy, address: request.ip, ...behalf };
}

/**
 * Custody comes from the population register through the same log-in (10.2). The session is for
 * the child alone; whether anything may be seen or decided is asked again at every request, and a
 * child that is not known here looks like one for whom nothing is allowed.
 */
async function admitParent(
  door: WebDoor,
  person: LoggedIn,
  request: FastifyRequest,
): Promise<Admitted<Person> | Refused> {
  const [bsn, number] = [person.claims['bsn'], person.claims['represented_bsn']].map(String);
  if (![bsn, number].every((one) => /^\d{9}$/.test(one ?? '')) || bsn === number) {
    throw new Problem('unauthenticated', 'The representation was not understood.', {
      code: 'representation',
    });
  }
  const vault = await door.consent.own.byBsn(number ?? '');
  const proxy = door.consent.mandates.proxyOf(bsn ?? '');
  const behalf = vault === undefined ? {} : { onBehalfOf: vault };
  return {
    admitted: true,
    who: {
      ...(person.acr === undefined ? {} : { acr: person.acr }),
      proxy,
      child: vault === undefined ? {} : { vault },
    },
    event: {
      class: 'pgo',
      agent: { kind: 'representative', id: proxy, address: request.ip, ...behalf },
      purpose: 'PWATRNY',
      ...(vault === undefined ? {} : { patient: vault }),
    },
  };
}
