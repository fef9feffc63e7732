/**
 * Names that only this ledger uses. A pseudonym stands for a person in records and index columns; a
 * token stands for an agent or an organisation in index columns, so that a column alone tells nothing.
 */
import { createHmac, type KeyObject } from 'node:crypto';

export interface Pseudonyms {
  /** 128 bits in base64url, of a vault id or of another pseudonym of a person. */
  person(id: string): string;
  agent(kind: string, id: string): string;
  organisation(id: string): string;
}

/** Written where a door does not know the person: no secret, so no pseudonym. */
const UNKNOWN = 'unknown';
const CACHED_MAX = 20_000;

export function createPseudonyms(hmac: (label: string) => KeyObject): Pseudonyms {
  const personKey = hmac('audit/person');
  const indexKey = hmac('audit/index');
  const person = cached((id) =>
    id === UNKNOWN
      ? UNKNOWN
      : createHmac('sha256', personKey).update(id).digest().subarray(0, 16).toString('base64url'),
  );
  const token = cached((name) =>
    createHmac('sha256', indexKey).update(name).digest().readBigInt64BE(0).toString(),
  );
  return {
    person,
    agent: (kind, id) => token(`agent|${kind}|${id}`),
    organisation: (id) => token(`organisation|${id}`),
  };
}

/** A pseudonym of a person as the uuid of the index column; other names have none. */
export function personColumn(pseudonym: string | undefined): string | null {
  if (pseudonym === undefined) return null;
  const bytes = Buffer.from(pseudonym, 'base64url');
  return bytes.length === 16 ? uuidOf(bytes) : null;
}

function uuidOf(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The same few people and organisations come again and again; the oldest half makes room. */
function cached(make: (name: string) => string): (name: string) => string {
  let young = new Map<string, string>();
  let old = new Map<string, string>();
  return (name) => {
    const known = young.get(name) ?? old.get(name);
    const value = known ?? make(name);
    if (!young.has(name)) {
      if (young.size >= CACHED_MAX / 2) {
        old = young;
        young = new Map();
      }
      young.set(name, value);
    }
    return value;
  };
}
