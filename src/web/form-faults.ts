/**
 * What is wrong in a form: a list above it that links to each field, and the same words at the
 * field itself, which names them to who cannot see them (WCAG 2.2, 3.3.1).
 */
import { type Content, html } from '../platform/html/html.ts';
import type { Text } from '../platform/html/language.ts';
import type { Say } from './page.ts';

export interface FieldFault {
  /** Id of the field. */
  readonly field: string;
  /** What to do about it. */
  readonly text: Text;
}

export type FieldFaults = readonly FieldFault[];

const WRONG: Text = {
  nl: 'Dit is niet verstuurd. Verbeter dit:',
  en: 'This was not sent. Please mend this:',
};

/** Of the page that shows them. */
export const statusOf = (faults: FieldFaults): { readonly status?: number } =>
  faults.length > 0 ? { status: 422 } : {};

/** Announced when the page opens; nothing where nothing is wrong. */
export function faultSummary(faults: FieldFaults, say: Say, intro: Text = WRONG): Content {
  return (
    faults.length > 0 &&
    html`<div class="bad" role="alert"><p>${say(intro)}</p><ul>${faults.map(
      ({ field, text }) => html`<li><a href="#${field}">${say(text)}</a></li>`,
    )}</ul></div>`
  );
}

/** The words at the field: between its label and the field. */
export function faultAt(faults: FieldFaults, field: string, say: Say): Content {
  const fault = faults.find((one) => one.field === field);
  return fault && html`<span class="fault" id="${field}-fout">${say(fault.text)}</span>`;
}

/** Attributes of the field itself. */
export function markOf(faults: FieldFaults, field: string): Content {
  return (
    faults.some((one) => one.field === field) &&
    html` aria-invalid="true" aria-describedby="${field}-fout"`
  );
}
