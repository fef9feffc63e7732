/**
 * OPB is a comment on the result with the same counters (source-formats.md 11): most laboratories
 * write it right behind that BEP, some behind all of them.
 */
import { childrenNamed, leavesOf, type SourceNode } from '../mapping/source-node.ts';

type Group = SourceNode & { children: SourceNode[] };

/** `1:1:2` of a tag; undefined where it has none, and where it only numbers the report. */
function countersOf(segment: SourceNode | undefined): string | undefined {
  const [counters] = segment ? childrenNamed(segment, '0') : [];
  const texts = counters ? leavesOf(counters).map(({ value }) => Number(value)) : [];
  return texts.length > 1 ? texts.join(':') : undefined;
}

/**
 * The group that a comment is of: the one that it stands behind, unless its counters are those of
 * another in the same report.
 */
export function commentedBy(
  comment: SourceNode,
  near: Group,
  report: SourceNode | undefined,
): Group {
  const counters = countersOf(comment);
  if (counters === undefined || countersOf(near.children[0]) === counters) return near;
  const inner = report?.children ?? [];
  const groups = inner.flatMap((one) => (one.name === 'HEADING' ? [one, ...one.children] : [one]));
  const found = groups.find(
    (one): one is Group =>
      /^(RESULT|HEADING)$/.test(one.name) && countersOf(one.children[0]) === counters,
  );
  return found ?? near;
}
