/** The packed program: it says what the sources say, and runs only while they are what it is of. */
import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import {
  digestOf,
  isMadeOf,
  MADE_OF,
  PACKED,
  programOf,
  ROOT,
  stampOf,
} from '../../src/packed.mjs';

const run = promisify(execFile);
/** It finds its packages from where it lies, so it has to lie below the project's. */
const TRIED = `${PACKED}-tried-${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), 'zorgsluis-packed-'));

afterAll(() => {
  rmSync(TRIED, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
});

describe('the packed program', () => {
  const message = join(folder, 'a02.hl7');
  const CLI = join(ROOT, 'src', 'cli.ts');

  test('answers a command with the bytes that the sources answer with', async () => {
    await run(process.execPath, [join(ROOT, 'scripts', 'pack.mjs'), TRIED]);
    writeFileSync(message, transfer());
    const asked = ['map', message, '--sender', 'epd-kennemerzoom'];
    const program = pathToFileURL(join(TRIED, 'cli.mjs')).href;
    const start = `process.argv[1] = ${JSON.stringify(CLI)}; await import('${program}')`;
    const [packed, sources] = await Promise.all([
      run(process.execPath, ['--input-type=module', '--eval', start, '-', ...asked]).catch(said),
      run(process.execPath, [CLI, ...asked]).catch(said),
    ]);

    expect(sources.stdout).toContain('Encounter');
    expect(packed.stdout).toBe(sources.stdout);
    expect(packed.stderr).toBe(sources.stderr);
  });

  test('holds no package that an installation for production leaves out', () => {
    const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
    const { files } = read(join(TRIED, MADE_OF)) as { files: string[] };
    const { packages } = read(join(ROOT, 'package-lock.json')) as Lock;
    const inside = files.filter((file) => file.startsWith('node_modules/'));
    const leftOut = inside.filter((file) => {
      const { dev, optional, devOptional } = packages[dirname(file)] ?? { dev: true };
      return dev || optional || devOptional;
    });

    expect(inside.length).toBeGreaterThan(20);
    expect(leftOut).toEqual([]);
  });

  test('is of the sources that are here, and of no others', () => {
    expect(isMadeOf(TRIED, ROOT)).toBe(true);
    expect(isMadeOf(TRIED, folder)).toBe(false);
  });
});

interface Lock {
  readonly packages: Record<string, { dev?: true; optional?: true; devOptional?: true }>;
}

/** A command that ends with another code than 0 has said something as well. */
const said = (failed: { stdout: string; stderr: string }) => failed;

function transfer(): string {
  return [
    'MSH|^~\\&|EPD|KZ|ZORGSLUIS|REGIO|20260301120000+0100||ADT^A02^ADT_A02|77|P|2.5.1',
    'EVN||20260301120000+0100',
    'PID|1||999900110^^^NLMINBIZA^NNNLD||Vries^Anna||19700101|F',
    'PV1|1|I|AFD1^K2^B3|||||||||||||||||V-77|||||||||||||||||||||||||20260228100000+0100',
    '',
  ].join('\r');
}

describe('what was made of sources', () => {
  const root = join(folder, 'project') + sep;
  const packed = join(root, 'packed');
  const files = ['src/a.ts', 'src/b.ts'];
  const made = () => ({
    root,
    stamp: stampOf(root, files),
    digest: digestOf(root, files),
    files,
  });
  const write = (content: unknown) => writeFileSync(join(packed, MADE_OF), JSON.stringify(content));

  beforeEach(() => {
    rmSync(root, { recursive: true, force: true });
    for (const path of ['src', 'packed']) mkdirSync(join(root, path), { recursive: true });
    for (const file of files) writeFileSync(join(root, file), `// ${file}`);
    write(made());
  });

  test('serves while they stand as they did', () => {
    expect(isMadeOf(packed, root)).toBe(true);
  });

  test('serves when the same bytes were written again, or came by a copy', () => {
    const { stamp } = made();
    for (const file of files) writeFileSync(join(root, file), `// ${file}`);

    expect(made().stamp).not.toBe(stamp);
    expect(isMadeOf(packed, root)).toBe(true);
  });

  test.each([
    ['a source was changed', () => writeFileSync(join(root, 'src/a.ts'), '// src/a.tS')],
    [
      'a source was changed and its time set back',
      () => {
        const { atime, mtime } = statSync(join(root, 'src/a.ts'));
        writeFileSync(join(root, 'src/a.ts'), '// src/a.tS');
        utimesSync(join(root, 'src/a.ts'), atime, mtime);
      },
    ],
    ['a source is gone', () => rmSync(join(root, 'src/b.ts'))],
    [
      'two sources changed places',
      () => {
        writeFileSync(join(root, 'src/a.ts'), '// src/b.ts');
        writeFileSync(join(root, 'src/b.ts'), '// src/a.ts');
      },
    ],
    ['it was cut off', () => writeFileSync(join(packed, MADE_OF), '{"root":')],
    ['it says nothing', () => write(null)],
    ['it was never made', () => rmSync(packed, { recursive: true })],
  ])('does not when %s', (_what, happens) => {
    happens();

    expect(isMadeOf(packed, root)).toBe(false);
  });

  test('does not at another place, since the program says where its files lie', () => {
    const elsewhere = join(folder, 'elsewhere') + sep;
    cpSync(root, elsewhere, { recursive: true });

    expect(isMadeOf(join(elsewhere, 'packed'), elsewhere)).toBe(false);
  });
});

test('a program starts from one of the two', () => {
  const at = isMadeOf(PACKED, ROOT) ? join(PACKED, 'main.mjs') : join(ROOT, 'src', 'main.ts');

  expect(programOf('main')).toBe(at);
});
