/** The answer to an analyst: a number, a table with what is held back, why, and how it was made. */
import {
  ageBand,
  FIGURE_LIMITS,
  FIGURE_METHOD,
  type Figure,
  type Figures,
  figureDigest,
} from '../../insight/index.ts';
import { dayText } from '../../platform/html/day-text.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { table } from '../../platform/html/layout.ts';
import type { Problem } from '../../platform/problem.ts';
import type { PageContent, Say } from '../page.ts';
import { type Asked, PURPOSES, SEX_TEXT } from './figure-form.ts';

const { peopleMin, roundedTo } = FIGURE_LIMITS;

const T = {
  title: { nl: 'Het antwoord', en: 'The answer' },
  refused: { nl: 'Geen antwoord', en: 'No answer' },
  total: { nl: 'Aantal mensen, ongeveer', en: 'Number of people, about' },
  table: { nl: 'Naar leeftijd en geslacht', en: 'By age and sex' },
  age: { nl: 'Leeftijd', en: 'Age' },
  all: { nl: 'samen', en: 'together' },
  held: { nl: 'geen getal', en: 'not told' },
  why: {
    nl: `Een streepje (–) is een getal dat wij niet vertellen. Het is kleiner dan ${peopleMin}. Of een getal kleiner dan ${peopleMin} zou eruit volgen, samen met wat in deze regio al verteld is. Het kan ook nul zijn.`,
    en: `A dash (–) is a number that we do not tell. It is smaller than ${peopleMin}. Or a number smaller than ${peopleMin} would follow from it, together with what was told before in this region. It may also be zero.`,
  },
  rounded: {
    nl: `Elk getal is afgerond op ${roundedTo}. Daarom tellen rijen en kolommen niet altijd op.`,
    en: `Each number is rounded to ${roundedTo}. That is why rows and columns do not always add up.`,
  },
  unknownAge: {
    nl: 'Wie zonder geboortedatum telt, staat alleen in het totaal.',
    en: 'People without a date of birth are in the total only.',
  },
  method: { nl: 'Hoe is dit geteld?', en: 'How was this counted?' },
  counted: { nl: 'Geteld op', en: 'Counted on' },
  version: { nl: 'Versie van de vragen', en: 'Version of the questions' },
  codes: { nl: 'Telt wie een van deze codes heeft', en: 'Counts who has one of these codes' },
  types: { nl: 'Telt wie een van deze gegevens heeft', en: 'Counts who has one of these data' },
  purpose: { nl: 'Doel', en: 'Purpose' },
  sex: { nl: 'Geslacht', en: 'Sex' },
  region: { nl: 'Regio', en: 'Region' },
  digest: { nl: 'Controlegetal van dit antwoord', en: 'Digest of this answer' },
  same: {
    nl: 'Wie vandaag bij uw organisatie hetzelfde vraagt, krijgt hetzelfde controlegetal. Het staat ook in het logboek.',
    en: 'Who asks the same today at your organisation gets the same digest. It stands in the log as well.',
  },
  csv: { nl: 'Download als CSV', en: 'Download as CSV' },
  again: { nl: 'Nieuwe vraag', en: 'New question' },
  instead: { nl: 'Wat u kunt doen', en: 'What you can do' },
  wider: {
    nl: 'Vraag naar meer mensen: alle leeftijden, of niet naar geslacht.',
    en: 'Ask about more people: all ages, or without the sex.',
  },
} as const satisfies Record<string, Text>;

/** By the code of the refusal. */
const REFUSALS: Readonly<Record<string, Text>> = {
  'small-number': {
    nl: `Dit getal vertellen wij niet. Het gaat over minder dan ${peopleMin} mensen. Of het zou, samen met wat in deze regio al verteld is, iets vertellen over minder dan ${peopleMin} mensen.`,
    en: `We do not tell this number. It is about fewer than ${peopleMin} people. Or, together with what was told before in this region, it would tell something about fewer than ${peopleMin} people.`,
  },
  parameter: {
    nl: 'Deze vraag kan hier niet.',
    en: 'This cannot be asked here.',
  },
};
const NO_AGREEMENT: Text = {
  nl: 'De afspraken van deze regio laten dit doel niet toe voor uw organisatie.',
  en: 'The agreements of this region do not allow this purpose for your organisation.',
};

/** What was told, with how it was made. */
export function figureAnswer(figure: Figure, asked: Asked): PageContent {
  const { measure, total } = figure;
  return {
    title: T.title,
    path: '/cijfers/antwoord',
    body: (say, language) => html`<h1>${say(measure.name)}</h1>
${askedList(asked, say)}
<p class="lead" role="status">${say(T.total)}: <strong>${total}</strong></p>
${table(tableOf(figure, say), language)}
<p>${say(T.why)}</p><p>${say(T.rounded)} ${say(T.unknownAge)}</p>
<h2>${say(T.method)}</h2><p>${say(FIGURE_METHOD)}</p>
<dl><dt>${say(T.counted)}</dt><dd>${dayText(figure.day, language)}</dd>
<dt>${say(T.version)}</dt><dd>${figure.version}</dd>
${measureFacts(measure, say)}
<dt>${say(T.digest)}</dt><dd><code>${figureDigest(figure)}</code></dd></dl>
<p>${say(T.same)}</p>
<p class="actions"><a class="button" href="/cijfers/antwoord.csv">${say(T.csv)}</a>
<a class="button secondary" href="/cijfers">${say(T.again)}</a></p>`,
  };
}

/** Why there is no number, and what can be asked instead. */
export function figureRefused(
  { code, kind }: Problem,
  asked: Asked,
  measures: Figures['measures']['all'],
): PageContent {
  const measure = measures.find(({ id }) => id === asked.maat);
  const text = REFUSALS[code] ?? (kind === 'forbidden' ? NO_AGREEMENT : REFUSALS['parameter']);
  return {
    title: T.refused,
    status: kind === 'forbidden' ? 403 : kind === 'invalid' ? 400 : 422,
    path: '/cijfers/antwoord',
    body: (say) => html`<h1>${say(T.refused)}</h1>
${measure && html`<p class="lead">${say(measure.name)}</p>`}
${askedList(asked, say)}
<p class="bad" role="alert">${say(text ?? NO_AGREEMENT)}</p>
${code === 'small-number' && html`<h2>${say(T.instead)}</h2><p>${say(T.wider)}</p>`}
<p class="actions"><a class="button" href="/cijfers">${say(T.again)}</a></p>`,
  };
}

function askedList({ van, tot, geslacht, purpose, region }: Asked, say: Say): Content {
  const ages = `${van ?? 0}–${tot === undefined || tot === '90' ? '90+' : Number(tot) + 9}`;
  const sexes = geslacht?.split(',').map((sex) => say(SEX_TEXT[sex] ?? T.sex));
  return html`<dl><dt>${say(T.purpose)}</dt><dd>${say(PURPOSES[purpose])}</dd>
${(van ?? tot) !== undefined && html`<dt>${say(T.age)}</dt><dd>${ages}</dd>`}
${sexes && html`<dt>${say(T.sex)}</dt><dd>${sexes.join(', ')}</dd>`}
${region !== undefined && html`<dt>${say(T.region)}</dt><dd>${region}</dd>`}</dl>`;
}

function tableOf({ rows, columns, total }: Figure, say: Say) {
  const sexes = columns.map(({ sex }) => SEX_TEXT[sex] ?? { nl: sex, en: sex });
  const cell = (people: number | null): Content =>
    people ?? html`<span aria-hidden="true">–</span><span class="hidden">${say(T.held)}</span>`;
  return {
    caption: T.table,
    columns: [T.age, ...sexes, T.all],
    rows: [
      ...rows.map(({ from, people, cells }) => [ageBand(from), ...cells.map(cell), cell(people)]),
      [say(T.all), ...columns.map(({ people }) => cell(people)), cell(total)],
    ],
  };
}

function measureFacts({ types, codes }: Figure['measure'], say: Say): Content {
  if (codes) return html`<dt>${say(T.codes)}</dt><dd><code>${codes.join(', ')}</code></dd>`;
  return types && html`<dt>${say(T.types)}</dt><dd>${types.join(', ')}</dd>`;
}
