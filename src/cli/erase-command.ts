/**
 * `zorgsluis erase`: the end of one person's key. The BSN is read from standard input, never
 * argued.
 */
import { openLedger } from '../audit/index.ts';
import type { Command } from '../cli.ts';
import { erasePerson } from '../consent/index.ts';
import { systemClock } from '../platform/clock.ts';
import { createStore } from '../store/index.ts';
import { openForCommand } from './command-database.ts';

export const eraseCommand: Command = async ({ variables, out, err }) => {
  const bsn = (await standardInput()).trim();
  const { database, keyring, close } = openForCommand(variables);
  try {
    const store = createStore({ keyring, clock: systemClock });
    const ledger = await openLedger({ database, keyring, clock: systemClock });
    const erased = await erasePerson({ database, store, ledger }, bsn, 'command-line');
    await ledger.close();
    if (!erased) {
      err('Nobody is known by this number.\n');
      return 1;
    }
    out(
      `Erased: ${erased.resources} resources and ${erased.originals} originals; the key is gone.\n`,
    );
    return 0;
  } finally {
    await close();
  }
};

async function standardInput(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin) text += String(chunk);
  return text;
}
