/**
 * Plain creates of requests that run side by side share a transaction: one statement for the rows,
 * one for their ledger lines, one commit. What is plain looks at nothing that is stored: a new id,
 * a person named by the id of a Patient, no condition anywhere. All else takes the ordinary way,
 * and so does a create that could not be added here (its vault was closed or given a new key).
 */

import { randomUUID } from 'node:crypto';
import type { Ledger, LedgerEvent, PendingEntry } from '../../audit/index.ts';
import { r4TypeOf } from '../../conformance/index.ts';
import { RELATION_TYPES } from '../../permission/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { gather } from '../../platform/gather.ts';
import type { Addition, Store } from '../../store/index.ts';
import { isAlwaysDerived, isDerivedFrom } from '../derived-from.ts';
import type { TellNews } from '../handling.ts';
import type { Requested, Writer, Written } from './requested.ts';
import { conditionalIn } from './resolve.ts';
import { rowOf } from './row-of.ts';
import { namedPatient } from './whose.ts';
import { writes } from './write-event.ts';

interface CreateParts {
  readonly database: Database;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly news?: TellNews;
}

interface Create {
  readonly addition: Addition;
  readonly news: Parameters<TellNews>[1][number];
  readonly event: LedgerEvent;
}

const TOGETHER = { togetherMax: 64, lanesMax: 2 } as const;

/** @returns undefined when the ordinary way has to be taken: nothing was written then. */
export type CreateTogether = (
  writer: Writer,
  requested: readonly Requested[],
) => Promise<Written | undefined>;

export function createCreateTogether(parts: CreateParts): CreateTogether {
  const { database, store, ledger, clock } = parts;
  const commit = gather((creates: readonly Create[]) => commitTogether(parts, creates), TOGETHER);

  return async (writer, requested) => {
    const [one, ...more] = requested;
    if (!one || more.length > 0) return undefined;
    const patient = plainPatient(writer, one);
    if (!one.resource || patient === undefined) return undefined;
    const custodian = writer.sender.organisation.id;
    const place = await store.place(database, { type: 'Patient', id: patient, custodian });
    if (!place) return undefined;
    const updated = clock();
    const row = { sender: writer.sender, version: writer.version, recorded: updated.toISOString() };
    const { vault } = place;
    const { write, native } = rowOf(row, one.resource, randomUUID());
    if (isDerivedFrom(write)) return undefined;
    const addition = await store.addition(database, { vault, updated }, write);
    const { id } = write;
    const written: Written = {
      ...{ type: one.type, id, version: 1, updated, outcome: 'created' },
      resource: native,
    };
    const news = { vault, custodian, types: new Set([write.type]) };
    const [event] = writes(writer, [{ requested: one, written, vault }]);
    const pending = event && (await commit({ addition, event, news }));
    if (!pending) return undefined;
    await ledger.numbered(pending);
    return written;
  };
}

async function commitTogether(
  { database, store, ledger, news }: CreateParts,
  creates: readonly Create[],
): Promise<(PendingEntry | undefined)[]> {
  return database.transaction(async (tx) => {
    const added = await store.addTogether(
      tx,
      creates.map(({ addition }) => addition),
    );
    const made = creates.filter((_create, at) => added[at]);
    if (made.length > 0) {
      await news?.(
        tx,
        made.map((one) => one.news),
      );
    }
    const pending = await ledger.writeAll(
      tx,
      made.map(({ event }) => event),
    );
    let next = 0;
    return added.map((isAdded) => (isAdded ? pending[next++] : undefined));
  });
}

/** Id of the Patient that a plain create is about. */
function plainPatient(writer: Writer, one: Requested): string | undefined {
  const { method, resource, type: _type, place: _place, ...how } = one;
  if (method !== 'POST' || Object.values(how).some((said) => said !== undefined)) return undefined;
  // What says who treats the person changes what is decided, so it takes the ordinary way.
  if (!resource || RELATION_TYPES.has(r4TypeOf(resource.resourceType))) return undefined;
  // It is decided along with what it is derived from, which has to be looked at; of bytes, which
  // may be many, no row is made in vain.
  if (isAlwaysDerived(r4TypeOf(resource.resourceType))) return undefined;
  if (conditionalIn(resource).size > 0) return undefined;
  return namedPatient(resource, writer.bases);
}
