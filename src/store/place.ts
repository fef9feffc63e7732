/**
 * Where things are found from outside a vault: keyed hashes under the gateway's look-up key, 128
 * bits, written as uuid. Without the key nobody can try a BSN or an id against the database.
 */
import { createHmac, type KeyObject } from 'node:crypto';
import type { Keyring } from '../identity/index.ts';

export interface PlaceKeys {
  readonly people: KeyObject;
  readonly places: KeyObject;
  /** Places worked out before; the same few thousand are asked for again and again. */
  readonly known: Map<string, string>;
}

const KNOWN_PLACES_MAX = 20_000;

export const placeKeys = (keyring: Keyring): PlaceKeys => ({
  people: keyring.hmac('store/lookup'),
  places: keyring.hmac('store/place'),
  known: new Map(),
});

export interface PersonIdentifier {
  readonly system: string;
  readonly value: string;
}

export function personHash(keys: PlaceKeys, { system, value }: PersonIdentifier): string {
  return keyed(keys.people, JSON.stringify([system, value]));
}

const BOUND_BYTES = 16;

/** What binds the row from a number to its vault: who has no key of the gateway cannot make it. */
export function boundLookup(keys: PlaceKeys, hash: string, vault: string): Buffer {
  const mac = createHmac('sha256', keys.people).update(`lookup|${hash}|${vault}`).digest();
  return mac.subarray(0, BOUND_BYTES);
}

/** Neither a type nor an id holds a slash, so no two pairs give the same text. */
export function placeOf(keys: PlaceKeys, type: string, id: string): string {
  const name = `${type}/${id}`;
  const known = keys.known.get(name);
  if (known !== undefined) return known;
  const place = keyed(keys.places, name);
  if (keys.known.size >= KNOWN_PLACES_MAX) keys.known.clear();
  keys.known.set(name, place);
  return place;
}

/** In the spelling that PostgreSQL answers in: it is part of what a row is sealed with. */
function keyed(key: KeyObject, text: string): string {
  const hex = createHmac('sha256', key).update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}
