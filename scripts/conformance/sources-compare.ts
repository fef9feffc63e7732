/** Expected against actual: resources are paired by what they share, then counted by element. */
import type { Elements } from './sources-elements.ts';

export interface Comparison {
  readonly expected: number;
  readonly equal: number;
  /** Expected resources that have a counterpart. */
  readonly paired: number;
  readonly resources: number;
  /** `Type.path` of every expected element that is missing or different. */
  readonly missing: readonly string[];
  /** `Type.path` of what is ours alone. */
  readonly extra: readonly string[];
}

interface Pair {
  readonly expected: number;
  readonly actual: number;
  readonly shared: number;
}

export function compare(all: readonly Elements[], actual: readonly Elements[]): Comparison {
  const expected = withoutCopies(all);
  const pairs: Pair[] = [];
  for (const [left, one] of expected.entries()) {
    for (const [right, other] of actual.entries()) {
      if (one.type !== other.type) continue;
      pairs.push({ expected: left, actual: right, shared: shared(one, other) });
    }
  }
  pairs.sort((a, b) => b.shared - a.shared || a.expected - b.expected || a.actual - b.actual);
  const partner = new Map<number, number>();
  const taken = new Set<number>();
  for (const pair of pairs) {
    if (partner.has(pair.expected) || taken.has(pair.actual)) continue;
    partner.set(pair.expected, pair.actual);
    taken.add(pair.actual);
  }
  const missing: string[] = [];
  const extra: string[] = [];
  let equal = 0;
  for (const [index, one] of expected.entries()) {
    const found = partner.get(index);
    const other = found === undefined ? undefined : actual[found];
    equal += other ? shared(one, other) : 0;
    missing.push(...beyond(one, other));
    if (other) extra.push(...beyond(other, one));
  }
  const total = expected.reduce((sum, one) => sum + one.size, 0);
  return {
    expected: total,
    equal,
    paired: partner.size,
    resources: expected.length,
    missing,
    extra,
  };
}

/** The same resource twice in a published answer, word for word, is one to find. */
function withoutCopies(all: readonly Elements[]): Elements[] {
  const seen = new Set<string>();
  return all.filter(({ type, counts }) => {
    const text = JSON.stringify([type, [...counts].sort(([a], [b]) => (a < b ? -1 : 1))]);
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}

function shared(one: Elements, other: Elements): number {
  let sum = 0;
  for (const [element, count] of one.counts) sum += Math.min(count, other.counts.get(element) ?? 0);
  return sum;
}

function beyond(one: Elements, other: Elements | undefined): string[] {
  const paths: string[] = [];
  for (const [element, count] of one.counts) {
    const surplus = count - (other?.counts.get(element) ?? 0);
    const path = `${one.type}.${element.replace(/=.*$/s, '')}`;
    for (let index = 0; index < surplus; index++) paths.push(path);
  }
  return paths;
}
