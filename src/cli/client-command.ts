/** `zorgsluis sender …` and `zorgsluis partner …`: onboarding, and keys that can be rotated. */
import { openLedger } from '../audit/index.ts';
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
    const organisations = createOrganisations(parts.database);
    const changed = await change({ clients, organisations }, kind, verb, rest);
    if (typeof changed === 'string') {
      context.err(`${changed}\n`);
      return 1;
    }
    const ledger = await openLedger({
      database: parts.database,
      keyring: parts.keyring,
      clock: systemClock,
    });
    await parts.database
      .transaction(async (tx) => {
        await clients.put(tx, changed);
        return ledger.write(tx, {
          class: 'security',
          event: 'client-change',
          action: 'U',
          outcome: 0,
          agent: { kind: 'operator', id: 'command-line' },
          client: changed.id,
          detail: {
            verb: [verb, rest[0]].join(' '),
            keys: changed.keys.map((key) => key.kid).join(' '),
            ...(await toldRegistry(tx)),
          },
        });
      })
      .then((pending) => ledger.numbered([pending]));
    await ledger.close();
    context.out(`${changed.id}: ${changed.status}, ${changed.keys.length} keys.\n`);
    return 0;
  } finally {
    await parts.close();
  }
}

/** @returns the changed client, or a sentence that says why not. */
async function change(
  {
    clients,
    organisations,
  }: { clients: Pick<Clients, 'byId'>; organisations: Pick<Organisations, 'all'> },
  kind: ClientKind,
  verb: string | undefined,
  rest: readonly string[],
): Promise<Client | string> {
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
