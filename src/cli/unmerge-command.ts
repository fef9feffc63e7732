/**
 * `zorgsluis unmerge`: two records that were made one are two again. The BSN is read from standard
 * input. Without a merge it lists what can be taken apart; with one it does so and says who read
 * the mixed record in between: they are to be told (capabilities B6). Sources that subscribed to
 * choices hear of it as when somebody decides so on a page: the gateway sends what is noted.
 */
import { type Ledger, openLedger } from '../audit/index.ts';
import type { Command, CommandContext } from '../cli.ts';
import { createConsent, createMergeDesk, type MergeDeskParts } from '../consent/index.ts';
import { createClients, createOrganisations, type Keyring } from '../identity/index.ts';
import { systemClock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { createStore } from '../store/index.ts';
import { openForCommand } from './command-database.ts';

export const unmergeCommand: Command = async ({ args, variables, out, err }) => {
  let typed = '';
  for await (const chunk of process.stdin) typed += String(chunk);
  const { database, keyring, close } = openForCommand(variables);
  const ledger = await openLedger({ database, keyring, clock: systemClock });
  try {
    return await unmerge(deskOf(database, keyring, ledger), typed.trim(), { args, out, err });
  } finally {
    await ledger.close();
    await close();
  }
};

/** What the command works with; whom to tell is noted, and sent by the gateway that runs. */
export function deskOf(database: Database, keyring: Keyring, ledger: Ledger): MergeDeskParts {
  const store = createStore({ keyring, clock: systemClock });
  const organisations = createOrganisations(database);
  const sources = { clients: createClients(database), publicUrl: '', failed: () => undefined };
  const shared = { database, store, ledger, clock: systemClock };
  const consent = createConsent({ ...shared, organisations, keyring, sources });
  const { relations, choices, notices } = consent;
  return {
    ...{ database, store, ledger, relations, choices },
    notices: notices && { note: notices.note, soon: () => undefined },
  };
}

/** @returns the exit code: 1 when there is no such person or merge. */
export async function unmerge(
  parts: MergeDeskParts,
  bsn: string,
  { args: [merge], out, err }: Pick<CommandContext, 'args' | 'out' | 'err'>,
): Promise<number> {
  const desk = createMergeDesk(parts);
  const merges = await desk.of(bsn);
  if (merges === undefined) {
    err('Nobody is known by this number.\n');
    return 1;
  }
  if (merge === undefined) {
    for (const { id, at } of merges) out(`${id}  merged ${at.toISOString()}\n`);
    out(`${merges.length} merges can be taken apart: unmerge MERGE.\n`);
    return 0;
  }
  const by = { kind: 'operator' as const, id: 'command-line' };
  const done = await desk.takeApart({ bsn, merge, by }).catch((error: unknown) => {
    if (Problem.from(error).kind !== 'not-found') throw error;
  });
  if (!done) {
    err('This record has no such merge.\n');
    return 1;
  }
  for (const { at, agent: reader, organisation = '', event, released } of done.readers) {
    out(`${at}  ${event} by ${reader} ${organisation}, ${released} resources\n`);
  }
  out(`Two records again: ${done.resources} resources and ${done.originals} originals went back; `);
  out(`${done.readers.length} reads of the mixed record are listed above.\n`);
  return 0;
}
