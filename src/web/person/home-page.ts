/** `/mij`: where the person's own pages begin, with what ends by itself soon. */
import type { FastifyInstance } from 'fastify';
import { html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { whyHere } from '../come-back.ts';
import { sendPage } from '../page.ts';
import type { Portal } from '../portal.ts';
import type { WebDoor } from '../web-door.ts';
import { CODE_LINK, QUIET_TITLE } from './quiet-page.ts';
import { mandateEndingFor, mandatesEnding, ownTurns } from './turns.ts';
import { isHidden, logoutForm, type Person } from './visit.ts';

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

/** Registers the page. */
export function homePage(app: FastifyInstance, door: WebDoor, portal: Portal<Person>): void {
  app.get('/mij', { schema: { hide: true } }, async (request, reply) => {
    const session = await portal.session(request, reply);
    const demo = !door.config.production;
    if (!session) {
      const why = whyHere(request, portal);
      return sendPage(
        request,
        reply,
        {
          title: T.title,
          body: (say) => html`<h1>${say(T.title)}</h1>
${why && html`<p class="note" role="status">${say(why)}</p>`}
<p class="lead">${say(T.intro)}</p>
<p><a class="button" href="/mij/inloggen">${say(T.login)}</a>
<a class="button secondary" href="/mij/inloggen?voor=kind">${say(T.loginChild)}</a></p>`,
        },
        demo,
      );
    }
    const known = session.who.vault !== undefined && !(await isHidden(door, session.who));
    const { proxy, child } = session.who;
    const acts = child || (proxy !== undefined && (await actsForSomebody(door, proxy)));
    const told = [
      ...(known ? await ownNotes(door, session.who) : []),
      ...(await notesForHolder(door, proxy)),
    ];
    return sendPage(
      request,
      reply,
      {
        title: T.title,
        account: logoutForm('/mij', session.csrf),
        body: (say) => html`<h1>${say(T.title)}</h1>
<p class="lead">${say(T.intro)}</p>
${!known && html`<p class="note">${say(child ? T.forChild : T.unknown)}</p>`}
${told.map((text) => html`<p class="note">${say(text)}</p>`)}
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

/** What ends by itself soon, or ended since a birthday; never shown while the record is hidden. */
async function ownNotes(door: WebDoor, { vault }: Person): Promise<Text[]> {
  if (vault === undefined) return [];
  const [mandates, facts, choices] = await Promise.all([
    door.consent.mandates.of(vault),
    door.consent.own.facts(vault),
    door.consent.choices.list(vault),
  ]);
  const at = door.clock();
  return [...mandatesEnding(mandates, at), ...ownTurns(facts, choices, at)];
}

async function notesForHolder(door: WebDoor, proxy: string | undefined): Promise<Text[]> {
  if (proxy === undefined) return [];
  const held = await door.consent.mandates.forProxy(proxy);
  return held.flatMap(
    ({ principal, until }) => mandateEndingFor(principal, until, door.clock()) ?? [],
  );
}

/** By a mandate, or since a court appointed this one. */
async function actsForSomebody({ consent }: WebDoor, proxy: string): Promise<boolean> {
  const [mandates, courts] = await Promise.all([
    consent.mandates.forProxy(proxy),
    consent.representatives.forSubject(proxy),
  ]);
  return mandates.length + courts.length > 0;
}
