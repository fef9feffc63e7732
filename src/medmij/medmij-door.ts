/** What the MedMij room needs of the house. */
import type { FastifyBaseLogger } from 'fastify';
import type { Ledger } from '../audit/index.ts';
import type { Clients, OidcLogin, Organisations, SealedState, Tokens } from '../identity/index.ts';
import type { Share, SourceStates, WaitingAtSource } from '../ingest/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Gegevensdienst } from './gegevensdienst.ts';

export interface MedmijConfig {
  readonly publicUrl: string;
  /** Shown on fault pages. */
  readonly dvaName: string;
  readonly dvaPhone: string;
  readonly codeSeconds: number;
  readonly refreshRetrySeconds: number;
  /** False only in the demo: then a PGO on the loopback address may come without a certificate. */
  readonly requireClientCertificate: boolean;
  readonly trustProxy: boolean;
}

/** Whether this person can fetch from this aanbieder: relation, data made available, age. */
export type Availability = (
  bsn: string,
  aanbieder: string,
  at: Date,
) => Promise<
  | { readonly vault: string; readonly reason?: undefined }
  | { readonly reason: string; readonly vault?: string }
>;

export interface MedmijDoor {
  readonly config: MedmijConfig;
  readonly database: Database;
  readonly ledger: Ledger;
  readonly clients: Clients;
  readonly organisations: Organisations;
  readonly state: SealedState;
  readonly tokens: Tokens;
  readonly digid: OidcLogin;
  readonly diensten: ReadonlyMap<string, Gegevensdienst>;
  readonly availability: Availability;
  /** Which sources answer. */
  readonly sources: SourceStates;
  /** What of a person still waits at its sources. */
  readonly waiting: (vault: string) => Promise<readonly WaitingAtSource[]>;
  /** What people send through an app. */
  readonly share: Share;
  readonly clock: Clock;
  readonly log: FastifyBaseLogger;
}
