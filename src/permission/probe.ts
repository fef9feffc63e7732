/**
 * Could anything at all be released? consent.md 7.4: that a patient is known somewhere is itself
 * health data. Each permit is tried on the plainest resource it is about.
 */
import type { Ground } from './applicable.ts';
import type { ConsentCategory } from './catalogue.ts';
import { type Combined, combine } from './combine.ts';
import type { ResourceFacts } from './facts.ts';
import type { Policy } from './policy.ts';
import type { ConsentRule } from './rule.ts';

const found = new WeakMap<Ground, Combined | null>();

/** @returns the decision on a resource that could be released from this holder, else undefined. */
export function couldRelease(
  ground: Ground,
  policy: Policy,
  recipient: ConsentCategory,
): Combined | undefined {
  const known = found.get(ground);
  if (known !== undefined) return known ?? undefined;
  const witness = search(ground, policy, recipient);
  found.set(ground, witness ?? null);
  return witness;
}

function search(ground: Ground, policy: Policy, recipient: ConsentCategory): Combined | undefined {
  const tried = new Set<string>();
  // By name, so that which permit explains it does not depend on the order of the choices.
  const byName = ground.rules.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const { rule, scope } of byName) {
    if (rule.type !== 'permit' || tried.has(scope)) continue;
    tried.add(scope);
    for (const category of ['GGC002', 'GGC012', 'GGC013'] as const) {
      const facts = plainest(rule, category, ground.holder.id);
      const combined = combine(ground.rules, facts, policy, recipient);
      if (combined.outcome === 'permit' && !combined.gated) return combined;
    }
  }
  return undefined;
}

/** The plainest resource that a rule is about: no label, code or author that it does not name. */
function plainest(
  rule: ConsentRule,
  category: ResourceFacts['category'],
  custodian: string,
): ResourceFacts {
  const facts = {
    type: 'Basic',
    id: '',
    custodian,
    category,
    labels: [] as string[],
    codes: [] as string[],
    authors: [] as string[],
    related: rule.context?.kind === 'episode' ? [rule.context.value] : [],
    date: undefined as string | undefined,
  };
  for (const limit of [rule.data, ...(rule.within ?? [])]) {
    if (limit.level === 'type') facts.type = limit.value;
    if (limit.level === 'label') facts.labels.push(limit.value);
    if (limit.level === 'code') facts.codes.push(limit.value);
    if (limit.level === 'author') facts.authors.push(limit.value);
    if (limit.level === 'ggc' && limit.value !== 'GGC002') facts.category = limit.value;
    if (limit.level === 'dataPeriod') facts.date = limit.end ?? limit.start;
    if (limit.level === 'instance') {
      const [type, id] = limit.value.split('/');
      facts.type = type ?? facts.type;
      facts.id = id ?? '';
    }
  }
  const { date, ...rest } = facts;
  return date === undefined ? rest : { ...rest, date };
}
