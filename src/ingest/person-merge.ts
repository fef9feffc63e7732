/**
 * A sender says that two of its numbers are one person (ADT A40 and its kin; source-formats.md
 * 2.8). Where that would join two records it is never done in silence: the message is held, and
 * joining follows from somebody's decision (capabilities B6, B10). A number that leads nowhere yet
 * is linked to the record that goes on, so that what still comes under it lands there.
 */
import type { LedgerEvent } from '../audit/index.ts';
import { BSN_SYSTEM, type Identifier, isBsnSystem } from '../conformance/index.ts';
import type { Sql, Tx } from '../platform/database.ts';
import { holdsSome, type Store } from '../store/index.ts';
import type { MappedMessage } from './format.ts';
import type { Handling, IntakeRooms } from './handling.ts';

/** Why a merge waits: both numbers have a record. */
export const TWO_RECORDS = 'merge-of-two-records';

/** Joins two records, and writes it down; handed over by the roof, since choices move along. */
export type JoinRecords = (
  vault: string,
  merged: string,
  by: LedgerEvent['agent'],
) => Promise<unknown>;

interface AskedMerge {
  readonly into?: string;
  readonly from?: string;
}

/** The records that the merges of a message lead to. */
export async function askedMerges(
  store: Store,
  sql: Sql,
  custodian: string,
  message: MappedMessage,
): Promise<AskedMerge[]> {
  const found: AskedMerge[] = [];
  for (const one of message.instructions ?? []) {
    if (one.kind !== 'merge') continue;
    const into = await recordOf(store, sql, custodian, one.into);
    const from = await recordOf(store, sql, custodian, one.from);
    found.push({ ...(into ? { into } : {}), ...(from ? { from } : {}) });
  }
  return found;
}

/** Whether a message would join two records, or give a known record another person's number. */
export const joinsTwo = (merges: readonly AskedMerge[]): boolean =>
  merges.some(({ into, from }) => from !== undefined && from !== into);

/**
 * Joins what somebody decided to be one person, before the message is stored. Done again it finds
 * nothing left to join, so a crash in between loses nothing.
 */
export async function joinDecided(
  rooms: IntakeRooms,
  { sender, decision, by }: Handling,
  messages: readonly MappedMessage[],
): Promise<void> {
  if (decision?.decision !== 'same-person' || !by) return;
  const { store, database } = rooms;
  const custodian = sender.organisation.id;
  for (const message of messages) {
    const merges = await askedMerges(store, database, custodian, message);
    if (!joinsTwo(merges)) continue;
    for (const { into, from } of merges) {
      if (from === undefined || from === into) continue;
      // A record in which the sender has nothing is not for its people to end: it waits on.
      if (!(await holdsSome(store, database, from, custodian))) continue;
      if (into !== undefined) await rooms.joinRecords?.(into, from, by);
      else await database.transaction((tx) => linkNew(store, tx, custodian, message, from));
    }
  }
}

/** The number that goes on is new here: it leads to the record that there is. */
async function linkNew(
  store: Store,
  tx: Tx,
  custodian: string,
  message: MappedMessage,
  vault: string,
): Promise<void> {
  for (const one of message.instructions ?? []) {
    if (one.kind !== 'merge') continue;
    for (const identifier of one.into) {
      const number = own(identifier, custodian);
      if (number) await store.linkIdentifier(tx, vault, number);
    }
  }
}

/** Numbers that ended lead to the record that went on, unless they lead somewhere already. */
export async function linkEndedNumbers(
  store: Store,
  tx: Tx,
  custodian: string,
  message: MappedMessage,
  vault: string,
): Promise<void> {
  for (const one of message.instructions ?? []) {
    if (one.kind !== 'merge') continue;
    for (const identifier of one.from) {
      const number = own(identifier, custodian);
      if (!number || number.system === BSN_SYSTEM) continue;
      const known = await store.findVault(tx, number);
      if (known === undefined) await store.linkIdentifier(tx, vault, number);
    }
  }
}

async function recordOf(
  store: Store,
  sql: Sql,
  custodian: string,
  identifiers: readonly Identifier[],
): Promise<string | undefined> {
  for (const identifier of identifiers) {
    const number = own(identifier, custodian);
    const vault = number && (await store.findVault(sql, number));
    if (vault !== undefined) return vault;
  }
  return undefined;
}

/** A number of the sender counts within its organisation; a BSN counts everywhere. */
function own({ system, value }: Identifier, custodian: string) {
  if (system === undefined || value === undefined) return undefined;
  if (!isBsnSystem(system)) return { system: `${custodian}|${system}`, value };
  return { system: BSN_SYSTEM, value: value.replace(/[\s.]/g, '').padStart(9, '0') };
}
