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
  | {
      readonly kind: 'equals';
      readonly path: SourcePath;
      readonly text: string;
      readonly not: boolean;
    };

interface Step {
  readonly name: string;
  readonly tests: readonly Test[];
}

export interface SourcePath {
  readonly text: string;
  readonly fromRoot: boolean;
  readonly steps: readonly Step[];
}

const STEP = /^(\.\.|\.(?=\[)|\*\*|\*|\^?@?[A-Za-z_0-9][A-Za-z0-9_:]*)/;

/** @throws SyntaxError with the path and the position in it. */
export function compilePath(text: string): SourcePath {
  if (text === '.') return { text, fromRoot: false, steps: [] };
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
    steps.push({ name, tests });
    if (rest === '') break;
    if (!/^[/.-]/.test(rest) || rest.length === 1) throw wrong(text, rest);
    rest = rest.slice(1);
  }
  return { text, fromRoot, steps };
}

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
  const bare = inner.replace(/\[[^\]]*\]/g, (nested) => '.'.repeat(nested.length));
  const sign = /\s*(!?=)\s*'[^']*'$/.exec(bare);
  if (sign) {
    const text = inner.slice(inner.lastIndexOf("'", inner.length - 2) + 1, -1);
    const path = compilePath(inner.slice(0, sign.index).trim());
    return { kind: 'equals', path, text, not: sign[1] === '!=' };
  }
  if (/[=']/.test(bare)) throw wrong(whole, inner);
  return { kind: 'exists', path: compilePath(inner) };
}

/** Every node the path leads to, in the order of the message. */
export function select(from: Cursor, path: SourcePath): readonly Cursor[] {
  const start = path.fromRoot ? topOf(from) : from;
  const [first, second] = path.steps;
  if (first?.name === '**' && second && isIndexed(first, second)) {
    const named = indexOf(start).get(second.name) ?? [];
    return walk(tested(named, second), path.steps, 2);
  }
  return walk([start], path.steps, 0);
}

function walk(from: readonly Cursor[], steps: readonly Step[], begin: number): readonly Cursor[] {
  let found = from;
  for (let at = begin; at < steps.length && found.length > 0; at++) {
    const step = steps[at] as Step;
    const [only] = found;
    found =
      found.length === 1 && only ? take(only, step) : found.flatMap((cursor) => take(cursor, step));
  }
  return found;
}

/**
 * Positions count among siblings, and `1` may be a leaf itself: those are looked up the long way.
 */
const isIndexed = (first: Step, second: Step): boolean =>
  first.tests.length === 0 &&
  /^[@A-Za-z_]/.test(second.name) &&
  second.tests.every((test) => test.kind !== 'position');

const indexes = new WeakMap<SourceNode, Map<string, Cursor[]>>();

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
  return tested(move(cursor, step.name), step);
}

function tested(from: readonly Cursor[], step: Step): readonly Cursor[] {
  let found = from;
  for (const test of step.tests) {
    if (found.length === 0) return found;
    found = found.filter((one, index) => passes(one, test, index + 1));
  }
  return found;
}

function move(cursor: Cursor, name: string): readonly Cursor[] {
  if (name === '.') return [cursor];
  if (name === '..') return cursor.up ? [cursor.up] : [];
  if (name === '**') return [...below(cursor)];
  if (name.startsWith('^')) {
    for (let at: Cursor | undefined = cursor; at !== undefined; at = at.up) {
      if (at.node.name === name.slice(1)) return [at];
    }
    return [];
  }
  const children: readonly SourceNode[] =
    name === '*' ? cursor.node.children : childrenNamed(cursor.node, name);
  return children.map((node) => (node === cursor.node ? cursor : { node, up: cursor }));
}

function* below(cursor: Cursor): Generator<Cursor> {
  yield cursor;
  for (const node of cursor.node.children) yield* below({ node, up: cursor });
}

function passes(cursor: Cursor, test: Test, position: number): boolean {
  if (test.kind === 'position') return position === test.position;
  const found = select(cursor, test.path);
  if (test.kind === 'exists') return found.length > 0;
  return found.some((one) => textNode(one.node)?.value === test.text) !== test.not;
}
