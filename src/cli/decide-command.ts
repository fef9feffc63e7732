/**
 * `zorgsluis decide FILE`: decisions of a case file, one JSON line each; no database. And
 * `zorgsluis decide --past`: decisions of the ledger, made again from what they rested on.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openLedger } from '../audit/index.ts';
import type { Command } from '../cli.ts';
import { createConsent } from '../consent/index.ts';
import { createOrganisations } from '../identity/index.ts';
import {
  type CaseFile,
  caseMistakes,
  decideCase,
  fileMistakes,
  partiesOf,
  policyOf,
} from '../permission/index.ts';
import { systemClock } from '../platform/clock.ts';
import { createStore } from '../store/index.ts';
import { openForCommand } from './command-database.ts';
import { readConsents } from './consents-in-case.ts';

const USAGE = 'decide FILE | --past [--line SEQ] [--from DATE] [--until DATE] [--last N]\n';

export const decideCommand: Command = async ({ args, variables, out, err }) => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      past: { type: 'boolean' },
      line: { type: 'string' },
      from: { type: 'string' },
      until: { type: 'string' },
      last: { type: 'string' },
    },
  });
  if (values.past) return decidePast(values, { variables, out, err });
  const [file] = positionals;
  if (file === undefined) {
    err(USAGE);
    return 1;
  }
  return decideFile(file, { out, err });
};

/**
 * What cannot be read is told with its place, and the other cases are decided all the same.
 * @returns 0 when all were decided, 2 when one was not.
 */
function decideFile(
  path: string,
  { out, err }: Pick<Parameters<Command>[0], 'out' | 'err'>,
): number {
  const file = readJson(path);
  const mistakes = typeof file === 'string' ? [file] : fileMistakes(file);
  if (mistakes.length > 0) {
    for (const mistake of mistakes) err(`${mistake}\n`);
    return 2;
  }
  const cases = file as CaseFile;
  const policy = policyOf(cases);
  let undecided = 0;
  for (const [at, one] of cases.cases.entries()) {
    const { compact, rules, mistakes: unread } = readConsents(cases, one, `cases[${at}]`);
    const wrong = [...caseMistakes(compact, `cases[${at}]`), ...unread];
    for (const mistake of wrong) err(`${mistake}\n`);
    if (wrong.length > 0) undecided += 1;
    else {
      const world = { policy, holders: partiesOf(cases, one.now), rules };
      out(`${JSON.stringify(decideCase(compact, world))}\n`);
    }
  }
  if (undecided > 0) err(`${undecided} of ${cases.cases.length} cases were not decided\n`);
  return undecided > 0 ? 2 : 0;
}

/** A member that is null is one that was left out. */
function withoutNull(this: unknown, _name: string, value: unknown): unknown {
  return value === null && !Array.isArray(this) ? undefined : value;
}

/** @returns the mistake, as a text, where it is no JSON; a text is no case file either. */
function readJson(path: string): unknown {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'), withoutNull);
    return typeof value === 'string' ? `${path}: must be an object` : value;
  } catch (error) {
    return `${path}: ${(error as Error).message}`;
  }
}

interface Asked {
  readonly line?: string | undefined;
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  readonly last?: string | undefined;
}

/**
 * One JSON line for each decision. @returns 0 when all came out the same, 2 when one did not; what
 * was erased since, or made by another version, is told and counts as neither.
 */
async function decidePast(
  asked: Asked,
  { variables, out, err }: Pick<Parameters<Command>[0], 'variables' | 'out' | 'err'>,
): Promise<number> {
  const opened = openForCommand(variables);
  const { database, keyring } = opened;
  const clock = systemClock;
  const ledger = await openLedger({ database, keyring, clock });
  try {
    const store = createStore({ keyring, clock });
    const organisations = createOrganisations(database);
    const consent = createConsent({ database, store, ledger, clock, organisations, keyring });
    const counts: Record<string, number> = {};
    let lines: string[] = [];
    const [from, until] = periodOf(asked, clock());
    for await (const entry of ledger.lines(from, until)) {
      if (asked.line !== undefined && entry.seq !== Number(asked.line)) continue;
      const replayed = await consent.replay(entry);
      if (!replayed) continue;
      lines.push(JSON.stringify(replayed));
      counts[replayed.outcome] = (counts[replayed.outcome] ?? 0) + 1;
      if (asked.last === undefined) {
        out(`${lines.join('\n')}\n`);
        lines = [];
      } else if (lines.length > Number(asked.last)) lines.shift();
    }
    if (lines.length > 0) out(`${lines.join('\n')}\n`);
    err(`decisions made again: ${JSON.stringify(counts)}\n`);
    await ledger.record([
      {
        class: 'security',
        event: 'decisions-replayed',
        action: 'E',
        outcome: 0,
        agent: { kind: 'operator', id: 'command-line' },
        counts,
      },
    ]);
    return (counts['differs'] ?? 0) > 0 ? 2 : 0;
  } finally {
    await ledger.close();
    await opened.close();
  }
}

/** @throws Error for what is no date. */
function periodOf({ from, until }: Asked, now: Date): [Date, Date] {
  const read = (text: string | undefined, otherwise: Date) => {
    const at = text === undefined ? otherwise : new Date(text);
    if (Number.isNaN(at.getTime())) throw new Error(`This is no date: ${text}`);
    return at;
  };
  return [read(from, new Date('2020-01-01T00:00:00Z')), read(until, now)];
}
