/** `zorgsluis decide FILE`: decisions of a case file, one JSON line each; no database. */
import { readFileSync } from 'node:fs';
import type { Command } from '../cli.ts';
import { type CaseFile, decideCases } from '../permission/index.ts';

export const decideCommand: Command = async ({ args, out, err }) => {
  const [file] = args;
  if (file === undefined) {
    err('decide FILE\n');
    return 1;
  }
  const cases = JSON.parse(readFileSync(file, 'utf8')) as CaseFile;
  for (const line of decideCases(cases)) {
    out(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
  }
  return 0;
};
