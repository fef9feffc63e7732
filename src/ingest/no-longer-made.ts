/**
 * What a changed mapping makes no more: the lines of a letter that are one text now. Left where it
 * is, the reader has it twice. It goes out of view, with its history, and whoever got it is told;
 * unless another message still makes it.
 */

import type { Tx } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { ResourceWrite, StoredResource } from '../store/index.ts';
import { carriedOut } from './carried-out.ts';
import type { DeliveryRow } from './delivery.ts';
import { TOMBSTONE } from './document-bytes.ts';
import type { IntakeRooms, Sender } from './handling.ts';
import { remapped } from './intake-events.ts';
import { mappingVersion } from './mapping/mapping-version.ts';
import { deliveriesOf, partsOf, readAgain } from './sent-originals.ts';
import { lockPatients } from './store-delivery.ts';
import { countedByArrival } from './times-ahead.ts';
import { prepareWrites, putAll, type WriteContext } from './write-mapped.ts';

/** People and parties are read with what names them, and never by themselves. */
const PARTIES = new Set([
  'Patient',
  'Practitioner',
  'PractitionerRole',
  'RelatedPerson',
  'Organization',
  'Location',
  'HealthcareService',
]);

interface Leftover {
  readonly row: DeliveryRow;
  readonly vault: string;
  readonly type: string;
  readonly id: string;
}

/** By vault and `Type/id`. */
export type Leftovers = Map<string, Leftover>;

/** Notes what lies in the record from this original and is not made of it any more. */
export function noteLeftovers(
  found: Leftovers,
  { row, vault, made }: { row: DeliveryRow; vault: string; made: ReadonlySet<string> },
  rows: readonly StoredResource[],
): void {
  for (const { type, id, originalId, deleted } of rows) {
    if (originalId !== row.original || deleted || PARTIES.has(type)) continue;
    if (!made.has(`${type}/${id}`)) found.set(`${vault}|${type}/${id}`, { row, vault, type, id });
  }
}

/** Where and how it is written. */
export function remapContext(
  rooms: IntakeRooms,
  tx: Tx,
  sender: Sender,
  { row, vault }: { readonly row: DeliveryRow; readonly vault: string },
): WriteContext {
  const { organisation, overlay } = sender;
  return {
    store: rooms.store,
    tx,
    idKey: rooms.keyring.hmac('ids'),
    custodian: organisation.id,
    vault,
    originalId: row.original,
    overlay,
    facts: {
      custodian: organisation.id,
      custodianType: organisation.type,
      recorded: row.received.toISOString(),
    },
    relations: rooms.relations,
  };
}

/** Drops what another message of this sender makes: it is that one's as well. */
export async function withoutMadeElsewhere(
  rooms: IntakeRooms,
  sender: Sender,
  found: Leftovers,
): Promise<void> {
  const vaults = new Set([...found.values()].map(({ vault }) => vault));
  if (vaults.size === 0) return;
  for await (const page of deliveriesOf(rooms, sender)) {
    for (const delivery of page) {
      for (const row of await partsOf(rooms, delivery)) {
        const again = await readAgain(rooms, sender, row);
        if (!again || !vaults.has(again.vault)) continue;
        for (const name of await madeOf(rooms, sender, row, again)) {
          found.delete(`${again.vault}|${name}`);
        }
      }
    }
  }
}

type Again = NonNullable<Awaited<ReturnType<typeof readAgain>>>;

async function madeOf(
  rooms: IntakeRooms,
  sender: Sender,
  row: DeliveryRow,
  { vault, read }: Again,
): Promise<readonly string[]> {
  try {
    const { messages } = read();
    return await rooms.database.transaction(async (tx) => {
      const context = remapContext(rooms, tx, sender, { row, vault });
      const names: string[] = [];
      for (const message of messages.map(carriedOut)) {
        const { complete } = await prepareWrites(context, message, new Set());
        names.push(...complete.map(({ type, id }) => `${type}/${id}`));
      }
      return names;
    });
  } catch (error) {
    const { kind } = Problem.from(error);
    if (kind === 'busy' || kind === 'fault') throw error;
    return [];
  }
}

/** Takes them out of view, original by original, with a line in the ledger for each. */
export async function takeOutOfView(
  rooms: IntakeRooms,
  sender: Sender,
  found: Leftovers,
  requestId: string,
): Promise<void> {
  const byOriginal = Map.groupBy(found.values(), ({ row }) => row.original);
  for (const items of byOriginal.values()) {
    const [first] = items;
    if (!first) continue;
    const { row, vault } = first;
    const entry = await rooms.database.transaction(async (tx) => {
      const again = await readAgain(rooms, sender, row);
      if (!again) return undefined;
      const messages = again.read().messages.map((one) => countedByArrival(one, row.received));
      await lockPatients(rooms, tx, messages);
      const gone = await tombstones(rooms, tx, sender, items);
      if (gone.length === 0) return undefined;
      const results = await putAll(remapContext(rooms, tx, sender, first), gone);
      await rooms.takenBack?.(tx, vault, gone);
      const what = gone.map(({ type, id }, at) => `${type}/${id}@${results[at]?.version ?? 1}`);
      return rooms.ledger.write(tx, remapped(sender, row, vault, what, requestId));
    });
    if (entry) await rooms.ledger.numbered([entry]);
  }
}

/** Of those that are still as they were noted. */
async function tombstones(
  { store }: IntakeRooms,
  tx: Tx,
  { organisation, overlay }: Sender,
  items: readonly Leftover[],
): Promise<ResourceWrite[]> {
  const [first] = items;
  if (!first) return [];
  const { rows } = await store.candidates(tx, {
    vault: first.vault,
    types: [...new Set(items.map(({ type }) => type))],
    ids: items.map(({ type, id }) => ({ type, id, custodian: organisation.id })),
    limit: items.length,
  });
  return rows
    .filter(({ originalId }) => originalId === first.row.original)
    .map(
      ({ type, id, custodian, native, facts, originalId, sourceTime, standing, elementTimes }) => ({
        ...{ type, id, custodian, native, facts, mapping: mappingVersion(overlay), ...TOMBSTONE },
        ...(originalId === undefined ? {} : { originalId }),
        ...(sourceTime === undefined ? {} : { sourceTime }),
        ...(standing === undefined ? {} : { standing }),
        ...(elementTimes === undefined ? {} : { elementTimes }),
      }),
    );
}
