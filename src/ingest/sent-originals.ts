/** Everything that a sender sent, from the oldest on: for mapping it again. */
import { Problem } from '../platform/problem.ts';
import type { DeliveryRow } from './delivery.ts';
import type { IntakeRooms, Sender } from './handling.ts';
import { readMessages } from './read-messages.ts';

const PAGE = 100;

/** Pages of deliveries that were stored, whole or in part, in the order they came. */
export async function* deliveriesOf(
  rooms: Pick<IntakeRooms, 'database' | 'deliveries'>,
  sender: Sender,
): AsyncGenerator<readonly DeliveryRow[]> {
  let after: { received: Date; id: string } | undefined;
  for (;;) {
    const rows = await rooms.deliveries.stored(rooms.database, sender.client.id, after, PAGE);
    if (rows.length > 0) yield rows;
    after = rows.at(-1);
    if (!after || rows.length < PAGE) return;
  }
}

/** The delivery, or each person's part of it. */
export async function partsOf(
  { store, database }: Pick<IntakeRooms, 'store' | 'database'>,
  row: DeliveryRow,
): Promise<readonly DeliveryRow[]> {
  const parts = await store.partsOfOriginal(database, row.original).catch(unlessGone);
  if (!parts?.length) return [row];
  return parts.map((original) => ({ ...row, original, state: 'accepted' }));
}

/**
 * The messages of an original as the mapping reads them now. Years and times lie around the moment
 * it came.
 * @returns undefined when it went with the record it belonged to, or belongs to nobody yet.
 * @throws Problem when it cannot be read any more.
 */
export async function readAgain(
  { store, database, formats }: Pick<IntakeRooms, 'store' | 'database' | 'formats'>,
  sender: Sender,
  row: DeliveryRow,
) {
  const original = await store.openOriginal(database, row.original).catch(unlessGone);
  if (original?.vault === undefined) return undefined;
  const { bytes, mediaType, vault } = original;
  const read = () =>
    readMessages(formats, bytes, sender.overlay, { mediaType, received: row.received });
  return { vault, read };
}

function unlessGone(error: unknown): undefined {
  if (Problem.from(error).kind !== 'not-found') throw error;
}
