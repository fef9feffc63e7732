/**
 * `/mij/inzage/elders`: what the logs of other networks say about the person, asked when the person
 * wants it; who did not answer is told beside what did. audit.md section 9.
 */

import { logRead } from '../../audit/index.ts';
import type { PartnerLogs } from '../../insight/index.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { table } from '../../platform/html/layout.ts';
import { dayOf, momentText } from '../moment-text.ts';
import type { Say } from '../page.ts';
import { tellAt } from '../portal.ts';
import { organisationNames, type PersonRoutes, personAgent, type Visit } from './visit.ts';

const DAY_MS = 86_400_000;
/** Access of the last three years is asked for (EHDS art. 9). */
const DAYS_BACK = 1_096;

const T = {
  title: { nl: 'Wie keek bij andere netwerken', en: 'Who looked at other networks' },
  intro: {
    nl: 'Zorgverleners in andere netwerken houden zelf bij wie naar uw gegevens keek. Wij vragen het nu aan hen. Daarvoor geven wij hun uw burgerservicenummer. Wij bewaren het antwoord niet.',
    en: 'Care providers in other networks keep their own log of who looked at your data. We ask them now. For that we give them your citizen service number. We do not keep the answer.',
  },
  ask: { nl: 'Vraag het nu', en: 'Ask now' },
  nobody: {
    nl: 'Er is nu geen ander netwerk dat wij dit kunnen vragen.',
    en: 'There is no other network that we can ask now.',
  },
  missing: {
    nl: 'Niet alles: deze netwerken gaven geen antwoord. Probeer het later nog eens.',
    en: 'Not everything: these networks gave no answer. Try again later.',
  },
  all: { nl: 'Alle netwerken gaven antwoord.', en: 'All networks answered.' },
  none: {
    nl: 'Zij kennen geen inzage in uw gegevens.',
    en: 'They know of no access to your data.',
  },
  caption: { nl: 'Wat andere netwerken zeggen', en: 'What other networks say' },
  log: { nl: 'Netwerk', en: 'Network' },
  when: { nl: 'Wanneer', en: 'When' },
  who: { nl: 'Wie', en: 'Who' },
  what: { nl: 'Wat', en: 'What' },
  refused: { nl: 'geweigerd', en: 'refused' },
  back: { nl: 'Terug', en: 'Back' },
} as const satisfies Record<string, Text>;

/** Registers the page. */
export function elsewhereRoutes(pages: PersonRoutes): void {
  pages.get('/mij/inzage/elders', answered);
  pages.post('/mij/inzage/elders', (visit) => tellAt(visit, '/mij/inzage/elders', T.ask));
}

/** Other networks are asked once for each form; who comes back later sees the form. */
async function answered(visit: Visit) {
  const { door, vault, request, session } = visit;
  if (!(await session.told('/mij/inzage/elders'))) return show(visit);
  const now = door.clock();
  const from = dayOf(new Date(now.getTime() - DAYS_BACK * DAY_MS));
  const found = await door.partnerLogs(vault, { from, until: dayOf(now) });
  await door.ledger.record([
    logRead({
      agent: personAgent(vault, request),
      act: 'log-search',
      patient: vault,
      question: '/mij/inzage/elders',
      shown: found.lines.length,
      about: { asked: found.asked.join(' '), missing: found.missing.join(' ') },
      requestId: request.id,
      door: 'web',
    }),
  ]);
  return show(visit, found);
}

async function show(visit: Visit, found?: PartnerLogs) {
  const names = await organisationNames(visit.door);
  return visit.page({
    title: T.title,
    path: '/mij/inzage',
    body: (say) => html`<h1>${say(T.title)}</h1>
<p class="lead">${say(T.intro)}</p>
${found && answer(visit, found, names, say)}
<form method="post" action="/mij/inzage/elders">
<input type="hidden" name="csrf" value="${visit.session.csrf}"><button>${say(T.ask)}</button></form>
<p><a class="button secondary" href="/mij/inzage">${say(T.back)}</a></p>`,
  });
}

function answer(
  { language }: Visit,
  { asked, missing, lines }: PartnerLogs,
  names: ReadonlyMap<string, string>,
  say: Say,
): Content {
  if (asked.length === 0) return html`<p class="note" role="status">${say(T.nobody)}</p>`;
  const nameOf = (id: string) => names.get(id) ?? id;
  return [
    missing.length > 0
      ? html`<div class="bad" role="status"><p>${say(T.missing)}</p><ul>${missing.map(
          (id) => html`<li>${nameOf(id)}</li>`,
        )}</ul></div>`
      : html`<p class="good" role="status">${say(T.all)}</p>`,
    lines.length === 0
      ? html`<p class="note">${say(T.none)}</p>`
      : table(
          {
            caption: T.caption,
            columns: [T.when, T.who, T.what, T.log],
            rows: lines.map(({ at, who, what, refused, log }) => [
              momentText(at, language),
              who,
              refused ? `${what} (${say(T.refused)})` : what,
              nameOf(log),
            ]),
          },
          language,
        ),
  ];
}
