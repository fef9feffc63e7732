/** What the MedMij room needs of the house. */
import type { KeyObject } from 'node:crypto';
import type { FastifyBaseLogger } from 'fastify';
import type { Ledger, LedgerEvent } from '../audit/index.ts';
import type {
  CertificateTrust,
  Clients,
  Organisations,
  SealedState,
  Tokens,
} from '../identity/index.ts';
import type { Share, ShareClosed, SourceStates, WaitingAtSource } from '../ingest/index.ts';
import type { AccessRequest } from '../permission/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database, Sql, Tx } from '../platform/database.ts';
import type { ChainLog } from './chain/chain-log.ts';
import type { Gegevensdienst } from './gegevensdienst.ts';
import type { Counts } from './granted-routes.ts';
import type { Lists } from './lists/lists.ts';
import type { MedmijSettings } from './medmij-settings.ts';
import type { Offer } from './offer.ts';
import type { PersonLogin } from './person-login.ts';
import type { Pgos } from './pgos.ts';
import type { SandboxFaults } from './sandbox-faults.ts';
import type { SeenRequests } from './seen-requests.ts';
import type { ServiceLevels } from './service-levels.ts';

export interface MedmijConfig extends MedmijSettings, CertificateTrust {
  readonly publicUrl: string;
}

/** Whether this person can fetch from this aanbieder: relation, data made available, age. */
export type Availability = (asked: {
  readonly bsn: string;
  /** Organisation id. */
  readonly aanbieder: string;
  readonly at: Date;
  readonly age: { readonly yearsMin?: number; readonly yearsBelow?: number };
  /** `YYYY-MM-DD`: must be the one in the record. */
  readonly birthDate?: string;
}) => Promise<
  | { readonly vault: string; readonly reason?: undefined; readonly until?: Date }
  | { readonly reason: string; readonly vault?: string }
>;

/** The same of somebody who was let in before. */
export type StillAvailable = (
  sql: Sql,
  asked: Omit<Parameters<Availability>[0], 'bsn' | 'birthDate'> & { readonly vault: string },
) => ReturnType<Availability>;

/** Why the aanbieder takes in nothing of this person now; undefined when it does. */
export type NotAdmitted = (asked: {
  readonly vault: string;
  readonly aanbieder: string;
  readonly service: string;
}) => Promise<ShareClosed | undefined>;

export interface ModuleWays {
  /** Whether the person of this request can read it: R4 type and id. */
  holds(access: AccessRequest, vault: string, type: string, id: string): Promise<boolean>;
  /** Id of the Patient as the aanbieder of this request knows it. */
  patientId(access: AccessRequest, vault: string): Promise<string | undefined>;
}

export interface MedmijDoor {
  readonly config: MedmijConfig;
  readonly database: Database;
  readonly ledger: Ledger;
  readonly clients: Clients;
  readonly organisations: Organisations;
  readonly state: SealedState;
  readonly tokens: Tokens;
  readonly login: PersonLogin;
  readonly diensten: ReadonlyMap<string, Gegevensdienst>;
  readonly availability: Availability;
  readonly stillAvailable: StillAvailable;
  /** Which sources answer. */
  readonly sources: SourceStates;
  /** What of a person still waits at its sources. */
  readonly waiting: (vault: string) => Promise<readonly WaitingAtSource[]>;
  /** What people send through an app. */
  readonly share: Share;
  /** Tells the source whose data an app could fetch, when it wants to know. @returns the lines. */
  readonly consentEnded?: (
    tx: Tx,
    vault: string,
    ended: { readonly holder: string; readonly at: Date },
  ) => Promise<LedgerEvent[]>;
  /** Ontvankelijkheidstoets: the intake window of the aanbieder. */
  readonly notAdmitted: NotAdmitted;
  /** How much each source has of a person that may be seen, by R4 type. */
  readonly counts: Counts;
  /** What a module needs of the record, decided and written down like any other reading. */
  readonly moduleWays: ModuleWays;
  /** The vault of a person, when there is one. */
  readonly personByBsn: (bsn: string) => Promise<string | undefined>;
  readonly pgos: Pgos;
  readonly offer: Offer;
  readonly lists: Lists;
  readonly chain: ChainLog;
  readonly seen: SeenRequests;
  readonly levels: ServiceLevels;
  /** Seals the way back to the PGO into a form. */
  readonly wayBackKey: KeyObject;
  /** Only in a sandbox. */
  readonly faults?: SandboxFaults | undefined;
  readonly clock: Clock;
  readonly log: FastifyBaseLogger;
}
