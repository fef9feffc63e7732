/**
 * Paths of the rule tables: `PID-3.1`, `participant/assignedEntity/id[@root='…']/@extension`.
 *
 * `/`, `-` and `.` all separate steps, so that HL7 v2 positions and XML paths read as their
 * readers know them. Steps: a name, `*` any child, `**` this node and all below it, `..` up,
 * `^NAME` the nearest node of that name on the way up (this one included), a path that begins
 * with `/` starts at the root, `.` is this node. Predicates: `[2]` position, `[path]` exists,
 * `[path='text']`, `[path!='text']`.
 */
import { type Cursor, childrenNamed, type SourceNode, textNode } from './source-node.ts';

type Test =
  | { readonly kind: 'position'; readonly position: number }
  | { readonly kind: 'exists'; readonly path: SourcePath }
  | { readonly kind: 'absent'; readonly path: SourcePath }
  | {
      readonly kind: 'equals';
      readonly path: SourcePath;
      readonly text: string;
      readonly not: boolean;
    };

interface Step {
  readonly name: string;
  readonly kind: 'child' | 'up' | 'here' | 'below' | 'any' | 'nearest';
  readonly tests: readonly Test[];
}

export interface SourcePath {
  readonly text: string;
  readonly fromRoot: boolean;
  readonly steps: readonly Step[];
  /** Begins with a name anywhere below, which an index gives at once. */
  readonly isIndexed: boolean;
}

const STEP = /^(\.\.|\.(?=\[)|\*\*|\*|\^?@?[A-Za-z_0-9][A-Za-z0-9_:]*)/;

/** @throws SyntaxError with the path and the position in it. */
export function compilePath(text: string): SourcePath {
  if (text === '.') return { text, fromRoot: false, steps: [], isIndexed: false };
  const fromRoot = text.startsWith('/');
  let rest = fromRoot ? text.slice(1) : text;
  const steps: Step[] = [];
  while (rest !== '' || steps.length === 0) {
    const name = STEP.exec(rest)?.[0];
    if (name === undefined) throw wrong(text, rest);
    rest = rest.slice(name.length);
    const tests: Test[] = [];
    while (rest.startsWith('[')) {
      const end = closing(rest);
      if (end < 0) throw wrong(text, rest);
      tests.push(compileTest(rest.slice(1, end), text));
      rest = rest.slice(end + 1);
    }
    const kind = KINDS[name] ?? (name.startsWith('^') ? 'nearest' : 'child');
    steps.push({ name: kind === 'nearest' ? name.slice(1) : name, kind, tests });
    if (rest === '') break;
    if (!/^[/.-]/.test(rest) || rest.length === 1) throw wrong(text, rest);
    rest = rest.slice(1);
  }
  return { text, fromRoot, steps, isIndexed: isIndexed(steps) };
}

const KINDS: Readonly<Record<string, Step['kind']>> = {
  '..': 'up',
  '.': 'here',
  '**': 'below',
  '*': 'any',
};

const wrong = (text: string, rest: string) =>
  new SyntaxError(`Not a source path at column ${text.length - rest.length + 1}: ${text}`);

function closing(rest: string): number {
  let depth = 0;
  let quoted = false;
  for (let index = 0; index < rest.length; index++) {
    const sign = rest[index];
    if (sign === "'") quoted = !quoted;
    if (quoted) continue;
    if (sign === '[') depth++;
    if (sign === ']' && --depth === 0) return index;
  }
  return -1;
}

function compileTest(inner: string, whole: string): Test {
  if (/^\d+$/.test(inner)) return { kind: 'position', position: Number(inner) };
  const bare = inner.replace(/\[[^[\]]*\]/g, (nested) => '.'.repeat(nested.length));
  const sign = /(?<!\s)\s*(!?=)\s*'[^']*'$/.exec(bare);
  if (sign) {
    const text = inner.slice(inner.lastIndexOf("'", inner.length - 2) + 1, -1);
    const path = compilePath(inner.slice(0, sign.index).trim());
    return { kind: 'equals', path, text, not: sign[1] === '!=' };
  }
  if (/[=']/.test(bare)) throw wrong(whole, inner);
  if (inner.startsWith('!')) return { kind: 'absent', path: compilePath(inner.slice(1)) };
  return { kind: 'exists', path: compilePath(inner) };
}

/** Every node the path leads to, in the order of the message. */
export function select(from: Cursor, path: SourcePath): readonly Cursor[] {
  const start = path.fromRoot ? topOf(from) : from;
  const [first, second] = path.steps;
  if (first === undefined) return [start];
  if (path.isIndexed && second) {
    const named = indexOf(start).get(second.name);
    return named === undefined ? NONE : walk(tested(named, second), path.steps, 2);
  }
  return walk(take(start, first), path.steps, 1);
}

const NONE: readonly Cursor[] = [];

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

/**
 * Positions count among siblings, and `1` may be a leaf itself: those are looked up the long way.
 */
const isIndexed = ([first, second]: readonly Step[]): boolean =>
  first?.kind === 'below' &&
  first.tests.length === 0 &&
  second?.kind === 'child' &&
  !/^\d/.test(second.name) &&
  second.tests.every((test) => test.kind !== 'position');

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
    if (value !== undefined && value !== '') return value;
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
  const found = select(cursor, test.path);
  if (test.kind === 'exists') return found.length > 0;
  if (test.kind === 'absent') return found.length === 0;
  return found.some((one) => textNode(one.node)?.value === test.text) !== test.not;
}
