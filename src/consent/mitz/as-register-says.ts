/**
 * What a page shows of the door, where a register is asked there: its answer stands at the level of
 * categories (consent.md 4.1), and what it notified of a holder gives way to it. So a page takes
 * what was notified last as the answer that the door would get.
 */
import { type DecisionInputs, type RegisterAnswer, recipientOf } from '../../permission/index.ts';
import { withoutNotified } from './register.ts';

/** @returns the inputs as the door would have them for this request. */
export function asRegisterSays(inputs: DecisionInputs): DecisionInputs {
  const recipient = recipientOf(inputs);
  if (!recipient || inputs.request.purpose !== 'TREAT') return inputs;
  const latest = new Map<string, { readonly dateTime: string; readonly answer: RegisterAnswer }>();
  for (const { source, status, holder, recipient: to, type, dateTime } of inputs.rules) {
    if (source !== 'otv' || status !== 'active' || holder.level !== 'org') continue;
    if (to.level !== 'cat' || to.value !== recipient.category) continue;
    const known = latest.get(holder.value);
    if (known && Date.parse(known.dateTime) > Date.parse(dateTime)) continue;
    const answer = { holder: holder.value, answer: type === 'permit' ? 'Permit' : 'Deny' } as const;
    latest.set(holder.value, { dateTime, answer });
  }
  if (latest.size === 0) return inputs;
  const register = [...latest.values()].map(({ answer }) => answer);
  return { ...inputs, rules: withoutNotified(inputs.rules, register), register };
}
