/** `/mij/apps`: which apps may collect, and the button that stops one at once. */
import { logRead } from '../../audit/index.ts';
import { html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { Problem } from '../../platform/problem.ts';
import { momentText } from '../moment-text.ts';
import { begun } from '../plain-words.ts';
import { field, tellAt } from '../portal.ts';
import type { AppConsent } from '../web-door.ts';
import { webEvent } from '../web-event.ts';
import { type AppFetches, appFetches } from './app-fetches.ts';
import { organisationNames, type PersonRoutes, personAgent, type Visit } from './visit.ts';

const T = {
  title: { nl: 'Mijn apps', en: 'My apps' },
  intro: {
    nl: 'Deze apps (PGO’s) mogen of mochten uw gegevens ophalen. Stopt u een app? Dan kan die meteen niets meer ophalen. Wat de app al heeft, blijft in de app.',
    en: 'These apps may or might collect your data. If you stop an app, it can collect nothing more at once. What the app already has stays in the app.',
  },
  none: { nl: 'U gaf nog geen enkele app toestemming.', en: 'You gave no app consent yet.' },
  stop: { nl: 'Stop deze app', en: 'Stop this app' },
  stopped: { nl: 'De app is gestopt.', en: 'The app is stopped.' },
  ended: { nl: 'Gestopt', en: 'Stopped' },
  lapsed: { nl: 'Vervallen', en: 'Lapsed' },
  over: { nl: 'Voorbij', en: 'Over' },
  soon: { nl: 'Vervalt binnenkort', en: 'Lapses soon' },
  soonText: {
    nl: 'Haalt de app voor deze dag niets op? Dan vervalt uw toestemming. U hoeft niets te doen.',
    en: 'If the app collects nothing before this day, your consent lapses. You need to do nothing.',
  },
  lapses: { nl: 'Vervalt zonder gebruik op', en: 'Lapses without use on' },
  because: { nl: 'Reden', en: 'Reason' },
  forYou: {
    nl: 'Iemand anders gaf dit antwoord voor u.',
    en: 'Somebody else gave this answer for you.',
  },
  does: { nl: 'De app mag', en: 'The app may' },
  active: { nl: 'Actief', en: 'Active' },
  given: { nl: 'Toestemming gegeven', en: 'Consent given' },
  used: { nl: 'Laatst gebruikt', en: 'Last used' },
  first: { nl: 'Eerste keer opgehaald', en: 'First collected' },
  last: { nl: 'Laatste keer opgehaald', en: 'Last collected' },
  times: { nl: 'Aantal keren opgehaald', en: 'Times collected' },
  what: { nl: 'Wat', en: 'What' },
  from: { nl: 'Van', en: 'From' },
  to: { nl: 'Naar', en: 'To' },
  long: { nl: 'Ook de volgende keren', en: 'Also the next times' },
  once: { nl: 'Eén keer', en: 'Once' },
  kind: { nl: 'Hoe lang', en: 'How long' },
  until: { nl: 'Tot', en: 'Until' },
  earlier: { nl: 'Eerdere toestemmingen', en: 'Earlier consents' },
} as const satisfies Record<string, Text>;

const KIND: Readonly<Record<AppConsent['kind'], Text>> = {
  verzamelen: { nl: 'Gegevens ophalen', en: 'Collect data' },
  delen: { nl: 'Gegevens sturen', en: 'Send data' },
  abonneren: {
    nl: 'Bericht krijgen als er iets nieuws is',
    en: 'Get a message when there is news',
  },
};

const BECAUSE: Readonly<Record<NonNullable<AppConsent['endedBecause']>, Text>> = {
  person: { nl: 'U stopte de app.', en: 'You stopped the app.' },
  replaced: { nl: 'U gaf later een nieuwe toestemming.', en: 'You gave a newer consent later.' },
  replayed: {
    nl: 'Iets klopte niet: een sleutel van de app is twee keer gebruikt. Voor de zekerheid is de toestemming gestopt.',
    en: 'Something was wrong: a key of the app was used twice. To be safe the consent was stopped.',
  },
  'too-old': {
    nl: 'Het kind is 12 geworden. Een ouder kan dan niet meer ophalen.',
    en: 'The child turned 12. A parent can then no longer collect.',
  },
  'not-available': {
    nl: 'De zorgverlener heeft hier geen gegevens meer van u, of uw leeftijd past niet meer.',
    en: 'The care provider no longer has data of yours here, or your age no longer fits.',
  },
};

const LAPSED: Text = {
  nl: 'De app haalde een half jaar niets op.',
  en: 'The app collected nothing for half a year.',
};

type Standing = 'active' | 'soon' | 'ended' | 'lapsed' | 'over';

/**
 * A consent for one time is over once it was used; one that nobody uses lapses; one to get messages
 * is over when no message comes by it, as after the yes that ended them.
 */
function standingOf(one: AppConsent, at: Date): Standing {
  if (one.ended) return 'ended';
  if (one.lapses && one.lapses <= at) return 'lapsed';
  if (one.lapsesSoon) return 'soon';
  if (one.kind === 'abonneren') return one.notifiesUntil ? 'active' : 'over';
  const isOver = !one.longLived && at.getTime() - one.lastUsed.getTime() > ONCE_MS;
  return isOver ? 'over' : 'active';
}

const isOpen = (one: AppConsent, at: Date): boolean =>
  ['active', 'soon'].includes(standingOf(one, at));

/** Lines of the ledger that are looked through. */
const LINES_MAX = 5_000;
/** As long as an access token lives. */
const ONCE_MS = 900_000;

/** Registers the pages about apps. */
export function appRoutes(pages: PersonRoutes): void {
  pages.get('/mij/apps', list);
  pages.post('/mij/apps/stop', stop);
}

async function list(visit: Visit) {
  const { door, vault } = visit;
  const [consents, names, { entries }] = await Promise.all([
    door.apps.of(vault),
    organisationNames(door),
    door.ledger.ofPatient(vault, { limit: LINES_MAX }),
  ]);
  const fetches = appFetches(entries);
  await door.ledger.record([
    logRead({
      agent: personAgent(vault, visit.request),
      act: 'log-read',
      patient: vault,
      question: '/mij/apps',
      shown: fetches.length,
      requestId: visit.request.id,
      door: 'web',
    }),
  ]);
  const clients = new Map((await door.clients.all('pgo')).map(({ id, name }) => [id, name]));
  const shown = (one: AppConsent) =>
    card(visit, one, {
      app: clients.get(one.client) ?? one.client,
      provider: names.get(one.aanbieder) ?? '',
      fetched: one.kind === 'delen' ? undefined : fetches.find(({ consent }) => consent === one.id),
    });
  const stopped = await visit.session.told('/mij/apps');
  const now = door.clock();
  const open = consents.filter((one) => isOpen(one, now));
  const rest = consents.filter((one) => !isOpen(one, now));
  return visit.page({
    title: T.title,
    path: '/mij/apps',
    body: (say) => html`<h1>${say(T.title)}</h1>
<p>${say(T.intro)}</p>
${stopped && html`<p class="good" role="status">${say(stopped)}</p>`}
${consents.length === 0 && html`<p class="note">${say(T.none)}</p>`}
${open.map(shown)}
${
  rest.length > 0 &&
  html`<details${rest.length <= REST_OPEN_MAX && html` open`}>
<summary>${say(T.earlier)}: ${rest.length}</summary>
${rest.map(shown)}</details>`
}`,
  });
}

/** So few that were before are shown without a click. */
const REST_OPEN_MAX = 3;

interface CardWords {
  readonly app: string;
  readonly provider: string;
  readonly fetched: AppFetches | undefined;
}

function card(visit: Visit, one: AppConsent, by: CardWords) {
  const { door, language, session } = visit;
  const say = (text: Text) => text[language];
  const standing = standingOf(one, door.clock());
  const acts = isOpen(one, door.clock());
  const because = standing === 'lapsed' ? LAPSED : one.endedBecause && BECAUSE[one.endedBecause];
  return html`<section class="card">
<h2>${by.app} <span class="tag">${say(T[standing])}</span></h2>
<dl>
<dt>${say(T.does)}</dt><dd>${say(KIND[one.kind])}</dd>
<dt>${say(one.kind === 'delen' ? T.to : T.from)}</dt><dd>${by.provider}</dd>
<dt>${say(T.what)}</dt><dd>${servicesText(visit, one)}</dd>
${howLong(one, language)}
<dt>${say(T.given)}</dt><dd>${momentText(one.given, language)}</dd>
<dt>${say(T.used)}</dt><dd>${momentText(one.lastUsed, language)}</dd>
${by.fetched && fetchedWhen(by.fetched, language)}
${acts && one.lapses && html`<dt>${say(T.lapses)}</dt><dd>${momentText(one.lapses, language)}</dd>`}
${
  standing === 'lapsed' &&
  one.lapses &&
  html`<dt>${say(T.lapsed)}</dt><dd>${momentText(one.lapses, language)}</dd>`
}
${one.ended && html`<dt>${say(T.ended)}</dt><dd>${momentText(one.ended, language)}</dd>`}
${because && html`<dt>${say(T.because)}</dt><dd>${say(because)}</dd>`}
</dl>
${one.isGivenByOther && html`<p>${say(T.forYou)}</p>`}
${standing === 'soon' && html`<p class="note">${say(T.soonText)}</p>`}
${
  acts &&
  html`<form method="post" action="/mij/apps/stop">
<input type="hidden" name="csrf" value="${session.csrf}">
<button name="id" value="${one.id}">${say(T.stop)}<span class="hidden">: ${by.app}, ${
    by.provider
  }</span></button></form>`
}
</section>`;
}

/** Messages come until a day, or not any more: then there is nothing to say here. */
function howLong({ kind, longLived, notifiesUntil }: AppConsent, language: Visit['language']) {
  const text = longLived ? T.long[language] : T.once[language];
  if (kind !== 'abonneren') return html`<dt>${T.kind[language]}</dt><dd>${text}</dd>`;
  if (!notifiesUntil) return undefined;
  return html`<dt>${T.until[language]}</dt><dd>${momentText(notifiesUntil, language)}</dd>`;
}

const fetchedWhen = ({ first, last, times }: AppFetches, language: Visit['language']) =>
  html`<dt>${T.first[language]}</dt><dd>${momentText(first, language)}</dd>
<dt>${T.last[language]}</dt><dd>${momentText(last, language)}</dd>
<dt>${T.times[language]}</dt><dd>${times}</dd>`;

function servicesText({ door, language }: Visit, { services }: AppConsent): string {
  return begun(services.map((id) => door.apps.serviceText(id)?.[language] ?? id).join('; '));
}

/** The consent ends, its tokens end with it, and the ledger says so, before the page answers. */
async function stop(visit: Visit) {
  const { door, request, vault } = visit;
  const id = field(request.body, 'id') ?? '';
  const one = (await door.apps.of(vault)).find((consent) => consent.id === id);
  if (!one) throw new Problem('not-found', 'There is no such consent.');
  const line = webEvent(request, {
    class: 'evidence',
    event: 'toestemming-ended',
    action: 'U',
    outcome: 0,
    patient: vault,
    agent: personAgent(vault, request),
    client: one.client,
    purpose: 'PATRQT',
    holders: [one.aanbieder],
    basis: [`toestemming:${id}`],
  });
  await door.apps.end(vault, id, door.clock(), line);
  await door.tokens.revokeFamily(door.database, id);
  return tellAt(visit, '/mij/apps', T.stopped);
}
