/** `/auditor/vragen`: questions of people about the log, answered by the officer (D7). */

import { dayText } from '../../platform/html/day-text.ts';
import { html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { table } from '../../platform/html/layout.ts';
import { Problem } from '../../platform/problem.ts';
import { type FieldFaults, faultAt, faultSummary, markOf, statusOf } from '../form-faults.ts';
import { dayOf } from '../moment-text.ts';
import { field, tellAt } from '../portal.ts';
import { type AuditorRoutes, type AuditorVisit, auditorAgent } from './auditor-visit.ts';

const t = (nl: string, en: string): Text => ({ nl, en });
const QUESTIONS_MAX = 100;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const T = {
  title: t('Vragen van patiënten', 'Questions of patients'),
  none: t('Er zijn geen open vragen.', 'There are no open questions.'),
  asked: t('Gevraagd', 'Asked'),
  due: t('Antwoord uiterlijk', 'Answer due'),
  late: t('te laat', 'overdue'),
  question: t('Vraag', 'Question'),
  line: t('Regel', 'Line'),
  answer: t('Antwoord', 'Answer'),
  look: t('Geef antwoord', 'Answer'),
  send: t('Verstuur', 'Send'),
  sent: t('Het antwoord is verstuurd.', 'The answer was sent.'),
  empty: t('Typ een antwoord.', 'Type an answer.'),
  before: t('Deze vraag is al beantwoord.', 'This question was answered before.'),
  back: t('Terug', 'Back'),
} as const;

/** Registers the queue, and one question with its answer. */
export function questionRoutes(pages: AuditorRoutes): void {
  pages.get('/auditor/vragen', (visit) => queue(visit));
  pages.get('/auditor/vragen/:id', one);
  pages.post('/auditor/vragen/:id', answer);
}

async function queue(visit: AuditorVisit) {
  const { door, who } = visit;
  const open = await door.questions.ofHolder(door.database, who.organisation, QUESTIONS_MAX);
  await visit.readLog({ act: 'log-search', question: 'line-questions', shown: open.length });
  const today = dayOf(door.clock());
  const told = await visit.session.told('/auditor/vragen');
  return visit.page({
    title: T.title,
    path: '/auditor/vragen',
    body: (say, language) => html`<h1>${say(T.title)}</h1>
${told && html`<p class="note" role="status">${say(told)}</p>`}
${
  open.length === 0
    ? html`<p class="good">${say(T.none)}</p>`
    : table(
        {
          caption: T.title,
          columns: [T.asked, T.due, T.question, T.look],
          rows: open.map(({ id, asked, due, question }) => [
            dayText(asked, language),
            html`${dayText(due, language)}${due < today && html` <strong>${say(T.late)}</strong>`}`,
            question,
            html`<a href="/auditor/vragen/${id}">${say(T.look)}<span class="hidden">
 ${dayText(asked, language)}</span></a>`,
          ]),
        },
        language,
      )
}`,
  });
}

/** One's own organisation's only. @throws Problem `not-found` for any other. */
async function ownQuestion({ door, who, request }: AuditorVisit) {
  const { id } = request.params as { id: string };
  const found = UUID.test(id) ? await door.questions.find(who.organisation, id) : undefined;
  if (!found) throw new Problem('not-found', 'There is no such question.');
  return found;
}

async function one(visit: AuditorVisit, faults: FieldFaults = []) {
  const { id, question, seq, due, answer: given } = await ownQuestion(visit);
  await visit.readLog({ act: 'log-read', question: `line-question ${id}`, shown: 1 });
  return visit.page({
    title: T.title,
    path: `/auditor/vragen/${id}`,
    ...statusOf(faults),
    body: (say, language) => html`<h1>${say(T.title)}</h1>
${faultSummary(faults, say)}<dl><dt>${say(T.question)}</dt><dd>${question}</dd>
<dt>${say(T.line)}</dt><dd><a href="/auditor/regel/${seq}">${seq}</a></dd>
<dt>${say(T.due)}</dt><dd>${dayText(due, language)}</dd>
${given && html`<dt>${say(T.answer)}</dt><dd>${given}</dd>`}</dl>
${
  given === undefined &&
  html`<form method="post" action="/auditor/vragen/${id}">
<input type="hidden" name="csrf" value="${visit.session.csrf}">
<p><label for="antwoord">${say(T.answer)}</label>${faultAt(faults, 'antwoord', say)}
<textarea id="antwoord" name="antwoord" rows="4" maxlength="1000" required${markOf(
    faults,
    'antwoord',
  )}></textarea></p>
<button>${say(T.send)}</button></form>`
}
<p><a class="button secondary" href="/auditor/vragen">${say(T.back)}</a></p>`,
  });
}

async function answer(visit: AuditorVisit) {
  const { door, who, request } = visit;
  const { id } = await ownQuestion(visit);
  const text = field(request.body, 'antwoord');
  if (text === undefined) return one(visit, [{ field: 'antwoord', text: T.empty }]);
  const by = auditorAgent(who, request);
  const told = await door.questions.answer(who.organisation, id, text, by).then(
    () => T.sent,
    (error: unknown) => {
      if (Problem.from(error).code === 'answered') return T.before;
      throw error;
    },
  );
  return tellAt(visit, '/auditor/vragen', told);
}
