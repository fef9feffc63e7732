/** `zorgsluis rekey`: a new key for one person's record. The BSN is read from standard input. */
import { openLedger } from '../audit/index.ts';
import type { Command } from '../cli.ts';
import { rekeyPerson } from '../consent/index.ts';
import { systemClock } from '../platform/clock.ts';
import { createStore } from '../store/index.ts';
import { openForCommand } from './command-database.ts';

export const rekeyCommand: Command = async ({ variables, out, err }) => {
  let bsn = '';
  for await (const chunk of process.stdin) bsn += String(chunk);
  const { database, keyring, close } = openForCommand(variables);
  try {
    const store = createStore({ keyring, clock: systemClock });
    const ledger = await openLedger({ database, keyring, clock: systemClock });
    const done = await rekeyPerson({ database, store, ledger }, bsn.trim(), 'command-line');
    await ledger.close();
    if (!done) {
      err('Nobody is known by this number.\n');
      return 1;
    }
    const { resources, olderVersions, originals } = done;
    out(`A new key for ${resources} resources, ${olderVersions} older versions and `);
    out(`${originals} originals; the old key is gone.\n`);
    return 0;
  } finally {
    await close();
  }
};
