/** `zorgsluis sender …` and `zorgsluis partner …`: onboarding, and keys that can be rotated. */
import { type Ledger, openLedger } from '../audit/index.ts';
import type { Command, CommandContext } from '../cli.ts';
import {
  type Client,
  type ClientKind,
  type Clients,
  createClients,
  createOrganisations,
  type Organisations,
  toldRegistry,
} from '../identity/index.ts';
import { systemClock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import { openForCommand } from './command-database.ts';
import { clientIn, keyIn } from './registry-files.ts';

export const senderCommand: Command = (context) => clientCommand(context, 'sender');
export const partnerCommand: Command = (context) => clientCommand(context, 'partner');

async function clientCommand(context: CommandContext, kind: ClientKind): Promise<number> {
  const parts = openForCommand(context.variables);
  const clients = createClients(parts.database);
  try {
    const [verb, ...rest] = context.args;
    if (verb === 'list') {
      for (const one of await clients.all(kind)) {
        const keys = one.keys.map((key) => key.kid ?? '?').join(',');
        context.out(`${one.id}\t${one.status}\t${keys}\t${one.name}\n`);
      }
      return 0;
    }
    const asked = { kind, verb, rest, organisations: createOrganisations(parts.database) };
    const wrong = await change({ ...asked, clients });
    if (typeof wrong === 'string') {
      context.err(`${wrong}\n`);
      return 1;
    }
    const ledger = await openLedger({
      database: parts.database,
      keyring: parts.keyring,
      clock: systemClock,
    });
    const changed = await store(parts.database, ledger, asked).finally(() => ledger.close());
    context.out(`${changed.id}: ${changed.status}, ${changed.keys.length} keys.\n`);
    return 0;
  } finally {
    await parts.close();
  }
}

interface Asked {
  readonly kind: ClientKind;
  readonly verb: string | undefined;
  readonly rest: readonly string[];
  readonly organisations: Pick<Organisations, 'all'>;
}

const LOCK = `select pg_advisory_xact_lock(hashtextextended('registry', 0))`;

/**
 * Of two commands at once the second changes what the first left: a suspension that a key beside it
 * undid would not be seen. @throws Error with the sentence that says why it can no longer be.
 */
async function store(database: Database, ledger: Ledger, asked: Asked): Promise<Client> {
  const { verb, rest } = asked;
  const { changed, pending } = await database.transaction(async (tx) => {
    await tx.query(LOCK);
    const clients = createClients(tx);
    const changed = await change({ ...asked, clients });
    if (typeof changed === 'string') throw new Error(changed);
    await clients.put(tx, changed);
    const pending = await ledger.write(tx, {
      ...{ class: 'security', event: 'client-change', action: 'U', outcome: 0 },
      agent: { kind: 'operator', id: 'command-line' },
      client: changed.id,
      detail: {
        verb: [verb, rest[0]].join(' '),
        keys: changed.keys.map((key) => key.kid).join(' '),
        ...(await toldRegistry(tx)),
      },
    });
    return { changed, pending };
  });
  await ledger.numbered([pending]);
  return changed;
}

/** @returns the changed client, or a sentence that says why not. */
async function change({
  clients,
  organisations,
  kind,
  verb,
  rest,
}: Asked & { readonly clients: Pick<Clients, 'byId'> }): Promise<Client | string> {
  if (verb === 'add' && rest[0]) {
    const client = clientIn(rest[0], kind, await organisations.all());
    return (await clients.byId(client.id)) === undefined
      ? client
      : `${client.id} is registered already; see key add, key remove, change and suspend.`;
  }
  if (verb === 'change' && rest[0]) {
    const all = await organisations.all();
    const { id } = clientIn(rest[0], kind, all);
    const known = await clients.byId(id);
    if (known?.kind !== kind) return `There is no ${kind} ${id}; use add.`;
    return clientIn(rest[0], kind, all, known.status);
  }
  const [first, second, third] = rest;
  const id = verb === 'key' ? second : first;
  const client = id === undefined ? undefined : await clients.byId(id);
  if (client?.kind !== kind) return USAGE;
  if (verb === 'suspend') return { ...client, status: 'suspended' };
  if (verb === 'resume') return { ...client, status: 'active' };
  if (verb === 'key' && first === 'add' && third) {
    const key = keyIn(third);
    if (client.keys.some((one) => one.kid === key.kid))
      return 'A key with this kid is there already.';
    return { ...client, keys: [...client.keys, key] };
  }
  if (verb === 'key' && first === 'remove' && third) {
    // Who takes back a key that leaked must not believe that it is gone.
    if (!client.keys.some((key) => key.kid === third)) return `There is no key ${third}.`;
    return { ...client, keys: client.keys.filter((key) => key.kid !== third) };
  }
  return USAGE;
}

const USAGE =
  'list | add FILE | change FILE | key add ID FILE | key remove ID KID | suspend ID | resume ID';
