/** A verdict of a reviewer: the form, what was said before, and what became of it. */
import type { CaseReview, Reviewable, Verdict } from '../../insight/index.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Language, Text } from '../../platform/html/language.ts';
import { table } from '../../platform/html/layout.ts';
import { Problem } from '../../platform/problem.ts';
import { type FieldFaults, faultAt, faultSummary, markOf } from '../form-faults.ts';
import { momentText } from '../moment-text.ts';
import type { Say } from '../page.ts';
import { field } from '../portal.ts';
import { REVIEW as T, VERDICTS } from './review-text.ts';

const REASON_CHARACTERS_MAX = 500;

/** What was filled in that does not do yet. */
export interface TypedVerdict {
  readonly body: unknown;
  readonly faults: FieldFaults;
}

const FAULTS = {
  verdict: { nl: 'Kies een oordeel.', en: 'Choose a verdict.' },
  reason: { nl: 'Schrijf waarom u dit oordeelt.', en: 'Write why this is your verdict.' },
} as const satisfies Record<string, Text>;

/**
 * @param action where the verdict goes.
 * @param typed stands in the form again, with what is wrong at each field.
 */
export function verdictForm(
  action: string,
  csrf: string,
  say: Say,
  { body, faults }: TypedVerdict = { body: {}, faults: [] },
): Content {
  const chosen = field(body, 'verdict');
  return html`${faultSummary(faults, say)}<form method="post" action="${action}">
<input type="hidden" name="csrf" value="${csrf}">
<fieldset id="verdict" tabindex="-1"${markOf(faults, 'verdict')}><legend>${say(
    T.verdict,
  )}</legend>${faultAt(faults, 'verdict', say)}${Object.entries(VERDICTS).map(
    ([
      verdict,
      text,
    ]) => html`<p><label class="choice"><input type="radio" name="verdict" value="${verdict}"
 required${verdict === chosen && html` checked`}> ${say(text)}</label></p>`,
  )}</fieldset>
<p><label for="reason">${say(T.reason)}</label>${faultAt(faults, 'reason', say)}
<input id="reason" name="reason" required maxlength="${REASON_CHARACTERS_MAX}" value="${field(
    body,
    'reason',
  )}"${markOf(faults, 'reason')}></p>
<button>${say(T.save)}</button></form>`;
}

/** Whether this reviewer gave the verdict that now waits for that of somebody else. */
export const isForAnother = ({ state, reviews }: Reviewable, reviewer: string): boolean =>
  state === 'second' && reviews.at(-1)?.by === reviewer;

/** Who judged what and why, in the order of time. */
export function reviewTable(reviews: readonly CaseReview[], say: Say, language: Language): Content {
  return table(
    {
      caption: T.reviews,
      columns: [T.when, T.by, T.said, T.because],
      rows: reviews.map(({ at, by, verdict, reason }) => [
        momentText(at, language),
        by,
        say(VERDICTS[verdict]),
        reason,
      ]),
    },
    language,
  );
}

/** The verdict, or what is wrong with it. */
export function verdictIn(
  body: unknown,
): { readonly verdict: Verdict; readonly reason: string } | TypedVerdict {
  const verdict = field(body, 'verdict');
  const reason = field(body, 'reason');
  const isKnown = verdict !== undefined && Object.hasOwn(VERDICTS, verdict);
  if (isKnown && reason !== undefined) return { verdict: verdict as Verdict, reason };
  const wrong = [...(isKnown ? [] : ['verdict']), ...(reason === undefined ? ['reason'] : [])];
  const faults = wrong.map((name) => ({ field: name, text: FAULTS[name as keyof typeof FAULTS] }));
  return { body, faults };
}

/** What the reviewer is told. @param fourEyes the words where somebody else has to judge. */
export function toldOf(judged: Promise<Reviewable>, fourEyes: Text): Promise<Text> {
  return judged.then(
    ({ state, reviews }) =>
      state === 'closed' ? T.saved : reviews.length > 1 ? T.savedAtOdds : T.savedFirst,
    (error: unknown) => {
      const { code } = Problem.from(error);
      if (code === 'four-eyes') return fourEyes;
      if (code === 'case-closed') return T.gone;
      throw error;
    },
  );
}
