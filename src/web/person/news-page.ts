/**
 * `/mij/nieuw`: what came, changed or was taken back since a day or since an app last fetched, and
 * when apps fetched first and last (capabilities A7).
 */
import { logRead } from '../../audit/index.ts';
import type { OwnNewsItem } from '../../consent/index.ts';
import { type Content, type Html, html } from '../../platform/html/html.ts';
import type { Language, Text } from '../../platform/html/language.ts';
import { type FieldFaults, faultAt, faultSummary, markOf } from '../form-faults.ts';
import { kindText } from '../kinds-text.ts';
import { dateText, dayOf, momentText, startOfDay } from '../moment-text.ts';
import type { Say } from '../page.ts';
import { begun } from '../plain-words.ts';
import { field } from '../portal.ts';
import { type AppFetches, appFetches } from './app-fetches.ts';
import {
  organisationNames,
  ownAccess,
  type PersonRoutes,
  personAgent,
  type Visit,
} from './visit.ts';

const T = {
  title: { nl: 'Wat is er nieuw', en: 'What is new' },
  intro: {
    nl: 'Hier staat wat er bij kwam in uw dossier, wat veranderde en wat een zorgverlener introk.',
    en: 'Here you see what came into your record, what changed, and what a care provider took back.',
  },
  since: { nl: 'Sinds welke dag?', en: 'Since which day?' },
  noDay: { nl: 'Kies een dag die bestaat.', en: 'Choose a day that exists.' },
  noSince: {
    nl: 'Sinds deze dag kunnen wij niet kijken. Verbeter dit:',
    en: 'We cannot look since that day. Please mend this:',
  },
  show: { nl: 'Toon', en: 'Show' },
  from: { nl: 'Dit is er sinds', en: 'This is since' },
  none: { nl: 'Sindsdien is er niets nieuws.', en: 'There is nothing new since then.' },
  new: { nl: 'Nieuw', en: 'New' },
  changed: { nl: 'Veranderd', en: 'Changed' },
  'taken-back': { nl: 'Ingetrokken', en: 'Taken back' },
  takenText: {
    nl: 'Dit geldt niet meer. Wie het eerder ophaalde, krijgt daar bericht van.',
    en: 'This no longer holds. Whoever fetched it before is told so.',
  },
  allTaken: { nl: 'Alles wat ooit is ingetrokken', en: 'All that was ever taken back' },
  apps: { nl: 'Wanneer haalden uw apps op?', en: 'When did your apps collect?' },
  noApps: { nl: 'Nog geen app haalde gegevens op.', en: 'No app collected data yet.' },
  appsText: {
    nl: 'Een app krijgt bij de volgende keer ophalen ook te horen wat is veranderd en ingetrokken.',
    en: 'The next time an app collects, it hears what changed and what was taken back too.',
  },
  at: { nl: 'Van', en: 'From' },
  first: { nl: 'Eerste keer', en: 'First time' },
  last: { nl: 'Laatste keer', en: 'Last time' },
  times: { nl: 'Aantal keren', en: 'Number of times' },
  sinceApp: { nl: 'Toon wat daarna nieuw is', en: 'Show what is new after that' },
  of: { nl: 'van', en: 'of' },
  more: { nl: 'Toon de rest', en: 'Show the rest' },
} as const satisfies Record<string, Text>;

const KINDS = ['new', 'changed', 'taken-back'] as const satisfies readonly OwnNewsItem['kind'][];

/** Lines of the ledger that are looked through. */
const LINES_MAX = 5_000;
const DAYS_WITHOUT_APP = 30;
/** Of each kind; the rest waits for a click. */
const IN_SIGHT_MAX = 20;

/** Registers the page. */
export function newsRoutes(pages: PersonRoutes): void {
  pages.get('/mij/nieuw', show);
}

async function show(visit: Visit) {
  const { door, vault, language, request } = visit;
  const say = (text: Text) => text[language];
  const sinds = field(request.query, 'sinds');
  if (sinds !== undefined && !startOfDay(sinds)) {
    return visit.page({
      title: T.title,
      path: '/mij/nieuw',
      status: 422,
      body: () =>
        html`<h1>${say(T.title)}</h1>${sinceForm(sinds, say, [{ field: 'sinds', text: T.noDay }])}`,
    });
  }
  const [{ entries }, names, clients, consents] = await Promise.all([
    door.ledger.ofPatient(vault, { limit: LINES_MAX }),
    organisationNames(door),
    door.clients.all('pgo'),
    door.apps.of(vault),
  ]);
  // An app that sends reads what it sent: that is no collecting.
  const sent = new Set(consents.filter(({ kind }) => kind === 'delen').map(({ id }) => id));
  const fetches = appFetches(entries).filter(({ consent = '' }) => !sent.has(consent));
  const since = sinceOf(visit, fetches);
  const news = await door.consent.own.news(vault, ownAccess(visit), since);
  await door.ledger.record([
    logRead({
      agent: personAgent(vault, request),
      act: 'log-read',
      patient: vault,
      question: '/mij/nieuw',
      shown: fetches.length,
      requestId: request.id,
      door: 'web',
    }),
  ]);
  const apps = new Map(clients.map(({ id, name }) => [id, name]));
  return visit.page({
    title: T.title,
    path: '/mij/nieuw',
    body: () => html`<h1>${say(T.title)}</h1>
<p class="lead">${say(T.intro)}</p>
${sinceForm(dayOf(since), say)}
<p>${say(T.from)} ${momentText(since, language)}.</p>
${news.length === 0 && html`<p class="note">${say(T.none)}</p>`}
${KINDS.map((kind) => listOf(kind, news, names, language))}
<p><a href="/mij/ingetrokken">${say(T.allTaken)}</a></p>
<section><h2>${say(T.apps)}</h2>
<p>${say(fetches.length === 0 ? T.noApps : T.appsText)}</p>
${fetches.map((one) => appCard(one, apps.get(one.client) ?? one.client, names, language))}
</section>`,
  });
}

function sinceForm(day: string, say: Say, faults: FieldFaults = []): Html {
  return html`${faultSummary(faults, say, T.noSince)}<form method="get" action="/mij/nieuw">
<label for="sinds">${say(T.since)}</label>${faultAt(faults, 'sinds', say)}
<input id="sinds" name="sinds" type="date" required value="${day}"${markOf(faults, 'sinds')}>
<button>${say(T.show)}</button></form>`;
}

/** A day, a moment, or what an app does not have yet; and without any of these, a month. */
function sinceOf({ door, request }: Visit, [latest]: readonly AppFetches[]): Date {
  const { sinds, moment } = request.query as { sinds?: unknown; moment?: unknown };
  const day = startOfDay(typeof sinds === 'string' ? sinds : undefined);
  if (day) return day;
  const asked = typeof moment === 'string' ? new Date(moment) : undefined;
  if (asked && !Number.isNaN(asked.getTime())) return asked;
  const monthAgo = new Date(door.clock().getTime() - DAYS_WITHOUT_APP * 86_400_000);
  return latest?.lastBegan ?? monthAgo;
}

function listOf(
  kind: (typeof KINDS)[number],
  news: readonly OwnNewsItem[],
  names: ReadonlyMap<string, string>,
  language: Language,
): Content {
  const own = news.filter((one) => one.kind === kind);
  if (own.length === 0) return false;
  const [seen, rest] = [own.slice(0, IN_SIGHT_MAX), own.slice(IN_SIGHT_MAX)];
  return html`<section><h2>${T[kind][language]} (${own.length})</h2>
${kind === 'taken-back' && html`<p>${T.takenText[language]}</p>`}
${itemList(seen, names, language)}
${
  rest.length > 0 &&
  html`<details><summary>${T.more[language]} (${rest.length})</summary>
${itemList(rest, names, language)}</details>`
}</section>`;
}

function itemList(
  news: readonly OwnNewsItem[],
  names: ReadonlyMap<string, string>,
  language: Language,
): Html {
  return html`<ul>${news.map(({ title, type, date, custodian, at }) => {
    const what = kindText(type)[language];
    const day = date === undefined ? '' : `, ${T.of[language]} ${dateText(date, language)}`;
    const kind = title === undefined ? '' : `${what}, `;
    const where = names.get(custodian) ?? '';
    return html`<li><strong>${title ?? begun(what)}</strong>${day}
<br><span class="small">${kind}${where}, ${momentText(at, language)}</span></li>`;
  })}</ul>`;
}

function appCard(
  { provider, first, last, lastBegan, times }: AppFetches,
  app: string,
  names: ReadonlyMap<string, string>,
  language: Language,
): Content {
  const where = names.get(provider) ?? '';
  return html`<section class="card"><h3>${app}</h3>
<dl><dt>${T.at[language]}</dt><dd>${where}</dd>
<dt>${T.first[language]}</dt><dd>${momentText(first, language)}</dd>
<dt>${T.last[language]}</dt><dd>${momentText(last, language)}</dd>
<dt>${T.times[language]}</dt><dd>${times}</dd></dl>
<p><a href="/mij/nieuw?moment=${lastBegan.toISOString()}">${T.sinceApp[language]}<span class="hidden">: ${app}, ${where}</span></a></p></section>`;
}
