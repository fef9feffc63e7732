/** The form of a mandate: what is asked, what was typed, and at which field something is wrong. */
import { MANDATE_KINDS, type MandateKind, OPENED_TO_PARENTS } from '../../permission/index.ts';
import { type Content, type Html, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import type { Say } from '../page.ts';
import { TOPICS } from '../plain-words.ts';
import { field } from '../portal.ts';

const T = {
  bsn: { nl: 'Burgerservicenummer van deze persoon', en: 'Citizen service number of this person' },
  name: { nl: 'Hoe noemt u deze persoon?', en: 'What do you call this person?' },
  principal: { nl: 'Hoe noemt deze persoon u?', en: 'What does this person call you?' },
  kinds: { nl: 'Wat mag deze persoon zien?', en: 'What may this person see?' },
  last: { nl: 'Tot en met', en: 'Up to and including' },
  save: { nl: 'Laat meekijken', en: 'Let look' },
  wrong: {
    nl: 'Dit is nog niet bewaard. Verbeter dit:',
    en: 'This is not saved yet. Please mend this:',
  },
  decides: {
    nl: 'Deze persoon mag ook beslissen wie mijn gegevens mag zien',
    en: 'This person may also decide who may see my data',
  },
  parentText: {
    nl: 'U bent 12 jaar of ouder. Uw ouder ziet alleen iets als u dat goedvindt. Samen beslist u wie uw gegevens mag zien. Dit stopt als u 16 wordt, of eerder als u dat wilt.',
    en: 'You are 12 or older. Your parent sees something only if you agree. Together you decide who may see your data. This stops when you turn 16, or earlier if you wish.',
  },
  parentBsn: {
    nl: 'Burgerservicenummer van uw ouder of voogd',
    en: 'Citizen service number of your parent or guardian',
  },
  parentName: { nl: 'Hoe noemt u deze persoon?', en: 'What do you call this person?' },
  parentTopics: {
    nl: 'Mag uw ouder dit ook zien?',
    en: 'May your parent see this too?',
  },
  parentNever: {
    nl: 'Zonder vinkje ziet uw ouder dit niet. Gegevens over seks, zwangerschap, soa, hiv en geweld ziet uw ouder hier nooit.',
    en: 'Without a tick your parent does not see this. Data about sex, pregnancy, STDs, HIV and violence your parent never sees here.',
  },
  agree: { nl: 'Ik vind het goed', en: 'I agree' },
  again: {
    nl: 'Typ het burgerservicenummer opnieuw: dat bewaren wij niet.',
    en: 'Type the citizen service number again: we do not keep it.',
  },
} as const satisfies Record<string, Text>;

/** By the field that is wrong: what to do about it. */
const FAULTS = {
  naam: { nl: 'Vul in hoe u deze persoon noemt.', en: 'Fill in what you call this person.' },
  nummer: {
    nl: 'Vul het burgerservicenummer van de andere persoon in: 9 cijfers, niet dat van uzelf.',
    en: 'Fill in the citizen service number of the other person: 9 digits, not your own.',
  },
  eigen: { nl: 'Vul in hoe deze persoon u noemt.', en: 'Fill in what this person calls you.' },
  wat: {
    nl: 'Kies ten minste één ding dat deze persoon mag zien of doen.',
    en: 'Choose at least one thing that this person may see or do.',
  },
  tot: {
    nl: 'Kies een dag in de toekomst, hoogstens 5 jaar vooruit.',
    en: 'Choose a day in the future, at most 5 years ahead.',
  },
} as const satisfies Record<string, Text>;
export type MandateFault = keyof typeof FAULTS;

/** As they stand on the page. */
const ORDER = Object.keys(FAULTS) as MandateFault[];

export const MANDATE_TEXT: Readonly<Record<MandateKind, Text>> = {
  medicijnen: { nl: 'medicijnen en allergieën', en: 'medicines and allergies' },
  uitslagen: { nl: 'uitslagen en metingen', en: 'results and measurements' },
  brieven: { nl: 'brieven', en: 'letters' },
  afspraken: { nl: 'afspraken en bezoeken', en: 'appointments and visits' },
  klachten: {
    nl: 'klachten, ziekten en behandelingen',
    en: 'problems and procedures',
  },
};
export const KINDS = Object.keys(MANDATE_KINDS) as MandateKind[];

/** What came in, and what of it does not fit. */
export interface Typed {
  readonly body: unknown;
  readonly faults: readonly MandateFault[];
}

interface FormParts {
  readonly csrf: string;
  /** Day that is filled in at first. */
  readonly usual: string;
  /** Absent: nothing was typed yet, or it was saved. */
  readonly typed?: Typed | undefined;
  readonly say: Say;
}

/** What is wrong, each with a link to its field; announced when the page opens. */
export function faultList({ faults }: Typed, say: Say): Content {
  return html`<div class="bad" role="alert"><p>${say(T.wrong)}</p><ul>${ORDER.filter((one) =>
    faults.includes(one),
  ).map(
    (fault) => html`<li><a href="#${fault}">${say(FAULTS[fault])}</a></li>`,
  )}</ul>${!faults.includes('nummer') && html`<p>${say(T.again)}</p>`}</div>`;
}

/** From 12 to 15 a parent looks only if the child agrees (consent.md 10.1). */
export function parentForm(parts: FormParts): Html {
  const { csrf, say } = parts;
  return html`<p>${say(T.parentText)}</p><form method="post" action="/mij/machtigingen">
<input type="hidden" name="csrf" value="${csrf}">
${nameField(parts, 'naam', T.parentName)}
${numberField(parts, T.parentBsn)}
<fieldset><legend>${say(T.parentTopics)}</legend>${OPENED_TO_PARENTS.map((topic) =>
    choice(parts, topic, TOPICS[topic] ?? T.parentTopics),
  )}<p class="note">${say(T.parentNever)}</p></fieldset>
<button>${say(T.agree)}</button></form>`;
}

/** From 16 years on. */
export function mandateForm(parts: FormParts): Html {
  const { csrf, usual, typed, say } = parts;
  const until = typed ? (field(typed.body, 'tot') ?? '') : usual;
  const isBad = typed?.faults.includes('wat') === true;
  const told = isBad && html` aria-describedby="wat-fout"`;
  return html`<form method="post" action="/mij/machtigingen">
<input type="hidden" name="csrf" value="${csrf}">
${nameField(parts, 'naam', T.name)}
${numberField(parts, T.bsn)}
${nameField(parts, 'eigen', T.principal)}
<fieldset id="wat" tabindex="-1"${told}><legend>${say(T.kinds)}</legend>${faultText(parts, 'wat')}${KINDS.map(
    (kind) => choice(parts, kind, MANDATE_TEXT[kind]),
  )}</fieldset>
${choice(parts, 'delen', T.decides)}
<p><label for="tot">${say(T.last)}</label>${faultText(parts, 'tot')}
<input id="tot" name="tot" type="date" required value="${until}"${invalid(parts, 'tot')}></p>
<button>${say(T.save)}</button></form>`;
}

function nameField(parts: FormParts, name: 'naam' | 'eigen', label: Text): Html {
  const value = field(parts.typed?.body, name) ?? '';
  return html`<p><label for="${name}">${parts.say(label)}</label>${faultText(parts, name)}
<input id="${name}" name="${name}" required maxlength="80" autocomplete="off" dir="auto"
 value="${value}"${invalid(parts, name)}></p>`;
}

/** Never filled in again: no number of a person stands in a page. */
function numberField(parts: FormParts, label: Text): Html {
  return html`<p><label for="nummer">${parts.say(label)}</label>${faultText(parts, 'nummer')}
<input id="nummer" name="nummer" required inputmode="numeric" pattern="[0-9]{9}"
 autocomplete="off"${invalid(parts, 'nummer')}></p>`;
}

function choice({ typed, say }: FormParts, name: string, text: Text): Html {
  const isOn = field(typed?.body, name) === 'ja';
  return html`<p><label class="choice"><input type="checkbox" name="${name}" value="ja"${
    isOn && html` checked`
  }> ${say(text)}</label></p>`;
}

const faultText = ({ typed, say }: FormParts, name: MandateFault): Content =>
  typed?.faults.includes(name) === true &&
  html`<span class="fault" id="${name}-fout">${say(FAULTS[name])}</span>`;

const invalid = ({ typed }: FormParts, name: MandateFault): Content =>
  typed?.faults.includes(name) === true &&
  html` aria-invalid="true" aria-describedby="${name}-fout"`;
