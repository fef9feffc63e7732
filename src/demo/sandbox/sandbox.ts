/**
 * What a builder of an app may change in the sandbox: register a client, break a service on
 * purpose, let the certificate of the gateway be over, and set the clock (capabilities A13). It
 * belongs to the demo: a production start has no code that leads here.
 */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Rooms } from '../../app.ts';
import type { Client } from '../../identity/index.ts';
import type { SandboxFaults, ServiceFault } from '../../medmij/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { Problem } from '../../platform/problem.ts';
import { tellChange } from '../../registry-told.ts';
import { openAuthority } from '../authority.ts';
import { type DemoCertificates, renewServer } from '../test-ca.ts';

const AHEAD_SECONDS_MAX = 10 * 366 * 86_400;
const SLOW_MS_MAX = 120_000;
const CLIENTS_MAX = 200;
const HOSTNAME = /^(?=.{4,253}$)([a-z0-9](-?[a-z0-9])*\.)+[a-z0-9](-?[a-z0-9])+$/;

export interface NewClient {
  readonly hostname: string;
  readonly name: string;
  /** All that the gateway knows when absent. */
  readonly services?: readonly string[] | undefined;
  /** Only on the loopback address; `https://hostname/…` needs no registration. */
  readonly redirectUris?: readonly string[] | undefined;
  readonly notificationBase?: string | undefined;
}

export interface Registered {
  readonly client_id: string;
  /** PEM: to show on the TLS line, and whom to trust there. */
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
}

export interface Sandbox {
  readonly clock: Clock;
  readonly faults: SandboxFaults;
  /** Switches in force, by `aanbieder/service`. */
  switches(): Readonly<Record<string, ServiceFault>>;
  /** @throws Problem `invalid` for what is no fault. */
  setFault(aanbieder: string, service: string, fault: ServiceFault | undefined): void;
  /** Seconds ahead of the real time; 0 is the real time. @throws Problem `invalid`. */
  setAhead(seconds: number): void;
  register(rooms: Rooms, wish: NewClient): Promise<Registered>;
  /** The server's certificate from the next connections on; taken over within five seconds. */
  setCertificate(state: 'valid' | 'expired'): Promise<void>;
}

/** @param certificates of the demo; registering clients needs the key of its authority. */
export function createSandbox(certificates: DemoCertificates): Sandbox {
  const faults = new Map<string, ServiceFault>();
  let ahead = 0;
  return {
    clock: () => new Date(Date.now() + ahead * 1_000),
    faults: { of: (aanbieder, service) => faults.get(`${aanbieder}/${service}`) },
    switches: () => Object.fromEntries(faults),
    setFault(aanbieder, service, fault) {
      const isSlow = fault?.kind === 'slow';
      if (isSlow && !(fault.ms > 0 && fault.ms <= SLOW_MS_MAX)) {
        throw new Problem('invalid', `ms must be from 1 to ${SLOW_MS_MAX}.`, {
          expression: ['ms'],
        });
      }
      if (fault) faults.set(`${aanbieder}/${service}`, fault);
      else faults.delete(`${aanbieder}/${service}`);
    },
    setAhead(seconds) {
      if (!Number.isFinite(seconds) || seconds < 0 || seconds > AHEAD_SECONDS_MAX) {
        throw new Problem('invalid', 'The clock runs with the real time or ahead of it.', {
          expression: ['ahead'],
        });
      }
      ahead = seconds;
    },
    register: (rooms, wish) => register(rooms, certificates, wish),
    setCertificate: (state) => renewServer(dirname(certificates.caFile), state === 'expired'),
  };
}

async function register(
  rooms: Rooms,
  { caFile, caKeyFile }: DemoCertificates,
  wish: NewClient,
): Promise<Registered> {
  const { clients, database, medmij } = rooms;
  if (!HOSTNAME.test(wish.hostname)) throw wrong('hostname');
  if (wish.name.length < 3 || wish.name.length > 50) throw wrong('name');
  if (wish.redirectUris?.some((uri) => !isLoopback(uri))) throw wrong('redirectUris');
  if (wish.notificationBase !== undefined && !URL.canParse(wish.notificationBase)) {
    throw wrong('notificationBase');
  }
  const known = await clients.byId(wish.hostname);
  if (known && known.kind !== 'pgo') throw wrong('hostname');
  if ((await clients.all('pgo')).length >= CLIENTS_MAX) {
    throw new Problem('too-costly', 'This sandbox has all the clients that it takes.');
  }
  const ca = readFileSync(caFile, 'utf8');
  const authority = await openAuthority(ca, readFileSync(caKeyFile, 'utf8'));
  const issued = await authority.issue({ dnsNames: [wish.hostname], usage: 'both' });
  const client: Client = {
    ...{ id: wish.hostname, kind: 'pgo', name: wish.name, status: 'active' },
    ...{ keys: [], mllp: [], scopes: [], certificates: [issued.sha256] },
    services: wish.services ?? [...medmij.door.diensten.keys()],
    redirectUris: wish.redirectUris ?? [],
    ...(wish.notificationBase === undefined ? {} : { notificationBase: wish.notificationBase }),
  };
  await clients.put(database, client);
  await tellChange(rooms, client.id, 'sandbox');
  return { client_id: client.id, certificate: issued.cert, key: issued.key, ca };
}

function isLoopback(uri: string): boolean {
  if (!URL.canParse(uri)) return false;
  const { protocol, hostname, search, hash } = new URL(uri);
  return protocol === 'http:' && hostname === '127.0.0.1' && search === '' && hash === '';
}

function wrong(name: string): Problem {
  return new Problem('invalid', `${name} is not usable here.`, { expression: [name] });
}
