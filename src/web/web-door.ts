/** What the pages need of the house. */
import type { FastifyBaseLogger } from 'fastify';
import type { Ledger } from '../audit/index.ts';
import type { ChoiceBook, OwnItems, OwnView, SettingsBook } from '../consent/index.ts';
import type { Clients, Keyring, Organisations, SealedState, Tokens } from '../identity/index.ts';
import type { Intake, IntakeDoor, Sender } from '../ingest/index.ts';
import type { AnomalyRules, CaseBook, LineQuestions } from '../insight/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Text } from '../platform/html/language.ts';

export interface LoginSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  /** Values of `acr` that count; for staff these stand for a second factor. */
  readonly acrValues: readonly string[];
}

/** A consent that the person gave to an app; kept by the MedMij room, handed over by the roof. */
export interface AppConsent {
  readonly id: string;
  /** Hostname of the PGO. */
  readonly client: string;
  /** Organisation id. */
  readonly aanbieder: string;
  readonly services: readonly string[];
  readonly longLived: boolean;
  readonly given: Date;
  readonly lastUsed: Date;
  readonly ended: Date | null;
}

export interface AppConsents {
  /** Newest first, ended ones too. */
  of(vault: string): Promise<readonly AppConsent[]>;
  /** @returns false when it was ended before or is not this person's. */
  end(vault: string, id: string, at: Date): Promise<boolean>;
  /** What a gegevensdienst is called in plain words. */
  serviceText(id: string): Text | undefined;
}

export interface WebDoor {
  readonly config: {
    readonly publicUrl: string;
    readonly production: boolean;
    readonly digid: LoginSettings;
    readonly staff: LoginSettings;
  };
  readonly keyring: Pick<Keyring, 'hmac'>;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: FastifyBaseLogger;
  readonly ledger: Ledger;
  readonly organisations: Organisations;
  readonly clients: Clients;
  readonly state: SealedState;
  readonly tokens: Tokens;
  readonly consent: {
    readonly choices: ChoiceBook;
    readonly own: OwnView & OwnItems & SettingsBook;
  };
  readonly apps: AppConsents;
  /** What people asked about the log, and the answers. */
  readonly questions: LineQuestions;
  /** Detectors' rules, and the queue of what they raised. */
  readonly review: { readonly rules: AnomalyRules; readonly cases: CaseBook };
  readonly intake: Pick<Intake, 'deliveries' | 'replay' | 'decide' | 'dryRun' | 'gaps' | 'trail'>;
  /** The way out for an original: to its own sender only. */
  readonly releaseOriginal: IntakeDoor['releaseOriginal'];
  readonly senders: { overlayOf(name: string, client: string): Sender['overlay'] };
}
