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
import {
  type Leftovers,
  noteLeftovers,
  remapContext,
  takeOutOfView,
  withoutMadeElsewhere,
} from './no-longer-made.ts';
import { deliveriesOf, partsOf, readAgain } from './sent-originals.ts';
import { lockPatients } from './store-delivery.ts';
import { likeStrictestSource } from './strictest-source.ts';
import { countedByArrival, TIME_AHEAD } from './times-ahead.ts';
import { sortByCodes } from './unknown-codes.ts';
import { prepareWrites, putAll } from './write-mapped.ts';

export interface RemapReport {
  deliveries: number;
  /** Parted by person, erased, or held: not looked at. */
  passedOver: number;
  /** Cannot be read any more with the mapping as it is now. */
  refused: number;
  /** Resources whose outcome differs, that appear, and that no message makes any more. */
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
  const leftovers: Leftovers = new Map();
  for await (const page of deliveriesOf(rooms, sender)) {
    for (const delivery of page) {
      report.deliveries += 1;
      for (const row of await partsOf(rooms, delivery)) {
        await remapOriginal({ rooms, sender, row, options, report, leftovers });
      }
    }
    options.progress?.(report);
  }
  await withoutMadeElsewhere(rooms, sender, leftovers);
  report.noLongerMade = leftovers.size;
  for (const { type } of leftovers.values()) count(report, `-${type}`);
  if (options.apply) await takeOutOfView(rooms, sender, leftovers, options.requestId);
  return report;
}

interface Remapping {
  readonly rooms: IntakeRooms;
  readonly sender: Sender;
  readonly row: DeliveryRow;
  readonly options: RemapOptions;
  readonly report: RemapReport;
  readonly leftovers: Leftovers;
}

async function remapOriginal(asked: Remapping): Promise<void> {
  const { rooms, sender, row, options, report, leftovers } = asked;
  const again = await readAgain(rooms, sender, row);
  if (row.state !== 'accepted' || !again) {
    report.passedOver += 1;
    return;
  }
  const { vault } = again;
  try {
    // As when it came: what lay ahead then does not come to count as later now.
    const messages = again
      .read()
      .messages.map((one) => countedByArrival(carriedOut(one), row.received));
    report.timesAhead += messages.filter(({ issues }) =>
      issues.some(({ code }) => code === TIME_AHEAD),
    ).length;
    const made = new Set<string>();
    let before: readonly StoredResource[] = [];
    const entry = await rooms.database.transaction(async (tx) => {
      await lockPatients(rooms, tx, messages);
      const written: string[] = [];
      for (const message of messages) {
        const done = await remapMessage({ ...asked, tx, vault }, message);
        written.push(...done.written);
        for (const name of done.made) made.add(name);
        before = done.before;
      }
      if (written.length === 0) return undefined;
      return rooms.ledger.write(tx, remapped(sender, row, vault, written, options.requestId));
    });
    if (entry) await rooms.ledger.numbered([entry]);
    noteLeftovers(leftovers, { row, vault, made }, before);
  } catch (error) {
    const problem = Problem.from(error);
    if (problem.kind === 'busy' || problem.kind === 'fault') throw error;
    report.refused += 1;
  }
}

interface OneRemap extends Remapping {
  readonly tx: Tx;
  readonly vault: string;
}

/** @returns what was written as `Type/id@version`, all that is made, and what lay there before. */
async function remapMessage(one: OneRemap, message: MappedMessage) {
  const { rooms, tx, sender, row, vault, options, report } = one;
  const context = remapContext(rooms, tx, sender, one);
  const { waiting } = sortByCodes(message.resources, sender.overlay);
  const prepared = await prepareWrites(context, message, waiting);
  // What is derived keeps the labels and the embargo of its sources.
  const { writes } = await likeStrictestSource(context, prepared.writes);
  const epoch = await rooms.store.epoch(tx, vault);
  const { rows } = await rooms.store.candidates(tx, {
    vault,
    epoch,
    custodians: [sender.organisation.id],
    deletedToo: true,
  });
  const current = new Map(rows.map((stored) => [`${stored.type}/${stored.id}`, stored]));
  const renewed = writes.filter((write) => {
    const stored = current.get(`${write.type}/${write.id}`);
    return isDifferent(write, stored, row.original, report);
  });
  // What waits is made as well, as soon as somebody translates its code.
  const made = [...prepared.complete, ...writes].map(({ type, id }) => `${type}/${id}`);
  if (!options.apply || renewed.length === 0) return { written: [], made, before: rows };
  const results = await putAll(context, renewed);
  const written = renewed.map(
    (write, at) => `${write.type}/${write.id}@${results[at]?.version ?? 1}`,
  );
  return { written, made, before: rows };
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
  for (const path of paths) count(report, path);
  return true;
}

function count({ differences }: RemapReport, path: string): void {
  differences.set(path, (differences.get(path) ?? 0) + 1);
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
