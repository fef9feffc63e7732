/** What the screens of the MedMij way have in common: language, form fields, the way back. */
import { type Html, html } from '../../platform/html/html.ts';
import { type Language, say, type Text } from '../../platform/html/language.ts';

export interface Screen {
  readonly lang: Language;
}

/** Hidden fields of every form: against forged posts, and the sealed way back. */
export interface FormFields {
  readonly csrf: string;
  readonly wayBack?: string;
}

/** The hidden fields themselves. */
export function fields({ csrf, wayBack }: FormFields): Html {
  return html`<input type="hidden" name="csrf" value="${csrf}">
${wayBack !== undefined && html`<input type="hidden" name="terugweg" value="${wayBack}">`}`;
}

export const backTo = (pgo: string): Text => ({
  nl: `Terug naar ${pgo}`,
  en: `Back to ${pgo}`,
});

/** Each text as a paragraph. */
export function paragraphs(texts: readonly Text[], lang: Language): Html[] {
  return texts.map((text) => html`<p>${say(text, lang)}</p>`);
}

/** Days as a person says them. */
export function daysText(days: number): Text {
  return { nl: days === 1 ? '1 dag' : `${days} dagen`, en: days === 1 ? '1 day' : `${days} days` };
}
