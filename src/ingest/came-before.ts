/**
 * A message id that came before: the same message again is answered as it was, another content
 * under its id is refused (source-formats.md 2.6). A message alone and the same one in a batch are
 * one message: what is compared is what it says, apart from the envelope and the ends of lines.
 */
import type { Tx } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { DeliveryRow } from './delivery.ts';
import type { MappedMessage, MappingIssue } from './format.ts';
import type { Handling, IntakeRooms, Sender } from './handling.ts';
import { refusedPart } from './read-messages.ts';

/**
 * What is to be done with each message: one that was stored before brings nothing more, and one
 * whose id came with another content waits by itself.
 * @throws Problem `conflict` code `duplicate-key` when that holds of all of them.
 */
export async function claimKeys(
  rooms: IntakeRooms,
  tx: Tx,
  handling: Handling,
  messages: readonly MappedMessage[],
): Promise<readonly MappedMessage[]> {
  const { sender, delivery } = handling;
  const taken = new Map<string, string>();
  for (const key of new Set(messages.map((message) => message.messageKey))) {
    const owner = await rooms.deliveries.claimKey(tx, sender.client.id, key, delivery.id);
    if (owner !== delivery.id) taken.set(key, owner);
  }
  if (taken.size === 0) return messages;
  const same = await saidBefore(rooms, tx, handling, taken);
  const isOther = ({ messageKey }: MappedMessage) => taken.has(messageKey) && !same.has(messageKey);
  const place = messages[0]?.format.startsWith('hl7v2') ? 'MSH-10' : 'id';
  const problem = new Problem('conflict', 'This message id was used before with another content.', {
    code: 'duplicate-key',
    expression: [place],
  });
  if (messages.every(isOther)) throw problem;
  return messages.map((message, at) => {
    const { messageKey: key, share } = message;
    const where = messages.length > 1 ? `message ${at + 1}: ${place}` : place;
    if (same.has(key)) return nothingMore(message, where);
    if (!isOther(message)) return message;
    const part = refusedPart({ name: message.format }, Buffer.from(key), problem, at);
    return { ...part, ...(share ? { share } : {}) };
  });
}

/** It is still of somebody, and so is its part of the original. */
function nothingMore(message: MappedMessage, place: string): MappedMessage {
  const { instructions: _done, ...rest } = message;
  const text = 'This message came before, with the same content.';
  const came: MappingIssue = {
    ...{ kind: 'rule', severity: 'information', code: 'came-before' },
    ...{ text, place },
  };
  return { ...rest, resources: [], issues: [came] };
}

/** The ids of which the delivery that owns them says what this one says. */
async function saidBefore(
  rooms: IntakeRooms,
  tx: Tx,
  { sender, delivery }: Handling,
  taken: ReadonlyMap<string, string>,
): Promise<ReadonlySet<string>> {
  const said = await contentsOf(rooms, tx, sender, delivery);
  const same = new Set<string>();
  if (said.size === 0) return same;
  for (const owner of new Set(taken.values())) {
    const row = await rooms.deliveries.find(tx, sender.client.id, owner);
    const before = row ? await contentsOf(rooms, tx, sender, row) : new Map<string, string>();
    for (const [key, by] of taken) {
      const content = said.get(key);
      if (by === owner && content !== undefined && content === before.get(key)) same.add(key);
    }
  }
  return same;
}

/** Nothing where the original ended with a record, or its format cannot tell. */
async function contentsOf(
  { store, formats }: IntakeRooms,
  tx: Tx,
  { overlay }: Sender,
  { original }: DeliveryRow,
): Promise<ReadonlyMap<string, string>> {
  try {
    const { bytes, mediaType } = await store.openOriginal(tx, original);
    const format = formats.find((one) => one.recognise(bytes, mediaType));
    return format?.contents?.(bytes, overlay) ?? new Map();
  } catch (error) {
    const problem = Problem.from(error);
    if (problem.kind === 'busy' || problem.kind === 'fault') throw error;
    return new Map();
  }
}
