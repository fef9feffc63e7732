/**
 * A delivery becomes rows: its keys are claimed, its people found, and everything that follows
 * from it is written in one transaction with the ledger's lines. source-formats.md 2.6.
 */
import { createHmac } from 'node:crypto';
import type { LedgerEvent, PendingEntry } from '../audit/index.ts';
import { isBsnSystem, type Resource } from '../conformance/index.ts';
import { alongside, endedAll } from '../platform/alongside.ts';
import { statement, type Tx } from '../platform/database.ts';
import type { Problem } from '../platform/problem.ts';
import { type Assigned, assigned } from './assign-messages.ts';
import { claimKeys } from './came-before.ts';
import type { MappedMessage } from './format.ts';
import type { Handling, IntakeRooms, Stored } from './handling.ts';
import { lookUp } from './identify.ts';
import { nothing, received, refused } from './intake-events.ts';
import { RECEIPT_ISSUES_MAX, type Receipt, type ReceiptItem } from './receipt.ts';
import { countedByArrival } from './times-ahead.ts';
import { sortByCodes, type UnknownCode } from './unknown-codes.ts';
import { setWaiting } from './waiting-items.ts';
import { writeMapped } from './write-mapped.ts';

/**
 * Everything of the delivery in one transaction; the ledger numbers its entries after the commit.
 */
export async function storeDelivery(
  rooms: IntakeRooms,
  handling: Handling,
  read: readonly MappedMessage[],
  format: string,
): Promise<Receipt> {
  const { atOnce } = handling;
  const { receipt, pending, codes } = atOnce
    ? await rooms.together.run({
        names: patientLocks(rooms, read),
        run: (tx, claim) =>
          alongside((beside) =>
            storeIn(rooms, tx, { ...handling, claim, alongside: beside }, read, format),
          ),
      })
    : await rooms.database.transaction((tx) => storeIn(rooms, tx, handling, read, format));
  if (receipt === undefined) throw new NotAtOnce();
  handling.committed?.();
  if (!handling.again)
    rooms.coverage.count(handling.sender.client.id, receipt.id, newIn(receipt, read));
  rooms.gaps.count(handling.sender.client.id, codes, handling.delivery.received);
  await rooms.ledger.numbered(pending);
  return receipt;
}

/** What came to be in a record by this delivery. */
function newIn({ items }: Receipt, read: readonly MappedMessage[]): Resource[] {
  const stored = new Set(
    items.flatMap(({ outcome, fullUrl }) => (outcome === 'stored' ? [fullUrl] : [])),
  );
  return read.flatMap(({ resources }) =>
    resources.flatMap(({ fullUrl, resource }) => (stored.has(fullUrl) ? [resource] : [])),
  );
}

interface StoredDelivery {
  /** Undefined: it has to take the long way, and nothing was written. */
  readonly receipt: Receipt | undefined;
  readonly pending: readonly PendingEntry[];
  readonly codes: readonly UnknownCode[];
}

/** May run twice: see SharedTransactions. */
async function storeIn(
  rooms: IntakeRooms,
  tx: Tx,
  handling: Handling,
  read: readonly MappedMessage[],
  format: string,
): Promise<StoredDelivery> {
  const [begun, looked] = await endedAll([
    begin(rooms, tx, handling, read),
    handling.atOnce ? Promise.all(read.map((one) => lookUp(rooms.store, tx, one))) : undefined,
  ]);
  if ('done' in begun) return { receipt: begun.done, pending: [], codes: [] };
  const { received: came } = handling.delivery;
  const messages = begun.messages.map((one) => countedByArrival(one, came));
  // What shares a transaction has its locks already.
  if (!handling.atOnce) await lockPatients(rooms, tx, messages, handling.decision?.bsn);
  const codes: UnknownCode[] = [];
  const events: LedgerEvent[] = [];
  const items: ReceiptItem[] = [];
  const holds: string[] = [];
  const waiting = new Map<string, number>();
  for (const one of await assigned(rooms, tx, handling, messages, looked)) {
    const outcome = await storeOne(rooms, tx, handling, one, codes);
    items.push(...outcome.items);
    holds.push(...outcome.holds);
    if (outcome.vault !== undefined) {
      const left = outcome.items.filter((item) => item.outcome === 'waiting').length;
      waiting.set(outcome.vault, (waiting.get(outcome.vault) ?? 0) + left);
    }
    events.push(received(handling, one.message, outcome));
  }
  // An answer that holds nothing ("not found" at the source) is no mistake, and stands in the
  // ledger too.
  if (messages.length === 0) events.push(nothing(handling, format));
  const receipt = receiptOf(handling, { messages, format }, items, [...new Set(holds)]);
  const [pending] = await Promise.all([
    rooms.ledger.writeAll(tx, events),
    finish(rooms, tx, handling, begun.digest, receipt),
    tellWaiting(tx, handling, waiting),
  ]);
  return { receipt, pending, codes };
}

/** Its body or its message id is known, or comes at this very moment: nothing was written. */
class NotAtOnce extends Error {}

type Begun =
  | { readonly messages: readonly MappedMessage[]; readonly digest?: Buffer }
  | { readonly done: Receipt | undefined };

/** The delivery is this transaction's own from here on. @throws NotAtOnce */
async function begin(
  rooms: IntakeRooms,
  tx: Tx,
  handling: Handling,
  read: readonly MappedMessage[],
): Promise<Begun> {
  const { deliveries } = rooms;
  const [first] = read;
  if (handling.atOnce && first) {
    const { delivery, atOnce } = handling;
    const claimed = await deliveries.claim(tx, delivery, atOnce.bytes, first.messageKey);
    if (claimed.before === 'key') throw new NotAtOnce();
    if (claimed.before === 'body') return { done: undefined };
    return { messages: read, digest: claimed.digest };
  }
  const done = deliveries.receiptOf(await deliveries.lock(tx, handling.delivery.id));
  // Somebody else handled it while this attempt waited for the lock.
  if (done && (done.state === 'accepted' || (done.state === 'held' && !handling.again))) {
    return { done };
  }
  return { messages: await claimKeys(rooms, tx, handling, read) };
}

/** The receipt, with the delivery where that was claimed just now. @throws NotAtOnce */
async function finish(
  { deliveries, clock }: IntakeRooms,
  tx: Tx,
  { delivery }: Handling,
  digest: Buffer | undefined,
  receipt: Receipt,
): Promise<void> {
  if (!digest) await deliveries.finish(tx, delivery.id, receipt, clock());
  else if (!(await deliveries.addWhole(tx, delivery, digest, receipt, clock()))) {
    throw new NotAtOnce();
  }
}

const LOCK = statement(
  'ingest_lock_patients',
  'select pg_advisory_xact_lock(name) from unnest($1::bigint[]) as locks(name)',
);

/** One writer for a person at a time: two first messages make one vault, and order is kept. */
export async function lockPatients(
  rooms: Pick<IntakeRooms, 'keyring'>,
  tx: Tx,
  messages: readonly MappedMessage[],
  decidedBsn?: string,
): Promise<void> {
  await lockAll(tx, patientLocks(rooms, messages, decidedBsn));
}

/** The locks of the people in messages, as texts of 64-bit numbers. */
function patientLocks(
  { keyring }: Pick<IntakeRooms, 'keyring'>,
  messages: readonly MappedMessage[],
  decidedBsn?: string,
): string[] {
  const key = keyring.hmac('ingest/lock');
  const names = messages.map((message) => {
    const bsn = message.patient.identifiers.find((one) => isBsnSystem(one.system));
    const first = bsn ?? message.patient.identifiers[0];
    return bsn
      ? bsnLock(bsn.value ?? '')
      : `${first?.system}|${first?.value ?? message.messageKey}`;
  });
  if (decidedBsn !== undefined) names.push(bsnLock(decidedBsn));
  return names.map((name) =>
    createHmac('sha256', key).update(name).digest().readBigInt64BE(0).toString(),
  );
}

/**
 * Always in the same order, so that two transactions about the same people cannot wait for each
 * other.
 */
export async function lockAll(tx: Tx, locks: readonly string[]): Promise<void> {
  await tx.query({ ...LOCK, values: [[...new Set(locks)].toSorted()] });
}

const bsnLock = (bsn: string): string => `bsn|${bsn.replace(/[\s.]/g, '').padStart(9, '0')}`;

/** So that the person can be told how much of the record still waits at this source. */
async function tellWaiting(
  tx: Tx,
  { sender, delivery, atOnce }: Handling,
  waiting: ReadonlyMap<string, number>,
): Promise<void> {
  for (const [vault, items] of waiting) {
    // Of what came just now nothing waited before.
    if (atOnce && items === 0) continue;
    const where = { vault, delivery: delivery.id, custodian: sender.organisation.id };
    await setWaiting(tx, where, items, delivery.received);
  }
}

async function storeOne(
  rooms: IntakeRooms,
  tx: Tx,
  handling: Handling,
  { message, found, original }: Assigned,
  codes: UnknownCode[],
): Promise<Stored> {
  const { sender, delivery, again } = handling;
  const custodian = sender.organisation.id;
  const sorted = sortByCodes(message.resources, sender.overlay);
  if (!again) codes.push(...sorted.codes);
  if (found.hold) return { items: [], holds: found.hold };
  const isHeldWhole = sorted.codes.length > 0 && sender.overlay.unknownCodes === 'hold-message';
  const waiting = isHeldWhole ? new Set(message.resources) : sorted.waiting;
  const items = await writeMapped(
    {
      store: rooms.store,
      tx,
      idKey: rooms.keyring.hmac('ids'),
      custodian,
      vault: found.vault,
      ...(found.persons || found.isNew ? { persons: found.persons ?? [] } : {}),
      originalId: original,
      overlay: sender.overlay,
      facts: {
        custodian,
        custodianType: sender.organisation.type,
        recorded: delivery.received.toISOString(),
      },
      takenBack: rooms.takenBack,
      relations: rooms.relations,
    },
    message,
    waiting,
  );
  const types = new Set(
    items.flatMap(({ outcome, reference }) =>
      outcome === 'stored' ? (reference.split('/')[0] ?? []) : [],
    ),
  );
  const told = types.size > 0 && rooms.news?.(tx, [{ vault: found.vault, custodian, types }]);
  if (told && handling.alongside) handling.alongside(told);
  else await told;
  return { items, holds: sorted.reasons, vault: found.vault };
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
  const sent = messages[0]?.messageTime;
  return {
    id: handling.delivery.id,
    state: reasons.length > 0 ? 'held' : 'accepted',
    format: messages[0]?.format ?? format,
    received: handling.delivery.received.toISOString(),
    ...(sent === undefined ? {} : { sent }),
    sha256: handling.sha256,
    items,
    issues,
    reasons,
  };
}

/** Writes down that the body was refused; it stays, and can be replayed after a mend. */
export async function refuseDelivery(
  rooms: IntakeRooms,
  handling: Handling,
  problem: Problem,
  format = 'unknown',
): Promise<void> {
  const receipt: Receipt = {
    id: handling.delivery.id,
    state: 'refused',
    format: handling.delivery.format ?? format,
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
