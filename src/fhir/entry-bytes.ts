/**
 * Bundles in JSON, put together from entries that leave as they lie in the store. An entry that has
 * to be edited is written by the codec of resources, which keeps the digits of decimals.
 */
import { type Resource, writeFhir } from '../conformance/index.ts';
import type { ReleasedResource } from '../consent/index.ts';
import type { Asking } from './asking.ts';
import { face } from './face.ts';
import { faceBytes, typeIn } from './face-bytes.ts';

/** @param edit what this answer leaves out of each resource; absent: nothing */
export function entryBytes(
  asking: Asking,
  released: ReleasedResource,
  mode: 'match' | 'include',
  edit?: (resource: Resource) => Resource,
): Buffer {
  const lying = edit ? undefined : faceBytes(released, asking);
  const resource = lying ? undefined : whole(asking, released, edit);
  const type = resource?.resourceType ?? typeIn(lying?.toString('latin1', 0, 100) ?? '');
  const fullUrl = JSON.stringify(`${asking.base}/${type}/${released.id}`);
  const { version } = asking;
  return Buffer.concat([
    Buffer.from(`{"fullUrl":${fullUrl},"resource":`),
    lying ?? writeFhir(resource as Resource, { format: 'json', version }),
    END[mode],
  ]);
}

const END = {
  match: Buffer.from(',"search":{"mode":"match"}}'),
  include: Buffer.from(',"search":{"mode":"include"}}'),
} as const;

function whole(
  asking: Asking,
  released: ReleasedResource,
  edit: (resource: Resource) => Resource = (resource) => resource,
): Resource {
  return edit(face(released, asking));
}

/** @param head the Bundle without its entries. */
export function bundleBytes(head: object, entries: readonly Buffer[]): Buffer {
  const text = JSON.stringify(head);
  if (entries.length === 0) return Buffer.from(text);
  const parts: Buffer[] = [Buffer.from(`${text.slice(0, -1)},"entry":[`)];
  for (const [at, entry] of entries.entries()) parts.push(...(at === 0 ? [] : [COMMA]), entry);
  return Buffer.concat([...parts, CLOSE]);
}

const COMMA = Buffer.from(',');
const CLOSE = Buffer.from(']}');
