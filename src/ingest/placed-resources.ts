/**
 * Under which id each resource of a message lies. What came before two records became one kept the
 * ids it had: a correction of it, or mapping it again, finds it there, and never makes a second.
 */
import type { KeyObject } from 'node:crypto';
import { r4TypeOf, toR4 } from '../conformance/index.ts';
import type { Tx } from '../platform/database.ts';
import { storedId } from '../platform/stored-id.ts';
import type { Store, StoredResource } from '../store/index.ts';
import type { MappedMessage, MappedResource } from './format.ts';
import { numberedAs } from './own-number.ts';
import { keysApart } from './told-apart.ts';

export interface Placed {
  readonly mapped: MappedResource;
  /** R4 type name. */
  readonly type: string;
  readonly id: string;
}

interface PlaceContext {
  readonly store: Store;
  readonly tx: Tx;
  readonly idKey: KeyObject;
  readonly custodian: string;
  readonly vault: string;
  /** Patients of the record, where they were fetched already; none of a record that is new. */
  readonly persons?: readonly StoredResource[];
}

/** The resources of a message in its order, each with the id that it has in this record. */
export async function placedIn(
  context: PlaceContext,
  message: MappedMessage,
): Promise<readonly Placed[]> {
  const own = await placedWithin(context, context.vault, message);
  if (!mayHoldAnother(context)) return own;
  const former = await formerRecords(context, context.vault);
  if (former.length === 0) return own;
  const others: (readonly Placed[])[] = [];
  for (const vault of former) others.push(await placedWithin(context, vault, message));
  const lying = await lyingThere(context, [own, ...others].flat());
  return own.map((one, at) => {
    const known = [one, ...others.map((placed) => placed[at] ?? one)];
    return known.find(({ type, id }) => lying.has(`${type}/${id}`)) ?? one;
  });
}

/** As they were named in this record, or in one that went into it. */
async function placedWithin(
  context: PlaceContext,
  named: string,
  message: MappedMessage,
): Promise<readonly Placed[]> {
  const at = (mapped: MappedResource, key = mapped.key) =>
    place(context, named, message, { ...mapped, key });
  // In a record that is new nothing lies yet.
  const isNew = context.persons?.length === 0;
  const keys = isNew ? undefined : await keysApart(context, message, at);
  return message.resources.map((mapped) => {
    const key = keys?.get(mapped);
    const numbered = key === undefined ? mapped : numberedAs(mapped, key);
    return { ...at(mapped, key), mapped: numbered };
  });
}

/**
 * The id of a resource: the sender's own for a PUT, else a keyed hash of what identifies it there.
 * A person has one Patient for each custodian, whatever the message called it.
 */
function place(
  { idKey, custodian }: PlaceContext,
  vault: string,
  message: MappedMessage,
  mapped: MappedResource,
): Placed {
  if (mapped.patch) return { mapped, type: r4TypeOf(mapped.patch.type), id: mapped.clientId ?? '' };
  const native = mapped.resource.resourceType;
  const isPerson = native === 'Patient' && mapped.fullUrl === message.patient.fullUrl;
  const key = isPerson ? personKey(vault) : `${vault}|${mapped.key}`;
  const id = mapped.clientId ?? storedId(idKey, custodian, native, key);
  const type = mapped.version === 'R4' ? native : toR4(mapped.resource).resource.resourceType;
  return { mapped, type, id };
}

const personKey = (vault: string): string => `person|${vault}`;

/** A Patient that was not made in this record, if its Patients are known, came from another. */
function mayHoldAnother({ persons, idKey, vault }: PlaceContext): boolean {
  if (persons === undefined) return true;
  return persons.some(
    ({ id, custodian }) => id !== storedId(idKey, custodian, 'Patient', personKey(vault)),
  );
}

/** Records that went into this one, and those that had gone into them. */
async function formerRecords({ store, tx }: PlaceContext, vault: string): Promise<string[]> {
  const found: string[] = [];
  const asked = [vault];
  for (let one = asked.shift(); one !== undefined; one = asked.shift()) {
    const went = (await store.merges(tx, one)).map(({ merged }) => merged);
    const fresh = went.filter((merged) => !found.includes(merged));
    found.push(...fresh);
    asked.push(...fresh);
  }
  return found;
}

async function lyingThere(
  { store, tx, vault, custodian }: PlaceContext,
  placed: readonly Placed[],
): Promise<ReadonlySet<string>> {
  const { rows } = await store.candidates(tx, {
    vault,
    types: [...new Set(placed.map(({ type }) => type))],
    ids: placed.map(({ type, id }) => ({ type, id, custodian })),
    deletedToo: true,
    limit: placed.length,
  });
  return new Set(rows.map(({ type, id }) => `${type}/${id}`));
}

/**
 * What references inside the message lead to, by each name that an entry has: its `fullUrl`, and
 * `Type/id` by its own id or the end of its address (FHIR R4 2.36.4.1), unless two share that.
 */
export function targetsIn(placed: readonly Placed[]): ReadonlyMap<string, string> {
  const targets = new Map<string, string>();
  const short = new Map<string, Set<string>>();
  for (const { mapped, id } of placed) {
    const { fullUrl, resource, patch } = mapped;
    const native = patch?.type ?? resource.resourceType;
    const target = `${native}/${id}`;
    // Without an address this is the short name too, which two may have.
    if (!SHORT_NAME.test(fullUrl)) targets.set(fullUrl, target);
    else short.set(fullUrl, (short.get(fullUrl) ?? new Set()).add(target));
    if (/^urn:uuid:/i.test(fullUrl)) targets.set(fullUrl.toLowerCase(), target);
    const own = resource.id === undefined ? [] : [`${native}/${resource.id}`];
    const tail = REST_NAME.exec(fullUrl)?.[1] ?? [];
    for (const name of [...own, tail].flat()) {
      short.set(name, (short.get(name) ?? new Set()).add(target));
    }
  }
  for (const [name, [target, ...more]] of short) {
    if (target !== undefined && more.length === 0 && !targets.has(name)) targets.set(name, target);
  }
  return targets;
}

const SHORT_NAME = /^[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/;
const REST_NAME = /^https?:.*\/([A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64})$/;
