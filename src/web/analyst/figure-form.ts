/** The question of an analyst: which people, of which age and sex, for what, in which region. */
import { AGE_BANDS, ageBand, type Figures, SEXES } from '../../insight/index.ts';
import type { Purpose } from '../../permission/index.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import type { Problem } from '../../platform/problem.ts';
import { type FieldFaults, faultAt, faultSummary, markOf } from '../form-faults.ts';
import type { Say } from '../page.ts';
import { field } from '../portal.ts';

const T = {
  measure: { nl: 'Welke mensen?', en: 'Which people?' },
  ages: { nl: 'Leeftijd', en: 'Age' },
  from: { nl: 'Vanaf', en: 'From' },
  until: { nl: 'Tot en met', en: 'Up to and including' },
  any: { nl: 'alle leeftijden', en: 'all ages' },
  sexes: { nl: 'Geslacht (niets gekozen is allemaal)', en: 'Sex (nothing chosen is all)' },
  purpose: { nl: 'Waarvoor?', en: 'What for?' },
  region: { nl: 'In welke regio?', en: 'In which region?' },
  ask: { nl: 'Vraag het aantal', en: 'Ask for the number' },
  once: {
    nl: 'Elke vraag komt in het logboek. Elk getal dat verteld is, telt mee: wie veel vraagt, krijgt later minder te horen.',
    en: 'Every question is written in the log. Every number that was told counts: who asks much is told less later.',
  },
} as const satisfies Record<string, Text>;

/** By the name of what cannot be asked, as the room that counts tells it. */
const FAULTS: Readonly<Record<string, Text>> = {
  maat: { nl: 'Kies een van deze vragen.', en: 'Choose one of these questions.' },
  van: { nl: 'Kies een van deze leeftijden.', en: 'Choose one of these ages.' },
  tot: {
    nl: 'Kies een laatste leeftijd die niet vóór de eerste ligt.',
    en: 'Choose a last age that is not before the first.',
  },
  regio: {
    nl: 'Uw organisatie zit in meer regio’s. Kies er een.',
    en: 'Your organisation is in several regions. Choose one.',
  },
};

/** At which field of the form a question cannot be asked; none when the form is not to blame. */
export function figureFaults({ code, expression }: Problem): FieldFaults {
  const name = code === 'region-required' ? 'regio' : (expression?.[0] ?? '');
  const text = FAULTS[name];
  const isOfForm = code === 'parameter' || code === 'region-required';
  return isOfForm && text ? [{ field: name, text }] : [];
}

export const PURPOSES = {
  HOPERAT: { nl: 'goede zorg en beheer', en: 'good care and management' },
  PUBHLTH: { nl: 'volksgezondheid', en: 'public health' },
} as const satisfies Partial<Record<Purpose, Text>>;

export const SEX_TEXT: Readonly<Record<string, Text>> = {
  female: { nl: 'vrouw', en: 'female' },
  male: { nl: 'man', en: 'male' },
  other: { nl: 'anders', en: 'other' },
  unknown: { nl: 'onbekend', en: 'unknown' },
};

/** The question, named as at the door of the partners. */
export interface Asked {
  readonly maat: string;
  readonly van?: string;
  readonly tot?: string;
  readonly geslacht?: string;
  readonly purpose: keyof typeof PURPOSES;
  readonly region?: string;
  readonly [name: string]: string | undefined;
}

/** What was chosen; whether it can be asked is said when it is counted. */
export function askedIn(body: unknown): Asked {
  const sexes = SEXES.filter((sex) => field(body, sex) === 'ja');
  const optional = {
    van: field(body, 'van'),
    tot: field(body, 'tot'),
    region: field(body, 'regio'),
  };
  const given = Object.entries(optional).filter(([, value]) => value !== undefined);
  return {
    ...(Object.fromEntries(given) as Partial<Asked>),
    maat: field(body, 'maat') ?? '',
    purpose: field(body, 'doel') === 'PUBHLTH' ? 'PUBHLTH' : 'HOPERAT',
    ...(sexes.length === 0 ? {} : { geslacht: sexes.join(',') }),
  };
}

interface FormParts {
  readonly measures: Figures['measures']['all'];
  readonly regions: readonly string[];
  readonly asked: Asked | undefined;
  readonly csrf: string;
  readonly faults: FieldFaults;
  readonly say: Say;
}

/** The form, filled in with what was asked last. */
export function figureForm({ measures, regions, asked, csrf, faults, say }: FormParts): Content {
  const option = (value: string, text: string, chosen: string | undefined) =>
    html`<option value="${value}"${value === chosen && html` selected`}>${text}</option>`;
  const ages = (name: 'van' | 'tot', label: Text) =>
    html`<label for="${name}">${say(label)}</label>${faultAt(faults, name, say)}<select id="${name}"
 name="${name}"${markOf(faults, name)}>${option(
   '',
   say(T.any),
   asked?.[name],
 )}${AGE_BANDS.map((band) => option(String(band), ageBand(band), asked?.[name]))}</select>`;
  const sexes = asked?.geslacht?.split(',') ?? [];
  return html`${faultSummary(faults, say)}<form method="post" action="/cijfers">
<input type="hidden" name="csrf" value="${csrf}">
<label for="maat">${say(T.measure)}</label>${faultAt(faults, 'maat', say)}<select id="maat"
 name="maat"${markOf(faults, 'maat')}>${measures.map(({ id, name }) =>
   option(id, say(name), asked?.maat),
 )}</select>
<fieldset><legend>${say(T.ages)}</legend>${ages('van', T.from)}${ages('tot', T.until)}</fieldset>
<fieldset><legend>${say(T.sexes)}</legend>${SEXES.map(
    (sex) =>
      html`<p><label class="choice"><input type="checkbox" name="${sex}" value="ja"${
        sexes.includes(sex) && html` checked`
      }> ${say(SEX_TEXT[sex] ?? T.sexes)}</label></p>`,
  )}</fieldset>
<fieldset><legend>${say(T.purpose)}</legend>${Object.entries(PURPOSES).map(
    ([purpose, text]) => html`<p><label class="choice"><input type="radio" name="doel"
 value="${purpose}"${purpose === (asked?.purpose ?? 'HOPERAT') && html` checked`}> ${say(text)}</label></p>`,
  )}</fieldset>
${
  regions.length > 1 &&
  html`<label for="regio">${say(T.region)}</label>${faultAt(faults, 'regio', say)}<select id="regio"
 name="regio"${markOf(faults, 'regio')}>${regions.map((region) =>
   option(region, region, asked?.region),
 )}</select>`
}
<p class="note">${say(T.once)}</p><p><button>${say(T.ask)}</button></p></form>`;
}
