/** Every reason for leaving something out is there in plain Dutch too, and no other. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { reasonInDutch } from '../../../src/ingest/mapping/reasons.ts';
import { MAPPINGS_FOLDER } from '../../../src/ingest/mapping/sender-overlay.ts';

function reasonsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { because } = value as { because?: unknown };
  const below = Object.values(value).flatMap(reasonsOf);
  return typeof because === 'string' ? [because, ...below] : below;
}

const read = (...path: string[]): unknown =>
  parse(readFileSync(join(MAPPINGS_FOLDER, ...path), 'utf8'));
const given = new Set(
  ['hl7v2', 'hl7v3', 'edifact', 'senders'].flatMap((folder) =>
    readdirSync(join(MAPPINGS_FOLDER, folder)).flatMap((file) => reasonsOf(read(folder, file))),
  ),
);

test('each reason has Dutch words of its own', () => {
  expect(given.size).toBeGreaterThan(100);
  expect([...given].filter((reason) => !reasonInDutch(reason))).toEqual([]);
});

test('no Dutch words are left of a reason that is gone', () => {
  expect(Object.keys(read('reasons-nl.yaml') as object).filter((one) => !given.has(one))).toEqual(
    [],
  );
});

test('the reason of a sender has none', () => {
  expect(reasonInDutch('Counts our lorries.')).toBeUndefined();
  expect(reasonInDutch('toString')).toBeUndefined();
});
