/**
 * Everything again from the originals, after a mapping changed (source-formats.md 2.7): the same
 * identities, next versions where the outcome differs, and a report of the differences before
 * anything is applied. A resource is renewed only from the original that its current version came
 * from, so what a later message said is never undone.
 */
import type { Resource } from '../conformance/index.ts';
import type { Tx } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { ResourceWrite, StoredResource } from '../store/index.ts';
import { carriedOut } from './carried-out.ts';
import type { DeliveryRow } from './delivery.ts';
import { elementDifferences } from './element-differences.ts';
import type { MappedMessage } from './format.ts';
import type { IntakeRooms, Sender } from './handling.ts';
import { remapped } from './intake-events.ts';
import { readMessages } from './read-messages.ts';
import { lockPatients } from './store-delivery.ts';
import { likeStrictestSource } from './strictest-source.ts';
import { countedByArrival, TIME_AHEAD } from './times-ahead.ts';
import { sortByCodes } from './unknown-codes.ts';
import { prepareWrites, putAll } from './write-mapped.ts';

const PAGE = 100;

export interface RemapReport {
  deliveries: number;
  /** Parted by person, erased, or held: not looked at. */
  passedOver: number;
  /** Cannot be read any more with the mapping as it is now. */
  refused: number;
  /** Resources whose outcome differs, that appear, and that no rule makes any more. */
  changed: number;
  added: number;
  noLongerMade: number;
  /** Messages that name a moment still to come when they came: they count by their arrival. */
  timesAhead: number;
  /** Element path, with how often it was added, removed or changed; never a value. */
  readonly differences: Map<string, number>;
}

export interface RemapOptions {
  /** Without it everything is only counted. */
  readonly apply: boolean;
  readonly requestId: string;
  readonly progress?: (report: RemapReport) => void;
}

/** Maps what a sender sent again. @throws Problem `busy`; a single wrong message is counted. */
export async function remap(
  rooms: IntakeRooms,
  sender: Sender,
  options: RemapOptions,
): Promise<RemapReport> {
  const report: RemapReport = {
    deliveries: 0,
    passedOver: 0,
    refused: 0,
    changed: 0,
    added: 0,
    noLongerMade: 0,
    timesAhead: 0,
    differences: new Map(),
  };
  let after: { received: Date; id: string } | undefined;
  for (;;) {
    const rows = await rooms.deliveries.stored(rooms.database, sender.client.id, after, PAGE);
    for (const row of rows) await remapOne(rooms, sender, row, options, report);
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return report;
    after = last;
    options.progress?.(report);
  }
}

async function remapOne(
  rooms: IntakeRooms,
  sender: Sender,
  row: DeliveryRow,
  options: RemapOptions,
  report: RemapReport,
): Promise<void> {
  report.deliveries += 1;
  const { store, database } = rooms;
  const parts = await store.partsOfOriginal(database, row.original).catch(unlessGone);
  if (!parts?.length) return remapOriginal(rooms, sender, row, options, report);
  for (const original of parts) {
    await remapOriginal(rooms, sender, { ...row, original, state: 'accepted' }, options, report);
  }
}

function unlessGone(error: unknown): undefined {
  if (Problem.from(error).kind !== 'not-found') throw error;
}

async function remapOriginal(
  rooms: IntakeRooms,
  sender: Sender,
  row: DeliveryRow,
  options: RemapOptions,
  report: RemapReport,
): Promise<void> {
  const original = await openOriginal(rooms, row);
  const { vault } = original ?? {};
  if (row.state !== 'accepted' || !original || vault === undefined) {
    report.passedOver += 1;
    return;
  }
  try {
    const how = { mediaType: original.mediaType, received: row.received };
    const read = readMessages(rooms.formats, original.bytes, sender.overlay, how);
    // As when it came: what lay ahead then does not come to count as later now.
    const messages = read.messages.map((one) => countedByArrival(carriedOut(one), row.received));
    report.timesAhead += messages.filter(({ issues }) =>
      issues.some(({ code }) => code === TIME_AHEAD),
    ).length;
    const entry = await rooms.database.transaction(async (tx) => {
      await lockPatients(rooms, tx, messages);
      const written: string[] = [];
      for (const message of messages) {
        const one = { rooms, tx, sender, row, vault, options, report };
        written.push(...(await remapMessage(one, message)));
      }
      if (written.length === 0) return undefined;
      return rooms.ledger.write(tx, remapped(sender, row, vault, written, options.requestId));
    });
    if (entry) await rooms.ledger.numbered([entry]);
  } catch (error) {
    const problem = Problem.from(error);
    if (problem.kind === 'busy' || problem.kind === 'fault') throw error;
    report.refused += 1;
  }
}

/** @returns undefined when it went with the record it belonged to, or was parted by person. */
function openOriginal(rooms: IntakeRooms, row: DeliveryRow) {
  return rooms.store.openOriginal(rooms.database, row.original).catch(unlessGone);
}

interface OneRemap {
  readonly rooms: IntakeRooms;
  readonly tx: Tx;
  readonly sender: Sender;
  readonly row: DeliveryRow;
  readonly vault: string;
  readonly options: RemapOptions;
  readonly report: RemapReport;
}

/** @returns `Type/id@version` of what was written. */
async function remapMessage(one: OneRemap, message: MappedMessage): Promise<string[]> {
  const { rooms, tx, sender, row, vault, options, report } = one;
  const { organisation, overlay } = sender;
  const context = {
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
  };
  const { waiting } = sortByCodes(message.resources, overlay);
  const prepared = await prepareWrites(context, message, waiting);
  // What is derived keeps the labels and the embargo of its sources.
  const { writes } = await likeStrictestSource(context, prepared.writes);
  const epoch = await rooms.store.epoch(tx, vault);
  const { rows } = await rooms.store.candidates(tx, {
    vault,
    epoch,
    custodians: [organisation.id],
    deletedToo: true,
  });
  const current = new Map(rows.map((stored) => [`${stored.type}/${stored.id}`, stored]));
  const renewed = writes.filter((write) => {
    const stored = current.get(`${write.type}/${write.id}`);
    return isDifferent(write, stored, row.original, report);
  });
  const made = new Set(writes.map((write) => `${write.type}/${write.id}`));
  report.noLongerMade += rows.filter(
    (stored) =>
      stored.originalId === row.original &&
      !stored.deleted &&
      !made.has(`${stored.type}/${stored.id}`),
  ).length;
  if (!options.apply || renewed.length === 0) return [];
  const results = await putAll({ ...context, relations: rooms.relations }, renewed);
  return renewed.map((write, at) => `${write.type}/${write.id}@${results[at]?.version ?? 1}`);
}

/** Counts what differs; says whether it is this original's to renew. */
function isDifferent(
  write: ResourceWrite,
  stored: StoredResource | undefined,
  original: string,
  report: RemapReport,
): boolean {
  if (!stored) {
    report.added += 1;
    return true;
  }
  if (stored.originalId !== original) return false;
  const paths = elementDifferences(contentOf(stored), contentOf(write));
  const sameForm = stored.deleted === (write.deleted ?? false) && stored.native === write.native;
  const asClosed = sameLabels(stored, write);
  if (paths.length === 0 && sameForm && asClosed) return false;
  // Who may see it, and from when: no element of the resource, and nothing to change unseen.
  if (!asClosed) paths.push(`~${write.type} (labels and embargo)`);
  report.changed += 1;
  for (const path of paths) {
    report.differences.set(path, (report.differences.get(path) ?? 0) + 1);
  }
  return true;
}

type Stored = Pick<ResourceWrite, 'bytes' | 'facts'> & {
  readonly r4?: Buffer | undefined;
  readonly deleted?: boolean;
};

function contentOf({ bytes, r4, deleted }: Stored): Resource | undefined {
  if (deleted) return undefined;
  return JSON.parse((r4 ?? bytes).toString('utf8')) as Resource;
}

function sameLabels(stored: Stored, write: Stored): boolean {
  const { labels, category, embargoUntil } = stored.facts;
  const next = write.facts;
  return (
    labels.join() === next.labels.join() &&
    category === next.category &&
    embargoUntil === next.embargoUntil
  );
}
