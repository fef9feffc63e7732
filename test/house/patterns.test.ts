/** No pattern that reads what others send takes longer than the text is long. */
import { describe, expect, it } from 'vitest';
import { filesBelow, maskSource, readSource } from './source-scan.ts';

const LENGTH = 4_000;
/** Below this nobody waits for it, however it grows. */
const MS_MIN = 0.8;
/** A text four times as long takes four times as long, or sixteen times. */
const LONGER = 4;
const GROWTH_MAX = 8;
const TRIES = 3;

/** Its texts are our own. */
const PASSED_OVER = ['src/demo/', 'src/web/auditor/large-export-routes.ts'];

interface Pattern {
  readonly at: string;
  readonly source: string;
  readonly flags: string;
}

describe('a pattern', () => {
  it('reads a long text in one go', { timeout: 300_000 }, () => {
    const all = patterns();
    expect(all.length).toBeGreaterThan(500);
    const slow = all
      .filter(({ source }) => /[*+]|\{\d+,\d*\}/.test(source))
      .flatMap((one) => slowOn(one).map((text) => `${one.at} /${one.source}/ on ${text}`));
    expect(slow).toEqual([]);
  });

  it('that goes over its text for every sign of it is found', { timeout: 120_000 }, () => {
    const bad = (source: string) => slowOn({ at: '', source, flags: '' });
    for (const source of [String.raw`\s+$`, '<[^>]*>', String.raw`^[A-Z\s]*=?\s*$`]) {
      expect(bad(source), source).not.toEqual([]);
    }
    expect(bad(String.raw`^\s*(?:=\s*)?$`)).toEqual([]);
  });
});

function patterns(): Pattern[] {
  const found = new Map<string, Pattern>();
  for (const path of filesBelow('src')) {
    if (!path.endsWith('.ts') || PASSED_OVER.some((one) => path.startsWith(one))) continue;
    const text = readSource(path);
    const masked = maskSource(text);
    // Of a pattern the mask keeps the first sign alone.
    for (const { index } of masked.matchAll(/\/(?= )/g)) {
      if (text[index + 1] === ' ') continue;
      LITERAL.lastIndex = index;
      const [all, source = '', flags = ''] = LITERAL.exec(text) ?? [];
      const at = `${path}:${text.slice(0, index).split('\n').length}`;
      if (all !== undefined && !found.has(all)) found.set(all, { at, source, flags });
    }
  }
  return [...found.values()];
}

const LITERAL = /\/((?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([a-z]*)/y;

/** The first text on which the time grows by more than the length, if any does. */
function slowOn({ source, flags }: Pattern): string[] {
  const pattern = new RegExp(source, flags);
  for (const [before, part, after] of textsFor(source)) {
    const time = (length: number) =>
      shortest(pattern, `${before}${part.repeat(Math.ceil(length / part.length))}${after}`);
    const once = time(LENGTH);
    if (once < MS_MIN || time(LENGTH * LONGER) < once * GROWTH_MAX) continue;
    return [JSON.stringify([before, part, after])];
  }
  return [];
}

/** Milliseconds of the quickest of some tries: others use the machine too. */
function shortest(pattern: RegExp, text: string): number {
  let least = Number.POSITIVE_INFINITY;
  for (let nth = 0; nth < TRIES && least >= MS_MIN; nth += 1) {
    pattern.lastIndex = 0;
    const began = performance.now();
    pattern.exec(text);
    least = Math.min(least, performance.now() - began);
  }
  return least;
}

const USUAL = [
  ' ',
  '\t',
  '\n',
  'a',
  'A',
  '0',
  '.',
  '/',
  '<',
  '"',
  "'",
  '=',
  ',',
  '(',
  '-',
  ':',
  '|',
];

/** Parts to repeat, by what the pattern itself speaks of, with what may stand around them. */
function* textsFor(source: string): Generator<readonly [string, string, string]> {
  const plain = source
    .replace(/\\([dDsSwW])/g, (_all, kind: string) => (/[dw]/.test(kind) ? 'a0' : ' '))
    .replace(/\\(.)/g, '$1');
  const words = [...new Set(plain.split(/[\^$?*+(){}[\]|]+/).filter(Boolean))].slice(0, 6);
  const signs = [...new Set(plain.replace(/[A-Za-z0-9]/g, ''))].slice(0, 8);
  const pairs = [...signs, 'a', 'A', '0', ' '].flatMap((one, _at, all) =>
    all.map((two) => one + two),
  );
  const parts = new Set([...USUAL, ...words, ...signs, ...pairs]);
  const starts = new Set(['', words[0] ?? '', words.slice(0, 2).join('')]);
  for (const part of parts) {
    for (const before of starts) for (const after of ['', '!', '\n']) yield [before, part, after];
  }
}
