/** Whoever reads what a command says may stop before its end (`zorgsluis … | head`). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';

const CLI = join(import.meta.dirname, '../../src/cli.ts');

it('ends quietly when nobody reads on', async () => {
  const child = spawn(process.execPath, [CLI, 'map', '--help']);
  child.stdout.destroy();
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  expect([said, code]).toEqual(['', 0]);
});
