/** The form of the auditor's search: what is asked, and at which field something is wrong. */
import { type Content, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { EVENT_NAMES, eventText } from '../event-words.ts';
import { type FieldFaults, faultAt, markOf } from '../form-faults.ts';
import { startOfDay } from '../moment-text.ts';
import type { Say } from '../page.ts';
import { PURPOSE_NAMES, purposeText } from '../plain-words.ts';
import { field } from '../portal.ts';
import { aboutPatient } from './about-patient.ts';
import type { AuditorVisit } from './auditor-visit.ts';

export const REASON_LENGTH_MIN = 10;

const T = {
  reason: {
    nl: 'Waarom zoekt u? (komt in het logboek)',
    en: 'Why do you search? (is written in the log)',
  },
  bsn: { nl: 'BSN van de patiënt (mag leeg blijven)', en: 'BSN of the patient (may stay empty)' },
  keepPatient: { nl: 'Dezelfde patiënt als net', en: 'The same patient as before' },
  from: { nl: 'Van', en: 'From' },
  until: { nl: 'Tot en met', en: 'Until' },
  event: { nl: 'Wat gebeurde er?', en: 'What happened?' },
  purpose: { nl: 'Met welk doel?', en: 'For which purpose?' },
  any: { nl: 'alles', en: 'everything' },
  agentKind: { nl: 'Soort gebruiker', en: 'Kind of user' },
  agent: { nl: 'Nummer van de gebruiker', en: 'Id of the user' },
  professional: { nl: 'zorgverlener', en: 'professional' },
  system: { nl: 'systeem', en: 'system' },
  auditor: { nl: 'auditor', en: 'auditor' },
  refused: { nl: 'Alleen wat geweigerd is of mislukte', en: 'Only what was refused or failed' },
  search: { nl: 'Zoek', en: 'Search' },
} as const satisfies Record<string, Text>;

const FAULTS = {
  reden: {
    nl: 'Typ eerst waarom u zoekt, in ten minste 10 tekens.',
    en: 'First type why you search, in at least 10 characters.',
  },
  bsn: { nl: 'Een BSN heeft 9 cijfers.', en: 'A BSN has 9 digits.' },
  van: { nl: 'Kies een dag die bestaat.', en: 'Choose a day that exists.' },
  tot: {
    nl: 'Kies een dag die bestaat, niet eerder dan "Van".',
    en: 'Choose a day that exists, not before "From".',
  },
} as const satisfies Record<string, Text>;

/** Whom a search can be about. */
export const AGENT_KINDS = ['professional', 'system', 'auditor'] as const;

/** A number or day that was mistyped would find nothing, or everything: then it is asked again. */
export function faultsIn(body: unknown, reason: string | undefined): FieldFaults {
  const digits = digitsIn(body);
  const [from, until] = [field(body, 'van'), field(body, 'tot')];
  const isLate = from !== undefined && until !== undefined && from > until;
  return [
    ...(reason === undefined || reason.length < REASON_LENGTH_MIN ? ['reden' as const] : []),
    ...(digits !== undefined && !/^\d{8,9}$/.test(digits) ? ['bsn' as const] : []),
    ...(from !== undefined && !startOfDay(from) ? ['van' as const] : []),
    ...(until !== undefined && (!startOfDay(until) || isLate) ? ['tot' as const] : []),
  ].map((name) => ({ field: name, text: FAULTS[name] }));
}

/** The number as typed, without what stands between. */
export const digitsIn = (body: unknown): string | undefined =>
  field(body, 'bsn')?.replaceAll(/[\s.-]/g, '');

/** What was typed and not kept stands in it again; a number of a person never. */
export function searchForm(visit: AuditorVisit, faults: FieldFaults, say: Say): Content {
  const { session, who, request } = visit;
  const { search } = who;
  const typed = (name: string, kept: string | undefined) =>
    faults.length > 0 ? (field(request.body, name) ?? '') : kept;
  // Whoever typed a number means somebody else than before.
  const isSame =
    faults.length === 0 ||
    (field(request.body, 'zelfde') === 'ja' && digitsIn(request.body) === undefined);
  const refused = typed('geweigerd', search?.refused ? 'ja' : '');
  const what = (name: string) => say(aboutPatient(eventText(name)));
  const option = (value: string, text: string, chosen: string | undefined) =>
    html`<option value="${value}"${value === chosen && html` selected`}>${text}</option>`;
  return html`<h2>${say(T.search)}</h2><form method="post" action="/auditor/zoeken">
<input type="hidden" name="csrf" value="${session.csrf}">
<label for="reden">${say(T.reason)}</label>${faultAt(faults, 'reden', say)}
<textarea id="reden" name="reden" rows="2" minlength="${
    REASON_LENGTH_MIN
  }" maxlength="500" required${markOf(faults, 'reden')}>${typed('reden', who.reason)}</textarea>
<label for="bsn">${say(T.bsn)}</label>${faultAt(faults, 'bsn', say)}
<input id="bsn" name="bsn" inputmode="numeric"
  autocomplete="off" maxlength="14"${markOf(faults, 'bsn')}>
${
  search?.patient !== undefined &&
  html`<label class="choice"><input type="checkbox" name="zelfde"
  value="ja"${isSame && html` checked`}> ${say(T.keepPatient)}</label>`
}
<label for="van">${say(T.from)}</label>${faultAt(faults, 'van', say)}
<input id="van" name="van" type="date" value="${typed('van', search?.from)}"${markOf(
    faults,
    'van',
  )}>
<label for="tot">${say(T.until)}</label>${faultAt(faults, 'tot', say)}
<input id="tot" name="tot" type="date" value="${typed('tot', search?.until)}"${markOf(
    faults,
    'tot',
  )}>
<label for="wat">${say(T.event)}</label><select id="wat" name="wat">${option(
    '',
    say(T.any),
    typed('wat', search?.event),
  )}${EVENT_NAMES.map((name) => option(name, what(name), typed('wat', search?.event)))}</select>
<label for="doel">${say(T.purpose)}</label><select id="doel" name="doel">${option(
    '',
    say(T.any),
    typed('doel', search?.purpose),
  )}${PURPOSE_NAMES.map((name) =>
    option(name, say(aboutPatient(purposeText(name)) ?? T.any), typed('doel', search?.purpose)),
  )}</select>
<label for="soort">${say(T.agentKind)}</label><select id="soort" name="soort">${AGENT_KINDS.map(
    (kind) => option(kind, say(T[kind]), typed('soort', search?.agent?.kind)),
  )}</select>
<label for="wie">${say(T.agent)}</label><input id="wie" name="wie" autocomplete="off"
  maxlength="128" value="${typed('wie', search?.agent?.id)}">
<label class="choice"><input type="checkbox" name="geweigerd" value="ja"${
    refused === 'ja' && html` checked`
  }> ${say(T.refused)}</label>
<p><button>${say(T.search)}</button></p></form>`;
}
