/** The page that says which test shows what names files and words that are there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const page = readFileSync(join(ROOT, 'docs/consent-and-ledger-proof.md'), 'utf8');

it('names only tests that there are', () => {
  const missing: string[] = [];
  let count = 0;
  for (const [, file = '', words = ''] of page.matchAll(
    /`((?:test|scripts)\/[^`]+)`: ((?:"[^"]+"(?:, )?)+)/g,
  )) {
    const path = join(ROOT, file);
    const source = existsSync(path) ? readFileSync(path, 'utf8') : '';
    for (const [, name = ''] of words.matchAll(/"([^"]+)"/g)) {
      count += 1;
      if (!source.includes(name)) missing.push(`${file}: ${name}`);
    }
  }
  expect(missing).toEqual([]);
  expect(count).toBeGreaterThan(50);
});
