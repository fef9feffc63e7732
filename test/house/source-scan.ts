/**
 * Reads TypeScript as far as the house rules need it: imports, and where functions begin and end.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const NOT_OURS = new Set(['node_modules', '.git', '.data', 'coverage', 'tmp', 'dist']);

/** Every file below a folder of the repository, with paths from its root. */
export function filesBelow(folder: string): string[] {
  let entries: string[];
  try {
    entries = readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (NOT_OURS.has(entry.name)) return [];
      return entry.isDirectory() ? filesBelow(path) : [path];
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    entries = [];
  }
  return entries.map((path) => relative('', path));
}

export function readSource(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** What a file imports or exports from, types and dynamic imports included. */
export function importsOf(source: string): string[] {
  const text = maskSource(source, { keepStrings: true });
  const patterns = [
    /\b(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/g,
    /\bimport\s*['"]([^'"]+)['"]/g,
    /\bimport\s*\(\s*['"`]([^'"`]+)['"`]/g,
  ];
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1] ?? ''));
}

export interface FoundFunction {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
}

const NOT_A_METHOD = new Set('if for while switch catch with return await typeof new'.split(' '));

/** Every function with a body in braces: declarations, methods and arrows. */
export function functionsOf(source: string): FoundFunction[] {
  const text = maskSource(source);
  const found = new Map<number, FoundFunction>();
  const add = (name: string, start: number, open: number) => {
    const end = closing(text, open);
    const line = lineAt(text, start);
    if (end > 0) found.set(open, { name, line, lines: lineAt(text, end) - line + 1 });
  };
  for (const match of text.matchAll(/=>\s*\{/g)) {
    const before = text.slice(0, match.index);
    const named = /(?:const|let)\s+([\w$]+)[^;{}]*$/.exec(before)?.[1];
    add(named ?? 'arrow function', match.index, match.index + match[0].length - 1);
  }
  for (const match of text.matchAll(/(#?[\w$]+)\s*(?:<[^<>()]*(?:<[^<>()]*>[^<>()]*)*>)?\s*\(/g)) {
    const name = match[1] ?? '';
    if (NOT_A_METHOD.has(name)) continue;
    const close = closing(text, match.index + match[0].length - 1);
    const open = close > 0 ? bodyAfter(text, close + 1) : -1;
    if (open > 0) add(name, match.index, open);
  }
  return [...found.values()];
}

/** The brace that opens a body after the brackets of its parameters, past a return type if any. */
function bodyAfter(text: string, from: number): number {
  let at = from;
  let typed = false;
  for (let step = 0; step < 2_000 && at < text.length; step += 1) {
    const sign = text[at] ?? '';
    if (sign === '{') {
      // Straight after one of these a brace is an object type, not a body.
      const before = text.slice(from, at).trimEnd().at(-1) ?? '';
      if (!typed || !':|&<,(['.includes(before)) return at;
      at = closing(text, at) + 1;
    } else if (sign === '(' || sign === '[') {
      at = closing(text, at) + 1;
    } else if (sign === ':' && !typed) {
      typed = true;
      at += 1;
    } else if (/\s/.test(sign) || (typed && /[\w$.<>|&,'"`}]/.test(sign))) {
      at += 1;
    } else if (typed && sign === '=' && text[at + 1] === '>') {
      at += 2;
    } else {
      return -1;
    }
    if (at === 0) return -1;
  }
  return -1;
}

const PAIRS: Readonly<Record<string, string>> = { '{': '}', '(': ')', '[': ']' };

function closing(text: string, open: number): number {
  const begin = text[open] ?? '';
  const end = PAIRS[begin];
  let depth = 0;
  for (let at = open; at < text.length; at += 1) {
    if (text[at] === begin) depth += 1;
    else if (text[at] === end) depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}

function lineAt(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}

/**
 * The same text with comments blanked, and the inside of strings, templates and regular expressions
 * too; line ends and positions stay.
 */
export function maskSource(source: string, options: { keepStrings?: boolean } = {}): string {
  const out = source.split('');
  const blank = (from: number, to: number) => {
    for (let at = from; at < to; at += 1) if (out[at] !== '\n') out[at] = ' ';
  };
  let at = 0;
  const templates: number[] = [];
  let depth = 0;
  while (at < source.length) {
    const sign = source[at] ?? '';
    const end = tokenEnd(source, at, out);
    if (sign === '{') depth += 1;
    if (sign === '}' && templates.at(-1) === depth) {
      templates.pop();
      // Its opening was blanked with the text before it.
      if (!options.keepStrings) blank(at, at + 1);
      at = templatePart(source, at + 1, options.keepStrings ? undefined : blank, templates, depth);
      continue;
    }
    if (sign === '}') depth -= 1;
    if (sign === '`') {
      at = templatePart(source, at + 1, options.keepStrings ? undefined : blank, templates, depth);
    } else if (end > at) {
      const comment = source.startsWith('//', at) || source.startsWith('/*', at);
      if (comment) blank(at, end);
      else if (!options.keepStrings) blank(at + 1, end - 1);
      at = end;
    } else {
      at += 1;
    }
  }
  return out.join('');
}

/** Past a comment, string or regular expression that begins here; else the same place. */
function tokenEnd(source: string, at: number, out: readonly string[]): number {
  const rest = (pattern: RegExp) => {
    pattern.lastIndex = at;
    return pattern.exec(source) ? pattern.lastIndex : at;
  };
  const sign = source[at];
  if (sign === "'") return rest(/'(?:[^'\\\n]|\\[\s\S])*'/y);
  if (sign === '"') return rest(/"(?:[^"\\\n]|\\[\s\S])*"/y);
  if (sign !== '/') return at;
  if (source[at + 1] === '/') return rest(/\/\/[^\n]*/y);
  if (source[at + 1] === '*') return rest(/\/\*[\s\S]*?\*\//y);
  const before = out
    .slice(Math.max(0, at - 40), at)
    .join('')
    .trimEnd();
  const mayBegin = before === '' || /(?:[(,=:[!&|?{};<>+*]|\breturn|\bcase)$/.test(before);
  return mayBegin ? rest(/\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y) : at;
}

/** Past the text of a template, to its end or to the code that is put in. */
function templatePart(
  source: string,
  from: number,
  blank: ((from: number, to: number) => void) | undefined,
  templates: number[],
  depth: number,
): number {
  for (let at = from; at < source.length; at += 1) {
    if (source[at] === '\\') at += 1;
    else if (source[at] === '`') {
      blank?.(from, at);
      return at + 1;
    } else if (source.startsWith('${', at)) {
      blank?.(from, at + 2);
      templates.push(depth);
      return at + 2;
    }
  }
  return source.length;
}
