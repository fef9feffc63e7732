/**
 * "What would you make of this?" (capabilities B2): the whole way in inside a transaction that is
 * undone at the end, so that what it says is what would happen. Nothing is kept, not even the body.
 */
import { createHash, randomUUID } from 'node:crypto';
import { R4, type Resource, toR4 } from '../conformance/index.ts';
import type { ResourceFacts } from '../permission/index.ts';
import type { Tx } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { throughPages } from '../store/index.ts';
import { originalsOf } from './assign-messages.ts';
import { carriedOut } from './carried-out.ts';
import { checkDecision, type HeldDecision } from './decision-on-held.ts';
import type { DeliveryRow } from './delivery.ts';
import type { MappedMessage, MappingIssue, SenderOverlay } from './format.ts';
import type { IntakeRooms, Sender } from './handling.ts';
import { identify } from './identify.ts';
import { askedMerges, joinsTwo, TWO_RECORDS } from './person-merge.ts';
import { readMessages } from './read-messages.ts';
import type { Receipt, ReceiptItem } from './receipt.ts';
import { lockPatients } from './store-delivery.ts';
import { strangerIn, withoutStrangers } from './stranger.ts';
import { countedByArrival } from './times-ahead.ts';
import { sortByCodes, type UnknownCode, withTranslations } from './unknown-codes.ts';
import { writeMapped } from './write-mapped.ts';

/** Who could see how much of it now; organisations are not named, only their kind. */
export interface CouldSee {
  /** `patient`, or the category of an organisation: HA, ZKH, APO … */
  readonly reader: string;
  readonly items: number;
  readonly of: number;
}

/** Asks the patient's choices; handed over by the roof, since deciding lives in another room. */
export type CouldSeeOf = (
  vault: string | undefined,
  birthDate: string | undefined,
  facts: readonly ResourceFacts[],
) => Promise<readonly CouldSee[]>;

export interface DryRun {
  readonly dryRun: true;
  readonly state: Receipt['state'];
  readonly format: string;
  readonly sha256: string;
  readonly reasons: readonly string[];
  readonly messages: readonly DryMessage[];
}

interface DryMessage {
  readonly format: string;
  /** To this sender: whom only others know is new, as long as nothing is sent for real. */
  readonly person: 'known' | 'new' | 'unclear';
  readonly reasons: readonly string[];
  /** Two records become one before anything is written, which a trial does not do. */
  readonly joins?: true;
  /** What it becomes, R4. */
  readonly resources: readonly Resource[];
  /** For a new person without ids. */
  readonly items: readonly ReceiptItem[];
  /** Values that are left out, each with its place and reason; `unread` has no rule at all. */
  readonly lost: readonly {
    readonly kind: string;
    readonly place: string;
    readonly text: string;
  }[];
  readonly remarks: readonly Pick<MappingIssue, 'severity' | 'code' | 'text' | 'place'>[];
  readonly unknownCodes: readonly UnknownCode[];
  readonly visibleTo: readonly CouldSee[];
}

/** Ends the transaction without keeping anything of it. */
class Undone extends Error {
  readonly outcome: readonly DryMessage[];
  constructor(outcome: readonly DryMessage[]) {
    super('undone');
    this.outcome = outcome;
  }
}

export interface DryIncoming {
  readonly sender: Sender;
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly formats?: readonly string[];
  /** What somebody would decide about whose it is. */
  readonly decision?: HeldDecision;
  /** When it came; absent: it comes now. */
  readonly received?: Date;
}

/**
 * What becomes of a delivery that waits, if it were handled again as the mapping is now, and with
 * this decision.
 * @throws Problem as deciding does, when the decision does not fit; `busy`.
 */
export async function tryWaiting(
  rooms: IntakeRooms,
  sender: Sender,
  delivery: DeliveryRow,
  decision?: HeldDecision,
): Promise<DryRun> {
  if (decision) checkDecision(delivery, decision);
  const { received } = delivery;
  const runs: DryRun[] = [];
  for (const { bytes, mediaType } of await originalsOf(rooms, delivery.original)) {
    const asked = { sender, bytes, mediaType, received, ...(decision ? { decision } : {}) };
    runs.push(await dryRun(rooms, asked));
  }
  const [first, ...more] = runs;
  if (!first) throw new Problem('not-found', 'The message is not there any more.');
  if (more.length === 0) return first;
  const reasons = [...new Set(runs.flatMap((one) => one.reasons))];
  const state = reasons.length > 0 ? 'held' : 'accepted';
  return { ...first, state, reasons, messages: runs.flatMap((one) => one.messages) };
}

/** @throws Problem `busy` only; whatever is wrong with the body is the answer. */
export async function dryRun(rooms: IntakeRooms, incoming: DryIncoming): Promise<DryRun> {
  const sha256 = createHash('sha256').update(incoming.bytes).digest('hex');
  const said = { dryRun: true, sha256 } as const;
  try {
    const { overlay } = incoming.sender;
    const { format, messages: read } = readMessages(
      rooms.formats,
      incoming.bytes,
      overlay,
      incoming,
    );
    const came = incoming.received ?? rooms.clock();
    const messages = read.map((one) => countedByArrival(carriedOut(one), came));
    const outcome = await tried(rooms, incoming, messages, came);
    const reasons = [...new Set(outcome.flatMap((one) => one.reasons))];
    const name = messages[0]?.format ?? format;
    const state = reasons.length > 0 ? 'held' : 'accepted';
    return { ...said, state, format: name, reasons, messages: outcome };
  } catch (error) {
    const problem = Problem.from(error);
    if (problem.kind === 'busy' || problem.kind === 'fault') throw problem;
    const { code, message, expression } = problem;
    const remark = { severity: 'error' as const, code, text: message, place: expression[0] ?? '' };
    return {
      ...said,
      state: 'refused',
      format: 'unknown',
      reasons: [code],
      messages: [{ ...NOTHING, remarks: [remark] }],
    };
  }
}

const NOTHING: DryMessage = {
  format: 'unknown',
  person: 'unclear',
  reasons: [],
  resources: [],
  items: [],
  lost: [],
  remarks: [],
  unknownCodes: [],
  visibleTo: [],
};

async function tried(
  rooms: IntakeRooms,
  { sender, decision, received }: DryIncoming,
  messages: readonly MappedMessage[],
  came: Date,
): Promise<readonly DryMessage[]> {
  try {
    return await rooms.database.transaction(async (tx): Promise<never> => {
      await lockPatients(rooms, tx, messages, decision?.bsn);
      const outcome: DryMessage[] = [];
      // What waits was told already why it does.
      const isFirst = received === undefined && decision === undefined;
      const asked = { sender, came, isFirst, ...(decision ? { decision } : {}) };
      for (const message of messages) outcome.push(await triedOne(rooms, tx, asked, message));
      throw new Undone(outcome);
    });
  } catch (error) {
    if (error instanceof Undone) return error.outcome;
    throw error;
  }
}

interface Asked {
  readonly sender: Sender;
  readonly came: Date;
  readonly decision?: HeldDecision;
  /** Nothing of it was sent before. */
  readonly isFirst: boolean;
}

async function triedOne(
  rooms: IntakeRooms,
  tx: Tx,
  { sender, came, decision, isFirst }: Asked,
  message: MappedMessage,
): Promise<DryMessage> {
  const { overlay, organisation } = sender;
  const sorted = sortByCodes(message.resources, overlay);
  const told = { ...reported(message, overlay), unknownCodes: distinct(sorted.codes) };
  const where = [rooms.store, tx, organisation.id] as const;
  const merges = await askedMerges(...where, message);
  if (joinsTwo(isFirst ? await withoutStrangers(...where, merges) : merges)) {
    const isDecided = decision?.decision === 'same-person';
    if (!isDecided) return { ...told, person: 'unclear', reasons: [TWO_RECORDS] };
    return { ...told, person: 'known', joins: true };
  }
  const stranger = isFirst ? await strangerIn(...where, message) : undefined;
  const found = await identify(...where, message, decision, stranger);
  if (found.hold) return { ...told, person: 'unclear', reasons: found.hold };
  const whole = sorted.codes.length > 0 && overlay.unknownCodes === 'hold-message';
  const waiting = whole ? new Set(message.resources) : sorted.waiting;
  const items = await writeMapped(
    {
      store: rooms.store,
      tx,
      idKey: rooms.keyring.hmac('ids'),
      custodian: organisation.id,
      vault: found.vault,
      originalId: randomUUID(),
      overlay,
      facts: {
        custodian: organisation.id,
        custodianType: organisation.type,
        recorded: came.toISOString(),
      },
    },
    message,
    waiting,
  );
  const facts = await factsOfItems(rooms, tx, found.vault, organisation.id, items);
  const isNew = found.isNew || stranger !== undefined;
  return {
    ...told,
    person: isNew ? 'new' : 'known',
    reasons: sorted.reasons,
    // Ids hang on the record, and the record of a new person is made when it is sent for real.
    items: isNew ? items.map(withoutId) : items,
    visibleTo:
      (await rooms.couldSee?.(isNew ? undefined : found.vault, message.patient.birthDate, facts)) ??
      [],
  };
}

function withoutId(item: ReceiptItem): ReceiptItem {
  return { ...item, reference: item.reference.split('/')[0] ?? '' };
}

/** What was written inside the transaction, as a decision would see it. */
async function factsOfItems(
  { store }: IntakeRooms,
  tx: Tx,
  vault: string,
  custodian: string,
  items: readonly ReceiptItem[],
): Promise<ResourceFacts[]> {
  const ids = items
    .filter((item) => item.outcome !== 'waiting')
    .map(({ reference }) => ({ id: reference.split('/')[1] ?? '', custodian }));
  if (ids.length === 0) return [];
  const wanted = new Set(ids.map(({ id }) => id));
  const epoch = await store.epoch(tx, vault);
  const found: ResourceFacts[] = [];
  await throughPages(store, tx, { vault, epoch, custodians: [custodian] }, (rows) => {
    for (const { id, facts } of rows) if (wanted.has(id)) found.push(facts);
  });
  return found;
}

function reported(
  message: MappedMessage,
  overlay: SenderOverlay,
): Omit<DryMessage, 'person' | 'unknownCodes'> {
  const { issues, resources, format } = message;
  const lost = issues.filter(({ kind }) => kind === 'ignored' || kind === 'unread');
  const kept = resources.filter((one) => !one.deleted);
  return {
    format,
    reasons: [],
    resources: kept.map(({ resource, version }) =>
      withTranslations(version === R4.name ? resource : toR4(resource).resource, overlay),
    ),
    items: [],
    lost: lost.map(({ kind, place, text }) => ({ kind, place, text })),
    remarks: issues
      .filter(({ kind }) => kind === 'rule')
      .map(({ severity, code, text, place }) => ({ severity, code, text, place })),
    visibleTo: [],
  };
}

function distinct(codes: readonly UnknownCode[]): UnknownCode[] {
  const seen = new Map(codes.map((one) => [`${one.element}|${one.system}|${one.code}`, one]));
  return [...seen.values()];
}
