/**
 * `/mij/dossier`: one tidy list of what all sources say, each row with its source, contradictions
 * flagged and never merged, plain words beside those of the source (capabilities A8, A9).
 */
import { type LayTerm, type TidyGroup, tidyList } from '../../conformance/index.ts';
import { type Html, html } from '../../platform/html/html.ts';
import type { Language, Text } from '../../platform/html/language.ts';
import { dateText } from '../moment-text.ts';
import { field, tellAt } from '../portal.ts';
import { dayOfFact, factWords } from './fact-words.ts';
import { apartAfter, type Pulled } from './record-apart.ts';
import { asWritten, BECAUSE, ELEMENT, KIND, KINDS } from './record-text.ts';
import { organisationNames, type PersonRoutes, personAgent, type Visit } from './visit.ts';

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
  source: { nl: 'bron', en: 'source' },
  rows: { nl: 'Zoals de bron het schreef', en: 'As the source wrote it' },
  coverage: {
    nl: 'Met uitleg in gewone taal',
    en: 'With an explanation in plain language',
  },
  asSource: { nl: 'Toon alles zoals de bron het schreef', en: 'Show all as the source wrote it' },
  tidy: { nl: 'Toon bij elkaar wat bij elkaar hoort', en: 'Show together what belongs together' },
  pull: { nl: 'Dit is niet hetzelfde', en: 'This is not the same' },
  join: { nl: 'Zet weer bij elkaar', en: 'Put together again' },
  kept: { nl: 'Uw keuze is bewaard.', en: 'Your choice is kept.' },
  pulled: { nl: 'U zette dit los van iets anders.', en: 'You set this apart from something else.' },
} as const satisfies Record<string, Text>;

const ROWS_SHOWN_MAX = 200;
const ROWS_IN_SIGHT_MAX = 3;

/** Registers the page of the record. */
export function recordRoutes(pages: PersonRoutes): void {
  pages.get('/mij/dossier', list);
  pages.post('/mij/dossier/los', (visit) => keep(visit, 'apart'));
  pages.post('/mij/dossier/samen', (visit) => keep(visit, 'together'));
}

/** Undoes what the list put together, or undoes that; the rows themselves never change. */
async function keep(visit: Visit, pulled: Pulled) {
  const { door, request, vault } = visit;
  const { own } = door.consent;
  const settings = await own.settings(vault);
  const rows = (field(request.body, 'rijen') ?? '').split(' ').filter((one) => one !== '');
  const apart = apartAfter(settings.apart ?? [], rows, pulled);
  await own.keepSettings(vault, { ...settings, apart }, personAgent(vault, request), request.id);
  return tellAt(visit, '/mij/dossier', T.kept);
}

async function list(visit: Visit) {
  const { door, vault, language, request } = visit;
  const isRaw = (request.query as { toon?: unknown }).toon === 'bron';
  const [names, settings, record] = await Promise.all([
    organisationNames(door),
    door.consent.own.settings(vault),
    door.ownRecord(vault),
  ]);
  const apart = settings.apart ?? [];
  const told = await visit.session.told('/mij/dossier');
  const groups = isRaw ? asWritten(record) : tidyList(record, new Set(apart));
  const explained = groups.filter(({ rows }) => rows.some(({ fact }) => fact.lay)).length;
  const shown = { names, language, csrf: visit.session.csrf, apart };
  return visit.page({
    title: T.title,
    path: isRaw ? '/mij/dossier?toon=bron' : '/mij/dossier',
    body: (say) => html`<h1>${say(T.title)}</h1>
<p>${say(T.intro)}</p>
${told && html`<p class="good" role="status">${say(told)}</p>`}
${groups.length === 0 && html`<p class="note">${say(T.none)}</p>`}
${groups.length > 0 && html`<p>${say(T.coverage)}: ${explained}/${groups.length}</p>`}
<p><a href="${isRaw ? '/mij/dossier' : '/mij/dossier?toon=bron'}">${say(
      isRaw ? T.tidy : T.asSource,
    )}</a></p>
${tidyCards(groups, shown)}`,
  });
}

/** The list by kind; used for the own record and for that of somebody who gave a mandate. */
export function tidyCards(groups: readonly TidyGroup[], shown: Shown): (Html | false)[] {
  return KINDS.map((kind) => {
    const own = groups.filter((one) => one.kind === kind).slice(0, ROWS_SHOWN_MAX);
    return (
      own.length > 0 &&
      html`<section><h2>${KIND[kind][shown.language]}</h2>
${own.map((one) => card(one, shown))}</section>`
    );
  });
}

interface Shown {
  readonly names: ReadonlyMap<string, string>;
  readonly language: Language;
  /** Absent: somebody else looks, who changes nothing of how the list is put together. */
  readonly csrf?: string;
  readonly apart: readonly string[];
}

function card(group: TidyGroup, shown: Shown): Html {
  const { language } = shown;
  const { rows, conflicts } = group;
  const lay = rows.map(({ fact }) => fact.lay).find((one) => one !== undefined);
  const title = rows.find(({ fact }) => fact.title !== '')?.fact.title ?? '';
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
${asSourceWrote(group, shown)}</section>`;
}

/** The words of the source stay in sight; only a long list waits for a click. */
function asSourceWrote(group: TidyGroup, shown: Shown): Html {
  const { names, language } = shown;
  const { rows, because } = group;
  const sources = new Set(rows.map(({ custodian }) => custodian)).size;
  const list = html`${because !== 'alone' && html`<p>${BECAUSE[because][language]}</p>`}
<ul>${rows.map(({ fact, custodian, resource }) => {
    const day = dayOfFact(resource);
    return html`<li><strong>${names.get(custodian) ?? ''}</strong>: ${fact.title}${
      day !== undefined && html`, ${dateText(day, language)}`
    }${factWords(resource, language).map((one) => html`; ${one}`)}</li>`;
  })}</ul>
${undo(group, shown)}`;
  if (rows.length <= ROWS_IN_SIGHT_MAX) return list;
  return html`<details><summary>${T.rows[language]} (${rows.length}; ${sources} ${
    sources === 1 ? T.source[language] : T.sources[language]
  })</summary>
${list}</details>`;
}

/** What stands together can be set apart, and what was set apart put back. */
function undo({ rows }: TidyGroup, { language, csrf, apart }: Shown): Html | undefined {
  if (csrf === undefined) return undefined;
  const own = rows.map(({ resource }) => `${resource.resourceType}/${resource.id ?? ''}`);
  const isPulled = apart.some((pair) => pair.split(' ').some((one) => own.includes(one)));
  const form = (to: string, text: Text) => html`<form method="post" action="/mij/dossier/${to}">
<input type="hidden" name="csrf" value="${csrf}">
<input type="hidden" name="rijen" value="${own.join(' ')}"><button class="secondary">${text[language]}</button></form>`;
  if (rows.length > 1) return form('los', T.pull);
  if (!isPulled) return undefined;
  return html`<p>${T.pulled[language]}</p>${form('samen', T.join)}`;
}

const explanation = (lay: LayTerm | undefined, language: Language): string =>
  lay ? lay[language].text : T.noText[language];
