/** Of lines of the ledger that stand as one on "Wie keek": what was seen, and who had no ground. */
import type { LedgerEntry } from '../../audit/index.ts';
import { type CareRelation, relationAt, standardPolicy } from '../../permission/index.ts';

/**
 * How many items of each kind were seen in all: who looks five times at the same has not seen five
 * times as much. Where a line keeps a digest of a long list, the same list counts once.
 */
export function seenInAll(lines: readonly LedgerEntry[]): Record<string, number> {
  const named = new Map<string, Set<string>>();
  const long = new Map<string, Readonly<Record<string, number>>>();
  for (const { record, seq } of lines) {
    const counts = record.counts ?? {};
    const what = record.what ?? [];
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
    if (what.length !== total) {
      long.set(record.whatDigest ?? `line ${seq}`, counts);
      continue;
    }
    for (const reference of what) {
      const [item = ''] = reference.split('@');
      const type = item.slice(0, item.indexOf('/'));
      named.set(type, (named.get(type) ?? new Set()).add(item));
    }
  }
  const seen = Object.fromEntries([...named].map(([type, items]) => [type, items.size]));
  return summed([seen, ...long.values()]);
}

/** How many items of each kind were sent in all: the same one twice is two that were sent. */
export const sentInAll = (lines: readonly LedgerEntry[]): Record<string, number> =>
  summed(lines.map(({ record }) => record.counts ?? {}));

function summed(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const [type, count] of all.flatMap((counts) => Object.entries(counts))) {
    sum[type] = (sum[type] ?? 0) + count;
  }
  return sum;
}

/**
 * Whether a professional looked, or tried to, while the record shows no treatment there: no visit,
 * stay, appointment, referral or registration that counted at that moment (journey J7, step 3).
 */
export function isOutsideCare(
  { record }: LedgerEntry,
  relations: readonly CareRelation[],
): boolean {
  const { agent, at, route } = record;
  if (agent.kind !== 'professional' || agent.organisation === undefined) return false;
  if (route === 'sender') return false;
  const { relationWindows } = standardPolicy();
  return relationAt(relations, agent.organisation, new Date(at), relationWindows) === undefined;
}
