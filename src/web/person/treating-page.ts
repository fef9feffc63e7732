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
import { dayText } from '../../platform/html/day-text.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Language, Text } from '../../platform/html/language.ts';
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
  counts: { nl: 'Telt tot', en: 'Counts until' },
  counted: { nl: 'Telde tot', en: 'Counted until' },
  countsOn: { nl: 'Telt zolang het loopt', en: 'Counts as long as it goes on' },
  source: { nl: 'Doorgegeven door', en: 'Passed on by' },
  unknown: { nl: 'onbekende zorgverlener', en: 'unknown care provider' },
  since: { nl: 'sinds', en: 'since' },
  to: { nl: 'tot en met', en: 'up to and including' },
  withdrawn: { nl: 'Ging niet door', en: 'Did not happen' },
  taken: { nl: 'Wordt niet meer doorgegeven', en: 'Is no longer passed on' },
} as const satisfies Record<string, Text>;

const KINDS: Readonly<Record<CareRelation['kind'], Text>> = {
  encounter: { nl: 'een bezoek', en: 'a visit' },
  admission: { nl: 'een opname', en: 'a stay' },
  appointment: { nl: 'een afspraak', en: 'an appointment' },
  referral: { nl: 'een verwijzing', en: 'a referral' },
  registration: { nl: 'u staat hier ingeschreven', en: 'you are registered here' },
};

/** A problem that a practice keeps open is no visit, though it counts as one. */
const EPISODE: Text = { nl: 'een behandeling', en: 'a treatment' };

const kindOf = ({ kind, evidence }: CareRelation): Text =>
  evidence.startsWith('EpisodeOfCare/') ? EPISODE : KINDS[kind];

const SHOWN_MAX = 200;

/** Further ahead is no day that means anything to a person. */
const FAR_MS = 50 * 365 * 86_400_000;

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
    const isFar = untilMs > now + FAR_MS;
    const isGiven = (grantEnds(relation)?.getTime() ?? 0) > now;
    return {
      relation,
      untilMs,
      isFar,
      isOver: untilMs <= now,
      isNow: now >= fromMs && now < untilMs,
      isGiven,
    };
  });
  const current = rows.filter(({ isNow }) => isNow);
  // One source no longer says where somebody is registered, another does: then it still is so.
  const stays = new Set(
    current.filter(isRegistration).map(({ relation }) => relation.organisation),
  );
  const others = rows
    .filter((row) => !row.isNow && !(isRegistration(row) && stays.has(row.relation.organisation)))
    .slice(0, SHOWN_MAX);
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
      : relationCards(current, names, say, language)
  }`
}
${
  others.length > 0 && html`<h2>${say(T.before)}</h2>${relationCards(others, names, say, language)}`
}
<p>${say(T.wrong)}</p>`,
  });
}

interface Row {
  readonly relation: CareRelation;
  readonly untilMs: number;
  /** Counts until so far ahead that no day is told. */
  readonly isFar: boolean;
  readonly isOver: boolean;
  /** The receiver of a referral may see something for it now. */
  readonly isGiven: boolean;
}

type Names = ReadonlyMap<string, string>;

/** One card for each provider: on a small screen a table would hide most of its columns. */
function relationCards(rows: readonly Row[], names: Names, say: Say, language: Language): Content {
  const byProvider = Map.groupBy(rows, ({ relation }) => relation.organisation);
  return html`${[...byProvider].map(
    ([id, own]) => html`<section class="card"><h3>${names.get(id) ?? say(T.unknown)}</h3>
<ul>${linesOf(own, names, say, language).map((line) => html`<li>${line}</li>`)}</ul></section>`,
  )}`;
}

/** Two sources may say the same: that is one line. */
function linesOf(rows: readonly Row[], names: Names, say: Say, language: Language): string[] {
  const lines = rows.map((row) => {
    const { relation, untilMs, isGiven } = row;
    const until = grantEnds(relation) ?? new Date(untilMs);
    const given = isGiven ? `: ${say(T.sees)} ${dayText(until, language)}` : '';
    const period = periodText(relation, say, language);
    const counts = countsText(row, say, language);
    const source = names.get(relation.source) ?? say(T.unknown);
    const passed = relation.source === relation.organisation ? '' : ` ${say(T.source)} ${source}.`;
    return `${say(kindOf(relation))}${given}, ${period}. ${counts}.${passed}`;
  });
  return [...new Set(lines)];
}

/** One day, from and to, or since when. */
function periodText({ from, until }: CareRelation, say: Say, language: Language): string {
  const start = dayText(from, language);
  if (until === undefined) return `${say(T.since)} ${start}`;
  const end = dayText(until, language);
  return end === start ? start : `${start} ${say(T.to)} ${end}`;
}

const isRegistration = ({ relation }: { readonly relation: CareRelation }): boolean =>
  relation.kind === 'registration';

function countsText(
  { relation, untilMs, isFar, isOver }: Row,
  say: Say,
  language: Language,
): string {
  if (relation.withdrawn) return say(isRegistration({ relation }) ? T.taken : T.withdrawn);
  if (isFar) return say(T.countsOn);
  return `${say(isOver ? T.counted : T.counts)} ${dayText(new Date(untilMs), language)}`;
}
