/** `zorgsluis erase`: the end of one person's key. The BSN is read from standard input, never argued. */
import type { Command } from '../cli.ts';
import { openLedger } from '../audit/index.ts';
import { systemClock } from '../platform/clock.ts';
import { createStore } from '../store/index.ts';
import { openForCommand } from './command-database.ts';

const BSN_SYSTEM = 'http://fhir.nl/fhir/NamingSystem/bsn';

export const eraseCommand: Command = async ({ variables, out, err }) => {
  const bsn = (await standardInput()).trim();
  const { database, keyring, close } = openForCommand(variables);
  try {
    const store = createStore({ keyring, clock: systemClock });
    const vault = await store.findVault(database, { system: BSN_SYSTEM, value: bsn });
    if (vault === undefined) {
      err('Nobody is known by this number.\n');
      return 1;
    }
    const ledger = await openLedger({ database, keyring, clock: systemClock });
    const pending = await database.transaction(async (tx) => {
      await store.erase(tx, vault);
      return ledger.write(tx, {
        class: 'evidence',
        event: 'erase',
        action: 'D',
        outcome: 0,
        agent: { kind: 'operator', id: 'command-line' },
        patient: vault,
      });
    });
    await ledger.numbered([pending]);
    await ledger.close();
    out('The record is erased: its key is gone. The ledger keeps that it happened.\n');
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
