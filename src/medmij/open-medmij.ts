/** Furnishes the MedMij room: lists, clients, log-in, chain log and notifications. */
import type { FastifyBaseLogger } from 'fastify';
import type { Ledger } from '../audit/index.ts';
import {
  type Clients,
  createOidcLogin,
  type Keyring,
  type OidcConfig,
  type Organisations,
  type SealedState,
  type Tokens,
} from '../identity/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database, Tx } from '../platform/database.ts';
import { createChainDelivery } from './chain/chain-delivery.ts';
import { createChainLog } from './chain/chain-log.ts';
import { readGegevensdiensten } from './gegevensdienst.ts';
import { createLists } from './lists/lists.ts';
import type {
  Availability,
  MedmijConfig,
  MedmijDoor,
  NotAdmitted,
  StillAvailable,
} from './medmij-door.ts';
import { createOffer } from './offer.ts';
import { createPersonLogin } from './person-login.ts';
import { createPgos } from './pgos.ts';
import type { SandboxFaults } from './sandbox-faults.ts';
import { createSeenRequests } from './seen-requests.ts';
import { createServiceLevels } from './service-levels.ts';
import { createNotifier } from './subscription/notifier.ts';
import { endByAanbieder, noticeNew } from './subscription/subscription.ts';
import { createWithdrawn } from './subscription/withdrawn.ts';

export interface MedmijParts {
  readonly config: MedmijConfig;
  readonly digid: Omit<OidcConfig, 'redirectUri' | 'scope'>;
  readonly database: Database;
  readonly keyring: Pick<Keyring, 'hmac'>;
  readonly ledger: Ledger;
  readonly clients: Clients;
  readonly organisations: Organisations;
  readonly state: SealedState;
  readonly tokens: Tokens;
  readonly availability: Availability;
  readonly stillAvailable: StillAvailable;
  readonly notAdmitted: NotAdmitted;
  readonly counts: MedmijDoor['counts'];
  readonly moduleWays: MedmijDoor['moduleWays'];
  readonly personByBsn: (bsn: string) => Promise<string | undefined>;
  /** What people send, and whether their sources answer. */
  readonly people: Pick<MedmijDoor, 'share' | 'sources' | 'waiting' | 'consentEnded'>;
  /** Only in a sandbox. */
  readonly faults?: SandboxFaults | undefined;
  readonly clock: Clock;
  readonly log: FastifyBaseLogger;
}

/** `isQuiet` is asked only when somebody would be told. */
interface News {
  readonly vault: string;
  readonly custodian: string;
  readonly types: ReadonlySet<string>;
  isQuiet(): Promise<boolean>;
}

export interface Medmij {
  readonly door: MedmijDoor;
  /** For the way in: something new of people, in the transaction that brings it. */
  news(tx: Tx, news: readonly News[]): Promise<void>;
  /** The aanbieder stops notifying for a service. @returns how many subscriptions ended. */
  endSubscriptions(aanbieder: string, service: string): Promise<number>;
  /** Sends what waits now, without waiting for the next turn. */
  deliverNotifications(): Promise<number>;
  deliverChainLog(): Promise<number>;
  start(): Promise<void>;
  close(): Promise<void>;
}

export function openMedmijRoom(parts: MedmijParts): Medmij {
  const { config, database, clock, log, keyring, clients } = parts;
  const { ledger, organisations, state, tokens, personByBsn } = parts;
  const { backChannel, publicUrl, notifySeconds: everySeconds } = config;
  const tls = backChannel.ca || backChannel.cert ? backChannel : undefined;
  const shared = { database, clock, log };
  const over = tls ? { tls } : {};
  const lists = createLists({ ...shared, settings: { ...config.lists, ...over } });
  const chain = createChainLog({ ...shared, location: new URL(publicUrl).hostname, publicUrl });
  const chainDelivery = createChainDelivery({ ...shared, settings: { ...config.chain, ...over } });
  const pgos = createPgos(clients, lists);
  const isTwice = async (aanbieder: string, service: string) => {
    const name = (await organisations.byId(aanbieder))?.aanbieder ?? '';
    return parts.faults?.of(name, service)?.kind === 'duplicate';
  };
  const offer = createOffer(lists, config);
  const endWithdrawn = createWithdrawn({ database, clock, organisations, offer });
  const sending = { ...shared, pgos, chain, everySeconds, tls, isTwice, endWithdrawn };
  const notifier = createNotifier(sending);
  const oidc = createOidcLogin({
    ...parts.digid,
    redirectUri: `${publicUrl}/medmij/callback`,
    scope: 'openid bsn',
  });
  const { availability, stillAvailable, notAdmitted, counts, moduleWays } = parts;
  const door: MedmijDoor = {
    ...{ config, database, ledger, clients, organisations, state, tokens },
    ...{ availability, stillAvailable, notAdmitted, counts, moduleWays, personByBsn },
    ...{ pgos, lists, chain, clock, log },
    ...parts.people,
    get diensten() {
      return readGegevensdiensten();
    },
    offer,
    login: createPersonLogin(oidc, keyring.hmac('medmij/representative')),
    seen: createSeenRequests(),
    levels: createServiceLevels(),
    faults: parts.faults,
    wayBackKey: keyring.hmac('medmij/way-back'),
  };
  return {
    door,
    news: (tx, news) =>
      noticeNew(
        tx,
        news.map(({ custodian, ...came }) => ({ ...came, aanbieder: custodian })),
        clock(),
        (service, types) => concerns(door, service, types),
      ),
    endSubscriptions: (aanbieder, service) =>
      database.transaction((tx) => endByAanbieder(tx, aanbieder, service, clock())),
    deliverNotifications: () => notifier.deliver(),
    async deliverChainLog() {
      await chain.flush();
      return chainDelivery.deliver();
    },
    async start() {
      await lists.start();
      chainDelivery.start();
      if (config.subscriptionDaysMax > 0) notifier.start();
    },
    async close() {
      lists.close();
      chainDelivery.close();
      notifier.close();
      await chain.close();
    },
  };
}

/** STU3 names of what is called otherwise in the record. */
const STU3_NAMES: Readonly<Record<string, string>> = {
  ServiceRequest: 'ProcedureRequest',
  MedicationStatement: 'MedicationStatement',
};

function concerns({ diensten }: MedmijDoor, service: string, types: ReadonlySet<string>): boolean {
  const searched = diensten.get(service)?.searchTypes;
  return [...types].some(
    (type) => searched?.has(type) || searched?.has(STU3_NAMES[type] ?? type) || false,
  );
}
