/**
 * The values that a rule leaves out, found by one walk over what is there instead of one look for
 * each of the hundreds of places that could be left out.
 */

import type { SourcePath } from './path-grammar.ts';
import type { Ignored } from './rule-table.ts';
import type { Cursor, SourceNode } from './source-node.ts';
import { namedBelow, select } from './source-path.ts';

/** Where entries lead, step by step; `ends` are the numbers of those that end here. */
interface Branch {
  readonly ends: number[];
  readonly below: Map<string, Branch>;
}

export interface IgnoredPlaces {
  readonly entries: readonly Ignored[];
  /** From the node itself by names alone: `OBX-1`. */
  readonly near: Branch;
  /** The same from wherever a name stands below it: `**\/OBX/15`. */
  readonly anywhere: ReadonlyMap<string, Branch>;
  /** All other paths, by the number of their entry. */
  readonly others: readonly { readonly entry: number; readonly path: SourcePath }[];
}

const newBranch = (): Branch => ({ ends: [], below: new Map() });

/** Sorts the paths of entries by how they can be found. */
export function ignoredPlaces(entries: readonly Ignored[]): IgnoredPlaces {
  const near = newBranch();
  const anywhere = new Map<string, Branch>();
  const others: { entry: number; path: SourcePath }[] = [];
  for (const [entry, { from }] of entries.entries()) {
    for (const path of from) {
      const [first, ...rest] = path.steps;
      const start = first?.kind === 'below' && first.tests.length === 0 ? rest : path.steps;
      const isPlain =
        start.length > 0 && start.every((one) => one.kind === 'child' && one.tests.length === 0);
      if (path.fromRoot || !isPlain || (start === rest && /^\d/.test(rest[0]?.name ?? ''))) {
        others.push({ entry, path });
        continue;
      }
      let at = start === rest ? branchAt(anywhere, rest[0]?.name ?? '') : near;
      for (const { name } of start === rest ? rest.slice(1) : start) at = branchAt(at.below, name);
      at.ends.push(entry);
    }
  }
  return { entries, near, anywhere, others };
}

function branchAt(of: Map<string, Branch>, name: string): Branch {
  const known = of.get(name);
  if (known) return known;
  const made = newBranch();
  of.set(name, made);
  return made;
}

/** Calls `found` for each node that an entry names, in the order of the entries. */
export function eachIgnored(
  { entries, near, anywhere, others }: IgnoredPlaces,
  context: Cursor,
  found: (entry: Ignored, node: SourceNode) => void,
): void {
  const hits: { entry: number; node: SourceNode }[] = [];
  if (near.below.size > 0) walk(near, context.node, hits);
  if (anywhere.size > 0) {
    for (const [name, branch] of anywhere) {
      for (const { node } of namedBelow(context, name)) reach(branch, node, hits);
    }
  }
  for (const { entry, path } of others) {
    for (const { node } of select(context, path)) hits.push({ entry, node });
  }
  if (hits.length > 1) hits.sort((a, b) => a.entry - b.entry);
  for (const { entry, node } of hits) found(entries[entry] as Ignored, node);
}

type Hits = { entry: number; node: SourceNode }[];

function walk(branch: Branch, node: SourceNode, hits: Hits): void {
  const { children, value } = node;
  if (children.length === 0) {
    // A leaf is its own component 1.
    const own = value === undefined ? undefined : branch.below.get('1');
    if (own) reach(own, node, hits);
    return;
  }
  for (const child of children) {
    const next = branch.below.get(child.name);
    if (next) reach(next, child, hits);
  }
}

function reach(branch: Branch, node: SourceNode, hits: Hits): void {
  for (const entry of branch.ends) hits.push({ entry, node });
  if (branch.below.size > 0) walk(branch, node, hits);
}
