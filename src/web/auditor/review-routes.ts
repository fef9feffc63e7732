/** `/auditor/onderzoek`: the review queue of one organisation, and how much was looked at (E5). */
import type { CaseFlag, Coverage, ReviewCase, ReviewRun } from '../../insight/index.ts';
import { reviewRuns } from '../../insight/index.ts';
import { dayText } from '../../platform/html/day-text.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Language, Text } from '../../platform/html/language.ts';
import { table } from '../../platform/html/layout.ts';
import { Problem } from '../../platform/problem.ts';
import { statusOf } from '../form-faults.ts';
import { dayOf, momentText } from '../moment-text.ts';
import type { Say } from '../page.ts';
import { tellAt } from '../portal.ts';
import { type AuditorRoutes, type AuditorVisit, auditorAgent } from './auditor-visit.ts';
import { FIGURES, stateText, REVIEW as T } from './review-text.ts';
import {
  isForAnother,
  reviewTable,
  type TypedVerdict,
  toldOf,
  verdictForm,
  verdictIn,
} from './verdict-form.ts';

const CASES_MAX = 100;
const RUNS_MAX = 14;
const FLAGS_SHOWN_MAX = 100;
const DAY_MS = 86_400_000;
const COVERED_DAYS = 30;

export function reviewRoutes(pages: AuditorRoutes): void {
  pages.get('/auditor/onderzoek', queuePage);
  pages.get('/auditor/onderzoek/:id', (visit) => casePage(visit));
  pages.post('/auditor/onderzoek/:id/oordeel', judge);
}

async function queuePage(visit: AuditorVisit) {
  const { door, who } = visit;
  const { cases } = door.review;
  const queue = await cases.queue(door.database, who.organisation, CASES_MAX);
  const done = await cases.done(door.database, who.organisation, CASES_MAX);
  const runs = await reviewRuns(door.database, RUNS_MAX, door.clock());
  await visit.readLog({ act: 'log-search', question: 'review-queue', shown: queue.length });
  const today = dayOf(door.clock());
  const since = new Date(door.clock().getTime() - COVERED_DAYS * DAY_MS);
  const figures = await Promise.all(
    [cases, door.review.accesses].map((kept) =>
      kept.coverage(door.database, who.organisation, since, today),
    ),
  );
  return visit.page({
    title: T.title,
    body: (say, language) => html`<h1>${say(T.title)}</h1><p class="lead">${say(T.intro)}</p>
<h2>${say(T.queue)}</h2>${
      queue.length === 0
        ? html`<p class="good">${say(T.nothing)}</p>`
        : caseTable(queue, T.queue, today, say, language)
    }
<h2>${say(T.figuresOf)}</h2>${coverageTable(figures, say, language)}
<h2>${say(T.runs)}</h2>${coverage(runs, door.clock(), say, language)}
${done.length > 0 && html`<h2>${say(T.done)}</h2>${caseTable(done, T.done, today, say, language)}`}`,
  });
}

function caseTable(
  cases: readonly ReviewCase[],
  caption: Text,
  today: string,
  say: Say,
  language: Language,
): Content {
  return table(
    {
      caption,
      columns: [T.about, T.rules, T.score, T.due, T.state, T.look],
      rows: cases.map((one) => [
        say(T[one.about]),
        [...new Set(one.flags.map(({ rule }) => rule))].sort().join(', '),
        one.score,
        html`${dayText(one.due, language)}${
          one.state !== 'closed' && one.due < today && html` <strong>${say(T.late)}</strong>`
        }`,
        say(stateText(one)),
        html`<a href="/auditor/onderzoek/${one.id}">${say(T.look)}<span class="hidden">
 ${momentText(one.opened, language)}</span></a>`,
      ]),
    },
    language,
  );
}

/** How much of what was raised was looked at, and whether in time. */
function coverageTable(figures: readonly Coverage[], say: Say, language: Language): Content {
  const kinds = [T.signals, T.emergencies];
  const isLate = figures.some(({ late }) => late > 0);
  return html`${isLate && html`<p class="warning">${say(T.lateOnes)}</p>`}${table(
    {
      caption: T.figuresOf,
      columns: [T.kind, T.raised, T.reviewed, T.late, T.days],
      rows: figures.map(({ raised, reviewed, late, days }, at) => [
        say(kinds[at] ?? T.signals),
        raised,
        raised === 0 ? '' : `${reviewed} (${Math.floor((reviewed / raised) * 100)}%)`,
        late,
        reviewed === 0 ? '' : days,
      ]),
    },
    language,
  )}`;
}

/** A period that nobody looked at shows: the court asks for all lines, not for samples. */
function coverage(runs: readonly ReviewRun[], now: Date, say: Say, language: Language): Content {
  const [last] = runs;
  if (!last) return html`<p class="warning">${say(T.noRuns)}</p>`;
  const isStale = now.getTime() - last.until.getTime() > DAY_MS;
  return html`${isStale && html`<p class="warning">${say(T.stale)}</p>`}${table(
    {
      caption: T.runs,
      // What was raised in a run is of all organisations: that is not this one's to see.
      columns: [T.from, T.until, T.lines],
      rows: runs.map(({ since, until, lines }, at) => {
        const before = runs[at + 1];
        const hasGap = before !== undefined && before.until.getTime() !== since.getTime();
        return [
          html`${momentText(since, language)}${hasGap && html` <strong>${say(T.gap)}</strong>`}`,
          momentText(until, language),
          lines,
        ];
      }),
    },
    language,
  )}`;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** One's own organisation's only. @throws Problem `not-found` for any other. */
async function ownCase({ door, who, request }: AuditorVisit): Promise<ReviewCase> {
  const { id } = request.params as { id: string };
  const found = UUID.test(id) ? await door.review.cases.find(who.organisation, id) : undefined;
  if (!found) throw new Problem('not-found', 'There is no such case.');
  return found;
}

async function casePage(visit: AuditorVisit, typed?: TypedVerdict) {
  const one = await ownCase(visit);
  await visit.readLog({ act: 'log-read', question: `review-case ${one.id}`, shown: 1 });
  const { door, session, who } = visit;
  const told = await session.told(`/auditor/onderzoek/${one.id}`);
  return visit.page({
    title: T.title,
    path: `/auditor/onderzoek/${one.id}`,
    ...statusOf(typed?.faults ?? []),
    body: (say, language) => html`<h1>${say(T.title)}</h1>
${told && html`<p class="note" role="status">${say(told)}</p>`}
<dl><dt>${say(T.about)}</dt><dd>${say(T[one.about])} <code>${one.subject}</code></dd>
<dt>${say(T.score)}</dt><dd>${one.score}</dd>
<dt>${say(T.due)}</dt><dd>${dayText(one.due, language)}</dd>
<dt>${say(T.state)}</dt><dd>${say(stateText(one))}</dd></dl>
${table(
  {
    caption: T.flags,
    columns: [T.when, T.question, T.figures, T.line],
    rows: one.flags
      .slice(0, FLAGS_SHOWN_MAX)
      .map((flag) => flagRow(flag, door.review.rules.byId.get(flag.rule)?.question, say, language)),
  },
  language,
)}
${one.reviews.length > 0 && reviewTable(one.reviews, say, language)}
${!told && isForAnother(one, who.subject) && html`<p class="note">${say(T.again)}</p>`}
${
  one.state !== 'closed' &&
  !isForAnother(one, who.subject) &&
  verdictForm(`/auditor/onderzoek/${one.id}/oordeel`, session.csrf, say, typed)
}
<p><a class="button secondary" href="/auditor/onderzoek">${say(T.back)}</a></p>`,
  });
}

function flagRow(
  { rule, seq, at, why }: CaseFlag,
  question: Text | undefined,
  say: Say,
  language: Language,
): Content[] {
  return [
    momentText(at, language),
    html`<code>${rule}</code> ${question && say(question)}`,
    Object.entries(why)
      .map(([name, value]) => `${value} ${FIGURES[name] ? say(FIGURES[name]) : name}`)
      .join(', '),
    html`<a href="/auditor/regel/${seq}">${seq}</a>`,
  ];
}

async function judge(visit: AuditorVisit) {
  const { door, who, request } = visit;
  const one = await ownCase(visit);
  const made = verdictIn(request.body);
  if ('faults' in made) return casePage(visit, made);
  const by = auditorAgent(who, request);
  const told = await toldOf(door.review.cases.review(who.organisation, one.id, made, by), T.again);
  return tellAt(visit, `/auditor/onderzoek/${one.id}`, told);
}
