/**
 * The short way in: one message that can be read, is new and finds its person becomes durable with
 * its original, its receipt and everything it says in one transaction, and is acknowledged after
 * it. Whatever is otherwise takes the long way, where the original is durable first: a message that
 * is wrong waits in quarantine. Until the answer nothing was promised, so a crash loses nothing
 * that a sender was told of.
 */
import { createHash, randomUUID } from 'node:crypto';
import { Problem } from '../platform/problem.ts';
import { carriedOut } from './carried-out.ts';
import type { DeliveryRow } from './delivery.ts';
import type { Handling, IntakeRooms } from './handling.ts';
import { readMessages } from './read-messages.ts';
import type { Receipt } from './receipt.ts';
import type { Incoming } from './receive.ts';
import { storeDelivery } from './store-delivery.ts';

/** What is larger is sealed in parts, which takes longer than a transaction should. */
const AT_ONCE_BYTES_MAX = 1_048_576;

/**
 * @returns undefined when the long way has to be taken: nothing was written, and what failed here
 *   fails there, with the original kept.
 * @throws Problem `busy` when the ledger is slow or down.
 */
export async function receiveAtOnce(
  rooms: IntakeRooms,
  incoming: Incoming,
): Promise<Receipt | undefined> {
  const { sender, bytes } = incoming;
  if (bytes.length > AT_ONCE_BYTES_MAX) return undefined;
  let isCommitted = false;
  try {
    const read = readMessages(rooms.formats, bytes, sender.overlay, incoming);
    const [message, ...more] = read.messages.map(carriedOut);
    if (!message || more.length > 0 || message.hold.length > 0) return undefined;
    const delivery = newDelivery(incoming, rooms.clock());
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const atOnce = { bytes, mediaType: incoming.mediaType };
    const handling: Handling = {
      ...{ ...incoming, delivery, sha256, again: false, atOnce },
      committed() {
        isCommitted = true;
      },
    };
    const receipt = await storeDelivery(rooms, handling, [message], read.format);
    await rooms.sources?.heard(sender.organisation.id);
    rooms.counted?.(receipt.format, receipt.state);
    rooms.profileCheck?.later(delivery.id, receipt, [message]);
    return receipt;
  } catch (error) {
    // It stands, but its line in the ledger has no number yet: that is no answer.
    if (isCommitted) throw Problem.from(error);
    return undefined;
  }
}

function newDelivery({ sender, channel }: Incoming, received: Date): DeliveryRow {
  return {
    id: randomUUID(),
    sender: sender.client.id,
    original: randomUUID(),
    channel,
    state: 'received',
    format: null,
    receipt: null,
    reasons: [],
    received,
    done: null,
    rejected: false,
  };
}
