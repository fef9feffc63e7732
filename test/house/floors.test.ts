/**
 * Imports go only down, never sideways; only floor 3 opens the store; rooms are entered in front.
 */
import { dirname, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesBelow, importsOf, readSource } from './source-scan.ts';

const FLOOR: Readonly<Record<string, number>> = {
  platform: 0,
  conformance: 1,
  identity: 1,
  permission: 1,
  store: 2,
  audit: 2,
  ingest: 3,
  consent: 3,
  insight: 3,
  medmij: 4,
  fhir: 4,
  regions: 4,
  web: 4,
  roof: 5,
};

/** Files straight below src wire the house together; so do the commands and the demo. */
function roomOf(path: string): string {
  const [, room = '', ...rest] = path.split('/');
  return rest.length === 0 || room === 'cli' || room === 'demo' ? 'roof' : room;
}

/** What is wrong with this file's imports, in words. */
function mistakesIn(path: string, source: string): string[] {
  const from = roomOf(path);
  if (FLOOR[from] === undefined) return [`${path}: there is no room "${from}"`];
  return importsOf(source)
    .filter((target) => target.startsWith('.'))
    .flatMap((target) => {
      const full = posix.join(dirname(path), target);
      if (!full.startsWith('src/')) return [`${path} reaches out of src, to ${target}`];
      const to = roomOf(full);
      const inside = full.slice(`src/${to}/`.length);
      if (to === from) {
        return to !== 'roof' && inside === 'index.ts' ? [`${path} enters its own front`] : [];
      }
      const mistakes: string[] = [];
      if ((FLOOR[from] ?? -1) <= (FLOOR[to] ?? Number.POSITIVE_INFINITY)) {
        mistakes.push(`${path} (floor ${FLOOR[from]}) may not look at ${full}`);
      }
      if (to === 'store' && FLOOR[from] !== 3 && from !== 'roof') {
        mistakes.push(`${path} reaches past consent into the store`);
      }
      if (to !== 'platform' && to !== 'roof' && inside !== 'index.ts') {
        mistakes.push(`${path} enters ${full} and not the front of its room`);
      }
      return mistakes;
    });
}

describe('the floors of the house', () => {
  it('are kept by every file below src', () => {
    const files = filesBelow('src').filter((path) => path.endsWith('.ts'));
    expect(files.length).toBeGreaterThan(5);
    expect(files.flatMap((path) => mistakesIn(path, readSource(path)))).toEqual([]);
  });

  it.each([
    ['upwards', 'src/store/put.ts', "import { x } from '../consent/index.ts';"],
    ['sideways', 'src/medmij/token.ts', "import { x } from '../fhir/index.ts';"],
    ['a type', 'src/store/put.ts', "import type { X } from '../consent/index.ts';"],
    ['a type in a type', 'src/store/put.ts', "type X = import('../fhir/index.ts').X;"],
    ['a door into the store', 'src/fhir/read.ts', "import { x } from '../store/index.ts';"],
    ['past the front', 'src/fhir/read.ts', "import { x } from '../consent/release.ts';"],
    ['the own front', 'src/fhir/read.ts', "import { x } from './index.ts';"],
    ['the roof', 'src/fhir/read.ts', "import { x } from '../app.ts';"],
    ['a command', 'src/platform/env.ts', "export * from '../cli/token.ts';"],
    ['out of src', 'src/fhir/read.ts', "await import('../../test/support/postgres.ts');"],
    ['a room that is not there', 'src/services/all.ts', ''],
  ])('refuses %s', (_name, path, source) => {
    expect(mistakesIn(path, source)).toHaveLength(1);
  });

  it.each([
    ['down', 'src/fhir/read.ts', "import { x } from '../consent/index.ts';"],
    ['a tool of the platform', 'src/store/put.ts', "import { x } from '../platform/problem.ts';"],
    ['consent into the store', 'src/consent/release.ts', "import { x } from '../store/index.ts';"],
    ['the roof anywhere', 'src/app.ts', "import { x } from './store/index.ts';"],
    ['inside the room', 'src/ingest/hl7v2/ack.ts', "import { x } from '../receipt.ts';"],
    ['a comment', 'src/store/put.ts', "// import { x } from '../fhir/read.ts';"],
  ])('allows %s', (_name, path, source) => {
    expect(mistakesIn(path, source)).toEqual([]);
  });
});
