/**
 * The two forms of who acts for a patient: what a court decided, and who may not look along. What
 * does not do stands at its field, and what was typed stays, but for the number of a person.
 */
import {
  type Court,
  REPRESENTATIVE_LIMITS,
  type RepresentativeDraft,
} from '../../consent/index.ts';
import { type Content, type Html, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { type FieldFault, type FieldFaults, faultAt, markOf } from '../form-faults.ts';
import { startOfDay } from '../moment-text.ts';
import type { Say } from '../page.ts';
import { field } from '../portal.ts';

const t = (nl: string, en: string): Text => ({ nl, en });
const { textCharactersMax: most, reasonCharactersMin: least, blockDaysMax } = REPRESENTATIVE_LIMITS;
const YEARS_MAX = Math.floor(blockDaysMax / 366);

export const REPRESENTATIVE_TEXT = {
  curator: t('Curator', 'Curator'),
  mentor: t('Mentor', 'Mentor'),
} as const;

const T = {
  court: t('Curator of mentor', 'Curator or mentor'),
  courtText: t(
    'Zolang dit staat, telt een nieuwe toestemming van de patiënt zelf niet meer. De curator of mentor kijkt en beslist.',
    'While this stands a new permission by the patient does not count. The curator or mentor looks and decides.',
  ),
  rel: t('Wat heeft de rechter bepaald?', 'What did the court decide?'),
  bsn: t('BSN van deze persoon', 'BSN of this person'),
  bsnMaybe: t(
    'BSN van deze persoon (leeg: iedereen die voor de patiënt optreedt)',
    'BSN of this person (empty: whoever acts for the patient)',
  ),
  name: t('Naam van deze persoon', 'Name of this person'),
  principal: t('Hoe noemt deze persoon de patiënt?', 'What does this person call the patient?'),
  evidence: t(
    'Nummer in het curatele- en bewindregister, of van de uitspraak',
    'Number in the court register, or of the decision',
  ),
  since: t('Vanaf', 'From'),
  last: t('Tot en met', 'Up to and including'),
  lastMaybe: t('Tot en met (mag leeg blijven)', 'Up to and including (may stay empty)'),
  save: t('Leg vast', 'Record'),
  block: t('Niet meekijken', 'May not look along'),
  blockText: t(
    'Goed hulpverlenerschap: wat uw organisatie heeft, ziet deze persoon niet, en hij of zij beslist niet over delen. De patiënt ziet dat dit is vastgelegd, zonder de reden.',
    'For reasons of good care: what your organisation holds this person does not see, and does not decide on sharing. The patient sees that this is on record, without the reason.',
  ),
  reason: t('Waarom?', 'Why?'),
} as const;

/** By the name of the field, without what stands before it in each of the forms. */
const FAULTS = {
  soort: t('Kies wat de rechter heeft bepaald.', 'Choose what the court decided.'),
  nummer: t(
    'Typ het BSN van deze persoon: 9 cijfers, een nummer dat klopt, niet dat van de patiënt.',
    'Type the BSN of this person: 9 digits, a valid number, not that of the patient.',
  ),
  opnieuw: t(
    'Typ het BSN opnieuw: dat bewaren wij niet.',
    'Type the BSN again: we do not keep it.',
  ),
  naam: t('Vul de naam van deze persoon in.', 'Fill in the name of this person.'),
  patient: t(
    'Vul in hoe deze persoon de patiënt noemt.',
    'Fill in what this person calls the patient.',
  ),
  bewijs: t(
    'Vul het nummer in het register of van de uitspraak in.',
    'Fill in the number in the register or of the decision.',
  ),
  vanaf: t(
    'Kies een dag die bestaat, vandaag of eerder.',
    'Choose a day that exists, today or earlier.',
  ),
  tot: t(
    'Kies een dag in de toekomst, of laat dit leeg.',
    'Choose a day in the future, or leave this empty.',
  ),
  'blok-tot': t(
    `Kies een dag in de toekomst, hoogstens ${YEARS_MAX} jaar vooruit.`,
    `Choose a day in the future, at most ${YEARS_MAX} years ahead.`,
  ),
  reden: t(
    `Schrijf waarom, in ten minste ${least} tekens.`,
    `Write why, in at least ${least} characters.`,
  ),
} as const;

/** Names of the draft as the forms have them, in the order of the fields. */
const FIELDS = {
  rel: 'soort',
  bsn: 'nummer',
  name: 'naam',
  principal: 'patient',
  evidence: 'bewijs',
  reason: 'reden',
  since: 'vanaf',
  until: 'tot',
} as const satisfies Record<string, keyof typeof FAULTS>;

/** What was typed that does not do yet. */
export interface TypedRepresentative {
  readonly body: unknown;
  readonly faults: FieldFaults;
}

const isBlock = (body: unknown): boolean => field(body, 'soort') === 'blokkade';

/** What the form says; whether it fits is for the room that keeps it. */
export function draftIn(body: unknown, holder: string): RepresentativeDraft {
  const text = (name: string) => field(body, name) ?? '';
  const bsn = text('nummer');
  const draft = { holder, ...(bsn === '' ? {} : { bsn }) };
  // A day that does not exist is none, and not "for ever".
  const until = startOfDay(text('tot'), 1)?.toISOString() ?? '';
  if (isBlock(body)) return { ...draft, block: { reason: text('reden'), until } };
  const said = { name: text('naam'), principal: text('patient'), evidence: text('bewijs') };
  const since = startOfDay(text('vanaf'))?.toISOString() ?? '';
  const end = text('tot') === '' ? {} : { until };
  return { ...draft, court: { rel: text('soort') as Court['rel'], ...said, since, ...end } };
}

/** @param wrong names of the draft that do not fit. */
export function typedWrong(body: unknown, wrong: readonly string[]): TypedRepresentative {
  const before = isBlock(body) ? 'b' : 'c';
  const fault = (name: keyof typeof FAULTS, text: Text = FAULTS[name]): FieldFault => ({
    field: `${before}-${name}`,
    text,
  });
  // Left empty, a block would be about everybody: it is asked for once more.
  const again = field(body, 'nummer') !== undefined && !wrong.includes('bsn');
  const faults = Object.entries(FIELDS).flatMap(([name, at]) => {
    if (name === 'bsn' && again) return [fault('nummer', FAULTS.opnieuw)];
    if (!wrong.includes(name)) return [];
    return [at === 'tot' && isBlock(body) ? fault('tot', FAULTS['blok-tot']) : fault(at)];
  });
  return { body, faults };
}

interface FormParts {
  /** Where it goes. */
  readonly action: string;
  readonly hidden: Html;
  readonly typed: TypedRepresentative | undefined;
  readonly say: Say;
}

/** What a court decided. */
export function courtForm(parts: FormParts): Html {
  const { action, hidden, typed, say } = parts;
  const faults = typed?.faults ?? [];
  const { input, value } = fieldsOf(parts, 'c');
  const choice = (rel: Court['rel']) => html`<label class="choice"><input type="radio" name="soort"
 value="${rel}" required${value('soort') === rel && html` checked`}> ${say(
   REPRESENTATIVE_TEXT[rel],
 )}</label>`;
  return html`<h2>${say(T.court)}</h2><p>${say(T.courtText)}</p>
<form method="post" action="${action}">${hidden}
<fieldset id="c-soort" tabindex="-1"${markOf(faults, 'c-soort')}><legend>${say(
    T.rel,
  )}</legend>${faultAt(faults, 'c-soort', say)}
${choice('mentor')} ${choice('curator')}</fieldset>
${input('nummer', T.bsn, html` required${NUMBER}`)}
${input('naam', T.name, html` required${SHORT}`)}
${input('patient', T.principal, html` required${SHORT}`)}
${input('bewijs', T.evidence, html` required${SHORT}`)}
${input('vanaf', T.since, html` type="date" required`)}
${input('tot', T.lastMaybe, html` type="date"`)}
<p><button>${say(T.save)}</button></p></form>`;
}

/** Who may not look along. */
export function blockForm(parts: FormParts): Html {
  const { action, hidden, say } = parts;
  const { input } = fieldsOf(parts, 'b');
  return html`<h2>${say(T.block)}</h2><p>${say(T.blockText)}</p>
<form method="post" action="${action}">${hidden}
<input type="hidden" name="soort" value="blokkade">
${input('nummer', T.bsnMaybe, NUMBER)}
${input('reden', T.reason, html` required minlength="${least}"${SHORT}`)}
${input('tot', T.last, html` type="date" required`)}
<p><button>${say(T.save)}</button></p></form>`;
}

const NUMBER = html` pattern="[0-9]{9}" inputmode="numeric" autocomplete="off"`;
const SHORT = html` maxlength="${most}" autocomplete="off"`;

/** Two forms stand on the page: each has ids of its own, and shows only what was typed in it. */
function fieldsOf({ typed, say }: FormParts, before: 'b' | 'c') {
  const faults = typed?.faults ?? [];
  const isThis = typed !== undefined && isBlock(typed.body) === (before === 'b');
  const value = (name: string): string =>
    isThis && name !== 'nummer' ? (field(typed.body, name) ?? '') : '';
  const input = (name: string, label: Text, more: Content): Html => {
    const id = `${before}-${name}`;
    return html`<label for="${id}">${say(label)}</label>${faultAt(faults, id, say)}
<input id="${id}" name="${name}" value="${value(name)}"${more}${markOf(faults, id)}>`;
  };
  return { input, value };
}
