/**
 * `/afzender/vertegenwoordiging`: a provider puts on record, of one of the own patients, a curator or
 * mentor that a court appointed, or that somebody may not look along (consent.md 10.2). The numbers
 * are typed into a form and stand in no address.
 */
import type { Recorded } from '../../consent/index.ts';
import { dayText } from '../../platform/html/day-text.ts';
import { type Content, type Html, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { Problem } from '../../platform/problem.ts';
import { faultAt, faultSummary, markOf, statusOf } from '../form-faults.ts';
import type { Say } from '../page.ts';
import { field, tellAt } from '../portal.ts';
import {
  blockForm,
  courtForm,
  draftIn,
  REPRESENTATIVE_TEXT,
  type TypedRepresentative,
  typedWrong,
} from './representative-forms.ts';
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
  many: t(
    'Er is voor deze patiënt te veel vastgelegd. Stop eerst iets dat niet meer nodig is.',
    'There is too much on record for this patient. First end something that is not needed any more.',
  ),
  now: t('Nu vastgelegd', 'On record now'),
  none: t('Er is niets vastgelegd.', 'Nothing is on record.'),
  byOther: t('door een andere zorgverlener', 'by another care provider'),
  blockOne: t('Eén vertegenwoordiger mag niet meekijken', 'One representative may not look along'),
  blockAll: t('Geen vertegenwoordiger mag meekijken', 'No representative may look along'),
  until: t('tot en met', 'up to and including'),
  stop: t('Stop', 'End'),
} as const;

interface Asked {
  readonly vault: string;
  readonly organisation: string;
}

const ASKED_SECONDS = 900;
const PATH = '/afzender/vertegenwoordiging';

/** GET: the form, or what is on record of the person that a handle stands for. */
export async function representativesPage(visit: SenderVisit) {
  const handle = field(visit.request.query, 'over');
  if (handle === undefined) return representativesForm(visit);
  const asked = await askedBy(visit, handle);
  if (!asked) return representativesForm(visit, T.again);
  return show(visit, asked, { text: await visit.session.told(PATH) });
}

/** The form, and the answer to a number that is not known. */
async function representativesForm(visit: SenderVisit, told?: Text) {
  const faults = told ? [{ field: 'bsn', text: told }] : [];
  const content = (say: Say) => [
    html`<p class="lead">${say(T.intro)}</p>
${faultSummary(faults, say)}
<form method="post" action="${PATH}">
<input type="hidden" name="csrf" value="${visit.session.csrf}">
<label for="bsn">${say(T.patient)}</label>${faultAt(faults, 'bsn', say)}
<input id="bsn" name="bsn" required pattern="[0-9]{9}"
 inputmode="numeric" autocomplete="off"${markOf(faults, 'bsn')}> <button>${say(T.look)}</button></form>`,
  ];
  return page(visit, content, statusOf(faults));
}

/** What is on record of the person whose number was typed, and the forms for more. */
export async function representativesOf(visit: SenderVisit) {
  const { door, session, request } = visit;
  const { organisation } = session.who;
  const bsn = field(request.body, 'bsn') ?? '';
  const vault = /^\d{9}$/.test(bsn) ? await door.consent.patientHere(bsn, organisation) : undefined;
  if (vault === undefined) return representativesForm(visit, T.unknown);
  // The number stands in no page or address: a handle says whom it was about.
  const asked: Asked = { vault, organisation };
  const options = { kind: 'representatives', seconds: ASKED_SECONDS } as const;
  const handle = await door.state.put(door.database, asked, options);
  return visit.reply.redirect(addressOf(handle), 303);
}

/** Puts on record what the form says. */
export async function recordRepresentative(visit: SenderVisit) {
  const asked = await askedIn(visit);
  if (!asked) return representativesForm(visit, T.again);
  const { door, session, request } = visit;
  const { body } = request;
  const draft = draftIn(body, asked.organisation);
  // Nobody acts for oneself.
  if (draft.bsn !== undefined && (await door.consent.own.byBsn(draft.bsn)) === asked.vault) {
    return show(visit, asked, { typed: typedWrong(body, ['bsn']) });
  }
  try {
    const by = { agent: staffAgent(session.who, request), requestId: request.id };
    await door.consent.representatives.record(asked.vault, draft, by);
  } catch (error) {
    const { code, expression = [] } = Problem.from(error);
    if (code === 'representatives') return show(visit, asked, { text: T.many, isBad: true });
    if (code !== 'representative') throw error;
    return show(visit, asked, { typed: typedWrong(body, expression) });
  }
  return tellAt(visit, PATH, T.saved, addressOf(asked.handle));
}

/** Ends what the own organisation has on record. @throws Problem `not-found` for any other. */
export async function endRepresentative(visit: SenderVisit) {
  const asked = await askedIn(visit);
  if (!asked) return representativesForm(visit, T.again);
  const { door, session, request } = visit;
  const by = { agent: staffAgent(session.who, request), requestId: request.id };
  const id = field(request.body, 'id') ?? '';
  await door.consent.representatives.end(asked.vault, id, asked.organisation, by);
  return tellAt(visit, PATH, T.ended, addressOf(asked.handle));
}

const addressOf = (handle: string): string => `${PATH}?over=${encodeURIComponent(handle)}`;

const askedIn = (visit: SenderVisit): Promise<Opened | undefined> =>
  askedBy(visit, field(visit.request.body, 'asked') ?? '');

async function askedBy(
  { door, session }: SenderVisit,
  handle: string,
): Promise<Opened | undefined> {
  const found = await door.state.peek<Asked>(door.database, 'representatives', handle);
  if (found?.value.organisation !== session.who.organisation) return undefined;
  return { ...found.value, handle };
}

/** Whom a handle stands for, and the handle. */
interface Opened extends Asked {
  readonly handle: string;
}

interface Told {
  readonly text?: Text | undefined;
  readonly isBad?: true;
  readonly typed?: TypedRepresentative;
}

async function show(visit: SenderVisit, asked: Opened, told: Told = {}) {
  const { door, session } = visit;
  const all = await door.consent.representatives.of(asked.vault);
  const hidden = html`<input type="hidden" name="csrf" value="${session.csrf}">
<input type="hidden" name="asked" value="${asked.handle}">`;
  const standing = all.filter(({ status }) => status === 'active');
  const { text, isBad, typed } = told;
  const forms = { action: `${PATH}/vastleggen`, hidden, typed };
  const content = (say: Say) => [
    html`${text && html`<p class="${isBad ? 'bad' : 'good'}" role="status">${say(text)}</p>`}
${faultSummary(typed?.faults ?? [], say)}
<h2>${say(T.now)}</h2>
${standing.length === 0 && html`<p class="note">${say(T.none)}</p>`}
${standing.map((one) => card(visit, one, asked, hidden, say))}`,
    courtForm({ ...forms, say }),
    blockForm({ ...forms, say }),
  ];
  return page(visit, content, statusOf(typed?.faults ?? []));
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
    ? `${say(REPRESENTATIVE_TEXT[court.rel])}: ${court.name}`
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

function page(
  visit: SenderVisit,
  body: (say: Say) => readonly Html[],
  status: ReturnType<typeof statusOf>,
) {
  return visit.page({
    ...status,
    title: REPRESENTATIVES_TITLE,
    path: PATH,
    body: (say): Content => html`<h1>${say(REPRESENTATIVES_TITLE)}</h1>${body(say)}
<p><a class="button secondary" href="/afzender">${say(t('Terug', 'Back'))}</a></p>`,
  });
}
