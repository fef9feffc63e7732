/**
 * Whose choices may be saved: by age, by custody, by mandate, and between two parents who do not
 * agree. consent.md 10.3.
 */
import {
  ageAt,
  type ConsentRule,
  isIncapacitated,
  type PatientFacts,
  type Performer,
  permitCounts,
  refusalCounts,
} from '../permission/index.ts';
import { Problem } from '../platform/problem.ts';
import type { ChoiceAct } from './choice.ts';

/** From 16 on no parent decides. */
const PARENTS_UNTIL_YEARS = 16;
const TOGETHER_FROM_YEARS = 12;

function permits(performers: readonly Performer[], patient: PatientFacts, at: Date): boolean {
  return permitCounts(performers, ageAt(patient.birthDate, at), isIncapacitated(patient, at));
}

/**
 * From 12 to 15 a permission needs child and parent (10.3): what one of them gives is a proposal,
 * which counts for nothing until the other agrees in a session of their own.
 */
export function withoutOther(
  rule: ConsentRule,
  { proposes }: ChoiceAct,
  patient: PatientFacts,
  at: Date,
): ConsentRule {
  const age = ageAt(patient.birthDate, at);
  if (!proposes || age === undefined) return rule;
  if (rule.type !== 'permit' || rule.status !== 'active') return rule;
  const isTogether = age >= TOGETHER_FROM_YEARS && age < PARENTS_UNTIL_YEARS;
  if (!isTogether || permits(rule.performers, patient, at)) return rule;
  return refusalCounts(rule.performers) ? { ...rule, status: 'proposed' } : rule;
}

/**
 * Who may save this today (10.3). Ending or changing a refusal opens something, so it needs who may
 * permit; ending a permit only closes, so whoever may refuse may do it.
 * @throws Problem `forbidden` (`no-authority`, or `other-parent` for what the other one refused).
 */
export function requireAuthority(
  rule: ConsentRule,
  old: ConsentRule | undefined,
  act: ChoiceAct,
  patient: PatientFacts,
  at: Date,
): void {
  if (rule.source === 'implicit') return;
  const ends = rule.status !== 'active';
  const opens = (rule.type === 'permit' && !ends) || old?.type === 'deny';
  const isAgreed = old?.status === 'proposed' && rule.status === 'active';
  const performers = isAgreed ? rule.performers : act.performers;
  if (old) requireOwnRefusal(old, performers, patient, at);
  const counts = opens ? permits(performers, patient, at) : refusalCounts(performers);
  if (counts) return;
  throw new Problem('forbidden', 'This choice needs somebody else, or somebody else as well.', {
    code: 'no-authority',
  });
}

/**
 * A refusal stands until whoever of the parents made it withdraws it (decision 0620).
 * @throws Problem `forbidden` (`other-parent`).
 */
export function requireOwnRefusal(
  { type, status, performers }: ConsentRule,
  by: readonly Performer[],
  patient: PatientFacts,
  at: Date,
): void {
  const age = ageAt(patient.birthDate, at);
  if (type !== 'deny' || status !== 'active') return;
  if (age === undefined || age >= PARENTS_UNTIL_YEARS) return;
  const others = performers.filter(({ by: parent }) => parent !== undefined);
  if (others.every((one) => by.some((other) => other.by === one.by))) return;
  throw new Problem('forbidden', 'The other parent refused this and has to withdraw it.', {
    code: 'other-parent',
  });
}
