/** Quiet mode as a rule: it closes the person's own way, and nobody else's. capabilities D9. */
import type { DecisionInputs } from './decision-inputs.ts';
import { within } from './representation.ts';
import type { ConsentRule } from './rule.ts';

/** A rule that hides the record from the person's own apps and pages, and counts now. */
export function isQuietRule({ quiet, type, status, period }: ConsentRule, at: Date): boolean {
  return quiet === true && type === 'deny' && status === 'active' && within(period, at);
}

/**
 * True when the person, or whoever acts for the person, is shown nothing. On the own pages a code
 * lifts it for one session; at an app nothing does.
 */
export function isQuiet({ request, rules, at }: DecisionInputs): boolean {
  const { actor, door, quietLifted } = request;
  if (actor.kind === 'professional' || actor.kind === 'sender') return false;
  if (actor.kind === 'person' && door === 'web' && quietLifted) return false;
  return rules.some((rule) => isQuietRule(rule, at));
}
