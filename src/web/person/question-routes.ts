/** `/mij/inzage/vraag`: "I do not recognise this", and what became of it (capabilities D7). */
import type { LineQuestion } from '../../insight/index.ts';
import { dayText } from '../../platform/html/day-text.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Language, Text } from '../../platform/html/language.ts';
import { table } from '../../platform/html/layout.ts';
import { Problem } from '../../platform/problem.ts';
import { eventText } from '../event-words.ts';
import { type FieldFaults, faultAt, faultSummary, markOf, statusOf } from '../form-faults.ts';
import { dayOf, momentText } from '../moment-text.ts';
import type { Say } from '../page.ts';
import { field, tellAt } from '../portal.ts';
import { namedProfessional } from './named-professional.ts';
import { organisationNames, type PersonRoutes, personAgent, type Visit } from './visit.ts';

const t = (nl: string, en: string): Text => ({ nl, en });
const QUESTIONS_MAX = 100;
const LINES_MAX = 5_000;

const T = {
  block: { nl: 'Deze persoon mag niets meer zien', en: 'This person may see nothing any more' },
  blockText: {
    nl: 'U kunt deze ene persoon weigeren. Anderen van dezelfde organisatie houden wat zij mogen zien.',
    en: 'You can refuse this one person. Others of the same organisation keep what they may see.',
  },
  title: t('Dit herken ik niet', 'I do not recognise this'),
  intro: t(
    'Uw vraag gaat naar de functionaris gegevensbescherming van de organisatie. Die antwoordt binnen 28 dagen.',
    'Your question goes to the data protection officer of the organisation, who answers within 28 days.',
  ),
  asked: t(
    'U stelde over deze regel al een vraag. Die is nog niet beantwoord.',
    'You asked about this line before. That question has no answer yet.',
  ),
  line: t('Regel', 'Line'),
  to: t('Aan', 'To'),
  when: t('Wanneer', 'When'),
  what: t('Wat', 'What'),
  question: t('Uw vraag', 'Your question'),
  suggestion: t(
    'Ik herken dit niet. Wat is hier met mijn gegevens gebeurd, en waarom?',
    'I do not recognise this. What was done with my data here, and why?',
  ),
  send: t('Verstuur', 'Send'),
  sent: t('Uw vraag is verstuurd.', 'Your question was sent.'),
  empty: t('Typ uw vraag.', 'Type your question.'),
  mine: t('Uw vragen over het logboek', 'Your questions about the log'),
  none: t('U heeft nog niets gevraagd.', 'You asked nothing yet.'),
  answer: t('Antwoord', 'Answer'),
  due: t('Antwoord uiterlijk', 'Answer due'),
  late: t('te laat', 'overdue'),
  back: t('Terug', 'Back'),
} as const;

/** Registers the form, and the list of one's own questions. */
export function questionRoutes(pages: PersonRoutes): void {
  pages.get('/mij/inzage/vragen', mine);
  pages.get('/mij/inzage/vraag/:seq', form);
  pages.post('/mij/inzage/vraag/:seq', send);
}

/** One's own line only. @throws Problem `not-found` for any other, whether it exists or not. */
async function ownLine({ door, vault, request }: Visit) {
  const seq = Number((request.params as { seq: string }).seq);
  const { entries } = await door.ledger.ofPatient(vault, { limit: LINES_MAX });
  const entry = entries.find((one) => one.seq === seq);
  if (!entry) throw new Problem('not-found', 'There is no such line.');
  return entry;
}

async function form(visit: Visit, faults: FieldFaults = []) {
  const { door, vault } = visit;
  const { seq, record } = await ownLine(visit);
  const [names, questions] = await Promise.all([
    organisationNames(door),
    door.questions.ofPerson(door.database, vault, QUESTIONS_MAX),
  ]);
  const isAsked = questions.some((one) => one.seq === seq && one.state === 'open');
  const { organisation } = record.agent;
  const to = organisation ?? record.holders?.[0] ?? '';
  return visit.page({
    title: T.title,
    path: `/mij/inzage/vraag/${seq}`,
    ...statusOf(faults),
    body: (say, language) => html`<h1>${say(T.title)}</h1>
${faultSummary(faults, say)}<p class="lead">${say(T.intro)}</p>
${isAsked && html`<p class="note">${say(T.asked)} <a href="/mij/inzage/vragen">${say(T.mine)}</a></p>`}
<dl><dt>${say(T.to)}</dt><dd>${names.get(to) ?? to}</dd>
<dt>${say(T.when)}</dt><dd>${momentText(record.at, language)}</dd>
<dt>${say(T.what)}</dt><dd>${say(eventText(record.event))}</dd></dl>
<form method="post" action="/mij/inzage/vraag/${seq}">
<input type="hidden" name="csrf" value="${visit.session.csrf}">
<p><label for="vraag">${say(T.question)}</label>${faultAt(faults, 'vraag', say)}
<textarea id="vraag" name="vraag" rows="4" maxlength="1000" required${markOf(faults, 'vraag')}>${
      faults.length === 0 && say(T.suggestion)
    }</textarea></p>
<button>${say(T.send)}</button></form>
${
  namedProfessional(record) !== undefined &&
  html`<h2>${say(T.block)}</h2><p>${say(T.blockText)}</p>
<form method="post" action="/mij/delen/voorbeeld">
<input type="hidden" name="csrf" value="${visit.session.csrf}">
<input type="hidden" name="wens" value="person"><input type="hidden" name="regel" value="${seq}">
<button class="secondary">${say(T.block)}</button></form>`
}
<p><a class="button secondary" href="/mij/inzage">${say(T.back)}</a></p>`,
  });
}

async function send(visit: Visit) {
  const { door, vault, request } = visit;
  const entry = await ownLine(visit);
  const question = field(request.body, 'vraag');
  if (question === undefined) return form(visit, [{ field: 'vraag', text: T.empty }]);
  await door.questions.ask(vault, entry, question, personAgent(vault, request));
  return tellAt(visit, '/mij/inzage/vragen', T.sent);
}

async function mine(visit: Visit) {
  const { door, vault } = visit;
  const [questions, names, { entries }] = await Promise.all([
    door.questions.ofPerson(door.database, vault, QUESTIONS_MAX),
    organisationNames(door),
    door.ledger.ofPatient(vault, { limit: LINES_MAX }),
  ]);
  const lines = new Map(entries.map(({ seq, nth }) => [seq, nth]));
  const today = dayOf(door.clock());
  const told = await visit.session.told('/mij/inzage/vragen');
  return visit.page({
    title: T.mine,
    path: '/mij/inzage/vragen',
    body: (say, language) => html`<h1>${say(T.mine)}</h1>
${told && html`<p class="note" role="status">${say(told)}</p>`}
${
  questions.length === 0
    ? html`<p class="note">${say(T.none)}</p>`
    : table(
        {
          caption: T.mine,
          columns: [T.when, T.to, T.line, T.question, T.answer],
          rows: questions.map((one) => row(one, { names, lines, today }, say, language)),
        },
        language,
      )
}
<p><a class="button secondary" href="/mij/inzage">${say(T.back)}</a></p>`,
  });
}

interface Around {
  readonly names: ReadonlyMap<string, string>;
  /** The number of each line in the person's own log. */
  readonly lines: ReadonlyMap<number, number | undefined>;
  readonly today: string;
}

function row(
  one: LineQuestion,
  { names, lines, today }: Around,
  say: Say,
  language: Language,
): Content[] {
  const isLate = one.state === 'open' && one.due < today;
  return [
    dayText(one.asked, language),
    names.get(one.holder) ?? one.holder,
    lines.get(one.seq) ?? '',
    one.question,
    one.answer ??
      html`${say(T.due)} ${dayText(one.due, language)}${isLate && html` <strong>${say(T.late)}</strong>`}`,
  ];
}
