/**
 * `/mij/behandelaars`: who treats the person according to what sources sent, with what shows it and
 * how long it counts (capabilities C9).
 */
import {
  type CareRelation,
  grantEnds,
  relationCounts,
  standardPolicy,
} from '../../permission/index.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Language, Text } from '../../platform/html/language.ts';
import { table } from '../../platform/html/layout.ts';
import { momentText } from '../moment-text.ts';
import type { Say } from '../page.ts';
import { organisationNames, type PersonRoutes, type Visit } from './visit.ts';

const T = {
  title: { nl: 'Wie behandelt u', en: 'Who treats you' },
  intro: {
    nl: 'Hier staat welke zorgverleners u behandelen, volgens uw dossier. Dat halen we uit bezoeken, opnames, afspraken en verwijzingen.',
    en: 'Here you see which care providers treat you, according to your record. We take that from visits, stays, appointments and referrals.',
  },
  meaning: {
    nl: 'Een behandelaar mag niet vanzelf alles zien. Uw keuzes bij Delen gaan altijd voor.',
    en: 'Somebody who treats you may not see everything. Your choices at Sharing always come first.',
  },
  given: {
    nl: 'Bij een verwijzing of overdracht mag de ontvanger een tijd zien wat daarvoor nodig is. Dat staat erbij. U stopt het bij Delen met een nee voor deze zorgverlener.',
    en: 'With a referral or hand-over the receiver may for a time see what is needed for it. That is told below. You stop it at Sharing with a no for this care provider.',
  },
  sees: { nl: 'mag hiervoor meekijken tot', en: 'may look for this until' },
  wrong: {
    nl: 'Klopt iets niet? Vraag het aan de zorgverlener die het doorgaf.',
    en: 'Is something wrong? Ask the care provider who passed it on.',
  },
  now: { nl: 'Nu', en: 'Now' },
  before: { nl: 'Eerder of later', en: 'Earlier or later' },
  none: { nl: 'Er staat niemand in uw dossier.', en: 'There is nobody in your record.' },
  noneNow: {
    nl: 'Er is nu geen behandelaar bekend.',
    en: 'Nobody treats you now, as far as known.',
  },
  who: { nl: 'Zorgverlener', en: 'Care provider' },
  kind: { nl: 'Waaruit blijkt het', en: 'What shows it' },
  from: { nl: 'Vanaf', en: 'From' },
  until: { nl: 'Tot', en: 'Until' },
  counts: { nl: 'Telt tot', en: 'Counts until' },
  source: { nl: 'Doorgegeven door', en: 'Passed on by' },
  unknown: { nl: 'onbekende zorgverlener', en: 'unknown care provider' },
  lasting: { nl: 'loopt nog', en: 'goes on' },
  withdrawn: { nl: 'ging niet door', en: 'did not happen' },
} as const satisfies Record<string, Text>;

const KINDS: Readonly<Record<CareRelation['kind'], Text>> = {
  encounter: { nl: 'een bezoek', en: 'a visit' },
  admission: { nl: 'een opname', en: 'a stay' },
  appointment: { nl: 'een afspraak', en: 'an appointment' },
  referral: { nl: 'een verwijzing', en: 'a referral' },
  registration: { nl: 'u staat hier ingeschreven', en: 'you are registered here' },
};

const SHOWN_MAX = 200;

/** Registers the page. */
export function treatingRoutes(pages: PersonRoutes): void {
  pages.get('/mij/behandelaars', show);
}

async function show(visit: Visit) {
  const { door, vault } = visit;
  const { epoch } = await door.consent.choices.list(vault);
  const [relations, names] = await Promise.all([
    door.consent.relations.at(door.database, vault, epoch),
    organisationNames(door),
  ]);
  const now = door.clock().getTime();
  const { relationWindows } = standardPolicy();
  const rows = relations.toReversed().map((relation) => {
    const { fromMs, untilMs } = relationCounts(relation, relationWindows);
    const isGiven = (grantEnds(relation)?.getTime() ?? 0) > now;
    return { relation, untilMs, isNow: now >= fromMs && now < untilMs, isGiven };
  });
  const current = rows.filter(({ isNow }) => isNow);
  const others = rows.filter(({ isNow }) => !isNow).slice(0, SHOWN_MAX);
  return visit.page({
    title: T.title,
    path: '/mij/behandelaars',
    body: (say, language) => html`<h1>${say(T.title)}</h1>
<p class="lead">${say(T.intro)}</p>
<p>${say(T.meaning)}</p>
${rows.some(({ isGiven }) => isGiven) && html`<p>${say(T.given)}</p>`}
${rows.length === 0 && html`<p class="note">${say(T.none)}</p>`}
${
  rows.length > 0 &&
  html`<h2>${say(T.now)}</h2>${
    current.length === 0
      ? html`<p class="note">${say(T.noneNow)}</p>`
      : relationTable(T.now, current, names, say, language)
  }`
}
${
  others.length > 0 &&
  html`<h2>${say(T.before)}</h2>${relationTable(T.before, others, names, say, language)}`
}
<p>${say(T.wrong)}</p>`,
  });
}

interface Row {
  readonly relation: CareRelation;
  readonly untilMs: number;
  /** The receiver of a referral may see something for it now. */
  readonly isGiven: boolean;
}

function relationTable(
  caption: Text,
  rows: readonly Row[],
  names: ReadonlyMap<string, string>,
  say: Say,
  language: Language,
): Content {
  const nameOf = (id: string) => names.get(id) ?? say(T.unknown);
  return table(
    {
      caption,
      columns: [T.who, T.kind, T.from, T.until, T.counts, T.source],
      rows: rows.map(({ relation, untilMs, isGiven }) => [
        nameOf(relation.organisation),
        html`${say(KINDS[relation.kind])}${
          isGiven &&
          html`: ${say(T.sees)} ${momentText(grantEnds(relation) ?? new Date(untilMs), language)}`
        }`,
        momentText(relation.from, language),
        relation.until === undefined ? say(T.lasting) : momentText(relation.until, language),
        relation.withdrawn ? say(T.withdrawn) : momentText(new Date(untilMs), language),
        nameOf(relation.source),
      ]),
    },
    language,
  );
}
