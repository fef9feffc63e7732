/** Files, functions and lines stay small enough to be read in one go. */
import { describe, expect, it } from 'vitest';
import { filesBelow, functionsOf, readSource } from './source-scan.ts';

const LIMITS = { fileLines: 300, reasonedFileLines: 500, testLines: 600, functionLines: 70 };
const COLUMNS = 100;
/** Has to be one file that somebody carries to another machine. */
const CARRIED: Readonly<Record<string, number>> = { 'scripts/verify-ledger.mjs': 750 };

/**
 * What the formatter cannot break: a line that holds a string, a template or a pattern of some
 * length.
 */
const UNBREAKABLE =
  /(['"`])(?:(?!\1).){16,}\1|`|\/(?:[^/\s]|\\.){16,}\/|<[^>]{8,}>|^\s*\/\/ biome-ignore /;

/** Known to be longer, each for a reason; the list only gets shorter. */
const LONG_FUNCTIONS: Readonly<Record<string, string>> = {
  'src/conformance/search-expression-parser.ts parseExpression': 'one grammar, a rule after a rule',
  'src/demo/region/messages/bgz-message.ts bgz': 'one resource after another',
  'src/permission/decide.ts professionalDecider': 'the steps share what was worked out once',
  'scripts/tour/other-sources.ts sendings': 'one message after another',
};

function mistakesIn(path: string, source: string): string[] {
  const lines = source.trimEnd().split('\n');
  const mistakes: string[] = [];
  const isTest = path.startsWith('test/');
  const most = isTest ? LIMITS.testLines : LIMITS.fileLines;
  const reasoned =
    !isTest && lines.length <= (CARRIED[path] ?? LIMITS.reasonedFileLines) && givesReason(source);
  if (lines.length > most && !reasoned) mistakes.push(`${path} has ${lines.length} lines`);
  for (const [index, line] of lines.entries()) {
    if (line.length > COLUMNS && !UNBREAKABLE.test(line)) {
      mistakes.push(`${path}:${index + 1} has ${line.length} columns`);
    }
  }
  if (isTest) return mistakes;
  const long = functionsOf(source).filter(
    (found) => found.lines > LIMITS.functionLines && !LONG_FUNCTIONS[`${path} ${found.name}`],
  );
  return [...mistakes, ...long.map((f) => `${path}:${f.line} ${f.name} has ${f.lines} lines`)];
}

/** The first comment says why the file is long, in a sentence with the word "long" or "lines". */
function givesReason(source: string): boolean {
  return /\b(long|lines)\b/i.test(/^\s*\/\*\*?[\s\S]*?\*\//.exec(source)?.[0] ?? '');
}

const sources = ['src', 'test', 'scripts', 'bin']
  .flatMap(filesBelow)
  .filter((path) => /\.(ts|mjs)$/.test(path));

describe('sizes', () => {
  it('are kept by every file', () => {
    expect(sources.length).toBeGreaterThan(10);
    expect(sources.flatMap((path) => mistakesIn(path, readSource(path)))).toEqual([]);
  });

  it('refuse a file of more than 300 lines, unless its first comment gives the reason', () => {
    const rows = (count: number) => 'export const a = 1;\n'.repeat(count);
    expect(mistakesIn('src/a/b.ts', rows(301))).toHaveLength(1);
    expect(mistakesIn('src/a/b.ts', `/** Long: one table. */\n${rows(301)}`)).toEqual([]);
    expect(mistakesIn('src/a/b.ts', `/** Long: one table. */\n${rows(500)}`)).toHaveLength(1);
    expect(mistakesIn('test/a/b.test.ts', rows(600))).toEqual([]);
    expect(mistakesIn('test/a/b.test.ts', rows(601))).toHaveLength(1);
  });

  it('refuse a line of more than 100 columns, unless it holds what cannot be broken', () => {
    expect(mistakesIn('src/a/b.ts', `const a = [${'1, '.repeat(40)}];`)).toHaveLength(1);
    expect(mistakesIn('src/a/b.ts', `  nl: '${'woord '.repeat(40)}',`)).toEqual([]);
  });

  it.each([
    ['a declaration', 'export async function long(a: string): Promise<{ b: string }> {', '}'],
    ['a generic one', 'function long<T extends { a: B<C> }>(a: T): asserts a is T {', '}'],
    ['a method', 'class A {\n  #long(a: () => void): Map<string, { b: 1 }> {', '}\n}'],
    ['an arrow', 'const long = (a: string) => {', '};'],
    ['an arrow in a call', "app.get('/x', async (request) => {", '});'],
    ['a method of an object', 'const a = { async long({ b }, c = {}) {', '} };'],
  ])('refuse %s of more than 70 lines', (_name, head, tail) => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the trap is source text.
    const trap = '  const text = `}${[1].map((n) => `{${n}`)}`; // }\n  const r = /[}/]"/g;\n';
    const whole = (rows: number) => `${head}\n${trap}${'  work();\n'.repeat(rows)}${tail}\n`;
    expect(mistakesIn('src/a/b.ts', whole(66))).toEqual([]);
    const [mistake, ...more] = mistakesIn('src/a/b.ts', whole(68));
    expect(mistake).toMatch(/has 7[12] lines$/);
    expect(more).toEqual([]);
  });
});
