/**
 * Modules of providers in plain words (capabilities A14): the catalogue, open to anybody, with what
 * each may ask for; and the question to the person, kind by kind, with nothing ticked.
 */
import { type Html, html } from '../../platform/html/html.ts';
import { type Language, say, type Text } from '../../platform/html/language.ts';
import { layout } from '../../platform/html/layout.ts';
import type { ModuleClient } from '../modules/module-client.ts';
import { type ModuleRight, rightsOf } from '../modules/module-scope.ts';
import { fields, type Screen } from './screen.ts';

const KINDS: Readonly<Record<string, Text>> = {
  Task: { nl: 'taken die voor u klaarstaan lezen', en: 'read tasks that are set for you' },
  Endpoint: { nl: 'adressen van modules lezen', en: 'read addresses of modules' },
  ActivityDefinition: {
    nl: 'lezen wat een taak inhoudt',
    en: 'read what a task is about',
  },
  ServiceRequest: {
    nl: 'aanvragen van uw zorgverlener lezen',
    en: 'read requests of your care provider',
  },
  Patient: {
    nl: 'uw naam, geboortedatum en adres lezen',
    en: 'read your name, date of birth and address',
  },
  Practitioner: { nl: 'namen van zorgverleners lezen', en: 'read names of care professionals' },
  PractitionerRole: {
    nl: 'lezen wat een zorgverlener doet',
    en: 'read what a care professional does',
  },
  Organization: {
    nl: 'namen van zorgaanbieders lezen',
    en: 'read names of care providers',
  },
  Location: { nl: 'plaatsen van zorg lezen', en: 'read places of care' },
};
const WHO: Text = {
  nl: 'weten welk dossier van u is',
  en: 'know which record is yours',
};
const MOVES: Text = {
  nl: 'opschrijven hoe ver u met een taak bent, en wat eruit kwam',
  en: 'write down how far you are with a task, and what came of it',
};

/** What a module may do, as a person says it; a kind without words keeps its own name. */
export function rightText(right: ModuleRight): Text {
  if (right.name === 'fhirUser') return WHO;
  if (right.name === 'patient/Task.write') return MOVES;
  const type = 'reads' in right ? right.reads : right.name;
  return KINDS[type] ?? { nl: `${type} lezen`, en: `read ${type}` };
}

const LIST = {
  title: { nl: 'Modules van zorgverleners', en: 'Modules of care providers' },
  intro: {
    nl: 'Uw app kan zo’n module voor u starten, zoals een vragenlijst. Hier staat wat elke module mag vragen. Bij het starten kiest u zelf wat zij krijgt.',
    en: 'Your app can start such a module for you, such as a questionnaire. Here stands what each module may ask. When it starts, you choose what it gets.',
  },
  none: { nl: 'Er zijn geen modules.', en: 'There are no modules.' },
  asks: { nl: 'Mag vragen om', en: 'May ask to' },
  goes: { nl: 'Staat op', en: 'Runs at' },
} as const satisfies Record<string, Text>;

/** @param types those of the FHIR address of a module. */
export function moduleListScreen(
  { lang }: Screen,
  modules: readonly ModuleClient[],
  types: ReadonlySet<string>,
): Html {
  return layout({
    lang,
    path: '/medmij/modules',
    title: say(LIST.title, lang),
    body: html`<h1>${say(LIST.title, lang)}</h1>
<p class="lead">${say(modules.length === 0 ? LIST.none : LIST.intro, lang)}</p>
${modules.map(
  (module) => html`<section><h2>${module.name}</h2>
${module.about && html`<p>${say(module.about, lang)}</p>`}
<p>${say(LIST.asks, lang)}:</p>
<ul>${rightsOf(module.scopes, types).map((one) => html`<li>${say(rightText(one), lang)}</li>`)}</ul>
<dl><dt>${say(LIST.goes, lang)}</dt><dd>${hostsOf(module)}</dd></dl></section>`,
)}`,
  });
}

const hostsOf = ({ redirectUris }: ModuleClient): string =>
  [...new Set(redirectUris.map((one) => new URL(one).host))].join(', ');

const ASK = {
  title: { nl: 'Wat mag deze module?', en: 'What may this module do?' },
  may: { nl: 'De module mag', en: 'The module may' },
  nothing: {
    nl: 'Kruis aan wat de module mag. Zonder kruisje krijgt zij het niet. Mist de module iets? Dan werkt zij misschien niet goed.',
    en: 'Tick what the module may do. Without a tick it does not get it. If the module misses something, it may not work well.',
  },
  long: {
    nl: 'Uw keuze geldt voor deze keer, hooguit 3 uur.',
    en: 'Your choice is for this time, 3 hours at most.',
  },
  yes: { nl: 'Start met wat ik aankruis', en: 'Start with what I ticked' },
  no: { nl: 'Start niet', en: 'Do not start' },
  other: {
    nl: 'U geeft dit antwoord voor iemand anders.',
    en: 'You give this answer for somebody else.',
  },
  all: { nl: 'Alle modules', en: 'All modules' },
} as const satisfies Record<string, Text>;

const whoAsks = (module: string, pgo: string, aanbieder: string): Text => ({
  nl: `U start de module ${module} vanuit ${pgo}. De module vraagt gegevens van ${aanbieder}.`,
  en: `You start the module ${module} from ${pgo}. The module asks for data of ${aanbieder}.`,
});

/** Each kind of data with a box of its own; none is ticked. */
export function moduleChoiceScreen(
  { lang }: Screen,
  asked: {
    readonly csrf: string;
    readonly module: ModuleClient;
    readonly pgo: string;
    readonly aanbieder: string;
    readonly isForOther: boolean;
    readonly rights: readonly ModuleRight[];
  },
): Html {
  const { csrf, module, pgo, aanbieder, isForOther, rights } = asked;
  return layout({
    lang,
    path: '/medmij/module/keuze',
    title: say(ASK.title, lang),
    body: html`<h1>${say(ASK.title, lang)}</h1>
<p class="lead">${say(whoAsks(module.name, pgo, aanbieder), lang)}</p>
${module.about && html`<p>${say(module.about, lang)}</p>`}
${isForOther && html`<p class="note">${say(ASK.other, lang)}</p>`}
<form method="post" action="/medmij/module/keuze">
${fields({ csrf })}
<p>${say(ASK.nothing, lang)}</p>
<fieldset><legend>${say(ASK.may, lang)}</legend>
${rights.map((one) => box(one, lang))}
</fieldset>
<p>${say(ASK.long, lang)}</p>
<p><button name="keuze" value="ja">${say(ASK.yes, lang)}</button>
<button name="keuze" value="nee" class="secondary">${say(ASK.no, lang)}</button></p>
</form>
<p><a href="/medmij/modules">${say(ASK.all, lang)}</a></p>`,
  });
}

function box(right: ModuleRight, lang: Language): Html {
  const text = say(rightText(right), lang);
  return html`<p><label class="choice"><input type="checkbox" name="mag" value="${right.name}">
<span>${text.charAt(0).toUpperCase()}${text.slice(1)}</span></label></p>`;
}
