/**
 * "This is not so" (`negationInd`) where no rule reads it: what stands there would become a fact
 * that the sender denies. The message waits until somebody looked, or until a rule reads it.
 */
import type { MappingIssue } from '../format.ts';
import type { SourceNode } from '../mapping/source-node.ts';

/** Why such a message waits. */
export const NEGATED = 'negated-unread';

/** One error for each denial that no rule read, with its place. */
export function negatedUnread(
  root: SourceNode,
  issues: readonly MappingIssue[],
): readonly MappingIssue[] {
  const unread = new Set(
    issues.flatMap(({ kind, place }) =>
      kind === 'unread' && place.endsWith('/@negationInd') ? [place] : [],
    ),
  );
  if (unread.size === 0) return [];
  return denialsIn(root)
    .filter(({ place }) => unread.has(place))
    .map(({ place }) => ({
      kind: 'rule',
      severity: 'error',
      code: NEGATED,
      text: 'The sender says that this is not so, and no rule reads that here.',
      place,
    }));
}

function denialsIn(node: SourceNode): readonly SourceNode[] {
  const isDenial = node.name === '@negationInd' && /^(true|1)$/.test(node.value?.trim() ?? '');
  return isDenial ? [node] : node.children.flatMap(denialsIn);
}
