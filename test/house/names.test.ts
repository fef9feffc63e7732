/** Names, the top level of the repository, docstrings, and what may not stand in any file. */
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesBelow, ROOT, readSource } from './source-scan.ts';

const code = ['src', 'test', 'scripts', 'bin'].flatMap(filesBelow);
const readable =
  /\.(ts|mjs|js|sql|json|ya?ml|md|csv|tsv|txt|sh|http|css|svg)$|\/run$|Dockerfile$|rc$/;

const BARRED = /^(util|utils|helper|helpers|common|shared|misc|types)$/;

function misnamed(path: string): boolean {
  const parts = path.split('/');
  const stems = parts.map((part) => part.replace(/(\.(test|spec|d))?\.[a-z]+$/, ''));
  if (stems.some((stem) => BARRED.test(stem))) return true;
  if (!/\.(ts|mjs)$/.test(path)) return false;
  return parts.some((part) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.test)?(\.ts|\.mjs)?$/.test(part));
}

describe('the name of a file', () => {
  it('is in kebab case, and says more than "utils"', () => {
    expect(code.filter(misnamed)).toEqual([]);
  });

  it.each(['src/a/readThing.ts', 'src/a/Read.ts', 'src/utils/a.ts', 'src/a/types.ts'])(
    'may not be %s',
    (path) => expect(misnamed(path)).toBe(true),
  );

  it.each(['src/a/read-thing.ts', 'test/a/read.test.ts', 'test/a/ORU_R01.hl7'])(
    'may be %s',
    (path) => expect(misnamed(path)).toBe(false),
  );
});

describe('the top level', () => {
  const TOP = new Set(
    (
      'src profiles test scripts docs bin Dockerfile package.json package-lock.json ' +
      'tsconfig.json biome.json vitest.config.ts README.md LICENSE CHANGELOG.md ' +
      'CONTRIBUTING.md compose.yaml ' +
      'node_modules coverage tmp'
    ).split(' '),
  );
  const strange = (names: readonly string[]) =>
    names.filter((name) => !TOP.has(name) && !name.startsWith('.'));

  it('holds what the architecture lists and nothing else', () => {
    expect(strange(readdirSync(ROOT))).toEqual([]);
    expect(strange(['lib', 'src', '.ci'])).toEqual(['lib']);
  });
});

/**
 * Exported functions without a comment; the first one may lean on the comment on top of its file.
 */
function undocumented(source: string): string[] {
  const opens = /^(#![^\n]*\n)?\s*\/\*\*/.test(source);
  const exported = [...source.matchAll(/^export (?:async )?function\*? ?([\w$]+)/gm)];
  return exported
    .filter((match, index) => {
      if (index === 0 && opens) return false;
      return !/\*\/\s*$|\/\/[^\n]*\n$/.test(source.slice(0, match.index));
    })
    .map((match) => match[1] ?? '');
}

describe('an exported function', () => {
  it('says what it does', () => {
    const files = code.filter((path) => path.startsWith('src/') && path.endsWith('.ts'));
    const missing = files.flatMap((path) =>
      undocumented(readSource(path)).map((name) => `${path}: ${name}`),
    );
    expect(missing).toEqual([]);
  });

  it('is found when it does not', () => {
    expect(undocumented('export function bare() {}\n')).toEqual(['bare']);
    const two = '/** One concept. */\nexport function one() {}\nexport async function two() {}\n';
    expect(undocumented(two)).toEqual(['two']);
    expect(undocumented('/** Says. */\nexport function said() {}\n')).toEqual([]);
  });
});

/** Paths of one machine and package hosts that not everyone can reach. */
function leaksOf(text: string): string[] {
  const path = /(?<=^|["'`\s(=:])\/(?:work|Users|root|home\/[a-z]\w*)\/[\w.-]+/gm;
  const host = /"resolved": "(?!https:\/\/registry\.npmjs\.org\/)[^"]*"|^registry ?=.*$/gm;
  return [...text.matchAll(path), ...text.matchAll(host)].map((match) => match[0]);
}

describe('no file', () => {
  it('holds a path of one machine or the host of a private registry', () => {
    const files = filesBelow('').filter((path) => readable.test(path) && !isThisTest(path));
    const found = files.flatMap((path) =>
      leaksOf(readSource(path)).map((leak) => `${path}: ${leak}`),
    );
    expect(found).toEqual([]);
  });

  it('would pass with one', () => {
    expect(leaksOf(`const a = '/${'work'}/main/x';`)).toHaveLength(1);
    expect(leaksOf('see /home/someone/z')).toHaveLength(1);
    expect(leaksOf('"resolved": "https://packages.example/a.tgz"')).toHaveLength(1);
    expect(leaksOf('registry=https://packages.example')).toHaveLength(1);
    expect(leaksOf('"resolved": "https://registry.npmjs.org/a.tgz" /network/x')).toEqual([]);
  });
});

const isThisTest = (path: string): boolean => path === 'test/house/names.test.ts';

describe('profiles', () => {
  const strange = (paths: readonly string[]) =>
    paths.filter((path) => !/\.(json|ndjson|csv|tsv|ya?ml|md|txt|gz|zst)$|LICENSE$/.test(path));

  it('hold data only', () => {
    expect(strange(filesBelow('profiles'))).toEqual([]);
    expect(strange(['profiles/a.ts', 'profiles/b.csv'])).toEqual(['profiles/a.ts']);
  });
});

/** Numbers used twice, names that are no migration, and files outside the room's own range. */
function migrationMistakes(paths: readonly string[]): string[] {
  const seen = new Map<string, string>();
  return paths.flatMap((path) => {
    const [, number = ''] = /^(\d{4})-[a-z0-9]+(?:-[a-z0-9]+)*\.sql$/.exec(basename(path)) ?? [];
    if (number === '') return [`${path} is no migration`];
    const other = seen.get(number);
    seen.set(number, path);
    return other ? [`${path} has the number of ${other}`] : [];
  });
}

describe('migrations', () => {
  it('are counted once for the whole house', () => {
    const paths = filesBelow('src').filter((path) => path.includes('/migrations/'));
    expect(migrationMistakes(paths)).toEqual([]);
    const bad = [
      'src/a/migrations/0001-a.sql',
      'src/b/migrations/0001-b.sql',
      'src/b/migrations/2.sql',
    ];
    expect(migrationMistakes(bad)).toHaveLength(2);
  });
});
