/** The command line on a Node that is older than the program needs: it runs the packaged one. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const SCRIPT = readFileSync(join(import.meta.dirname, '../../src/zorgsluis.mjs'), 'utf8');

/** Names of `node:module` that Node 20 has; a missing one stops the script before it begins. */
const OF_NODE_20 = new Set(['createRequire', 'builtinModules', 'isBuiltin', 'register']);

it('asks no name of node:module that an older Node lacks', () => {
  const named = [...SCRIPT.matchAll(/import \{([^}]*)\} from 'node:module'/g)].flatMap(
    ([, names = '']) => names.split(',').map((name) => name.trim()),
  );
  expect(named.filter((name) => name !== '' && !OF_NODE_20.has(name))).toEqual([]);
  expect(SCRIPT).toContain('packagedNode()');
});
