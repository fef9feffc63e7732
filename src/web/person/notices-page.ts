/** `/mij/berichten`: what the person is told of access, and how much of it (capabilities D6). */
import { logRead } from '../../audit/index.ts';
import { NOTICES, type PersonSettings } from '../../consent/index.ts';
import { dayText } from '../../platform/html/day-text.ts';
import { type Html, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { Problem } from '../../platform/problem.ts';
import { momentText } from '../moment-text.ts';
import type { Say } from '../page.ts';
import { asSentence, roleText } from '../plain-words.ts';
import { field, tellAt } from '../portal.ts';
import { asToldToPerson } from './as-told-to-person.ts';
import { isEmergency, type Notice, noticesOf, type Unusual } from './notices.ts';
import { organisationNames, type PersonRoutes, personAgent, type Visit } from './visit.ts';

/** Lines of the ledger that are looked through. */
const LINES_MAX = 2_000;
const NOTICES_SHOWN_MAX = 100;

const T = {
  title: { nl: 'Berichten over inzage', en: 'Notices about access' },
  intro: {
    nl: 'Hier staat wie uw gegevens bekeek of ophaalde. U kiest zelf waarover u bericht krijgt.',
    en: 'Here you see who looked at your data or fetched it. You choose what you are told of.',
  },
  choose: { nl: 'Waarover wilt u bericht?', en: 'What do you want to be told of?' },
  each: { nl: 'elke keer dat iemand kijkt', en: 'each time that somebody looks' },
  daily: { nl: 'één bericht per dag', en: 'one notice a day' },
  unusual: { nl: 'alleen als het ongewoon is', en: 'only when it is unusual' },
  off: { nl: 'geen berichten', en: 'no notices' },
  always: {
    nl: 'Keek iemand bij spoed zonder uw toestemming, of wilde iemand dat? Dan krijgt u altijd bericht. Ongewoon is: die spoed, iemand die voor het eerst kijkt, iemand uit een andere regio, of een app die voor de zekerheid is gestopt.',
    en: 'You are always told of access in an emergency without your consent, and of who tried it. Unusual is: such an emergency, somebody who looks for the first time, somebody from another region, or an app that was stopped to be safe.',
  },
  save: { nl: 'Bewaar', en: 'Save' },
  saved: { nl: 'Uw keuze is bewaard.', en: 'Your choice is saved.' },
  none: { nl: 'Er zijn geen berichten.', en: 'There are no notices.' },
  somebody: { nl: 'Een zorgverlener', en: 'A care provider' },
  times: { nl: 'keer', en: 'times' },
  typed: { nl: 'De reden die werd opgegeven', en: 'The reason that was given' },
  stopped: {
    nl: 'Een sleutel van deze app is twee keer gebruikt. Misschien had iemand anders hem. Voor de zekerheid is uw toestemming gestopt. Wilt u de app weer gebruiken? Geef dan opnieuw toestemming.',
    en: 'A key of this app was used twice. Maybe somebody else had it. To be safe your consent was stopped. Do you want to use the app again? Then give your consent again.',
  },
  from: { nl: 'bij', en: 'at' },
  object: {
    nl: 'Klopt dit niet? Kijk bij "Wie keek" en neem contact op met de zorgverlener. U kunt bij Delen ook spoedinzage weigeren met het slot.',
    en: 'Is this not right? Look at "Who looked" and contact the care provider. With the lock at Sharing you can refuse emergency access too.',
  },
  refused: {
    nl: 'Deze zorgverlener vroeg bij spoed om uw gegevens. Dat is geweigerd: er is niets getoond. Klopt dit niet? Kijk bij "Wie keek" en neem contact op met de zorgverlener.',
    en: 'This care provider asked for your data in an emergency. That was refused: nothing was shown. Is this not right? Look at "Who looked" and contact the care provider.',
  },
} as const satisfies Record<string, Text>;

const WHY: Readonly<Record<Unusual, Text>> = {
  emergency: { nl: 'spoed', en: 'emergency' },
  'emergency-refused': { nl: 'spoed, geweigerd', en: 'emergency, refused' },
  'first-time': { nl: 'eerste keer', en: 'first time' },
  'other-region': { nl: 'andere regio', en: 'other region' },
  'app-stopped': { nl: 'app gestopt', en: 'app stopped' },
};

/** Registers the page. */
export function noticeRoutes(pages: PersonRoutes): void {
  pages.get('/mij/berichten', show);
  pages.post('/mij/berichten', save);
}

async function save(visit: Visit) {
  const { door, request, vault } = visit;
  const notices = NOTICES.find((one) => one === field(request.body, 'berichten'));
  if (!notices) throw new Problem('invalid', 'The form holds a value that it does not offer.');
  const agent = personAgent(vault, request);
  const settings = { ...(await door.consent.own.settings(vault)), notices };
  await door.consent.own.keepSettings(vault, settings, agent, request.id);
  return tellAt(visit, '/mij/berichten', T.saved);
}

async function show(visit: Visit) {
  const { door, vault, request, session, language } = visit;
  const [settings, found, organisations, names, apps] = await Promise.all([
    door.consent.own.settings(vault),
    door.ledger.ofPatient(vault, { limit: LINES_MAX }),
    door.organisations.all(),
    organisationNames(door),
    door.clients.all('pgo'),
  ]);
  const words = { names, apps: new Map(apps.map(({ id, name }) => [id, name])), settings };
  const holders = new Set(found.entries.flatMap(({ record }) => record.holders ?? []));
  const regionsOf = (id: string) => organisations.find((one) => one.id === id)?.regions ?? [];
  const near = new Set([...holders].flatMap((id) => regionsOf(id).map((region) => region.id)));
  const told = found.entries.map(asToldToPerson);
  const notices = noticesOf(told, settings, (id) =>
    regionsOf(id).some((region) => near.has(region.id)),
  );
  await door.ledger.record([
    logRead({
      agent: personAgent(vault, request),
      act: 'log-read',
      patient: vault,
      question: '/mij/berichten',
      shown: notices.length,
      requestId: request.id,
      door: 'web',
    }),
  ]);
  const saved = await session.told('/mij/berichten');
  return visit.page({
    title: T.title,
    path: '/mij/berichten',
    body: (say) => html`<h1>${say(T.title)}</h1>
<p class="lead">${say(T.intro)}</p>
${saved && html`<p class="good" role="status">${say(saved)}</p>`}
${notices.length === 0 && html`<p class="note">${say(T.none)}</p>`}
<ul class="cards">${notices
      .slice(0, NOTICES_SHOWN_MAX)
      .map((one) => noticeCard(one, words, say, language))}</ul>
<form method="post" action="/mij/berichten">
<input type="hidden" name="csrf" value="${session.csrf}">
<fieldset><legend>${say(T.choose)}</legend>
${NOTICES.map(
  (one) =>
    html`<label class="choice"><input type="radio" name="berichten" value="${one}"${
      one === settings.notices && html` checked`
    }> ${say(asSentence(T[one])).replace(/\.$/, '')}</label>`,
)}</fieldset>
<p>${say(T.always)}</p>
<p><button>${say(T.save)}</button></p></form>`,
  });
}

interface Words {
  readonly names: ReadonlyMap<string, string>;
  readonly apps: ReadonlyMap<string, string>;
  readonly settings: PersonSettings;
}

function noticeCard(
  { at, organisation, role, app, times, why, reason }: Notice,
  { names, apps, settings: { notices } }: Words,
  say: Say,
  language: Visit['language'],
): Html {
  const provider = (organisation && names.get(organisation)) ?? say(T.somebody);
  const who = app === undefined ? provider : `${apps.get(app) ?? app} ${say(T.from)} ${provider}`;
  const what = roleText(role);
  const wasShown = why.includes('emergency');
  const isStopped = why.includes('app-stopped');
  const moment =
    notices === 'daily' && !why.some(isEmergency) && !isStopped
      ? dayText(at, language)
      : momentText(at, language);
  return html`<li class="card"><h2>${who}</h2>
<p>${moment}${what && html`, ${say(what)}`}${times > 1 && html`, ${times} ${say(T.times)}`}</p>
${why.map((one) => html`<span class="tag">${say(WHY[one])}</span> `)}
${reason !== undefined && html`<p>${say(T.typed)}: <q>${reason}</q></p>`}
${isStopped && html`<p>${say(T.stopped)}</p>`}
${wasShown && html`<p>${say(T.object)}</p>`}
${why.includes('emergency-refused') && html`<p>${say(T.refused)}</p>`}</li>`;
}
