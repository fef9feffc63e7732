/** `--help` of each command says what is given and what it does, down to every option. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const CLI = join(import.meta.dirname, '../../src/cli.ts');

const said = (...args: string[]): string => {
  const run = spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8' });
  expect(run.status).toBe(0);
  return run.stdout + run.stderr;
};

describe('the help', () => {
  it('names first what is given, then what it does', () => {
    expect(said('erase', '--help')).toMatch(/^zorgsluis erase\nend the key of one person/);
    expect(said('map', '--help')).toMatch(/^zorgsluis map FILE .*\]\nwhat a message becomes\n$/);
    expect(said('partner', '--help')).toMatch(/^zorgsluis partner list .*\nsystems that read\n$/);
  });

  it.each(['constructor', 'toString', '__proto__'])('knows no command %s', (name) => {
    const run = spawnSync(process.execPath, [CLI, name], { encoding: 'utf8' });
    expect([run.status, run.stderr]).toEqual([1, expect.stringContaining('zorgsluis COMMAND')]);
  });

  it.each([
    [
      ['audit', '--help'],
      ['--export FILE', '--apply --by NAME --and NAME', '--lift ID'],
    ],
    [
      ['audit', 'breach', '--help'],
      ['--incident NR', '--could', '--out FOLDER'],
    ],
    [
      ['token', '--help'],
      ['--bsn BSN', '--services 48,51', '--level urgent|vital', '--ends T'],
    ],
  ])('of %s has every option', (args, options) => {
    const text = said(...args);
    for (const option of options) expect(text).toContain(option);
  });
});
