/** `zorgsluis quiet --off`: ends quiet mode for somebody who forgot the code. */
import { createHash } from 'node:crypto';
import { openLedger } from '../audit/index.ts';
import type { Command } from '../cli.ts';
import { createConsent, personByBsn } from '../consent/index.ts';
import { createOrganisations } from '../identity/index.ts';
import { systemClock } from '../platform/clock.ts';
import { createStore } from '../store/index.ts';
import { openForCommand } from './command-database.ts';

const TEXT = 'Ended by an operator, after the person was identified.';

export const quietCommand: Command = async ({ args, variables, out, err }) => {
  if (!args.includes('--off')) {
    err('quiet --off\n');
    return 1;
  }
  let bsn = '';
  for await (const chunk of process.stdin) bsn += String(chunk);
  const { database, keyring, close } = openForCommand(variables);
  const clock = systemClock;
  const ledger = await openLedger({ database, keyring, clock });
  try {
    const store = createStore({ keyring, clock });
    const organisations = createOrganisations(database);
    const consent = createConsent({ database, store, ledger, clock, organisations, keyring });
    const vault = await personByBsn(store, database, bsn.trim());
    if (vault === undefined) {
      err('Nobody is known by this number.\n');
      return 1;
    }
    await consent.quiet.turnOff(vault, {
      performers: [{ rel: 'self' }],
      agent: { kind: 'operator', id: 'command-line' },
      channel: 'counter',
      text: {
        version: 'operator',
        language: 'nl',
        digest: createHash('sha256').update(TEXT).digest('hex'),
      },
    });
    out('Quiet mode is off for this person.\n');
    return 0;
  } finally {
    await ledger.close();
    await close();
  }
};
