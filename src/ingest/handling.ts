/** What the way in works with: its rooms, who sends, and one attempt at a delivery. */
import type { Ledger, LedgerEvent } from '../audit/index.ts';
import type { ProfileShelf } from '../conformance/index.ts';
import type { Client, Keyring, Organisation } from '../identity/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database, Tx } from '../platform/database.ts';
import type { Claim, SharedTransactions } from '../platform/shared-transaction.ts';
import type { PutResult, ResourceWrite, Store } from '../store/index.ts';
import type { CodeGaps } from './code-gaps.ts';
import type { Coverage } from './coverage.ts';
import type { HeldDecision } from './decision-on-held.ts';
import type { Deliveries, DeliveryRow } from './delivery.ts';
import type { CouldSeeOf } from './dry-run.ts';
import type { MessageFormat, SenderOverlay } from './format.ts';
import type { JoinRecords } from './person-merge.ts';
import type { ProfileCheck } from './profile-check.ts';
import type { Receipt, ReceiptItem } from './receipt.ts';
import type { SourceStates } from './source-states.ts';

export interface Sender {
  readonly client: Client;
  readonly organisation: Organisation;
  readonly overlay: SenderOverlay;
}

/** Whoever got it has to be told: where it lay, and what it was. */
export type TellTakenBack = (
  tx: Tx,
  vault: string,
  items: readonly { readonly type: string; readonly id: string; readonly custodian: string }[],
) => Promise<void>;

/** Told what was written of a record, and what became of each; may raise the consent epoch. */
export type RefreshRelations = (
  tx: Tx,
  vault: string,
  touched: readonly {
    readonly write: ResourceWrite;
    readonly result: PutResult | undefined;
  }[],
) => Promise<void>;

/** Something new of people, by whom it came from, in the transaction that brings it. */
export type TellNews = (
  tx: Tx,
  news: readonly {
    readonly vault: string;
    readonly custodian: string;
    readonly types: ReadonlySet<string>;
  }[],
) => Promise<void>;

export interface IntakeParts {
  readonly database: Database;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly formats: readonly MessageFormat[];
  /** Who could see it, for a dry run. */
  readonly couldSee?: CouldSeeOf;
  /** Told when something came from a source. */
  readonly sources?: SourceStates;
  /** Profiles to hold what was stored against; absent: none are checked. */
  readonly profiles?: ProfileShelf | undefined;
  /** Told of a check after the commit that could not be made. */
  readonly profileCheckFailed?: (error: unknown) => void;
  /** Joins two records after somebody decided so. */
  readonly joinRecords?: JoinRecords;
  /** Works out again who treats the person, in the transaction that wrote something of it. */
  readonly relations?: RefreshRelations;
  /** Told in the transaction that brings something new of a person. */
  readonly news?: TellNews;
  /** Told in the transaction that takes something back. */
  readonly takenBack?: TellTakenBack;
  /** Called for every answer, for the metrics. */
  readonly counted?: (format: string, state: Receipt['state']) => void;
}

export type IntakeRooms = IntakeParts & {
  readonly deliveries: Deliveries;
  readonly gaps: CodeGaps;
  readonly coverage: Coverage;
  readonly together: SharedTransactions;
  readonly profileCheck?: ProfileCheck;
};

/** One attempt at a delivery. */
export interface Handling {
  readonly sender: Sender;
  readonly delivery: DeliveryRow;
  readonly sha256: string;
  readonly requestId: string;
  readonly address: string;
  /** Somebody asked to try again what is held. */
  readonly again: boolean;
  /** What somebody decided about whose it is. */
  readonly decision?: HeldDecision;
  /** It becomes durable together with what it says; else it is already. */
  readonly atOnce?: { readonly bytes: Buffer; readonly mediaType: string };
  /** Claims a record for this delivery alone, where others share its transaction. */
  readonly claim?: Claim;
  /** Goes on beside what follows; it has ended before the transaction does. */
  readonly alongside?: (work: Promise<unknown>) => void;
  /** Told when everything of it is durable. */
  readonly committed?: () => void;
  /** Who decided. */
  readonly by?: LedgerEvent['agent'];
  /** The people in it count as verified (demo and test only). */
  readonly verified?: boolean;
}

/** What one message of it became. */
export interface Stored {
  readonly items: readonly ReceiptItem[];
  readonly holds: readonly string[];
  readonly vault?: string;
}
