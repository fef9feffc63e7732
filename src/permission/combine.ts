/**
 * Steps 4 to 6: overtaken grants go, the most specific rules decide, the label gate stands behind a
 * permit. Order of rules never matters; a refusal can only close, a permit only open.
 * consent.md 5.2, 8.2.
 */
import type { ConsentCategory } from './catalogue.ts';
import { carries, isAbout } from './data-match.ts';
import type { ResourceFacts } from './facts.ts';
import type { Policy } from './policy.ts';
import { objectsTo, type PreparedRule } from './prepared-rule.ts';
import { moreSpecific } from './rule.ts';

export interface Combined {
  readonly outcome: 'permit' | 'deny' | 'none';
  /** The rules that explain the outcome. */
  readonly deciding: readonly PreparedRule[];
  /** Every rule about this resource that was weighed. */
  readonly weighed: readonly PreparedRule[];
  /** A permit that the labels of the resource keep closed. */
  readonly gated: boolean;
}

const NOTHING: Combined = { outcome: 'none', deciding: [], weighed: [], gated: false };

/**
 * @param rules those that apply to request, holder and moment, newest per scope.
 * @param recipient category of the asking organisation, for the care domain of a topic.
 */
export function combine(
  rules: readonly PreparedRule[],
  facts: ResourceFacts,
  policy: Policy,
  recipient: ConsentCategory,
): Combined {
  const about = rules.filter(({ rule }) => isAbout(rule, facts, policy.broader));
  const weighed = withoutOverruled(withoutOvertaken(about)).filter((one) => !one.onlyObjects);
  if (weighed.length === 0) return NOTHING;
  const deciding = mostSpecific(weighed);
  const refusals = deciding.filter(({ rule }) => rule.type === 'deny');
  if (refusals.length > 0) return { outcome: 'deny', deciding: refusals, weighed, gated: false };
  return labelGate(deciding, weighed, facts, policy, recipient);
}

/** Step 4: a grant goes if an explicit refusal that names the recipient was made after it. */
function withoutOvertaken(rules: readonly PreparedRule[]): readonly PreparedRule[] {
  if (!rules.some(isGrant)) return rules;
  let latest = -Infinity;
  for (const { rule, madeMs, onlyObjects } of rules) {
    const named = rule.recipient.level === 'org' || rule.recipient.level === 'person';
    if (rule.type === 'deny' && !onlyObjects && rule.source !== 'implicit' && named) {
      latest = Math.max(latest, madeMs);
    }
  }
  return rules.filter((rule) => !isGrant(rule) || rule.madeMs >= latest);
}

/** A parent's refusal stands against what the other parent permits, however precise that is. */
function withoutOverruled(rules: readonly PreparedRule[]): readonly PreparedRule[] {
  const refusals = rules.filter(({ rule, parents }) => rule.type === 'deny' && parents.length > 0);
  if (refusals.length === 0) return rules;
  return rules.filter(
    (one) =>
      one.rule.type === 'deny' ||
      one.rule.source === 'implicit' ||
      !one.byParent ||
      !refusals.some((other) => objectsTo(other, one)),
  );
}

function isGrant({ rule }: PreparedRule): boolean {
  return rule.source === 'implicit' && rule.type === 'permit';
}

/** Step 5: those for which no more specific rule exists. Equal ranks are compared once. */
function mostSpecific(rules: readonly PreparedRule[]): PreparedRule[] {
  const ranks = new Map<number, PreparedRule>();
  for (const rule of rules) ranks.set(rule.rank, rule);
  const present = [...ranks.values()];
  const beaten = new Set<number>();
  for (const rule of present) {
    if (present.some((other) => moreSpecific(other.specificity, rule.specificity))) {
      beaten.add(rule.rank);
    }
  }
  return rules.filter((rule) => !beaten.has(rule.rank));
}

/**
 * Step 6. A permit opens a label if it names the label or the resource and no refusal is more
 * specific than it. So a second, more specific permit never takes away what a first one opened.
 */
function labelGate(
  deciding: readonly PreparedRule[],
  weighed: readonly PreparedRule[],
  facts: ResourceFacts,
  policy: Policy,
  recipient: ConsentCategory,
): Combined {
  const needed = closedLabels(facts.labels, policy, recipient);
  if (needed.length === 0) return { outcome: 'permit', deciding, weighed, gated: false };
  const refusals = weighed.filter(({ rule }) => rule.type === 'deny');
  const openers = weighed.filter(
    (one) =>
      one.rule.type === 'permit' &&
      !refusals.some((refusal) => moreSpecific(refusal.specificity, one.specificity)),
  );
  const explains = new Set(deciding);
  for (const label of needed) {
    const opening = openers.filter((one) => opens(one, label, policy));
    if (opening.length === 0) return { outcome: 'permit', deciding, weighed, gated: true };
    if (!opening.some((one) => explains.has(one))) {
      for (const one of opening) explains.add(one);
    }
  }
  return { outcome: 'permit', deciding: [...explains], weighed, gated: false };
}

function opens({ rule }: PreparedRule, label: string, policy: Policy): boolean {
  return [rule.data, ...(rule.within ?? [])].some(
    (limit) =>
      limit.level === 'instance' ||
      (limit.level === 'label' && carries([label], limit.value, policy.broader)),
  );
}

/** Marks say who may never see it; they are no topic and are looked at elsewhere. */
const MARKS = new Set(['third-party', 'hide-from-representative', 'working-note']);

/** Labels that keep the resource closed to this recipient until a permit names them. */
export function closedLabels(
  labels: readonly string[],
  policy: Policy,
  recipient: ConsentCategory,
): string[] {
  if (labels.length === 0) return [];
  const topics = labels.filter((label) => !PLAIN.has(label) && !MARKS.has(label));
  const closed = topics.filter((topic) => !policy.careDomain[topic]?.includes(recipient));
  if (labels.includes('V')) closed.push('V');
  // R beside a topic is explained by the topic; R alone is a shielding of its own.
  if (labels.includes('R') && topics.length === 0) closed.push('R');
  return closed;
}

const PLAIN = new Set(['N', 'R', 'V', 'U', 'L', 'M']);
