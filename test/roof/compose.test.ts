/** compose.yaml, for those who have a container engine: what it says is read as it is meant. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

interface Compose {
  readonly services: Record<string, { command?: string[]; build?: string; read_only?: boolean }>;
  readonly secrets: Record<string, { file: string }>;
}

const path = join(import.meta.dirname, '../../compose.yaml');
const compose = parse(readFileSync(path, 'utf8')) as Compose;

describe('compose.yaml', () => {
  test('takes each secret from a file of the folder that is named', () => {
    const files = Object.values(compose.secrets).map(({ file }) => file);

    expect(files).toHaveLength(3);
    for (const file of files)
      expect(file).toMatch(/^\$\{ZORGSLUIS_SECRETS:\?\}\/[a-z-]+(\.json)?$/);
  });

  test('migrates once with a command that exists, and keeps the gateway from writing', () => {
    expect(compose.services['migrate']?.command).toEqual(['node', 'src/cli.ts', 'migrate']);
    expect(compose.services['gateway']?.read_only).toBe(true);
  });
});
