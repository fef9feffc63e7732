/** The way in for a command, on the database and keys of the environment or of a running demo. */
import { type Ledger, openLedger } from '../audit/index.ts';
import { createClients, createOrganisations } from '../identity/index.ts';
import { createIntake, formats, type Intake, openOverlays, type Sender } from '../ingest/index.ts';
import { systemClock } from '../platform/clock.ts';
import type { Variables } from '../platform/env.ts';
import { createStore, type Store } from '../store/index.ts';
import { openForCommand } from './command-database.ts';

export interface CommandIntake {
  readonly intake: Intake;
  readonly ledger: Ledger;
  readonly store: Store;
  /** @throws Error with a sentence when there is no such sender. */
  sender(id: string): Promise<Sender>;
}

/** Opens the way in, runs the act, and closes it whatever happens. */
export async function withIntake(
  variables: Variables,
  act: (rooms: CommandIntake) => Promise<number>,
): Promise<number> {
  const { database, keyring, close } = openForCommand(variables);
  try {
    const clock = systemClock;
    const store = createStore({ keyring, clock });
    const ledger = await openLedger({ database, keyring, clock });
    const clients = createClients(database);
    const organisations = createOrganisations(database);
    const folder = variables['SENDERS_DIR'];
    const overlays = openOverlays(folder === undefined ? {} : { folder });
    try {
      return await act({
        intake: createIntake({ database, store, ledger, keyring, clock, formats }),
        ledger,
        store,
        async sender(id) {
          const client = await clients.active(id);
          const organisation = await organisations.byId(client?.organisationId ?? '');
          if (client?.kind !== 'sender' || !organisation) {
            throw new Error(`There is no active sender "${id}".`);
          }
          return { client, organisation, overlay: overlays.of(client.overlay ?? id, id) };
        },
      });
    } finally {
      await ledger.close();
    }
  } finally {
    await close();
  }
}
