/** Following the paths of the rule tables (path-grammar.ts) through a message. */
import type { SourcePath, Step, Test } from './path-grammar.ts';
import {
  type Cursor,
  childrenNamed,
  EXPLICITLY_EMPTY,
  isOwnComponent,
  SHORT,
  type SourceNode,
  saysSomething,
  textNode,
} from './source-node.ts';

/** Every node the path leads to, in the order of the message. */
export function select(from: Cursor, path: SourcePath): readonly Cursor[] {
  const start = path.fromRoot ? topOf(from) : from;
  if (path.isPlain) return plainly(start, path.steps, 0, undefined) ?? NONE;
  const [first, second] = path.steps;
  if (first === undefined) return [start];
  if (path.isIndexed && second) {
    const named = indexOf(start).get(second.name);
    return named === undefined ? NONE : walk(tested(named, second), path.steps, 2);
  }
  return walk(take(start, first), path.steps, 1);
}

const NONE: readonly Cursor[] = [];

/** Whether any node that the path leads to passes; undefined asks whether one says something. */
export function leadsTo(
  from: Cursor,
  path: SourcePath,
  passes?: (text: string | undefined) => boolean,
): boolean {
  const holds = (node: SourceNode) =>
    passes === undefined ? saysSomething(node) : passes(textNode(node)?.value);
  if (!path.isPlain) return select(from, path).some(({ node }) => holds(node));
  const start = path.fromRoot ? topOf(from) : from;
  return someBelow(start.node, path.steps, 0, holds);
}

function someBelow(
  node: SourceNode,
  steps: readonly Step[],
  at: number,
  holds: (node: SourceNode) => boolean,
): boolean {
  const name = steps[at]?.name;
  if (name === undefined) return holds(node);
  const isLong = node.children.length > SHORT;
  if (isLong || isOwnComponent(node, name)) {
    return childrenNamed(node, name).some((child) => someBelow(child, steps, at + 1, holds));
  }
  for (const child of node.children) {
    if (child.name === name && someBelow(child, steps, at + 1, holds)) return true;
  }
  return false;
}

function plainly(
  cursor: Cursor,
  steps: readonly Step[],
  at: number,
  before: Cursor[] | undefined,
): Cursor[] | undefined {
  let found = before;
  const name = steps[at]?.name;
  if (name === undefined) {
    if (found === undefined) return [cursor];
    found.push(cursor);
    return found;
  }
  const { node } = cursor;
  if (isOwnComponent(node, name)) return plainly(cursor, steps, at + 1, found);
  const children = node.children.length > SHORT ? childrenNamed(node, name) : node.children;
  for (const child of children) {
    if (child.name === name) found = plainly({ node: child, up: cursor }, steps, at + 1, found);
  }
  return found;
}

function walk(from: readonly Cursor[], steps: readonly Step[], begin: number): readonly Cursor[] {
  let found = from;
  for (let at = begin; at < steps.length; at++) {
    if (found.length === 0) return NONE;
    const step = steps[at] as Step;
    found = found.length === 1 ? take(found[0] as Cursor, step) : takeEach(found, step);
  }
  return found;
}

function takeEach(from: readonly Cursor[], step: Step): readonly Cursor[] {
  const found: Cursor[] = [];
  for (const cursor of from) for (const one of take(cursor, step)) found.push(one);
  return found;
}

const indexes = new WeakMap<SourceNode, Map<string, Cursor[]>>();

/** Every node of this name below another one. */
export const namedBelow = (root: Cursor, name: string): readonly Cursor[] =>
  indexOf(root).get(name) ?? NONE;

/** Where every name stands below a node: rules look through the same part many times. */
function indexOf(root: Cursor): Map<string, Cursor[]> {
  const known = indexes.get(root.node);
  if (known) return known;
  const index = new Map<string, Cursor[]>();
  addBelow(index, root);
  indexes.set(root.node, index);
  return index;
}

function addBelow(index: Map<string, Cursor[]>, up: Cursor): void {
  for (const node of up.node.children) {
    const cursor = { node, up };
    const list = index.get(node.name);
    if (list) list.push(cursor);
    else index.set(node.name, [cursor]);
    if (node.children.length > 0) addBelow(index, cursor);
  }
}

/** The text of the first node on the path that has any; undefined when none has. */
export function textAt(from: Cursor, path: SourcePath): string | undefined {
  for (const cursor of select(from, path)) {
    const value = textNode(cursor.node)?.value;
    if (value !== undefined && value !== '' && value !== EXPLICITLY_EMPTY) return value;
  }
  return undefined;
}

/** The root of the message, from wherever a rule stands. */
export function topOf(cursor: Cursor): Cursor {
  let at = cursor;
  while (at.up !== undefined) at = at.up;
  return at;
}

function take(cursor: Cursor, step: Step): readonly Cursor[] {
  const test = step.tests[0];
  if (test?.kind === 'position' && step.kind === 'child') {
    // One of thousands, asked for each of them, must not cost all of them.
    const node = childrenNamed(cursor.node, step.name)[test.position - 1];
    return node === undefined
      ? NONE
      : tested(under(cursor, [node]), { tests: step.tests.slice(1) });
  }
  return tested(move(cursor, step), step);
}

function tested(from: readonly Cursor[], { tests }: Pick<Step, 'tests'>): readonly Cursor[] {
  if (tests.length === 0) return from;
  let found = from;
  for (const test of tests) {
    if (found.length === 0) return found;
    found = found.filter((one, index) => passes(one, test, index + 1));
  }
  return found;
}

function move(cursor: Cursor, { kind, name }: Step): readonly Cursor[] {
  switch (kind) {
    case 'child':
      return under(cursor, childrenNamed(cursor.node, name));
    case 'any':
      return under(cursor, cursor.node.children);
    case 'here':
      return [cursor];
    case 'up':
      return cursor.up ? [cursor.up] : NONE;
    case 'below':
      return [...below(cursor)];
    case 'nearest':
      return nearest(cursor, name);
  }
}

function nearest(cursor: Cursor, name: string): readonly Cursor[] {
  for (let at: Cursor | undefined = cursor; at !== undefined; at = at.up) {
    if (at.node.name === name) return [at];
  }
  return NONE;
}

function under(cursor: Cursor, children: readonly SourceNode[]): readonly Cursor[] {
  if (children.length === 0) return NONE;
  const found: Cursor[] = [];
  for (const node of children) found.push(node === cursor.node ? cursor : { node, up: cursor });
  return found;
}

function* below(cursor: Cursor): Generator<Cursor> {
  yield cursor;
  for (const node of cursor.node.children) yield* below({ node, up: cursor });
}

function passes(cursor: Cursor, test: Test, position: number): boolean {
  if (test.kind === 'position') return position === test.position;
  if (test.kind !== 'equals') return leadsTo(cursor, test.path) === (test.kind === 'exists');
  const found = select(cursor, test.path);
  return found.some((one) => textNode(one.node)?.value === test.text) !== test.not;
}
