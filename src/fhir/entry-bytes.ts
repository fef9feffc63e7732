/**
 * Bundles in JSON, put together from entries that leave as they lie in the store. An entry that has
 * to be edited is written by the codec of resources, which keeps the digits of decimals.
 */
import { type Resource, writeFhir } from '../conformance/index.ts';
import type { ReleasedResource } from '../consent/index.ts';
import type { Asking } from './asking.ts';
import { face } from './face.ts';
import { faceLatin1, typeIn } from './face-bytes.ts';

/**
 * One entry, each character a byte of its UTF-8: joined with others as it is.
 * @param edit what this answer leaves out of each resource; absent: nothing
 */
export function entryLatin1(
  asking: Asking,
  released: ReleasedResource,
  mode: 'match' | 'include',
  edit?: (resource: Resource) => Resource,
): string {
  const lying = edit ? undefined : faceLatin1(released, asking);
  if (lying !== undefined) return entryOf(asking, typeIn(lying), released.id, lying, mode);
  const resource = whole(asking, released, edit);
  const written = writeFhir(resource, { format: 'json', version: asking.version });
  return entryOf(asking, resource.resourceType, released.id, written.toString('latin1'), mode);
}

function entryOf(
  { base }: Asking,
  type: string,
  id: string,
  resource: string,
  mode: 'match' | 'include',
): string {
  const fullUrl = latin1(JSON.stringify(`${base}/${type}/${id}`));
  return `{"fullUrl":${fullUrl},"resource":${resource},"search":{"mode":"${mode}"}}`;
}

/** A text as the characters that are the bytes of its UTF-8. */
export const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

function whole(
  asking: Asking,
  released: ReleasedResource,
  edit: (resource: Resource) => Resource = (resource) => resource,
): Resource {
  return edit(face(released, asking));
}

/** @param head the Bundle without its entries. @param entries as `entryLatin1` makes them */
export function bundleBytes(head: object, entries: readonly string[]): Buffer {
  const text = JSON.stringify(head);
  if (entries.length === 0) return Buffer.from(text);
  const start = latin1(text.slice(0, -1));
  return Buffer.from(`${start},"entry":[${entries.join(',')}]}`, 'latin1');
}
