/** Whether a rule is about this resource. consent.md 5.2, step 2. */
import type { ResourceFacts } from './facts.ts';
import type { Policy } from './policy.ts';
import type { ConsentRule, DataMatch } from './rule.ts';

/** The parts of a rule that depend on the resource: its data, and the episode it is bound to. */
export function isAbout(
  rule: ConsentRule,
  facts: ResourceFacts,
  broader: Policy['broader'],
): boolean {
  if (!matches(rule.data, facts, broader, rule.type)) return false;
  for (const limit of rule.within ?? []) {
    if (!matches(limit, facts, broader, rule.type)) return false;
  }
  return rule.context?.kind !== 'episode' || facts.related.includes(rule.context.value);
}

/** Whether a resource is of a kind that may be seen, as a permit would say it. */
export function isOfKind(
  kind: DataMatch,
  facts: ResourceFacts,
  broader: Policy['broader'],
): boolean {
  return matches(kind, facts, broader, 'permit');
}

function matches(
  limit: DataMatch,
  facts: ResourceFacts,
  broader: Policy['broader'],
  type: ConsentRule['type'],
): boolean {
  switch (limit.level) {
    case 'all':
      return true;
    case 'ggc':
      return (
        facts.category === limit.value || (limit.value === 'GGC002' && facts.category !== 'none')
      );
    case 'type':
      return (facts.as ?? facts).type === limit.value;
    case 'label':
      return carries(facts.labels, limit.value, broader);
    case 'code':
      return facts.codes.includes(limit.value);
    case 'author':
      return facts.authors.includes(limit.value);
    case 'instance':
      return limit.value === nameOf(facts.as ?? facts);
    case 'dataPeriod':
      return inPeriod(facts.date, limit, type);
  }
}

const nameOf = ({ type, id }: { readonly type: string; readonly id: string }): string =>
  `${type}/${id}`;

/** A rule may name a broader topic than the label: SUD is also about opioid use (OPIOIDUD). */
export function carries(
  labels: readonly string[],
  named: string,
  broader: Policy['broader'],
): boolean {
  return labels.some((label) => label === named || broader[label] === named);
}

/**
 * Both ends inclusive. A date that is not known to the day is a stretch of days: a permit must hold
 * all of it, a refusal any of it. Facts carry a date always (clinical, else recorded), so a
 * resource without one is outside every period.
 */
function inPeriod(
  date: string | undefined,
  period: { readonly start?: string; readonly end?: string },
  type: ConsentRule['type'],
): boolean {
  if (date === undefined) return false;
  const start = day(period.start ?? '0000', FIRST);
  const end = day(period.end ?? '9999', LAST);
  const [from, until] = [day(date, FIRST), day(date, LAST)];
  return type === 'permit' ? from >= start && until <= end : until >= start && from <= end;
}

const FIRST = '0000-01-01';
const LAST = '9999-12-31';

/** The calendar day as the source wrote it down, filled up where it stops short. */
function day(date: string, fill: string): string {
  const written = date.slice(0, 10);
  return written + fill.slice(written.length);
}
