/**
 * Whether an agreement asks for a care relation that is not there (consent.md 11, capabilities C9).
 * Of several regions the strictest counts. What is missing shows like anything withheld: that a
 * referral names the asker is itself something of the record.
 */
import type { Ground, Recipient } from './applicable.ts';
import { relationAt } from './care-relation.ts';
import type { DecisionInputs } from './decision-inputs.ts';
import type { PreparedRule } from './prepared-rule.ts';

export type RelationFound = 'enough' | 'declared' | 'missing';

/** @returns for each ground whether the relation that its regions ask for is there. */
export function relationMissing(
  inputs: DecisionInputs,
  recipient: Recipient,
  standing: readonly PreparedRule[],
): (ground: Pick<Ground, 'regions'>) => RelationFound {
  const { request, relations = [], policy, at } = inputs;
  // Hand-over rests on its task, an emergency on its annex: the relation is asked for treatment.
  if (request.purpose !== 'TREAT') return () => 'enough';
  let found: boolean | undefined;
  const isThere = () => {
    found ??=
      relationAt(relations, recipient.organisation.id, at, policy.relationWindows) !== undefined ||
      standing.some(({ rule }) => isGrantTo(rule, recipient.organisation.id));
    return found;
  };
  return ({ regions }) => {
    const asked = regions.map((region) => policy.regions[region]?.careRelation);
    if (asked.every((one) => one === undefined) || isThere()) return 'enough';
    if (asked.includes('required') || request.declaredRelation === undefined) return 'missing';
    return 'declared';
  };
}

/** A referral that the holder made to this organisation is a relation by itself. */
function isGrantTo(rule: PreparedRule['rule'], organisation: string): boolean {
  const { source, type, recipient } = rule;
  return (
    source === 'implicit' &&
    type === 'permit' &&
    recipient.level === 'org' &&
    recipient.value === organisation
  );
}
