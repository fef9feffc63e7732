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
  /** A parent or guardian is among those who made it. */
  readonly byParent: boolean;
  /** Those parents who are told apart. */
  readonly parents: readonly string[];
  /** Rule id, with the version of the choice when there is one. */
  readonly name: string;
  /** Said of treatment: in an emergency it only stands against what the other parent permits. */
  readonly onlyObjects?: true;
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
    ...parentsOf(rule),
    name: rule.version === undefined ? rule.id : `${rule.id}@${rule.version}`,
  };
  prepared.set(rule, made);
  return made;
}

const NOBODY: readonly string[] = [];

function parentsOf({ performers }: ConsentRule): Pick<PreparedRule, 'byParent' | 'parents'> {
  const parents = performers.filter(({ rel }) => rel === 'parent' || rel === 'guardian');
  const named = parents.flatMap(({ by }) => by ?? []);
  return { byParent: parents.length > 0, parents: named.length === 0 ? NOBODY : named };
}

/** From 16 on no parent decides any more, and which of them once did makes no difference. */
export const asOfNoParent = (rule: PreparedRule): PreparedRule =>
  rule.parents.length === 0 ? rule : { ...rule, parents: NOBODY };

/**
 * Whether a refusal of one parent stands against this: only those who refused, all of them, may
 * open it again (decision 0620).
 */
export const objectsTo = (
  refusal: Pick<PreparedRule, 'parents'>,
  { parents }: Pick<PreparedRule, 'parents'>,
): boolean => refusal.parents.some((parent) => !parents.includes(parent));

/**
 * Step 3: within one source and scope the newest stays; at the same instant the refusal. What one
 * parent said is not replaced by what the other says.
 */
export function newestPerScope(rules: readonly PreparedRule[]): PreparedRule[] {
  const newest = new Map<string, PreparedRule[]>();
  for (const rule of rules) {
    const others = newest.get(rule.scope);
    if (!others) newest.set(rule.scope, [rule]);
    else if (!others.some((other) => replaces(other, rule))) {
      newest.set(rule.scope, [...others.filter((other) => !replaces(rule, other)), rule]);
    }
  }
  return [...newest.values()].flat();
}

function replaces(rule: PreparedRule, other: PreparedRule): boolean {
  if (objectsTo(other, rule)) return false;
  if (rule.madeMs !== other.madeMs) return rule.madeMs > other.madeMs;
  if (rule.rule.type !== other.rule.type) return rule.rule.type === 'deny';
  // Two of a kind: which of them explains the decision must not depend on their order.
  return rule.name < other.name;
}
