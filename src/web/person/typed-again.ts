/** What was filled in, in a form of choices that comes back. */
import { type Html, html } from '../../platform/html/html.ts';
import type { FieldFaults } from '../form-faults.ts';
import { field } from '../portal.ts';
import type { Visit } from './visit.ts';

export interface TypedAgain {
  value(name: string): string;
  checked(choice: string): Html | false;
  option(name: string, value: string, text: string): Html;
}

/** @param kind of wish: on the page stand two forms, of which one was sent. */
export function typedAgain(
  { request: { body } }: Visit,
  kind: 'cell' | 'fine',
  faults: FieldFaults,
): TypedAgain {
  const isThis = faults.length > 0 && field(body, 'wens') === kind;
  const value = (name: string) => (isThis ? (field(body, name) ?? '') : '');
  return {
    value,
    checked: (choice) => value('keuze') === choice && html` checked`,
    option: (name, given, text) =>
      html`<option value="${given}"${
        given !== '' && value(name) === given && html` selected`
      }>${text}</option>`,
  };
}
