/**
 * `/auditor/spoed`: every emergency access and every declared care relation of one organisation, to
 * be reviewed by its privacy officer (consent.md section 9; capabilities C3, C9).
 */
import type { AccessReview } from '../../insight/index.ts';
import { dayText } from '../../platform/html/day-text.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Language, Text } from '../../platform/html/language.ts';
import { table } from '../../platform/html/layout.ts';
import { Problem } from '../../platform/problem.ts';
import { statusOf } from '../form-faults.ts';
import { kindsText } from '../kinds-text.ts';
import { dayOf, momentText } from '../moment-text.ts';
import type { Say } from '../page.ts';
import { roleText } from '../plain-words.ts';
import { tellAt } from '../portal.ts';
import { aboutPatient } from './about-patient.ts';
import { type AuditorRoutes, type AuditorVisit, auditorAgent } from './auditor-visit.ts';
import { REVIEW as R, stateText } from './review-text.ts';
import {
  isForAnother,
  reviewTable,
  type TypedVerdict,
  toldOf,
  verdictForm,
  verdictIn,
} from './verdict-form.ts';

const ITEMS_MAX = 100;
const LINES_SHOWN_MAX = 100;
const OFTEN_DAYS = 30;
const DAY_MS = 86_400_000;

const T = {
  title: { nl: 'Inzage bij spoed', en: 'Emergency access' },
  intro: {
    nl: 'Elke inzage bij spoed zonder toestemming van de patiënt wordt achteraf bekeken. Ook elke inzage waarbij iemand zelf zei dat er een behandelrelatie was.',
    en: 'Every emergency access without consent of the patient is looked at afterwards. So is every access on a care relation that somebody only declared.',
  },
  queue: { nl: 'Te beoordelen', en: 'To be reviewed' },
  nothing: { nl: 'Er is nu niets te beoordelen.', en: 'There is nothing to review now.' },
  kind: { nl: 'Soort', en: 'Kind' },
  emergency: { nl: 'spoed', en: 'emergency' },
  declared: { nl: 'behandelrelatie verklaard', en: 'declared care relation' },
  who: { nl: 'Wie keek', en: 'Who looked' },
  opened: { nl: 'Begonnen', en: 'Began' },
  ends: { nl: 'De toegang duurt tot', en: 'The access lasts until' },
  ended: { nl: 'De toegang eindigde', en: 'The access ended' },
  reason: { nl: 'De reden die werd getypt', en: 'The reason that was typed' },
  level: { nl: 'Ernst', en: 'Level' },
  urgent: { nl: 'dringend', en: 'urgent' },
  vital: { nl: 'levensbedreigend', en: 'vital' },
  incapable: {
    nl: 'de patiënt kon niet zelf antwoorden',
    en: 'the patient could not answer',
  },
  often: { nl: 'Keer in 30 dagen door deze persoon', en: 'Times in 30 days by this person' },
  lines: { nl: 'Wat werd bekeken', en: 'What was looked at' },
  what: { nl: 'Soorten gegevens', en: 'Kinds of data' },
  ask: {
    nl: 'Vragen: was er een bezoek binnen 24 uur? Had deze persoon dienst? Past de reden bij wat werd bekeken?',
    en: 'Questions: was there a visit within 24 hours? Was this person on duty? Does the reason fit what was looked at?',
  },
  own: {
    nl: 'Dit moet een ander beoordelen: niemand beoordeelt de eigen inzage, en een tweede oordeel komt van een tweede persoon.',
    en: 'Somebody else has to judge this: nobody reviews an access of their own, and a second verdict comes from a second person.',
  },
} as const satisfies Record<string, Text>;

export function accessReviewRoutes(pages: AuditorRoutes): void {
  pages.get('/auditor/spoed', queuePage);
  pages.get('/auditor/spoed/:id', (visit) => itemPage(visit));
  pages.post('/auditor/spoed/:id/oordeel', judge);
}

async function queuePage(visit: AuditorVisit) {
  const { door, who } = visit;
  const { accesses } = door.review;
  const queue = await accesses.queue(door.database, who.organisation, ITEMS_MAX);
  const done = await accesses.done(door.database, who.organisation, ITEMS_MAX);
  const shown = queue.length + done.length;
  await visit.readLog({ act: 'log-search', question: 'access-review-queue', shown });
  const today = dayOf(door.clock());
  return visit.page({
    title: T.title,
    body: (say, language) => html`<h1>${say(T.title)}</h1><p class="lead">${say(T.intro)}</p>
<h2>${say(T.queue)}</h2>${
      queue.length === 0
        ? html`<p class="good">${say(T.nothing)}</p>`
        : itemTable(queue, T.queue, today, say, language)
    }
${done.length > 0 && html`<h2>${say(R.done)}</h2>${itemTable(done, R.done, today, say, language)}`}`,
  });
}

function itemTable(
  items: readonly AccessReview[],
  caption: Text,
  today: string,
  say: Say,
  language: Language,
): Content {
  return table(
    {
      caption,
      columns: [T.opened, T.kind, T.who, R.due, R.state, R.look],
      rows: items.map((one) => [
        momentText(one.opened, language),
        say(T[one.kind]),
        one.user,
        html`${dayText(one.due, language)}${
          one.state !== 'closed' && one.due < today && html` <strong>${say(R.late)}</strong>`
        }`,
        say(stateText(one)),
        html`<a href="/auditor/spoed/${one.id}">${say(R.look)}<span class="hidden">
 ${momentText(one.opened, language)} ${one.user}</span></a>`,
      ]),
    },
    language,
  );
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** One's own organisation's only. @throws Problem `not-found` for any other. */
async function ownItem({ door, who, request }: AuditorVisit): Promise<AccessReview> {
  const { id } = request.params as { id: string };
  const { accesses } = door.review;
  const found = UUID.test(id) ? await accesses.find(who.organisation, id) : undefined;
  if (!found) throw new Problem('not-found', 'There is no such item.');
  return found;
}

async function itemPage(visit: AuditorVisit, typed?: TypedVerdict) {
  const one = await ownItem(visit);
  await visit.readLog({ act: 'log-read', question: `access-review ${one.id}`, shown: 1 });
  const { door, session, who } = visit;
  const isOwn =
    one.state !== 'closed' && (one.user === who.subject || isForAnother(one, who.subject));
  const since = new Date(door.clock().getTime() - OFTEN_DAYS * DAY_MS);
  const often = await door.review.accesses.boxesSince(one.holder, one.user, since);
  const told = await session.told(`/auditor/spoed/${one.id}`);
  return visit.page({
    title: T.title,
    path: `/auditor/spoed/${one.id}`,
    ...statusOf(typed?.faults ?? []),
    body: (say, language) => html`<h1>${say(T.title)}</h1>
${told && html`<p class="note" role="status">${say(told)}</p>`}
${factsOf(one, { often, now: door.clock() }, say, language)}
<p class="note">${say(T.ask)}</p>
${lineTable(one, say, language)}
${one.reviews.length > 0 && reviewTable(one.reviews, say, language)}
${!told && isOwn && html`<p class="note">${say(T.own)}</p>`}
${
  one.state !== 'closed' &&
  !isOwn &&
  verdictForm(`/auditor/spoed/${one.id}/oordeel`, session.csrf, say, typed)
}
<p><a class="button secondary" href="/auditor/spoed">${say(R.back)}</a></p>`,
  });
}

/** What the partner gave no code for was given one here, which tells nothing. */
const isTold = (code: string | undefined): boolean => code !== undefined && code !== 'unspecified';

interface Counted {
  /** How many of these the same person had in 30 days. */
  readonly often: number;
  readonly now: Date;
}

function factsOf(
  one: AccessReview,
  { often, now }: Counted,
  say: Say,
  language: Language,
): Content {
  const { role, level, patientIncapable, reasonCode } = one;
  const degree = level === 'vital' ? T.vital : T.urgent;
  const roleName = roleText(role);
  return html`<dl><dt>${say(T.kind)}</dt><dd>${say(T[one.kind])}</dd>
<dt>${say(T.who)}</dt><dd><code>${one.user}</code>${roleName && html` (${say(roleName)})`}</dd>
<dt>${say(T.reason)}</dt><dd>${one.reason}${isTold(reasonCode) && html` (<code>${reasonCode}</code>)`}</dd>
${
  level !== undefined &&
  html`<dt>${say(T.level)}</dt><dd>${say(degree)}${
    patientIncapable === true && html`; ${say(T.incapable)}`
  }</dd>`
}
<dt>${say(T.opened)}</dt><dd>${momentText(one.opened, language)}</dd>
<dt>${say(one.ends > now ? T.ends : T.ended)}</dt><dd>${momentText(one.ends, language)}</dd>
<dt>${say(T.often)}</dt><dd>${often}</dd>
<dt>${say(R.due)}</dt><dd>${dayText(one.due, language)}</dd>
<dt>${say(R.state)}</dt><dd>${say(stateText(one))}</dd></dl>`;
}

function lineTable(one: AccessReview, say: Say, language: Language): Content {
  return table(
    {
      caption: T.lines,
      columns: [R.when, T.what, R.line],
      rows: one.lines
        .slice(0, LINES_SHOWN_MAX)
        .map(({ seq, at, counts }) => [
          momentText(at, language),
          kindsText(counts, language, aboutPatient),
          html`<a href="/auditor/regel/${seq}">${say(R.line)} ${seq}</a>`,
        ]),
    },
    language,
  );
}

async function judge(visit: AuditorVisit) {
  const { door, who, request } = visit;
  const one = await ownItem(visit);
  const made = verdictIn(request.body);
  if ('faults' in made) return itemPage(visit, made);
  const by = auditorAgent(who, request);
  const told = await toldOf(door.review.accesses.review(who.organisation, one.id, made, by), T.own);
  return tellAt(visit, `/auditor/spoed/${one.id}`, told);
}
