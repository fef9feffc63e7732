/** Ids of what a person sends: the same sent again is the same. */
import { createHmac } from 'node:crypto';
import type { Resource } from '../../conformance/index.ts';
import type { Keyring } from '../../identity/index.ts';
import { storedId } from '../../platform/stored-id.ts';
import type { SharedAs } from './share.ts';
import type { SharedEntry } from './shared-entry.ts';

/** The id under which it is kept: of a Task, the one that it has. */
export function idOf(
  keyring: Keyring,
  { vault, organisation }: SharedAs,
  one: { readonly entry: SharedEntry; readonly patient: string; readonly digest: Buffer },
): string {
  const { resource, method } = one.entry;
  const { resourceType: type } = resource;
  if (type === 'Patient') return one.patient;
  if (method === 'PUT') return resource.id ?? '';
  const key = `shared|${vault}|${keyOf(resource, one.digest)}`;
  return storedId(keyring.hmac('ids'), organisation.id, type, key);
}

/** What it is known by at the PGO, else its place in what was sent: sent again it is the same. */
function keyOf(resource: Resource, digest: Buffer): string {
  const identifiers = [resource['masterIdentifier'], resource['identifier']].flat() as {
    system?: string;
    value?: string;
  }[];
  const first = identifiers.find((one) => one?.value !== undefined);
  if (first) return `identifier|${first.system ?? ''}|${first.value}`;
  const { id: _id, meta: _meta, text: _text, ...content } = resource;
  return `content|${digest.toString('hex')}|${JSON.stringify(content)}`;
}

/** Keyed, so that nobody can try a reading against it. */
export function digestOf(
  keyring: Keyring,
  { vault }: SharedAs,
  entries: readonly SharedEntry[],
): Buffer {
  const content = JSON.stringify(entries.map(({ method, resource }) => [method, resource]));
  return createHmac('sha256', keyring.hmac('ids')).update(`share|${vault}|${content}`).digest();
}
