/**
 * One number for a whole record, the same wherever it lies (capabilities A12): what a resource says
 * counts, and to which other resources it points; the ids that a server gave it, its versions and
 * the order do not. Two records with the same number hold the same.
 */
import { createHash } from 'node:crypto';
import type { Resource } from './resource.ts';

/** References are followed this far: further away two resources hardly ever differ. */
const ROUNDS = 3;

/** SHA-256 of the record, hexadecimal. */
export function recordDigest(resources: readonly Resource[]): string {
  let known = new Map(resources.map((one) => [nameOf(one), '']));
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = known;
    known = new Map(resources.map((one) => [nameOf(one), digestOf(one, before)]));
  }
  return sha256([...known.values()].toSorted().join('\n'));
}

const nameOf = ({ resourceType, id }: Resource): string => `${resourceType}/${id ?? ''}`;

function digestOf(resource: Resource, known: ReadonlyMap<string, string>): string {
  const { id: _id, meta, ...said } = resource;
  const profile = (meta as { profile?: unknown } | undefined)?.profile;
  return sha256(JSON.stringify(inOrder({ ...said, ...(profile ? { profile } : {}) }, known)));
}

/** Members in one order; a reference within the record stands for what it points to. */
function inOrder(value: unknown, known: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((one) => inOrder(one, known));
  if (typeof value !== 'object' || value === null) return value;
  // A number keeps the digits that it was written with.
  const kind = Object.getPrototypeOf(value) as unknown;
  if (kind !== Object.prototype && kind !== null) return String(value);
  const members = Object.entries(value as Record<string, unknown>).map(([name, inner]) => {
    const isLink = (name === 'reference' || name === 'url') && typeof inner === 'string';
    return [name, isLink ? linkOf(inner, known) : inOrder(inner, known)] as const;
  });
  return Object.fromEntries(members.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function linkOf(link: string, known: ReadonlyMap<string, string>): string {
  const [, type, id] = /(?:^|\/)([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})$/.exec(link) ?? [];
  const found = type === undefined ? undefined : known.get(`${type}/${id}`);
  return found === undefined ? link : `${type} ${found}`;
}

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
