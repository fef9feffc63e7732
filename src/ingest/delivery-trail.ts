/**
 * The way of one delivery (capabilities B8): sent, received, handled, available, first read. To the
 * sender a reader is a kind, never a name.
 */
import type { LedgerEntry } from '../audit/index.ts';
import { throughPages } from '../store/index.ts';
import type { DeliveryRow } from './delivery.ts';
import type { IntakeRooms } from './handling.ts';

export interface Trail {
  /** As the message says; absent where it says nothing. */
  readonly sent?: string;
  readonly received: string;
  readonly handled?: string;
  /** From when others may see it, as far as they may: after an embargo where there is one. */
  readonly available?: string;
  /** First moment for each kind of reader, oldest first. */
  readonly firstReads: readonly { readonly kind: string; readonly at: string }[];
  /** False when there were more lines than were looked at. */
  readonly complete: boolean;
}

/** Names the kind of an organisation by its id, for instance `HA`. */
export type KindOf = (organisation: string) => string | undefined;

const LINES_MAX = 2_000;
const PAGE = 200;
const READS = new Set(['read', 'vread', 'search-type', 'history-instance', 'everything']);

/** @param custodian organisation id of the sender. */
export async function trailOf(
  rooms: IntakeRooms,
  row: DeliveryRow,
  custodian: string,
  kindOf: KindOf,
): Promise<Trail> {
  const receipt = rooms.deliveries.receiptOf(row);
  const references = new Set(
    (receipt?.items ?? []).flatMap(({ reference, outcome }) =>
      outcome === 'waiting' ? [] : [reference],
    ),
  );
  const vault = references.size === 0 ? undefined : await vaultOf(rooms, row);
  const times = {
    ...(receipt?.sent === undefined ? {} : { sent: receipt.sent }),
    received: row.received.toISOString(),
    ...(row.done === null ? {} : { handled: row.done.toISOString() }),
  };
  if (vault === undefined || row.done === null) {
    return { ...times, firstReads: [], complete: true };
  }
  const available = await availableFrom(rooms, vault, custodian, references, row.done);
  const first = new Map<string, string>();
  let cursor: string | undefined;
  let looked = 0;
  do {
    const page = await rooms.ledger.search({
      organisation: custodian,
      patient: vault,
      from: row.received,
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const entry of page.entries) {
      const kind = readerOf(entry, references, custodian, kindOf);
      // Newest first: the last one that is seen of a kind is its first.
      if (kind !== undefined) first.set(kind, entry.record.at);
    }
    looked += page.entries.length;
    cursor = page.next;
  } while (cursor !== undefined && looked < LINES_MAX);
  const firstReads = [...first]
    .map(([kind, at]) => ({ kind, at }))
    .toSorted((a, b) => (a.at < b.at ? -1 : 1));
  return { ...times, available, firstReads, complete: cursor === undefined };
}

function readerOf(
  { record }: LedgerEntry,
  references: ReadonlySet<string>,
  custodian: string,
  kindOf: KindOf,
): string | undefined {
  const { agent } = record;
  if (!READS.has(record.event) || agent.organisation === custodian) return undefined;
  if (!(record.what ?? []).some((one) => references.has(one.split('@')[0] ?? ''))) return undefined;
  if (agent.kind === 'person' || agent.kind === 'representative') return agent.kind;
  return (agent.organisation && kindOf(agent.organisation)) ?? agent.kind;
}

async function vaultOf(rooms: IntakeRooms, row: DeliveryRow): Promise<string | undefined> {
  const about = await rooms.store
    .aboutOriginal(rooms.database, row.original)
    .catch(() => undefined);
  return about?.vault;
}

async function availableFrom(
  rooms: IntakeRooms,
  vault: string,
  custodian: string,
  references: ReadonlySet<string>,
  done: Date,
): Promise<string> {
  const { store, database } = rooms;
  const epoch = await store.epoch(database, vault);
  const embargoes: number[] = [];
  await throughPages(store, database, { vault, epoch, custodians: [custodian] }, (rows) => {
    for (const { type, id, facts } of rows) {
      if (facts.embargoUntil === undefined || !references.has(`${type}/${id}`)) continue;
      embargoes.push(Date.parse(facts.embargoUntil));
    }
  });
  return new Date(Math.max(done.getTime(), ...embargoes)).toISOString();
}
