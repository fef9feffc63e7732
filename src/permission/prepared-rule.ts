/** A rule with what is worth working out once: its numbers, its scope, its instants. */
import { type ConsentRule, type Specificity, scopeKey, specificity } from './rule.ts';

export interface PreparedRule {
  readonly rule: ConsentRule;
  readonly specificity: Specificity;
  /** The four numbers in one, equal for equally specific rules. */
  readonly rank: number;
  readonly scope: string;
  readonly madeMs: number;
  readonly startMs: number;
  readonly endMs: number;
  /** Rule id, with the version of the choice when there is one. */
  readonly name: string;
}

const prepared = new WeakMap<ConsentRule, PreparedRule>();

/** The same rule object is prepared once, however many requests it is decided for. */
export function prepare(rule: ConsentRule): PreparedRule {
  const known = prepared.get(rule);
  if (known) return known;
  const numbers = specificity(rule);
  const made: PreparedRule = {
    rule,
    specificity: numbers,
    rank: ((numbers[0] * 4 + numbers[1]) * 4 + numbers[2]) * 2 + numbers[3],
    scope: scopeKey(rule),
    madeMs: Date.parse(rule.dateTime),
    startMs: rule.period?.start === undefined ? -Infinity : Date.parse(rule.period.start),
    endMs: rule.period?.end === undefined ? Infinity : Date.parse(rule.period.end),
    name: rule.version === undefined ? rule.id : `${rule.id}@${rule.version}`,
  };
  prepared.set(rule, made);
  return made;
}

/** Step 3: within one source and scope the newest stays; at the same instant the refusal. */
export function newestPerScope(rules: readonly PreparedRule[]): PreparedRule[] {
  const newest = new Map<string, PreparedRule>();
  for (const rule of rules) {
    const other = newest.get(rule.scope);
    if (!other || replaces(rule, other)) newest.set(rule.scope, rule);
  }
  return [...newest.values()];
}

function replaces(rule: PreparedRule, other: PreparedRule): boolean {
  if (rule.madeMs !== other.madeMs) return rule.madeMs > other.madeMs;
  if (rule.rule.type !== other.rule.type) return rule.rule.type === 'deny';
  // Two of a kind: which of them explains the decision must not depend on their order.
  return rule.name < other.name;
}
