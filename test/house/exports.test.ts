/** What leaves a file or a room is what another needs: a front is as small as it can be. */
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesBelow, maskSource, readSource } from './source-scan.ts';

type Sources = Readonly<Record<string, string>>;

/** A word in code; what only a comment says is no use of it. */
const wordsOf = (source: string) =>
  new Set(maskSource(source, { keepStrings: true }).match(/[A-Za-z_$][\w$]*/g));

/** Names that a file gives away: its own functions, constants and classes, or all of a front. */
function givenBy(path: string, source: string): string[] {
  if (!path.endsWith('/index.ts')) {
    const own = /^export (?:async )?(?:function\*?|const|class|let) ([A-Za-z_$][\w$]*)/gm;
    return [...source.matchAll(own)].map(([, name = '']) => name);
  }
  return [...source.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names = '']) =>
    names.split(',').flatMap((name) => name.trim().split(/\s+/).at(-1) || []),
  );
}

/** Exports below src and scripts that nobody takes; for a front, nobody outside its room. */
function unused(sources: Sources): string[] {
  const files = Object.entries(sources);
  const words = files.map(([path, source]) => [path, wordsOf(source)] as const);
  const takers = new Map<string, string[]>();
  for (const [path, said] of words) {
    for (const word of said) takers.set(word, [...(takers.get(word) ?? []), path]);
  }
  return files.flatMap(([path, source]) => {
    if (!/^(src|scripts)\/.*\.ts$/.test(path)) return [];
    const home = path.endsWith('/index.ts') ? `${dirname(path)}/` : path;
    const isTaken = (name: string) =>
      (takers.get(name) ?? []).some((from) => !from.startsWith(home));
    return givenBy(path, source).flatMap((name) => (isTaken(name) ? [] : `${path}: ${name}`));
  });
}

describe('what is exported', () => {
  it('is used by another file, and from the front of a room by another room', () => {
    const paths = ['src', 'scripts', 'test'].flatMap(filesBelow);
    const code = paths.filter((path) => /\.(ts|mjs)$/.test(path));
    expect(code.length).toBeGreaterThan(100);
    expect(unused(Object.fromEntries(code.map((path) => [path, readSource(path)])))).toEqual([]);
  });

  it.each<[string, Sources, string[]]>([
    ['a function that nobody takes', { 'src/a/b.ts': 'export function b() {}' }, ['src/a/b.ts: b']],
    [
      'a function that only a comment names',
      { 'src/a/b.ts': 'export const b = 1;', 'src/a/c.ts': '/** See b. */' },
      ['src/a/b.ts: b'],
    ],
    [
      'a name at the front that only the room itself takes',
      {
        'src/a/index.ts': "export { b, type C } from './b.ts';",
        'src/a/d.ts': 'const d: C = b;',
        'src/e.ts': 'b();',
      },
      ['src/a/index.ts: C'],
    ],
    ['nothing else', { 'src/a/b.ts': 'export const b = 1;', 'test/b.test.ts': 'b;' }, []],
  ])('is told of %s', (_name, sources, expected) => {
    expect(unused(sources)).toEqual(expected);
  });
});
