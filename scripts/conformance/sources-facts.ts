/** Facts that stand beside a message instead of an expected resource (`facts.json`). */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MappedMessage } from '../../src/ingest/index.ts';

/**
 * Facts that a publisher's own tests assert, where there are any: each stands somewhere in the
 * Bundle.
 */
export function factsHold(
  root: string,
  id: string,
  answer: readonly MappedMessage[],
  tally: { expected: number; equal: number },
  say: (line: string) => void,
): boolean {
  const file = join(root, 'facts.json');
  if (!existsSync(file)) return true;
  const facts = (JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>)[id];
  if (facts === undefined) return true;
  const text = JSON.stringify(answer.flatMap((message) => message.resources)).replace(/[\s.]/g, '');
  const texts = textsIn(facts).filter((value) => value.length > 1 && !TRANSLATED.has(value));
  const absent = texts.filter(
    (value) => !text.includes(JSON.stringify(value).slice(1, -1).replace(/[\s.]/g, '')),
  );
  tally.expected += texts.length;
  tally.equal += texts.length - absent.length;
  for (const value of absent) say(`  fact not found: ${value.length} characters`);
  return absent.length === 0;
}

/** Names of authorities, which become a system. */
const TRANSLATED = new Set(['NLMINBIZA']);

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}
