/**
 * The one way in. The body is sealed and durable before anybody reads it; then it is mapped,
 * matched to a person, and written with its ledger entry in one transaction. The sender hears
 * "accepted" only after the commit (architecture D6; source-formats.md 2.6 and 3.2).
 */
import { createHash } from 'node:crypto';
import type { LedgerEvent } from '../audit/index.ts';
import { LARGE_BYTES } from '../platform/large-turns.ts';
import { letGoOf } from '../platform/let-go.ts';
import { SharedTransactions } from '../platform/shared-transaction.ts';
import { originalsOf } from './assign-messages.ts';
import { carriedOut } from './carried-out.ts';
import { type CodeGaps, createCodeGaps } from './code-gaps.ts';
import { type Coverage, createCoverage } from './coverage.ts';
import { checkDecision, decided, type HeldDecision } from './decision-on-held.ts';
import { createDeliveries, type Deliveries, type DeliveryRow } from './delivery.ts';
import { type KindOf, type Trail, trailOf } from './delivery-trail.ts';
import { type DryRun, dryRun, tryWaiting } from './dry-run.ts';
import type { MappedMessage } from './format.ts';
import type { Handling, IntakeParts, IntakeRooms, Sender } from './handling.ts';
import { stranger } from './intake-events.ts';
import { type OriginOfValues, originOfValues } from './origin-of-values.ts';
import { joinDecided } from './person-merge.ts';
import { createProfileCheck } from './profile-check.ts';
import {
  type ReadHow,
  readingProblem,
  readMessages,
  recognised,
  refusedPart,
} from './read-messages.ts';
import { type Receipt, TAKEN_BACK } from './receipt.ts';
import { receiveAtOnce } from './receive-at-once.ts';
import { type RemapOptions, type RemapReport, remap } from './remap.ts';
import { lockAll, refuseDelivery, storeDelivery } from './store-delivery.ts';
import { clearWaiting } from './waiting-items.ts';

export interface Incoming {
  readonly sender: Sender;
  readonly channel: 'http' | 'fhir' | 'mllp' | 'load';
  readonly mediaType: string;
  /** A large one is let go of as soon as it is kept and read: it weighs on the memory. */
  bytes: Buffer;
  readonly address: string;
  readonly requestId: string;
  /** Limits which formats may be read, for instance FHIR only on a FHIR address. */
  readonly formats?: readonly string[];
  /** Whoever loads it answers for the people in it: they need no BSN. Demo and test only. */
  readonly verified?: boolean;
}

export interface Intake {
  readonly deliveries: Deliveries;
  readonly gaps: CodeGaps;
  /** Which elements each system fills. */
  readonly coverage: Coverage;
  /** @throws Problem when the body is wrong (it then waits in quarantine) or we are `busy`. */
  receive(incoming: Incoming): Promise<Receipt>;
  /** Writes down that somebody unknown wanted to send. */
  stranger(address: string, requestId: string): Promise<void>;
  /** What would become of this body: the whole way in, undone at the end; writes nothing. */
  dryRun(incoming: Incoming): Promise<DryRun>;
  /** What handling a waiting delivery again would come to; writes nothing. */
  tryWaiting(sender: Sender, delivery: DeliveryRow, made?: HeldDecision): Promise<DryRun>;
  /**
   * Carries out what somebody decided about a held delivery, and writes down who did.
   * @throws Problem `conflict` when it does not wait for that.
   */
  decide(
    sender: Sender,
    delivery: DeliveryRow,
    made: HeldDecision,
    by: { readonly agent: LedgerEvent['agent']; readonly requestId: string },
  ): Promise<Receipt>;
  /** For each place in a delivery the rule that took it and what it became. */
  origins(sender: Sender, delivery: DeliveryRow, place?: string): Promise<OriginOfValues>;
  /** Sent, received, handled, available, first read by kind of reader. */
  trail(sender: Sender, delivery: DeliveryRow, kindOf: KindOf): Promise<Trail>;
  /** Everything of a sender again from the originals; see `remap`. */
  remap(sender: Sender, options: RemapOptions): Promise<RemapReport>;
  /** Resolves when every check after the commit has been made. */
  profilesChecked(): Promise<void>;
  /** Handles a waiting or interrupted delivery again, from its original. */
  replay(sender: Sender, delivery: DeliveryRow, requestId: string): Promise<Receipt>;
}

/** Messages in one transaction, and how many such transactions at once. */
const TOGETHER = { togetherMax: 16, lanesMax: 2, waitingMax: 256 } as const;

/** The way in, over these formats. */
export function createIntake(parts: IntakeParts): Intake {
  const deliveries = createDeliveries(parts.store, parts.keyring);
  const gaps = createCodeGaps(parts.database, parts.store, parts.keyring);
  const failed = parts.profileCheckFailed ?? (() => undefined);
  const profileCheck = parts.profiles
    ? createProfileCheck({ ...parts, deliveries }, parts.profiles, failed)
    : undefined;
  const together = new SharedTransactions(parts.database, lockAll, TOGETHER);
  const checks = profileCheck ? { profileCheck } : {};
  const coverage = createCoverage(parts.database, parts.clock);
  const rooms: IntakeRooms = { ...parts, deliveries, gaps, coverage, together, ...checks };
  return {
    deliveries,
    gaps,
    coverage,
    async receive(incoming) {
      const { sender } = incoming;
      const atOnce = await receiveAtOnce(rooms, incoming);
      if (atOnce) return atOnce;
      const delivery = await deliveries.open(
        parts.database,
        {
          sender: sender.client.id,
          custodian: sender.organisation.id,
          channel: incoming.channel,
          mediaType: incoming.mediaType,
          bytes: incoming.bytes,
        },
        parts.clock(),
      );
      const receipt = deliveries.receiptOf(delivery);
      if (receipt && delivery.state !== 'refused') return receipt;
      const sha256 = createHash('sha256').update(incoming.bytes).digest('hex');
      const handling = { ...incoming, bytes: NOTHING_LEFT, delivery, sha256, again: false };
      return handle(rooms, handling, [incoming]);
    },
    async stranger(address, requestId) {
      await parts.ledger.record([stranger(address, requestId)]);
    },
    dryRun: (incoming) => dryRun(rooms, incoming),
    tryWaiting: (sender, delivery, made) => tryWaiting(rooms, sender, delivery, made),
    decide: (sender, delivery, made, by) => decideHeld(rooms, { sender, delivery, made, ...by }),
    trail: (sender, delivery, kindOf) => trailOf(rooms, delivery, sender.organisation.id, kindOf),
    origins: (sender, delivery, place) => originOfValues(rooms, sender, delivery, place),
    profilesChecked: () => profileCheck?.idle() ?? Promise.resolve(),
    remap: (sender, options) => remap(rooms, sender, options),
    replay: (sender, delivery, requestId) => replay(rooms, { sender, delivery, requestId }),
  };
}

interface Replay {
  readonly sender: Sender;
  readonly delivery: DeliveryRow;
  readonly requestId: string;
  readonly decision?: HeldDecision;
  readonly by?: LedgerEvent['agent'];
}

async function replay(rooms: IntakeRooms, asked: Replay): Promise<Receipt> {
  const { delivery } = asked;
  const done = rooms.deliveries.receiptOf(delivery);
  if (delivery.rejected && done) return done;
  const kept = await originalsOf(rooms, delivery.original);
  const { sha256 = '' } = done ?? kept[0] ?? {};
  return handle(rooms, { ...asked, sha256, address: 'replay', again: true }, kept);
}

/** The decision is durable in the ledger before anything follows from it. */
async function decideHeld(
  rooms: IntakeRooms,
  asked: Replay & { readonly made: HeldDecision; readonly agent: LedgerEvent['agent'] },
): Promise<Receipt> {
  const { made, delivery, requestId, agent } = asked;
  checkDecision(delivery, made);
  await rooms.ledger.record([decided(delivery, made, agent, requestId)]);
  if (made.decision !== 'reject') return replay(rooms, { ...asked, decision: made, by: agent });
  const receipt = rooms.deliveries.receiptOf(delivery);
  if (!receipt) throw new Error('a held delivery has no receipt');
  const ended: Receipt = { ...receipt, state: 'refused', reasons: [TAKEN_BACK] };
  return rooms.database.transaction(async (tx) => {
    const row = await rooms.deliveries.lock(tx, delivery.id);
    // Somebody else decided meanwhile: what stands, stands.
    if (row.state !== 'held') return rooms.deliveries.receiptOf(row) ?? ended;
    await rooms.deliveries.reject(tx, row.id, ended, rooms.clock());
    await clearWaiting(tx, row.id);
    return ended;
  });
}

type Body = ReadHow & {
  bytes: Buffer;
  readonly keptAs?: string;
  readonly channel?: string;
};

const NOTHING_LEFT = Buffer.alloc(0);

/** A large body is not held while what it says is written. */
function letGo(body: Body, messages: readonly MappedMessage[]): void {
  const { bytes } = body;
  if (bytes.length <= LARGE_BYTES) return;
  body.bytes = NOTHING_LEFT;
  // Other lines make their answer of the message itself, and shares are cut from it.
  if (body.channel === 'fhir' && !messages.some(({ share }) => share)) letGoOf(bytes);
}

/** A part that cannot be read waits by itself, as it did before it was parted. */
function readBody(rooms: IntakeRooms, { sender, delivery }: Handling, body: Body, at: number) {
  const { bytes, keptAs, mediaType } = body;
  const how = { ...body, received: delivery.received };
  if (keptAs === undefined) return readMessages(rooms.formats, bytes, sender.overlay, how);
  try {
    const { format, messages } = readMessages(rooms.formats, bytes, sender.overlay, how);
    return { format, messages: messages.map((message) => ({ ...message, keptAs })) };
  } catch (error) {
    const problem = readingProblem(error);
    if (problem.kind === 'busy' || problem.kind === 'fault') throw error;
    const name = mediaType === 'application/hl7-v2' ? 'hl7v2' : 'unknown';
    return { format: name, messages: [{ ...refusedPart({ name }, bytes, problem, at), keptAs }] };
  }
}

async function handle(
  rooms: IntakeRooms,
  handling: Handling,
  bodies: readonly Body[],
): Promise<Receipt> {
  let format: string | undefined;
  try {
    const read = bodies.map((body, at) => readBody(rooms, handling, body, at));
    format = read[0]?.format;
    for (const [at, body] of bodies.entries()) letGo(body, read[at]?.messages ?? []);
    const messages = read.flatMap((one) => one.messages.map(carriedOut));
    await joinDecided(rooms, handling, messages);
    const receipt = await storeDelivery(rooms, handling, messages, format ?? 'unknown');
    await rooms.sources?.heard(handling.sender.organisation.id);
    rooms.counted?.(receipt.format, receipt.state);
    rooms.profileCheck?.later(handling.delivery.id, receipt, messages);
    return receipt;
  } catch (error) {
    const problem = readingProblem(error);
    const [body] = bodies;
    format ??= body && recognised(rooms.formats, body.bytes, body)?.name;
    if (problem.kind !== 'busy') await refuseDelivery(rooms, handling, problem, format);
    throw problem;
  }
}
