/** The pages say "u" to whoever reads them, on every page: not "je" on one and "u" on the next. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '../../src');
const ROOMS = ['web', 'medmij', 'platform/html', 'demo/doors'];
const FAMILIAR = /(?<![\w-])(je|jij|jou|jouw|jullie)(?![\w-])/i;

it('no text of a page says "je"', () => {
  const found = ROOMS.flatMap((room) => {
    const files = readdirSync(join(SRC, room), { recursive: true, encoding: 'utf8' });
    return files
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => {
        const lines = readFileSync(join(SRC, room, file), 'utf8').split('\n');
        return lines.filter((line) => FAMILIAR.test(line)).map((line) => `${file}: ${line.trim()}`);
      });
  });
  expect(found).toEqual([]);
});
