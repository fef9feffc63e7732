/**
 * `/afzender/vertegenwoordiging`: a provider puts on record, of one of the own patients, a curator or
 * mentor that a court appointed, or that somebody may not look along (consent.md 10.2). The numbers
 * are typed into a form and stand in no address.
 */
import {
  type Court,
  REPRESENTATIVE_LIMITS,
  type Recorded,
  type RepresentativeDraft,
} from '../../consent/index.ts';
import { dayText } from '../../platform/html/day-text.ts';
import { type Content, type Html, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { Problem } from '../../platform/problem.ts';
import { faultAt, faultSummary, markOf } from '../form-faults.ts';
import { startOfDay } from '../moment-text.ts';
import type { Say } from '../page.ts';
import { field } from '../portal.ts';
import { type SenderVisit, staffAgent } from './sender-visit.ts';

const t = (nl: string, en: string): Text => ({ nl, en });

export const REPRESENTATIVES_TITLE = t('Wie voor een patiënt optreedt', 'Who acts for a patient');

const T = {
  intro: t(
    'Leg vast dat een rechter een curator of mentor heeft benoemd, of dat iemand hier niet mag meekijken.',
    'Record that a court appointed a curator or mentor, or that somebody may not look along here.',
  ),
  patient: t('BSN van de patiënt', 'BSN of the patient'),
  look: t('Zoek', 'Look up'),
  unknown: t(
    'Uw organisatie heeft hier niemand met dit nummer.',
    'Your organisation has nobody here with this number.',
  ),
  again: t('Zoek de patiënt opnieuw op.', 'Look up the patient again.'),
  saved: t('Dit is vastgelegd. Het werkt meteen.', 'This is on record. It works at once.'),
  ended: t('Dit is gestopt. Het werkt meteen.', 'This is ended. It works at once.'),
  wrong: t(
    'Dit past niet. Kijk of alles is ingevuld, of de nummers kloppen, en of het einde in de toekomst ligt.',
    'This does not fit. See whether all is filled in, the numbers are right, and the end is in the future.',
  ),
  now: t('Nu vastgelegd', 'On record now'),
  none: t('Er is niets vastgelegd.', 'Nothing is on record.'),
  byOther: t('door een andere zorgverlener', 'by another care provider'),
  curator: t('Curator', 'Curator'),
  mentor: t('Mentor', 'Mentor'),
  blockOne: t('Eén vertegenwoordiger mag niet meekijken', 'One representative may not look along'),
  blockAll: t('Geen vertegenwoordiger mag meekijken', 'No representative may look along'),
  until: t('tot en met', 'up to and including'),
  stop: t('Stop', 'End'),
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

interface Asked {
  readonly vault: string;
  readonly organisation: string;
}

const ASKED_SECONDS = 900;
const PATH = '/afzender/vertegenwoordiging';

/** GET, and the answer to a number that is not known. */
export async function representativesForm(visit: SenderVisit, told?: Text) {
  const faults = told ? [{ field: 'bsn', text: told }] : [];
  return page(visit, (say) => [
    html`<p class="lead">${say(T.intro)}</p>
${faultSummary(faults, say)}
<form method="post" action="${PATH}">
<input type="hidden" name="csrf" value="${visit.session.csrf}">
<label for="bsn">${say(T.patient)}</label>${faultAt(faults, 'bsn', say)}
<input id="bsn" name="bsn" required pattern="[0-9]{9}"
 inputmode="numeric" autocomplete="off"${markOf(faults, 'bsn')}> <button>${say(T.look)}</button></form>`,
  ]);
}

/** What is on record of the person whose number was typed, and the forms for more. */
export async function representativesOf(visit: SenderVisit) {
  const { door, session, request } = visit;
  const { organisation } = session.who;
  const bsn = field(request.body, 'bsn') ?? '';
  const vault = /^\d{9}$/.test(bsn) ? await door.consent.patientHere(bsn, organisation) : undefined;
  if (vault === undefined) return representativesForm(visit, T.unknown);
  return show(visit, { vault, organisation });
}

/** Puts on record what the form says. */
export async function recordRepresentative(visit: SenderVisit) {
  const asked = await askedIn(visit);
  if (!asked) return representativesForm(visit, T.again);
  const { door, session, request } = visit;
  try {
    const by = { agent: staffAgent(session.who, request), requestId: request.id };
    const draft = draftOf(visit, asked);
    await door.consent.representatives.record(asked.vault, draft, by);
  } catch (error) {
    if (!['representative', 'representatives'].includes(Problem.from(error).code)) throw error;
    return show(visit, asked, { text: T.wrong, isBad: true });
  }
  return show(visit, asked, { text: T.saved });
}

/** Ends what the own organisation has on record. @throws Problem `not-found` for any other. */
export async function endRepresentative(visit: SenderVisit) {
  const asked = await askedIn(visit);
  if (!asked) return representativesForm(visit, T.again);
  const { door, session, request } = visit;
  const by = { agent: staffAgent(session.who, request), requestId: request.id };
  const id = field(request.body, 'id') ?? '';
  await door.consent.representatives.end(asked.vault, id, asked.organisation, by);
  return show(visit, asked, { text: T.ended });
}

async function askedIn({ door, session, request }: SenderVisit): Promise<Asked | undefined> {
  const handle = field(request.body, 'asked') ?? '';
  const found = await door.state.peek<Asked>(door.database, 'representatives', handle);
  return found?.value.organisation === session.who.organisation ? found.value : undefined;
}

function draftOf({ request: { body } }: SenderVisit, { organisation }: Asked): RepresentativeDraft {
  const text = (name: string) => (field(body, name) ?? '').trim();
  const bsn = text('nummer');
  const until = startOfDay(text('tot'), 1)?.toISOString();
  const draft = { holder: organisation, ...(bsn === '' ? {} : { bsn }) };
  if (text('soort') === 'blokkade') {
    return { ...draft, block: { reason: text('reden'), until: until ?? '' } };
  }
  const rel: Court['rel'] = text('soort') === 'curator' ? 'curator' : 'mentor';
  const since = startOfDay(text('vanaf'))?.toISOString() ?? '';
  const said = { name: text('naam'), principal: text('patient'), evidence: text('bewijs') };
  return { ...draft, court: { rel, ...said, since, ...(until === undefined ? {} : { until }) } };
}

async function show(
  visit: SenderVisit,
  asked: Asked,
  told?: { readonly text: Text; readonly isBad?: true },
) {
  const { door, session } = visit;
  const all = await door.consent.representatives.of(asked.vault);
  // The number stands in no page: who goes on shows by a handle whom it was about.
  const options = { kind: 'representatives', seconds: ASKED_SECONDS } as const;
  const handle = await door.state.put(door.database, asked, options);
  const hidden = html`<input type="hidden" name="csrf" value="${session.csrf}">
<input type="hidden" name="asked" value="${handle}">`;
  const standing = all.filter(({ status }) => status === 'active');
  return page(visit, (say) => [
    html`${told && html`<p class="${told.isBad ? 'bad' : 'good'}" role="status">${say(told.text)}</p>`}
<h2>${say(T.now)}</h2>
${standing.length === 0 && html`<p class="note">${say(T.none)}</p>`}
${standing.map((one) => card(visit, one, asked, hidden, say))}`,
    courtForm(hidden, say),
    blockForm(hidden, say),
  ]);
}

function card(
  { language }: SenderVisit,
  { id, holder, court, block, subjects }: Recorded,
  { organisation }: Asked,
  hidden: Html,
  say: Say,
): Html {
  const until = court?.until ?? block?.until;
  const what = court
    ? `${say(T[court.rel])}: ${court.name}`
    : say(subjects === undefined ? T.blockAll : T.blockOne);
  // Of another provider that it stands, and not why.
  const own = holder === organisation;
  return html`<section class="card"><h3>${what}</h3><p>${
    own ? (court?.evidence ?? block?.reason ?? '') : say(T.byOther)
  }${
    until !== undefined &&
    html`; ${say(T.until)} ${dayText(new Date(Date.parse(until) - 1), language)}`
  }</p>${
    own &&
    html`<form method="post" action="${PATH}/stoppen">${hidden}
<input type="hidden" name="id" value="${id}"><button class="secondary">${say(T.stop)}<span
 class="hidden">: ${what}</span></button></form>`
  }</section>`;
}

function courtForm(hidden: Html, say: Say): Html {
  const most = REPRESENTATIVE_LIMITS.textCharactersMax;
  return html`<h2>${say(T.court)}</h2><p>${say(T.courtText)}</p>
<form method="post" action="${PATH}/vastleggen">${hidden}
<fieldset><legend>${say(T.rel)}</legend>
<label class="choice"><input type="radio" name="soort" value="mentor" required>
${say(T.mentor)}</label>
<label class="choice"><input type="radio" name="soort" value="curator"> ${say(T.curator)}</label>
</fieldset>
<label for="c-nummer">${say(T.bsn)}</label><input id="c-nummer" name="nummer" required
 pattern="[0-9]{9}" inputmode="numeric" autocomplete="off">
<label for="c-naam">${say(T.name)}</label><input id="c-naam" name="naam" required
 maxlength="${most}" autocomplete="off">
<label for="c-patient">${say(T.principal)}</label><input id="c-patient" name="patient" required
 maxlength="${most}" autocomplete="off">
<label for="c-bewijs">${say(T.evidence)}</label><input id="c-bewijs" name="bewijs" required
 maxlength="${most}" autocomplete="off">
<label for="c-vanaf">${say(T.since)}</label><input id="c-vanaf" name="vanaf" type="date" required>
<label for="c-tot">${say(T.lastMaybe)}</label><input id="c-tot" name="tot" type="date">
<p><button>${say(T.save)}</button></p></form>`;
}

function blockForm(hidden: Html, say: Say): Html {
  const { textCharactersMax: most, reasonCharactersMin: least } = REPRESENTATIVE_LIMITS;
  return html`<h2>${say(T.block)}</h2><p>${say(T.blockText)}</p>
<form method="post" action="${PATH}/vastleggen">${hidden}
<input type="hidden" name="soort" value="blokkade">
<label for="b-nummer">${say(T.bsnMaybe)}</label><input id="b-nummer" name="nummer"
 pattern="[0-9]{9}" inputmode="numeric" autocomplete="off">
<label for="b-reden">${say(T.reason)}</label><input id="b-reden" name="reden" required
 minlength="${least}" maxlength="${most}" autocomplete="off">
<label for="b-tot">${say(T.last)}</label><input id="b-tot" name="tot" type="date" required>
<p><button>${say(T.save)}</button></p></form>`;
}

function page(visit: SenderVisit, body: (say: Say) => readonly Html[]) {
  return visit.page({
    title: REPRESENTATIVES_TITLE,
    path: PATH,
    body: (say): Content => html`<h1>${say(REPRESENTATIVES_TITLE)}</h1>${body(say)}
<p><a class="button secondary" href="/afzender">${say(t('Terug', 'Back'))}</a></p>`,
  });
}
