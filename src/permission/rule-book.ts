/** The rule books in `profiles/permission`: data with a version and a date, part of the program. */
import { readFileSync } from 'node:fs';

const FOLDER = new URL('../../profiles/permission/', import.meta.url);

/** Reads one rule book by its name, for instance `sensitivity`. */
export function readRuleBook<T>(name: string): T & { version: string } {
  return JSON.parse(ruleBookText(name));
}

/** The same as it is written, for a reader that quotes its lines. */
export function ruleBookText(name: string): string {
  return readFileSync(new URL(`${name}.json`, FOLDER), 'utf8');
}
