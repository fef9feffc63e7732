/**
 * Writing versions, inside the caller's transaction: what is new is added, what changed becomes the
 * next version, what is the same stays, and what the source said earlier never overwrites what it
 * said later (B6). A write looks at its own vault only.
 */
import type { Clock } from '../platform/clock.ts';
import type { Tx } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { type PlaceKeys, placeOf } from './place.ts';
import { openRow } from './sealed-row.ts';
import { plainTokens, tokenArray } from './search-tokens.ts';
import { sourceInstant } from './source-instant.ts';
import { type ResourceWrite, STANDING_ENDED, type StoredResource } from './stored-resource.ts';
import type { VaultKeys } from './vault-keys.ts';
import {
  addOlderRow,
  addOrFetch,
  confirmRow,
  type HeldRow,
  olderRows,
  type PreparedWrite,
  type Replacing,
  replaceRows,
  rowOf,
  type Writer,
} from './version-rows.ts';

const PUT_LIMITS = {
  /** Resources in one statement. */
  resourcesMax: 500,
  attemptsMax: 6,
} as const satisfies Record<string, number>;

export interface PutOptions {
  /**
   * Write only when this is the current version; 0: only when there is none. The time of the source
   * does not count then: whoever names the version knows what is replaced.
   */
  readonly ifVersion?: number;
}

export interface PutResult {
  readonly version: number;
  /** There was none, or a deleted one. */
  readonly created: boolean;
  /** `older` went to history without becoming current; `unchanged` wrote no version. */
  readonly outcome: 'stored' | 'unchanged' | 'older';
  readonly updated: Date;
  /** What stays current over an `older` one. */
  readonly over?: StoredResource;
}

export interface PutParts {
  readonly keys: VaultKeys;
  readonly places: PlaceKeys;
  readonly clock: Clock;
}

interface Pending extends PreparedWrite {
  readonly at: number;
  readonly write: ResourceWrite & PutOptions;
}

/**
 * Writes resources of one vault with few round trips: one for what is new, two where some replace
 * others. Where the same resource comes twice, the order given counts.
 * @returns one result for each write, in the same order.
 * @throws Problem `precondition` when `ifVersion` is not the current version; `not-found` when the
 *   vault was erased.
 */
export async function putMany(
  parts: PutParts,
  tx: Tx,
  vault: string,
  writes: readonly (ResourceWrite & PutOptions)[],
): Promise<PutResult[]> {
  const results: PutResult[] = [];
  const key = await parts.keys.record(tx, vault);
  let waiting: Pending[] = writes.map((write, at) => ({
    at,
    write,
    place: placeOf(parts.places, write.type, write.id),
    tokens: tokenArray(key.for('tokens'), plainTokens(write)),
  }));
  let standstill = 0;
  while (waiting.length > 0) {
    const { wave, later } = nextWave(waiting);
    const missed = await putWave(parts, { tx, key, now: parts.clock() }, wave, results);
    standstill = missed.length === wave.length ? standstill + 1 : 0;
    if (standstill >= PUT_LIMITS.attemptsMax) {
      throw new Problem('busy', 'The record is being written by others.', { retryAfterSeconds: 1 });
    }
    waiting = [...missed, ...later];
  }
  return results;
}

/**
 * One statement may touch a row only once, so the second write of a resource waits for the next.
 */
function nextWave(waiting: readonly Pending[]): { wave: Pending[]; later: Pending[] } {
  const taken = new Set<string>();
  const wave: Pending[] = [];
  const later: Pending[] = [];
  for (const one of waiting) {
    const row = `${one.place}|${one.write.custodian}`;
    if (taken.has(row) || wave.length >= PUT_LIMITS.resourcesMax) later.push(one);
    else wave.push(one);
    taken.add(row);
  }
  return { wave, later };
}

/** @returns what has to be tried again: another transaction added it while this one looked. */
async function putWave(
  parts: PutParts,
  writer: Writer,
  wave: readonly Pending[],
  results: PutResult[],
): Promise<Pending[]> {
  const mustExist = new Set<PreparedWrite>(wave.filter((one) => (one.write.ifVersion ?? 0) > 0));
  const held = await addOrFetch(writer, parts.keys, wave, (one) => !mustExist.has(one));
  const replacing: (Pending & Replacing)[] = [];
  const missed: Pending[] = [];
  for (const [index, one] of wave.entries()) {
    const row = held.get(index + 1);
    if (!row) {
      if (mustExist.has(one)) throw notThatVersion();
      missed.push(one);
    } else if (row.versions === null) {
      results[one.at] = { version: 1, created: true, outcome: 'stored', updated: writer.now };
    } else {
      const version = row.versions + 1;
      // Who waited for the row looked at the clock before: a version is never older than the last.
      const updated = new Date(Math.max(writer.now.getTime(), row.updated.getTime()));
      const kept = await judge({ ...writer, now: updated }, one, row, version);
      results[one.at] = kept ?? { version, created: row.deleted, outcome: 'stored', updated };
      if (!kept) replacing.push({ ...one, version, updated });
    }
  }
  if (replacing.length > 0) await replaceRows(writer, replacing);
  return missed;
}

/** What a write on an existing row comes to; undefined: it becomes the current version. */
async function judge(
  writer: Writer,
  one: Pending,
  held: HeldRow,
  nextVersion: number,
): Promise<PutResult | undefined> {
  const { ifVersion } = one.write;
  if (ifVersion !== undefined && (ifVersion === 0 ? !held.deleted : ifVersion !== held.version)) {
    throw notThatVersion();
  }
  const row = rowOf(one, held);
  const current = openRow(writer.key, row);
  const isOlder = ifVersion === undefined && comesBefore(one.write, current);
  if (held.tokens === one.tokens && sameContent(current, one.write)) {
    // The source said the same again, later: what it said in between must not win any more.
    if (comesBefore(current, one.write)) await confirmRow(writer, one, row, current);
    return { version: held.version, created: false, outcome: 'unchanged', updated: held.updated };
  }
  if (!isOlder) return undefined;
  return { ...(await keepOlder(writer, one, nextVersion)), over: current };
}

/** To history at once; the same late message a second time finds itself there. */
async function keepOlder(writer: Writer, one: Pending, version: number): Promise<PutResult> {
  for (const row of await olderRows(writer, one)) {
    const known = openRow(writer.key, row);
    if (known.sourceTime === one.write.sourceTime && sameContent(known, one.write)) {
      return { version: row.version, created: false, outcome: 'unchanged', updated: row.updated };
    }
  }
  await addOlderRow(writer, one, version);
  return { version, created: false, outcome: 'older', updated: writer.now };
}

type FromSource = { readonly sourceTime?: string; readonly standing?: number };

/**
 * By what the source said of how far it is, while it goes on (source-formats.md 2.6: a final
 * result never goes back to preliminary); else by time, only when both sources said when.
 */
function comesBefore(one: FromSource, other: FromSource): boolean {
  const [from = 0, to = 0] = [one.standing, other.standing];
  if (from !== to && from > 0 && to > 0 && from < STANDING_ENDED && to < STANDING_ENDED) {
    return from < to;
  }
  const first = sourceInstant(one.sourceTime);
  const second = sourceInstant(other.sourceTime);
  if (first === undefined || second === undefined) return false;
  return first < second || (first === second && from < to);
}

const EMPTY = Buffer.alloc(0);

function sameContent(stored: StoredResource, write: ResourceWrite): boolean {
  return (
    stored.deleted === (write.deleted ?? false) &&
    stored.native === write.native &&
    stored.bytes.equals(write.bytes) &&
    (stored.r4 ?? EMPTY).equals(write.r4 ?? EMPTY) &&
    factsText(stored.facts, write.id) === factsText(write.facts, write.id)
  );
}

/**
 * The date is left out: it comes from the content, or where that has none from the moment of
 * arrival, and the same content that arrives again is no other content.
 */
function factsText(facts: ResourceWrite['facts'], id: string): string {
  const { type: _type, custodian: _custodian, date: _date, ...rest } = facts;
  const entries = Object.entries({ ...rest, id }).filter(([, value]) => value !== undefined);
  return JSON.stringify(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function notThatVersion(): Problem {
  return new Problem('precondition', 'The current version is not the one named.', {
    code: 'version-mismatch',
  });
}
