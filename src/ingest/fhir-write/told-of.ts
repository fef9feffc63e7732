/** Whose that is of which a resource tells: it names no person itself. */
import { r4TypeOf } from '../../conformance/index.ts';
import { Problem } from '../../platform/problem.ts';
import { localReference } from './local-reference.ts';
import type { Requested } from './requested.ts';
import type { WhoseParts } from './whose.ts';

const LOCAL = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/\d+)?$/;

/**
 * A Provenance names no person: it lies where that lies of which it tells, as far as the sender has
 * it here. So do bytes that are kept as if they were something else.
 * @throws Problem `unprocessable` code `several-people` when it tells of more than one person's
 */
export async function told(
  { store, tx, writer }: WhoseParts,
  { resource, place }: Requested,
): Promise<string | undefined> {
  const element = TOLD_OF[resource?.resourceType ?? ''];
  if (!resource || element === undefined) return undefined;
  const custodian = writer.sender.organisation.id;
  const vaults = new Set<string>();
  for (const target of [resource[element]].flat()) {
    const { reference } = (target ?? {}) as { reference?: unknown };
    const text = typeof reference === 'string' ? localReference(reference, writer.bases) : '';
    const [, type, id] = LOCAL.exec(text) ?? [];
    if (type === undefined || id === undefined) continue;
    const found = await store.place(tx, { type: r4TypeOf(type), id, custodian });
    if (found) vaults.add(found.vault);
  }
  const [vault, ...others] = vaults;
  if (others.length === 0) return vault;
  throw new Problem('unprocessable', 'It tells of what is in the records of several people.', {
    code: 'several-people',
    expression: [`${place === '' ? 'Provenance' : `${place}.resource`}.target`],
  });
}

const TOLD_OF: Readonly<Record<string, string>> = {
  Provenance: 'target',
  Binary: 'securityContext',
};
