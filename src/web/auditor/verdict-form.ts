/** A verdict of a reviewer: the form, what was said before, and what became of it. */
import type { CaseReview, Verdict } from '../../insight/index.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Language, Text } from '../../platform/html/language.ts';
import { table } from '../../platform/html/layout.ts';
import { Problem } from '../../platform/problem.ts';
import { momentText } from '../moment-text.ts';
import type { Say } from '../page.ts';
import { REVIEW as T, VERDICTS } from './review-text.ts';

const REASON_CHARACTERS_MAX = 500;

/** @param action where the verdict goes. */
export function verdictForm(action: string, csrf: string, say: Say): Content {
  return html`<form method="post" action="${action}">
<input type="hidden" name="csrf" value="${csrf}">
<fieldset><legend>${say(T.verdict)}</legend>${Object.entries(VERDICTS).map(
    ([verdict, text]) => html`<p><label><input type="radio" name="verdict" value="${verdict}"
 required> ${say(text)}</label></p>`,
  )}</fieldset>
<p><label for="reason">${say(T.reason)}</label>
<input id="reason" name="reason" required maxlength="${REASON_CHARACTERS_MAX}"></p>
<button>${say(T.save)}</button></form>`;
}

/** Who judged what and why, in the order of time. */
export function reviewTable(reviews: readonly CaseReview[], say: Say, language: Language): Content {
  return table(
    {
      caption: T.reviews,
      columns: [T.when, T.by, T.verdict, T.reason],
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

/** @throws Problem `invalid` for a verdict that does not exist. */
export function verdictIn(body: unknown): { verdict: Verdict; reason: string } {
  const { verdict, reason = '' } = body as { verdict?: string; reason?: string };
  if (verdict === undefined || !Object.hasOwn(VERDICTS, verdict)) {
    throw new Problem('invalid', 'There is no such verdict.');
  }
  return { verdict: verdict as Verdict, reason };
}

/** What the reviewer is told. @param fourEyes the words where somebody else has to judge. */
export function toldOf(judged: Promise<unknown>, fourEyes: Text): Promise<Text> {
  return judged.then(
    () => T.saved,
    (error: unknown) => {
      const { code } = Problem.from(error);
      if (code === 'four-eyes') return fourEyes;
      if (code === 'case-closed') return T.gone;
      throw error;
    },
  );
}
