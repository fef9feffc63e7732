/**
 * `zorgsluis db:check`: seals, tokens against contents, and versions of the whole store; choices,
 * receipts, mandates, consents for apps, care relations, questions, cases and what decisions
 * rested on against the ledger; whether all that the ledger tells of is there; and what guards the
 * tables. What it leaves alone, and why, it says itself.
 */
import type { Command } from '../cli.ts';
import { systemClock } from '../platform/clock.ts';
import { openForCommand } from './command-database.ts';
import { checkWhole, LEFT_ALONE } from './whole-check.ts';

const FINDINGS_SHOWN_MAX = 20;

export const dbCheckCommand: Command = async ({ variables, out, err }) => {
  const { database, keyring, close } = openForCommand(variables);
  try {
    const progress = (done: number, total: number) => {
      if (process.stderr.isTTY) err(`\r${done} of ${total} vaults checked`);
    };
    const parts = await checkWhole({ database, keyring, clock: systemClock, progress });
    for (const { findings } of parts) {
      for (const one of findings.slice(0, FINDINGS_SHOWN_MAX)) out(`${JSON.stringify(one)}\n`);
    }
    for (const { name, findings, more } of parts) {
      out(`${name}: ${findings.length} findings${more ? ' and more' : ''}.\n`);
    }
    out(`Not looked at, as nobody gains by it: ${Object.keys(LEFT_ALONE).join(', ')}.\n`);
    return parts.every(({ findings }) => findings.length === 0) ? 0 : 1;
  } finally {
    await close();
  }
};
