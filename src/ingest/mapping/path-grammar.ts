/**
 * Paths of the rule tables: `PID-3.1`, `participant/assignedEntity/id[@root='…']/@extension`.
 *
 * `/`, `-` and `.` all separate steps, so that HL7 v2 positions and XML paths read as their
 * readers know them. Steps: a name, `*` any child, `**` this node and all below it, `..` up,
 * `^NAME` the nearest node of that name on the way up (this one included), a path that begins
 * with `/` starts at the root, `.` is this node. Predicates: `[2]` position, `[path]` exists,
 * `[path='text']`, `[path!='text']`.
 */
export type Test =
  | { readonly kind: 'position'; readonly position: number }
  | { readonly kind: 'exists'; readonly path: SourcePath }
  | { readonly kind: 'absent'; readonly path: SourcePath }
  | {
      readonly kind: 'equals';
      readonly path: SourcePath;
      readonly text: string;
      readonly not: boolean;
    };

export interface Step {
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
  /** Names only, downward: read without lists on the way, and most lead nowhere. */
  readonly isPlain: boolean;
}

const STEP = /^(\.\.|\.(?=\[)|\*\*|\*|\^?@?[A-Za-z_0-9][A-Za-z0-9_:]*)/;

/** @throws SyntaxError with the path and the position in it. */
export function compilePath(text: string): SourcePath {
  if (text === '.') return { text, fromRoot: false, steps: [], isIndexed: false, isPlain: true };
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
  return { text, fromRoot, steps, isIndexed: isIndexed(steps), isPlain: isPlain(steps) };
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

const isPlain = (steps: readonly Step[]): boolean =>
  steps.every(({ kind, tests }) => kind === 'child' && tests.length === 0);

/**
 * Positions count among siblings, and `1` may be a leaf itself: those are looked up the long way.
 */
const isIndexed = ([first, second]: readonly Step[]): boolean =>
  first?.kind === 'below' &&
  first.tests.length === 0 &&
  second?.kind === 'child' &&
  !/^\d/.test(second.name) &&
  second.tests.every((test) => test.kind !== 'position');
