/**
 * `zorgsluis unmerge`: two records that were made one are two again. The BSN is read from standard
 * input. Without a merge it lists what can be taken apart; with one it does so and says who read
 * the mixed record in between: they are to be told (capabilities B6).
 */
import { openLedger } from '../audit/index.ts';
import type { Command } from '../cli.ts';
import { createCareRelations, personByBsn, unmergePeople } from '../consent/index.ts';
import { createOrganisations } from '../identity/index.ts';
import { systemClock } from '../platform/clock.ts';
import { createStore } from '../store/index.ts';
import { openForCommand } from './command-database.ts';

export const unmergeCommand: Command = async ({ args, variables, out, err }) => {
  let typed = '';
  for await (const chunk of process.stdin) typed += String(chunk);
  const bsn = typed.trim();
  const { database, keyring, close } = openForCommand(variables);
  try {
    const store = createStore({ keyring, clock: systemClock });
    const vault = await personByBsn(store, database, bsn);
    if (vault === undefined) {
      err('Nobody is known by this number.\n');
      return 1;
    }
    const merges = await store.merges(database, vault);
    const [asked] = args;
    if (asked === undefined) {
      for (const { id, at } of merges) out(`${id}  merged ${at.toISOString()}\n`);
      out(`${merges.length} merges can be taken apart: unmerge MERGE.\n`);
      return 0;
    }
    const merge = merges.find(({ id }) => id === asked);
    if (!merge) {
      err('This record has no such merge.\n');
      return 1;
    }
    const ledger = await openLedger({ database, keyring, clock: systemClock });
    const agent = { kind: 'operator' as const, id: 'command-line' };
    const organisations = createOrganisations(database);
    const relations = createCareRelations({ store, organisations, clock: systemClock });
    const rooms = { database, store, ledger, relations };
    const done = await unmergePeople(rooms, vault, merge.merged, agent);
    await ledger.close();
    for (const { at, agent: reader, organisation = '', event, released } of done.readers) {
      out(`${at}  ${event} by ${reader} ${organisation}, ${released} resources\n`);
    }
    out(
      `Two records again: ${done.resources} resources and ${done.originals} originals went back; `,
    );
    out(`${done.readers.length} reads of the mixed record are listed above.\n`);
    return 0;
  } finally {
    await close();
  }
};
