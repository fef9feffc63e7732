/**
 * `/mij/dossier`: one tidy list of what all sources say, each row with its source, contradictions
 * flagged and never merged, plain words beside those of the source (capabilities A8, A9).
 */
import { type LayTerm, type TidyGroup, type TidyKind, tidyList } from '../../conformance/index.ts';
import { type Html, html } from '../../platform/html/html.ts';
import type { Language, Text } from '../../platform/html/language.ts';
import { organisationNames, type PersonRoutes, type Visit } from './visit.ts';

const T = {
  title: { nl: 'Mijn dossier', en: 'My record' },
  intro: {
    nl: 'Dit zeggen uw zorgverleners. Hetzelfde van meer zorgverleners staat bij elkaar. Spreken ze elkaar tegen? Dan staat dat erbij. Wij veranderen niets.',
    en: 'This is what your care providers say. The same from several providers stands together. If they contradict each other, that is shown. We change nothing.',
  },
  none: { nl: 'Er staat nog niets in.', en: 'There is nothing in it yet.' },
  noText: { nl: 'Nog geen uitleg.', en: 'No explanation yet.' },
  conflict: { nl: 'Spreekt elkaar tegen', en: 'Contradictory' },
  conflictText: {
    nl: 'De bronnen zeggen niet hetzelfde over:',
    en: 'The sources do not say the same about:',
  },
  sources: { nl: 'bronnen', en: 'sources' },
  rows: { nl: 'Zoals de bron het schreef', en: 'As the source wrote it' },
  coverage: {
    nl: 'Met uitleg in gewone taal',
    en: 'With an explanation in plain language',
  },
} as const satisfies Record<string, Text>;

const KIND: Readonly<Record<TidyKind, Text>> = {
  medication: { nl: 'Medicijnen', en: 'Medicines' },
  problem: { nl: 'Klachten en ziekten', en: 'Problems' },
  allergy: { nl: 'Allergieën', en: 'Allergies' },
  vaccination: { nl: 'Vaccinaties', en: 'Vaccinations' },
  measurement: { nl: 'Metingen en uitslagen', en: 'Measurements and results' },
  procedure: { nl: 'Behandelingen', en: 'Procedures' },
  document: { nl: 'Brieven', en: 'Letters' },
};

const BECAUSE: Readonly<Record<TidyGroup['because'], Text>> = {
  alone: { nl: '', en: '' },
  'same-code': { nl: 'Bij elkaar: zelfde code.', en: 'Together: the same code.' },
  'same-meaning': {
    nl: 'Bij elkaar: andere codes die hetzelfde betekenen.',
    en: 'Together: other codes that mean the same.',
  },
  'same-name': { nl: 'Bij elkaar: zelfde naam.', en: 'Together: the same name.' },
  'same-document': { nl: 'Bij elkaar: zelfde brief.', en: 'Together: the same letter.' },
};

const ELEMENT: Readonly<Record<string, Text>> = {
  dose: { nl: 'hoeveel en hoe vaak', en: 'how much and how often' },
  strength: { nl: 'de sterkte', en: 'the strength' },
  value: { nl: 'de waarde', en: 'the value' },
  clinicalStatus: { nl: 'of het nog speelt', en: 'whether it is still there' },
  verificationStatus: { nl: 'of het zeker is', en: 'whether it is certain' },
  criticality: { nl: 'hoe ernstig', en: 'how severe' },
  status: { nl: 'de stand', en: 'the status' },
};

const ROWS_SHOWN_MAX = 200;

/** Registers the page of the record. */
export function recordRoutes(pages: PersonRoutes): void {
  pages.get('/mij/dossier', list);
}

async function list(visit: Visit) {
  const { door, vault, language } = visit;
  const names = await organisationNames(door);
  const groups = tidyList(await door.ownRecord(vault));
  const explained = groups.filter(({ rows }) => rows.some(({ fact }) => fact.lay)).length;
  return visit.page({
    title: T.title,
    path: '/mij/dossier',
    body: (say) => html`<h1>${say(T.title)}</h1>
<p>${say(T.intro)}</p>
${groups.length === 0 && html`<p class="note">${say(T.none)}</p>`}
${groups.length > 0 && html`<p>${say(T.coverage)}: ${explained}/${groups.length}</p>`}
${tidyCards(groups, names, language)}`,
  });
}

/** The list by kind; used for the own record and for that of somebody who gave a mandate. */
export function tidyCards(
  groups: readonly TidyGroup[],
  names: ReadonlyMap<string, string>,
  language: Language,
): (Html | false)[] {
  return (Object.keys(KIND) as TidyKind[]).map((kind) => {
    const own = groups.filter((one) => one.kind === kind).slice(0, ROWS_SHOWN_MAX);
    return (
      own.length > 0 &&
      html`<section><h2>${KIND[kind][language]}</h2>
${own.map((one) => card(one, names, language))}</section>`
    );
  });
}

function card(group: TidyGroup, names: ReadonlyMap<string, string>, language: Language): Html {
  const { rows, conflicts, because } = group;
  const lay = rows.map(({ fact }) => fact.lay).find((one) => one !== undefined);
  const title = rows.find(({ fact }) => fact.title !== '')?.fact.title ?? '';
  const sources = new Set(rows.map(({ custodian }) => custodian));
  return html`<section class="card">
<h3>${lay ? lay[language].term : title}${
    conflicts.length > 0 && html` <span class="tag">${T.conflict[language]}</span>`
  }</h3>
<p>${explanation(lay, language)}</p>
${
  conflicts.length > 0 &&
  html`<p class="note">${T.conflictText[language]} ${conflicts
    .map((one) => ELEMENT[one]?.[language] ?? one)
    .join(', ')}.</p>`
}
<details><summary>${T.rows[language]} (${sources.size} ${T.sources[language]})</summary>
<p>${BECAUSE[because][language]}</p>
<ul>${rows.map(
    ({ fact, custodian }) =>
      html`<li><strong>${names.get(custodian) ?? ''}</strong>: ${fact.title}${
        fact.day && html`, ${fact.day}`
      }${Object.values(fact.critical).map((one) => html`; ${one}`)}</li>`,
  )}</ul></details></section>`;
}

const explanation = (lay: LayTerm | undefined, language: Language): string =>
  lay ? lay[language].text : T.noText[language];
