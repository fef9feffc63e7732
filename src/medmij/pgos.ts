/**
 * Which PGO servers may talk to us, and for what: by the OAuth client list and the Whitelist when
 * these are configured, else by our own register of clients (demo, sandbox). A client that we
 * suspended is refused whatever a list says. medmij-protocol.md 2.3, 5 and 6.2.
 */
import type { Client, Clients } from '../identity/index.ts';
import { Problem } from '../platform/problem.ts';
import type { Lists } from './lists/lists.ts';

export interface Pgo {
  /** Hostname of the node: the `client_id`. */
  readonly id: string;
  /** As shown to the person: `OAuthclientOrganisatienaam`. */
  readonly name: string;
  /** Whether the list or the register lets it ask for this gegevensdienst. */
  mayAsk(service: string): boolean;
  /** Addresses of a client of the demo on the loopback address; others follow from the hostname. */
  readonly redirectUris: readonly string[];
  /** Where notifications for a service go; absent when it takes none. */
  notificationBase(service: string, kind: 'resource' | 'subscription'): string | undefined;
}

export interface Pgos {
  byId(id: string): Promise<Pgo | undefined>;
  /** @throws Problem `busy` when the lists are missing or too old to begin something new with. */
  requireFresh(): void;
  /** Whether this hostname may be on the other end of the back channel. */
  isNode(hostname: string): boolean;
}

export function createPgos(clients: Clients, lists: Lists): Pgos {
  return {
    async byId(id) {
      const registered = await clients.byId(id);
      if (registered && (registered.kind !== 'pgo' || registered.status !== 'active')) {
        return undefined;
      }
      return lists.isOn ? listed(lists, id, registered) : registered && ofRegister(registered);
    },
    requireFresh() {
      if (lists.isOn && !lists.isFresh()) {
        throw new Problem('busy', 'The MedMij lists are too old.', { code: 'lists-too-old' });
      }
    },
    isNode: (hostname) =>
      !lists.isOn || (lists.current('Whitelist')?.hostnames.has(hostname) ?? false),
  };
}

function ofRegister(client: Client): Pgo {
  return {
    id: client.id,
    name: client.name,
    mayAsk: (service) => client.services.includes(service),
    redirectUris: client.redirectUris,
    notificationBase: () => client.notificationBase,
  };
}

function listed(lists: Lists, id: string, registered: Client | undefined): Pgo | undefined {
  const entry = lists.current('OAuthclientlist')?.clients.get(id);
  if (!entry) return undefined;
  const { services, name } = entry;
  return {
    id,
    name,
    // A release2 list names no services: then our register may, and without it every one is open.
    mayAsk: (service) =>
      services
        ? services.has(service)
        : registered === undefined || registered.services.includes(service),
    redirectUris: registered?.redirectUris ?? [],
    notificationBase: (service, kind) =>
      services?.get(service)?.[kind] || registered?.notificationBase,
  };
}
