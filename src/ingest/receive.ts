/**
 * The one way in. The body is sealed and durable before anybody reads it; then it is mapped,
 * matched to a person, and written with its ledger entry in one transaction. The sender hears
 * "accepted" only after the commit (architecture D6; source-formats.md 2.6 and 3.2).
 */
import { createHash, createHmac } from 'node:crypto';
import type { Ledger, LedgerEvent, PendingEntry } from '../audit/index.ts';
import type { Client, Keyring, Organisation } from '../identity/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database, Tx } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { Store } from '../store/index.ts';
import { createDeliveries, type Deliveries, type DeliveryRow } from './delivery.ts';
import type { MappedMessage, MessageFormat, SenderOverlay } from './format.ts';
import { BSN_SYSTEM, identify } from './identify.ts';
import { RECEIPT_ISSUES_MAX, type Receipt, type ReceiptItem } from './receipt.ts';
import { writeMapped } from './write-mapped.ts';

export interface Sender {
  readonly client: Client;
  readonly organisation: Organisation;
  readonly overlay: SenderOverlay;
}

export interface Incoming {
  readonly sender: Sender;
  readonly channel: 'http' | 'fhir' | 'mllp' | 'load';
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly address: string;
  readonly requestId: string;
  /** Limits which formats may be read, for instance FHIR only on a FHIR address. */
  readonly formats?: readonly string[];
}

export interface IntakeParts {
  readonly database: Database;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly formats: readonly MessageFormat[];
  /** Called for every answer, for the metrics. */
  readonly counted?: (format: string, state: Receipt['state']) => void;
}

export interface Intake {
  readonly deliveries: Deliveries;
  /** @throws Problem when the body is wrong (it then waits in quarantine) or we are `busy`. */
  receive(incoming: Incoming): Promise<Receipt>;
  /** Writes down that somebody unknown wanted to send. */
  stranger(address: string, requestId: string): Promise<void>;
  /** Handles a waiting or interrupted delivery again, from its original. */
  replay(sender: Sender, delivery: DeliveryRow, requestId: string): Promise<Receipt>;
}

interface Handling {
  readonly sender: Sender;
  readonly delivery: DeliveryRow;
  readonly sha256: string;
  readonly requestId: string;
  readonly address: string;
}

export function createIntake(parts: IntakeParts): Intake {
  const deliveries = createDeliveries(parts.store, parts.keyring);
  const rooms = { ...parts, deliveries };
  return {
    deliveries,
    async receive(incoming) {
      const { sender, bytes } = incoming;
      const delivery = await deliveries.open(
        parts.database,
        {
          sender: sender.client.id,
          custodian: sender.organisation.id,
          channel: incoming.channel,
          mediaType: incoming.mediaType,
          bytes,
        },
        parts.clock(),
      );
      const receipt = deliveries.receiptOf(delivery);
      if (receipt && delivery.state !== 'refused') return receipt;
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return handle(rooms, { ...incoming, delivery, sha256 }, bytes, incoming);
    },
    async stranger(address, requestId) {
      await parts.ledger.record([
        {
          class: 'security',
          event: 'receive',
          action: 'C',
          outcome: 4,
          reason: 'unknown-sender',
          agent: { kind: 'system', id: 'unknown', address },
          requestId,
          door: 'ingest',
        },
      ]);
    },
    async replay(sender, delivery, requestId) {
      const original = await parts.store.openOriginal(parts.database, delivery.original);
      const handling = { sender, delivery, sha256: original.sha256, requestId, address: 'replay' };
      return handle(rooms, handling, original.bytes, { mediaType: original.mediaType });
    },
  };
}

type Rooms = IntakeParts & { readonly deliveries: Deliveries };

async function handle(
  rooms: Rooms,
  handling: Handling,
  bytes: Buffer,
  how: { mediaType: string; formats?: readonly string[] },
): Promise<Receipt> {
  try {
    const format = recognise(rooms.formats, bytes, how);
    const messages = format.read(bytes, handling.sender.overlay, how.mediaType);
    const receipt = await store(rooms, handling, messages, format.name);
    rooms.counted?.(receipt.format, receipt.state);
    return receipt;
  } catch (error) {
    const problem = Problem.from(error);
    if (problem.kind !== 'busy') await refuse(rooms, handling, problem);
    throw problem;
  }
}

function recognise(
  formats: readonly MessageFormat[],
  bytes: Buffer,
  how: { mediaType: string; formats?: readonly string[] },
): MessageFormat {
  const format = formats.find(
    (one) =>
      (how.formats === undefined || how.formats.includes(one.name)) &&
      one.recognise(bytes, how.mediaType),
  );
  if (!format) {
    throw new Problem('unprocessable', 'This is not a message of a format that is accepted here.', {
      code: 'unknown-format',
      expression: ['1'],
    });
  }
  return format;
}

/**
 * Everything of the delivery in one transaction; the ledger numbers its entries after the commit.
 */
async function store(
  rooms: Rooms,
  handling: Handling,
  messages: readonly MappedMessage[],
  format: string,
): Promise<Receipt> {
  const pending: PendingEntry[] = [];
  const receipt = await rooms.database.transaction(async (tx) => {
    const delivery = await rooms.deliveries.lock(tx, handling.delivery.id);
    const done = rooms.deliveries.receiptOf(delivery);
    if (done?.state === 'accepted') return done;
    await claimKeys(rooms, tx, handling, messages);
    await lockPatients(rooms, tx, messages);
    const items: ReceiptItem[] = [];
    const holds: string[] = [];
    for (const message of messages) {
      const outcome = await storeOne(rooms, tx, handling, message);
      items.push(...outcome.items);
      holds.push(...outcome.holds);
      pending.push(await rooms.ledger.write(tx, received(handling, message, outcome)));
    }
    // An answer that holds nothing ("not found" at the source) is no mistake, and stands in the
    // ledger too.
    if (messages.length === 0)
      pending.push(await rooms.ledger.write(tx, nothing(handling, format)));
    const made = receiptOf(handling, { messages, format }, items, [...new Set(holds)]);
    await rooms.deliveries.finish(tx, delivery.id, made, rooms.clock());
    return made;
  });
  await rooms.ledger.numbered(pending);
  return receipt;
}

/** @throws Problem `conflict` code `duplicate-key`: the same id came before with another body. */
async function claimKeys(
  rooms: Rooms,
  tx: Tx,
  { sender, delivery }: Handling,
  messages: readonly MappedMessage[],
): Promise<void> {
  for (const key of new Set(messages.map((message) => message.messageKey))) {
    const owner = await rooms.deliveries.claimKey(tx, sender.client.id, key, delivery.id);
    if (owner !== delivery.id) {
      throw new Problem('conflict', 'This message id was used before with another content.', {
        code: 'duplicate-key',
        expression: [messages[0]?.format.startsWith('hl7v2') ? 'MSH-10' : 'id'],
      });
    }
  }
}

const LOCK = 'select pg_advisory_xact_lock($1::bigint)';

/** One writer for a person at a time: two first messages make one vault, and order is kept. */
async function lockPatients(
  rooms: Rooms,
  tx: Tx,
  messages: readonly MappedMessage[],
): Promise<void> {
  const key = rooms.keyring.hmac('ingest/lock');
  const locks = messages.map((message) => {
    const bsn = message.patient.identifiers.find((one) => one.system === BSN_SYSTEM);
    const name = bsn ?? message.patient.identifiers[0] ?? { system: '', value: message.messageKey };
    const digest = createHmac('sha256', key).update(`${name.system}|${name.value}`).digest();
    return digest.readBigInt64BE(0);
  });
  // Always in the same order, so that two messages about the same people cannot wait for each
  // other.
  for (const lock of [...new Set(locks)].sort((a, b) => (a < b ? -1 : 1))) {
    await tx.query(LOCK, [lock.toString()]);
  }
}

interface Stored {
  readonly items: readonly ReceiptItem[];
  readonly holds: readonly string[];
  readonly vault?: string;
}

async function storeOne(
  rooms: Rooms,
  tx: Tx,
  handling: Handling,
  message: MappedMessage,
): Promise<Stored> {
  const custodian = handling.sender.organisation.id;
  const found = await identify(rooms.store, tx, custodian, message);
  if (found.hold) return { items: [], holds: found.hold };
  await rooms.store.bindOriginal(tx, handling.delivery.original, found.vault);
  const items = await writeMapped(
    {
      store: rooms.store,
      tx,
      idKey: rooms.keyring.hmac('ids'),
      custodian,
      vault: found.vault,
      originalId: handling.delivery.original,
      facts: {
        custodian,
        custodianType: handling.sender.organisation.type,
        recorded: handling.delivery.received.toISOString(),
      },
    },
    message,
  );
  return { items, holds: [], vault: found.vault };
}

function receiptOf(
  handling: Handling,
  { messages, format }: { messages: readonly MappedMessage[]; format: string },
  items: readonly ReceiptItem[],
  reasons: readonly string[],
): Receipt {
  const issues = messages
    .flatMap((message) => message.issues)
    .filter((issue) => issue.kind !== 'mapped')
    .slice(0, RECEIPT_ISSUES_MAX)
    .map(({ severity, code, text, place }) => ({ severity, code, text, place }));
  return {
    id: handling.delivery.id,
    state: reasons.length > 0 ? 'held' : 'accepted',
    format: messages[0]?.format ?? format,
    received: handling.delivery.received.toISOString(),
    sha256: handling.sha256,
    items,
    issues,
    reasons,
  };
}

/** Writes down that the body was refused; it stays, and can be replayed after a mend. */
async function refuse(rooms: Rooms, handling: Handling, problem: Problem): Promise<void> {
  const receipt: Receipt = {
    id: handling.delivery.id,
    state: 'refused',
    format: handling.delivery.format ?? 'unknown',
    received: handling.delivery.received.toISOString(),
    sha256: handling.sha256,
    items: [],
    issues: [
      {
        severity: 'error',
        code: problem.code,
        text: problem.message,
        place: problem.expression[0] ?? '',
      },
    ],
    reasons: [problem.code],
  };
  const pending = await rooms.database.transaction(async (tx) => {
    const delivery = await rooms.deliveries.lock(tx, handling.delivery.id);
    if (delivery.state === 'accepted') return undefined;
    await rooms.deliveries.finish(tx, delivery.id, receipt, rooms.clock());
    return rooms.ledger.write(tx, refused(handling, problem));
  });
  if (pending) await rooms.ledger.numbered([pending]);
  rooms.counted?.(receipt.format, 'refused');
}

function byWhom({ sender, delivery, requestId, address }: Handling) {
  return {
    class: 'care' as const,
    action: 'C' as const,
    agent: {
      kind: 'system' as const,
      id: sender.client.id,
      organisation: sender.organisation.id,
      address,
    },
    client: sender.client.id,
    route: 'sender' as const,
    holders: [sender.organisation.id],
    requestId,
    correlationId: delivery.id,
    door: 'ingest',
  };
}

function received(handling: Handling, message: MappedMessage, outcome: Stored): LedgerEvent {
  const what = outcome.items.map((item) => `${item.reference}@${item.version}`);
  return {
    ...byWhom(handling),
    event: 'receive',
    outcome: outcome.holds.length > 0 ? 4 : 0,
    ...(outcome.holds.length > 0 ? { reason: outcome.holds[0] as string } : {}),
    ...(outcome.vault === undefined ? {} : { patient: outcome.vault }),
    what: what.slice(0, 100),
    counts: { items: what.length },
    detail: { format: message.format, receipt: handling.delivery.id },
  };
}

function nothing(handling: Handling, format: string): LedgerEvent {
  return {
    ...byWhom(handling),
    event: 'receive',
    outcome: 0,
    counts: { items: 0 },
    detail: { format, receipt: handling.delivery.id },
  };
}

function refused(handling: Handling, problem: Problem): LedgerEvent {
  return {
    ...byWhom(handling),
    event: 'receive',
    outcome: problem.kind === 'fault' ? 8 : 4,
    reason: problem.code,
    detail: { receipt: handling.delivery.id },
  };
}
