/**
 * `/afzender/samenvoegingen`: who keeps identities right looks up what was merged of one of the own
 * patients, takes it apart with a reason, and sees who read the mixed record (capabilities B6). The
 * number is typed into a form and stands in no address.
 */
import type { Content, Html } from '../../platform/html/html.ts';
import { html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { table } from '../../platform/html/layout.ts';
import { eventText } from '../event-words.ts';
import { faultAt, faultSummary, markOf, statusOf } from '../form-faults.ts';
import { momentText } from '../moment-text.ts';
import type { Say } from '../page.ts';
import { READERS } from './sender-text.ts';
import { type SenderVisit, staffAgent } from './sender-visit.ts';

const t = (nl: string, en: string): Text => ({ nl, en });

export const MERGES_TITLE = t('Samengevoegde dossiers', 'Records that were merged');

const T = {
  intro: t(
    'Zijn twee dossiers ten onrechte één gemaakt? Zoek de patiënt op en haal ze uit elkaar.',
    'Were two records made one by mistake? Look up the patient and take them apart.',
  ),
  bsn: t('BSN van de patiënt', 'BSN of the patient'),
  look: t('Zoek', 'Look up'),
  unknown: t(
    'Uw organisatie heeft hier niemand met dit nummer.',
    'Your organisation has nobody here with this number.',
  ),
  again: t('Zoek de patiënt opnieuw op.', 'Look up the patient again.'),
  none: t('Dit dossier is niet samengevoegd.', 'This record was not merged.'),
  mergedAt: t('Samengevoegd op', 'Merged on'),
  reason: t('Waarom haalt u ze uit elkaar?', 'Why do you take them apart?'),
  apart: t('Haal uit elkaar', 'Take apart'),
  noReason: t('Schrijf waarom u ze uit elkaar haalt.', 'Write why you take them apart.'),
  done: t('Het zijn weer twee dossiers.', 'These are two records again.'),
  moved: t('Teruggegaan: gegevens', 'Went back: items'),
  messages: t('Teruggegaan: berichten', 'Went back: messages'),
  later: t(
    'Wat na het samenvoegen binnenkwam, staat nog waar het binnenkwam. Kijk dat na.',
    'What came in after the merge is still where it came in. Look at that.',
  ),
  readers: t('Wie las het gemengde dossier', 'Who read the mixed record'),
  noReaders: t('Niemand las het gemengde dossier.', 'Nobody read the mixed record.'),
  tell: t(
    'Vertel hun dat zij gegevens van twee mensen zagen.',
    'Tell them that they saw data of two people.',
  ),
  at: t('Moment', 'Moment'),
  who: t('Lezer', 'Reader'),
  what: t('Wat', 'What'),
  items: t('Gegevens', 'Items'),
  own: t('uw organisatie', 'your organisation'),
} as const;

/** Whose record was looked up, and for which organisation. */
interface Asked {
  readonly bsn: string;
  readonly organisation: string;
}

type Apart = Awaited<ReturnType<SenderVisit['door']['mergeDesk']['takeApart']>>;

/** What was done, to be looked at for a while: it is told nowhere else in one list. */
interface Done {
  readonly organisation: string;
  readonly done: Apart;
}

type Merges = NonNullable<Awaited<ReturnType<SenderVisit['door']['mergeDesk']['of']>>>;

const ASKED_SECONDS = 900;
const REASON_LENGTH_MAX = 300;
const READERS_MAX = 500;

const field = (visit: SenderVisit, name: string): string => {
  const value = (visit.request.body as Record<string, unknown> | null)?.[name];
  return typeof value === 'string' ? value.trim() : '';
};

/** GET: the form, or what a handle stands for: what can be taken apart, or what was. */
export async function mergesPage(visit: SenderVisit) {
  const { over, klaar } = visit.request.query as Record<string, unknown>;
  if (typeof klaar === 'string') {
    const done = await kept<Done>(visit, klaar);
    return done && 'done' in done ? donePage(visit, done.done) : mergesForm(visit, T.again);
  }
  if (typeof over !== 'string') return mergesForm(visit);
  const asked = await kept<Asked>(visit, over);
  if (!asked || !('bsn' in asked)) return mergesForm(visit, T.again);
  const merges = await visit.door.mergeDesk.of(asked.bsn, asked.organisation);
  if (!merges || merges.length === 0) return mergesForm(visit, undefined, T.none);
  return choose(visit, over, merges);
}

/**
 * The form, and the answer to a number that is not known.
 * @param wrong what is wrong with the number.
 * @param found what there is to say of the person who was looked up.
 */
async function mergesForm(visit: SenderVisit, wrong?: Text, found?: Text) {
  const faults = wrong ? [{ field: 'bsn', text: wrong }] : [];
  const content = (say: Say) => [
    html`<p class="lead">${say(T.intro)}</p>
${faultSummary(faults, say)}${found && html`<p class="note" role="status">${say(found)}</p>`}
<form method="post" action="/afzender/samenvoegingen">
<input type="hidden" name="csrf" value="${visit.session.csrf}">
<label for="bsn">${say(T.bsn)}</label>${faultAt(faults, 'bsn', say)}
<input id="bsn" name="bsn" required pattern="[0-9]{9}" inputmode="numeric"
 autocomplete="off"${markOf(faults, 'bsn')}> <button>${say(T.look)}</button></form>`,
  ];
  return page(visit, content, statusOf(faults));
}

/** What can be taken apart of the person whose number was typed. */
export async function mergesOf(visit: SenderVisit) {
  const { door, session } = visit;
  const bsn = field(visit, 'bsn');
  const merges = await door.mergeDesk.of(bsn, session.who.organisation);
  if (!merges) return mergesForm(visit, T.unknown);
  if (merges.length === 0) return mergesForm(visit, undefined, T.none);
  // The number stands in no page or address: a handle says whom it was about.
  const handle = await keep(visit, { bsn, organisation: session.who.organisation });
  return visit.reply.redirect(`${PATH}?over=${encodeURIComponent(handle)}`, 303);
}

const PATH = '/afzender/samenvoegingen';

const keep = ({ door }: SenderVisit, value: Asked | Done): Promise<string> =>
  door.state.put(door.database, value, { kind: 'merge-desk', seconds: ASKED_SECONDS });

async function kept<K extends Asked | Done>(
  { door, session }: SenderVisit,
  handle: string,
): Promise<K | undefined> {
  const found = await door.state.peek<K>(door.database, 'merge-desk', handle);
  return found?.value.organisation === session.who.organisation ? found.value : undefined;
}

/**
 * @param handle whom it is about.
 * @param bare the merge that was to be taken apart without a reason.
 */
async function choose(visit: SenderVisit, handle: string, merges: Merges, bare?: string) {
  const { session, language } = visit;
  const faults = merges.flatMap(({ id }, at) =>
    id === bare ? [{ field: reasonOf(at), text: T.noReason }] : [],
  );
  const content = (say: Say) => [
    html`${faultSummary(faults, say)}`,
    ...merges.map(
      ({ id, at }, index) => html`<section class="card"><h2>${say(T.mergedAt)}
 ${momentText(at, language)}</h2>
<form method="post" action="/afzender/samenvoegingen/uiteen">
<input type="hidden" name="csrf" value="${session.csrf}">
<input type="hidden" name="asked" value="${handle}">
<input type="hidden" name="merge" value="${id}">
<label for="${reasonOf(index)}">${say(T.reason)}</label>${faultAt(faults, reasonOf(index), say)}
<input id="${reasonOf(index)}" name="reason" required maxlength="${REASON_LENGTH_MAX}"${markOf(
        faults,
        reasonOf(index),
      )}>
<button>${say(T.apart)}</button></form></section>`,
    ),
  ];
  return page(visit, content, statusOf(faults));
}

const reasonOf = (index: number): string => `reden-${index + 1}`;

/**
 * Takes one apart, and lists the readers of the mixed record.
 * @throws Problem `not-found` for a merge of somebody else.
 */
export async function takeApart(visit: SenderVisit) {
  const { door, session, request } = visit;
  const reason = field(visit, 'reason').slice(0, REASON_LENGTH_MAX);
  const { organisation } = session.who;
  const handle = field(visit, 'asked');
  const asked = await kept<Asked>(visit, handle);
  if (!asked || !('bsn' in asked)) return mergesForm(visit, T.again);
  if (reason === '') {
    const merges = await door.mergeDesk.of(asked.bsn, organisation);
    if (!merges || merges.length === 0) return mergesForm(visit, undefined, T.none);
    return choose(visit, handle, merges, field(visit, 'merge'));
  }
  const done = await door.mergeDesk.takeApart({
    ...{ bsn: asked.bsn, merge: field(visit, 'merge'), organisation, reason },
    by: staffAgent(session.who, request),
  });
  const readers = done.readers.slice(0, READERS_MAX);
  const told = await keep(visit, { organisation, done: { ...done, readers } });
  return visit.reply.redirect(`${PATH}?klaar=${encodeURIComponent(told)}`, 303);
}

/** What was taken apart, and who read the mixed record. */
async function donePage(visit: SenderVisit, done: Apart) {
  const { door, session, language } = visit;
  const { organisation } = session.who;
  const kinds = new Map((await door.organisations.all()).map(({ id, category }) => [id, category]));
  // Of others the kind only: who read somebody's record is not told to its source.
  const reader = (one: (typeof done.readers)[number], say: Say) => {
    if (one.organisation === organisation) return `${say(T.own)}: ${one.agent}`;
    const kind = kinds.get(one.organisation ?? '') ?? 'patient';
    return say(READERS[kind] ?? { nl: kind, en: kind });
  };
  const rows = (say: Say) =>
    done.readers.map((one) => [
      momentText(one.at, language),
      reader(one, say),
      say(eventText(one.event)),
      one.released,
    ]);
  return page(visit, (say) => [
    html`<p class="good" role="status">${say(T.done)}</p>
<dl><dt>${say(T.moved)}</dt><dd>${done.resources}</dd>
<dt>${say(T.messages)}</dt><dd>${done.originals}</dd></dl>
<p>${say(T.later)}</p><h2>${say(T.readers)}</h2>`,
    done.readers.length === 0
      ? html`<p class="good">${say(T.noReaders)}</p>`
      : html`<p>${say(T.tell)}</p>${table(
          { caption: T.readers, columns: [T.at, T.who, T.what, T.items], rows: rows(say) },
          language,
        )}`,
  ]);
}

function page(
  visit: SenderVisit,
  body: (say: Say) => readonly Html[],
  status: ReturnType<typeof statusOf> = {},
) {
  return visit.page({
    ...status,
    title: MERGES_TITLE,
    path: '/afzender/samenvoegingen',
    body: (say): Content => html`<h1>${say(MERGES_TITLE)}</h1>${body(say)}
<p><a class="button secondary" href="/afzender">${say(t('Terug', 'Back'))}</a></p>`,
  });
}
