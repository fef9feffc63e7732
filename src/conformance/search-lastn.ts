/**
 * `Observation/$lastn`: the latest of each code.
 * https://hl7.org/fhir/R4/observation-operation-lastn.html
 */
import type { Resource } from './resource.ts';
import { rangeOf, type TimeRange } from './search-date.ts';
import { select } from './search-expression.ts';
import type { SearchQuery } from './search-query.ts';
import { folded } from './search-string.ts';
import { tokensOf } from './search-token.ts';

/**
 * Of the matches (already exact, already released) the latest `max` of each group, latest first
 * within a group. Observations share a group when they share a coding, directly or through others;
 * without coding, when their text is the same. Those at the same moment as the last one kept come
 * along. What was entered in error counts only where the query asks for a status.
 */
export function lastn(query: SearchQuery, resources: readonly Resource[]): Resource[] {
  const max = query.lastnMax ?? 1;
  const asksStatus = query.conditions.some(({ name }) => name.split(':')[0] === 'status');
  const counted = resources.filter(
    (resource) => asksStatus || resource['status'] !== 'entered-in-error',
  );
  return groupsOf(counted).flatMap((group) => {
    const dated = group
      .map((resource) => ({ resource, at: momentOf(resource) }))
      .toSorted(
        (a, b) => b.at.high - a.at.high || b.at.low - a.at.low || b.at.issued - a.at.issued,
      );
    const last = dated[max - 1];
    const kept = dated.filter(
      ({ at }, index) =>
        index < max ||
        (last && at.high === last.at.high && at.low === last.at.low && at.high > UNDATED),
    );
    return kept.map(({ resource }) => resource);
  });
}

const UNDATED = -1e17;

interface Moment extends TimeRange {
  readonly issued: number;
}

/**
 * An open end counts as its start: a measurement that runs on is not later than everything else.
 */
function momentOf(resource: Resource): Moment {
  const [effective] = select('Observation.effective', resource);
  const range = effective && rangeOf(effective.value);
  const issued = rangeOf(resource['issued'])?.low ?? UNDATED;
  if (!range) return { low: issued, high: issued, issued };
  const low = Number.isFinite(range.low) ? range.low : range.high;
  return { low, high: Number.isFinite(range.high) ? range.high : low, issued };
}

/**
 * Groups that share a key, joined through each other (union-find), in order of first appearance.
 */
function groupsOf(resources: readonly Resource[]): Resource[][] {
  const parents = resources.map((_, index) => index);
  const rootOf = (index: number): number => {
    let at = index;
    for (let up = parents[at] ?? at; up !== at; up = parents[at] ?? at) at = up;
    return at;
  };
  const firstWith = new Map<string, number>();
  resources.forEach((resource, index) => {
    for (const key of keysOf(resource)) {
      const other = firstWith.get(key);
      if (other === undefined) {
        firstWith.set(key, index);
      } else {
        const [a, b] = [rootOf(other), rootOf(index)];
        parents[Math.max(a, b)] = Math.min(a, b);
      }
    }
  });
  const groups = new Map<number, Resource[]>();
  resources.forEach((resource, index) => {
    const root = rootOf(index);
    const group = groups.get(root) ?? [];
    groups.set(root, group);
    group.push(resource);
  });
  return [...groups.values()];
}

function keysOf(resource: Resource): string[] {
  const code = resource['code'] as { text?: unknown } | undefined;
  const codings = tokensOf(code).filter((token) => token.code !== undefined && !token.implied);
  if (codings.length > 0) return codings.map(({ system, code: one }) => `${system ?? ''}|${one}`);
  return typeof code?.text === 'string' ? [`text|${folded(code.text)}`] : [];
}
