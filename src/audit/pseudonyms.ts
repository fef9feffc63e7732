/**
 * Names that only this ledger uses. A pseudonym stands for a person in records; a token stands for
 * a person, an agent or an organisation in index columns, so that a column alone tells nothing.
 */
import { createHmac, type KeyObject } from 'node:crypto';

export interface Pseudonyms {
  /** 128 bits in the form of a uuid, of a vault id or of another pseudonym of a person. */
  person(id: string): string;
  /** 32 bits: enough to narrow by, the record decides. */
  agent(kind: string, id: string): number;
  organisation(id: string): number;
}

/** Written where a door does not know the person: no secret, so no pseudonym. */
const UNKNOWN = 'unknown';
const CACHED_MAX = 20_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function createPseudonyms(hmac: (label: string) => KeyObject): Pseudonyms {
  const personKey = hmac('audit/person');
  const indexKey = hmac('audit/index');
  const person = cached((id) => {
    if (id === UNKNOWN) return UNKNOWN;
    return uuidOf(createHmac('sha256', personKey).update(id).digest('hex'));
  });
  const token = cached((name) =>
    createHmac('sha256', indexKey).update(name).digest().readInt32BE(0),
  );
  return {
    person,
    agent: (kind, id) => token(`agent|${kind}|${id}`),
    organisation: (id) => token(`organisation|${id}`),
  };
}

/**
 * Token of a patient as a decimal bigint: the first 64 bits of the pseudonym. Running numbers hang
 * on it; among 17 million people two share one with a chance of one in a hundred thousand.
 */
export function patientToken(pseudonym: string | undefined): string | null {
  if (pseudonym === undefined || !UUID.test(pseudonym)) return null;
  return Buffer.from(pseudonym.replaceAll('-', ''), 'hex').readBigInt64BE(0).toString();
}

/** The first 32 of these digits as a uuid. */
export function uuidOf(hex: string): string {
  const [a, b, c, d, e] = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ];
  return `${a}-${b}-${c}-${d}-${e}`;
}

/** The same few people and organisations come again and again; the oldest half makes room. */
function cached<T>(make: (name: string) => T): (name: string) => T {
  let young = new Map<string, T>();
  let old = new Map<string, T>();
  return (name) => {
    const known = young.get(name);
    if (known !== undefined) return known;
    const value = old.get(name) ?? make(name);
    if (young.size >= CACHED_MAX / 2) {
      old = young;
      young = new Map();
    }
    young.set(name, value);
    return value;
  };
}
