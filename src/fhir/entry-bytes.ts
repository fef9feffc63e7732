/**
 * Bundles in JSON, put together from entries that leave as they lie in the store: each is copied
 * once, to where it leaves from. An entry that has to be edited is written by the codec of
 * resources, which keeps the digits of decimals.
 */
import { type Resource, writeFhir } from '../conformance/index.ts';
import type { ReleasedResource } from '../consent/index.ts';
import type { Asking } from './asking.ts';
import { face } from './face.ts';
import { faceBytes, latin1 } from './face-bytes.ts';

/** Texts of which each character is a byte, and what leaves between them. */
export interface EntryBytes {
  readonly before: string;
  readonly bytes?: Buffer;
  /** Position in `bytes` of the first that leaves. */
  readonly from?: number;
  readonly after: string;
}

/** @param edit what this answer leaves out of each resource; absent: nothing */
export function entryBytes(
  asking: Asking,
  released: ReleasedResource,
  mode: 'match' | 'include',
  edit?: (resource: Resource) => Resource,
): EntryBytes {
  const after = mode === 'match' ? MATCH : INCLUDE;
  const lying = edit ? undefined : faceBytes(released, asking);
  if (lying !== undefined) {
    const { type, head, lying: bytes, from } = lying;
    return { before: startOf(asking, type, released.id) + head, bytes, from, after };
  }
  const resource = edit ? edit(face(released, asking)) : face(released, asking);
  const bytes = writeFhir(resource, { format: 'json', version: asking.version });
  return { before: startOf(asking, resource.resourceType, released.id), bytes, from: 0, after };
}

const MATCH = ',"search":{"mode":"match"}}';
const INCLUDE = ',"search":{"mode":"include"}}';

const startOf = ({ base }: Asking, type: string, id: string): string =>
  `{"fullUrl":${latin1(JSON.stringify(`${base}/${type}/${id}`))},"resource":`;

/** An entry that lies nowhere. */
export const textEntry = (entry: object): EntryBytes => ({
  before: latin1(JSON.stringify(entry)),
  after: '',
});

/** @param head the Bundle without its entries. */
export function bundleBytes(head: object, entries: readonly EntryBytes[]): Buffer {
  const text = JSON.stringify(head);
  if (entries.length === 0) return Buffer.from(text);
  return joinEntries(`${latin1(text.slice(0, -1))},"entry":[`, entries, ']}');
}

/** The entries with commas between them. @param before and @param after each character a byte */
export function joinEntries(before: string, entries: readonly EntryBytes[], after: string): Buffer {
  let length = before.length + after.length + Math.max(0, entries.length - 1);
  for (const one of entries) {
    length += one.before.length + one.after.length;
    if (one.bytes) length += one.bytes.length - (one.from ?? 0);
  }
  const all = Buffer.allocUnsafe(length);
  let at = all.write(before, 0, 'latin1');
  for (const [nth, one] of entries.entries()) {
    if (nth > 0) all[at++] = COMMA;
    at += all.write(one.before, at, 'latin1');
    if (one.bytes) at += one.bytes.copy(all, at, one.from);
    at += all.write(one.after, at, 'latin1');
  }
  all.write(after, at, 'latin1');
  return all;
}

const COMMA = 0x2c;
