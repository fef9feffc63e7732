/**
 * Results of one order that share a code and number nothing (HL7 v2 without OBX-4): the glucose of
 * eight and of ten o'clock. In one message their order tells them apart; when one of them comes
 * again alone, or in another order, only its own moment says which of the stored ones it is.
 */
import type { Resource } from '../conformance/index.ts';
import type { Tx } from '../platform/database.ts';
import type { Store } from '../store/index.ts';
import type { MappedMessage, MappedResource } from './format.ts';
import { storedIn } from './resource-form.ts';

interface ApartContext {
  readonly store: Store;
  readonly tx: Tx;
  readonly custodian: string;
  readonly vault: string;
}

/** The type and id under which a resource lies when it has this key. */
type IdOf = (mapped: MappedResource, key: string) => { readonly type: string; readonly id: string };

/** So many with one code in one order are looked for; a day curve has fewer. */
const SIBLINGS_MAX = 24;

/**
 * The keys that differ from what the message alone says; an empty map, without a question to the
 * store, when each result has a code of its own and the moment of its order.
 */
export async function keysApart(
  context: ApartContext,
  message: MappedMessage,
  idOf: IdOf,
): Promise<ReadonlyMap<MappedResource, string>> {
  const keys = new Map<MappedResource, string>();
  const groups = [...groupsOf(message)].filter(
    ([, group]) => group.length > 1 || group.some(({ apart }) => apart?.own),
  );
  if (groups.length === 0) return keys;
  const first = await lying(context, groups, idOf, [1, 2]);
  const several = groups.filter(
    ([base, group]) => group.length > 1 || (first.get(base)?.size ?? 0) > 0,
  );
  if (several.length === 0) return keys;
  const numbers = Array.from({ length: SIBLINGS_MAX }, (_none, at) => at + 1);
  const stored = await lying(context, several, idOf, numbers);
  for (const [base, group] of several) {
    for (const [one, number] of matched(group, stored.get(base) ?? new Map())) {
      keys.set(one, keyOf(base, number));
    }
  }
  return keys;
}

type Group = readonly MappedResource[];

const keyOf = (base: string, number: number): string => (number === 1 ? base : `${base}#${number}`);

function groupsOf({ resources }: MappedMessage): ReadonlyMap<string, Group> {
  const told = resources.filter(({ apart }) => apart !== undefined);
  return Map.groupBy(told, ({ key }) => key.replace(/#\d+$/, ''));
}

/** What lies there: when it was measured, and whether it is finished. */
interface Lying {
  readonly moment: number;
  readonly isFinished: boolean;
}

/** By base and number. */
async function lying(
  { store, tx, vault, custodian }: ApartContext,
  groups: readonly (readonly [string, Group])[],
  idOf: IdOf,
  numbers: readonly number[],
): Promise<ReadonlyMap<string, Map<number, Lying>>> {
  const places = new Map<string, { base: string; number: number }>();
  const ids = groups.flatMap(([base, [first]]) =>
    numbers.flatMap((number) => {
      if (!first) return [];
      const { type, id } = idOf(first, keyOf(base, number));
      places.set(`${type}/${id}`, { base, number });
      return [{ type, id, custodian }];
    }),
  );
  const types = [...new Set(ids.map(({ type }) => type))];
  const asked = { vault, types, ids, deletedToo: true, limit: ids.length };
  const { rows } = await store.candidates(tx, asked);
  const found = new Map<string, Map<number, Lying>>();
  for (const row of rows) {
    const place = places.get(`${row.type}/${row.id}`);
    if (!place) continue;
    const there = found.get(place.base) ?? new Map<number, Lying>();
    there.set(place.number, row.bytes.length === 0 ? NOTHING : lyingAs(storedIn(row, 'R4')));
    found.set(place.base, there);
  }
  return found;
}

/** A tombstone has no moment left. */
const NOTHING: Lying = { moment: Number.NaN, isFinished: false };

const FINISHED = new Set<unknown>(['final', 'amended', 'corrected']);

const lyingAs = (resource: Resource): Lying => ({
  moment: momentOf(resource),
  isFinished: FINISHED.has(resource['status']),
});

/**
 * Each takes the stored one of its own moment. What has none takes its place in the message when
 * the message speaks of at least as many as are stored: then it is one whose moment was mended. Of
 * fewer, it is one more; and so is a new final one beside one that was finished, since a moment
 * that is mended after that is said as a correction.
 */
function matched(
  group: Group,
  stored: ReadonlyMap<number, Lying>,
): ReadonlyMap<MappedResource, number> {
  const found = new Map<MappedResource, number>();
  const free = new Map([...stored].toSorted(([one], [other]) => one - other));
  for (const one of group) {
    const moment = momentOf(one.resource);
    const [number] = [...free].find(([, other]) => other.moment === moment) ?? [];
    if (number === undefined) continue;
    found.set(one, number);
    free.delete(number);
  }
  const isWhole = group.length >= stored.size;
  const taken = new Set([...found.values(), ...(isWhole ? [] : stored.keys())]);
  for (const one of group) {
    if (found.has(one)) continue;
    let number = 1;
    while (taken.has(number) || isAnother(one, stored.get(number))) number += 1;
    found.set(one, number);
    taken.add(number);
  }
  return found;
}

/** Both say when they were measured, differently, and neither mends the other. */
const isAnother = ({ resource, apart }: MappedResource, other: Lying | undefined): boolean =>
  other?.isFinished === true &&
  other.moment !== 0 &&
  momentOf(resource) !== 0 &&
  apart?.own === true &&
  resource['status'] === 'final';

/** Milliseconds of when it was measured; 0 without one, so that two without are of one moment. */
function momentOf(resource: Resource): number {
  const { effectiveDateTime } = resource;
  return typeof effectiveDateTime === 'string' ? Date.parse(effectiveDateTime) : 0;
}
