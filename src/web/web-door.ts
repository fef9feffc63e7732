/** What the pages need of the house. */
import type { FastifyBaseLogger } from 'fastify';
import type { Ledger, LedgerEvent } from '../audit/index.ts';
import type { Sourced } from '../conformance/index.ts';
import type {
  CareRelations,
  ChoiceBook,
  Mandates,
  MergeDesk,
  OwnCount,
  OwnHeldBack,
  OwnItems,
  OwnNews,
  OwnView,
  QuietMode,
  Register,
  Representatives,
  Retractions,
  SettingsBook,
  WhoSees,
} from '../consent/index.ts';
import type {
  Clients,
  Keyring,
  Organisation,
  Organisations,
  SealedState,
  Tokens,
} from '../identity/index.ts';
import type {
  Intake,
  IntakeDoor,
  Sender,
  SharedItems,
  SourceStates,
  WaitingAtSource,
} from '../ingest/index.ts';
import type {
  AccessReviews,
  AnomalyRules,
  CaseBook,
  Figures,
  LineQuestions,
  PartnerLogs,
} from '../insight/index.ts';
import type { AccessRequest } from '../permission/index.ts';
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
  readonly endedBecause: 'person' | 'replaced' | 'replayed' | 'too-old' | 'not-available' | null;
  readonly kind: 'verzamelen' | 'delen' | 'abonneren';
  /** Somebody else gave it for the person. */
  readonly isGivenByOther: boolean;
  /** When a long-lived consent lapses if no app collects until then. */
  readonly lapses: Date | undefined;
  /** So soon that the person should know. */
  readonly lapsesSoon: boolean;
  /** Until when the app gets messages by it; absent when it gets none (any more). */
  readonly notifiesUntil: Date | undefined;
}

export interface AppConsents {
  /** Newest first, ended ones too. */
  of(vault: string): Promise<readonly AppConsent[]>;
  /**
   * Ends it together with the line that tells so.
   * @returns false when it was ended before or is not this person's; then nothing is told.
   */
  end(vault: string, id: string, at: Date, line: LedgerEvent): Promise<boolean>;
  /** All services, with the R4 types that a PGO may search there. */
  services(): readonly Service[];
  /** What a gegevensdienst is called in plain words. */
  serviceText(id: string): Text | undefined;
}

export interface Service {
  readonly id: string;
  readonly text: Text;
  /** The person sends it; else the provider gives it. */
  readonly isSent: boolean;
  /** R4 types. */
  readonly types: ReadonlySet<string>;
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
    readonly relations: Pick<CareRelations, 'at'>;
    readonly mandates: Mandates;
    readonly representatives: Representatives;
    /** The record of a person whom this organisation has here; undefined for any other. */
    readonly patientHere: (bsn: string, organisation: string) => Promise<string | undefined>;
    readonly quiet: QuietMode;
    readonly register?: Pick<Register, 'lastAnswers' | 'isSilent'>;
    readonly own: OwnView & OwnItems & OwnNews & OwnHeldBack & WhoSees & SettingsBook;
  };
  readonly apps: AppConsents;
  /** How much each source has of a person, as that person may see it. */
  readonly ownCounts: (vault: string) => Promise<readonly OwnCount[]>;
  /** All that a person may see of the own record, written down before it is given; R4. */
  readonly ownRecord: (vault: string, access?: AccessRequest) => Promise<readonly Sourced[]>;
  /** What the logs of other networks say about a person; nothing of it is kept. */
  readonly partnerLogs: (
    vault: string,
    period: { readonly from: string; readonly until: string },
  ) => Promise<PartnerLogs>;
  /** What of a person waits at its sources. */
  readonly waiting: (vault: string) => Promise<readonly WaitingAtSource[]>;
  readonly sources: Pick<SourceStates, 'of'>;
  /** Best first; not connected ones too. */
  readonly findOrganisations: (question: string) => Promise<readonly Organisation[]>;
  /** What people sent to providers through an app. */
  readonly sharedItems: Pick<SharedItems, 'ofPerson'>;
  /** What people asked about the log, and the answers. */
  readonly questions: LineQuestions;
  /** How many people, and never who: for the analyst. */
  readonly figures: Figures;
  /** Detectors' rules, and the queue of what they raised. */
  readonly review: {
    readonly rules: AnomalyRules;
    readonly cases: CaseBook;
    /** Accesses that have to be looked at afterwards. */
    readonly accesses: AccessReviews;
  };
  readonly intake: Pick<
    Intake,
    'deliveries' | 'replay' | 'decide' | 'dryRun' | 'tryWaiting' | 'gaps' | 'trail' | 'coverage'
  >;
  /** Where two records that were made one are taken apart again. */
  readonly mergeDesk: MergeDesk;
  /** Readers of what the organisation took back, who did not acknowledge it yet. */
  readonly retractions: Pick<Retractions, 'open'>;
  /** The way out for an original: to its own sender only. */
  readonly releaseOriginal: IntakeDoor['releaseOriginal'];
  readonly senders: { overlayOf(name: string, client: string): Sender['overlay'] };
}
