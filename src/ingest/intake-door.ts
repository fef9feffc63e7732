/** What the routes of the way in share: the door's parts, who sends, the receipt as an answer. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Ledger } from '../audit/index.ts';
import type { Resource } from '../conformance/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database, Tx } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { Store } from '../store/index.ts';
import type { DeliveryRow } from './delivery.ts';
import type { CorrectedItem } from './from-person/corrected.ts';
import type { SharedItems } from './from-person/shared-items.ts';
import type { Sender } from './handling.ts';
import type { Receipt } from './receipt.ts';
import type { Intake } from './receive.ts';
import type { SenderAuthParts } from './sender-auth.ts';
import type { SourceStates } from './source-states.ts';

/** An original on its way back to its sender. */
export interface SentOriginal {
  readonly mediaType: string;
  /** Hexadecimal, over the bytes as they came. */
  readonly sha256: string;
  readonly size: number;
  readonly chunks: AsyncIterable<Buffer>;
}

/** That choices of a patient changed, and from when; never which. */
export interface ChoiceNoticeView {
  readonly id: string;
  readonly at: Date;
  readonly effective: Date;
  readonly until?: Date;
  readonly patient: readonly string[];
  readonly acknowledged?: Date;
}

/** What an organisation told the detectors, without what it says. */
export interface FactView {
  readonly name: string;
  readonly lines: number;
  readonly recorded: Date;
}

/** What became of a choice of a patient that was sent. */
export interface ChoiceView {
  readonly state: 'recorded' | 'withdrawn' | 'unchanged';
  readonly receipt?: string;
  readonly understood: boolean;
}

/** The system that tells it, and its organisation. */
export interface FactTeller {
  readonly client: string;
  readonly organisation: string;
  readonly ura: string;
  readonly address: string;
  readonly requestId: string;
}

export interface IntakeDoor extends SenderAuthParts {
  readonly database: Database;
  readonly intake: Intake;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Which sources answer. */
  readonly sources: SourceStates;
  /** What people sent through an app. */
  readonly sharedItems: SharedItems;
  readonly store: Store;
  /** Told in the transaction what no longer holds; who read it hears that. */
  readonly retractions?: {
    note(tx: Tx, vault: string, items: readonly Omit<CorrectedItem, 'isGone'>[]): Promise<void>;
  };
  /** Notices for sources that want to know that choices of their patients changed. */
  readonly choiceNotices?:
    | {
        of(client: string, all: boolean): Promise<readonly ChoiceNoticeView[]>;
        now(client: string, id: string, requestId: string): Promise<ChoiceNoticeView>;
        acknowledge(client: string, id: string, requestId: string): Promise<void>;
      }
    | undefined;
  /** Records what a patient chose at the desk of a provider. */
  readonly recordChoice?: (by: FactTeller, consent: Resource) => Promise<ChoiceView>;
  /** What organisations tell the detectors of themselves. */
  readonly reviewFacts?: {
    put(by: FactTeller, name: string, text: string): Promise<FactView>;
    remove(by: FactTeller, name: string): Promise<void>;
    of(organisation: string): Promise<readonly FactView[]>;
  };
  /** Where senders read back what they sent. */
  readonly publicUrl: string;
  /** The way out for an original: only to whoever sent it, and written down. */
  readonly releaseOriginal: (
    asked: {
      readonly client: string;
      readonly organisation: string;
      readonly address: string;
      readonly requestId: string;
    },
    delivery: Pick<DeliveryRow, 'id' | 'original'>,
  ) => Promise<SentOriginal>;
}

export const INTAKE_LIMITS = {
  bodyBytesMax: 55 * 1024 * 1024,
  pageSizeDefault: 50,
  pageSizeMax: 200,
  /** Deliveries tried again in one request; the answer says whether there are more. */
  replayedMax: 200,
  decisionBytesMax: 4_096,
} as const satisfies Record<string, number>;

export interface SenderParams {
  sender: string;
  id: string;
}

export type SenderOf = (request: FastifyRequest<{ Params: SenderParams }>) => Promise<Sender>;

/** Who tells something, for the line that is written of it. */
export const tellerOf = (
  { client, organisation }: Sender,
  { ip, id }: FastifyRequest,
): FactTeller => ({
  ...{ client: client.id, organisation: organisation.id, ura: organisation.ura },
  ...{ address: ip, requestId: id },
});

/** 200 when it is part of the record, 202 while something of it waits. */
export function sendReceipt(reply: FastifyReply, receipt: Receipt): FastifyReply {
  return reply
    .code(receipt.state === 'accepted' ? 200 : 202)
    .header('cache-control', 'no-store')
    .send(receipt);
}

/** One's own delivery only. @throws Problem `not-found` for any other, whether it exists or not. */
export async function ownDelivery(
  door: IntakeDoor,
  sender: Sender,
  id: string,
): Promise<DeliveryRow> {
  const { deliveries } = door.intake;
  const row = await deliveries.find(door.database, sender.client.id, uuid(id));
  if (!row) throw nothingThere();
  return row;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const nothingThere = (): Problem => new Problem('not-found', 'There is nothing with this id.');

/** @throws Problem `not-found` for what is no id of ours, as for one that never was. */
export function uuid(text: string): string {
  if (!UUID.test(text)) throw nothingThere();
  return text;
}
