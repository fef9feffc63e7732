/**
 * References of a transaction to what stands in it, by `Type/id`: what is sent by `POST` gets
 * another id, so such a reference must follow. https://hl7.org/fhir/R4/http.html#trules
 */
import { randomUUID } from 'node:crypto';
import type { LinkTargets, Resource } from '../../conformance/index.ts';
import { Problem } from '../../platform/problem.ts';
import { type NamedEntry, namesOf, namesWithin, placesOfSeveral } from '../bundle-names.ts';
import { rewriteReferences } from '../resource-form.ts';
import { linkedPatch } from './linked-patch.ts';
import type { Requested } from './requested.ts';

const TOLD_MAX = 20;

/**
 * The same writes, with such references written out as the `fullUrl` that they mean; what has none
 * is given one. What keeps its id is found by it anyway.
 * @throws Problem `unprocessable` code `ambiguous-reference` with each place that may mean several
 */
export function withinBundle(requested: readonly Requested[]): readonly Requested[] {
  const entries = requested.map(({ type, fullUrl, id, resource, method }) => {
    return { type, fullUrl, id, sentId: resource?.id, isGone: method === 'DELETE' };
  });
  // What is put under the name that it has is written as it came: nothing has to follow it.
  const names = entries.every(keepsName) ? undefined : namesWithin(entries);
  if (!names) return requested;
  const meant = new Map<number, Pick<Requested, 'fullUrl' | 'calledId'>>();
  const unclear: string[] = [];
  const linked = requested.map((one, from) => {
    let isClear = true;
    const get = (name: string): string | undefined => {
      const found = names(from, name);
      if (found === 'several') isClear = false;
      if (found === undefined || found === 'several') return undefined;
      const { type, id, fullUrl } = requested[found.at] as Requested;
      if (name === `${type}/${id}`) return undefined;
      const known = meant.get(found.at);
      const address = known?.fullUrl ?? fullUrl ?? `urn:uuid:${randomUUID()}`;
      const calledId = found.byRoot ? known?.calledId : name.slice(type.length + 1);
      meant.set(found.at, {
        fullUrl: address,
        ...(calledId === undefined ? {} : { calledId }),
      });
      return address;
    };
    const made = withTargets(one, { get });
    const where = { from, resource: one.resource ?? {}, place: `${one.place}.resource` };
    if (!isClear && one.patch) unclear.push(one.place);
    else if (!isClear) unclear.push(...placesOfSeveral(names, where, TOLD_MAX - unclear.length));
    return made;
  });
  if (unclear.length > 0) throw ambiguous(unclear);
  return linked.map((one, at) => ({ ...one, ...meant.get(at) }));
}

function keepsName(entry: NamedEntry): boolean {
  const kept = `${entry.type}/${entry.id}`;
  return entry.isGone === true || [...namesOf(entry).keys()].every((name) => name === kept);
}

/** What a bundle within this one holds is called as that one calls it. */
function withTargets(one: Requested, targets: LinkTargets): Requested {
  const { resource, patch } = one;
  if (patch) return { ...one, patch: linkedPatch(patch, targets) };
  if (!resource || resource.resourceType === 'Bundle') return one;
  return { ...one, resource: rewriteReferences(resource, targets) as Resource };
}

function ambiguous(expression: readonly string[]): Problem {
  return new Problem('unprocessable', 'Several entries of the bundle are called so.', {
    code: 'ambiguous-reference',
    expression,
  });
}
