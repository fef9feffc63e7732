/**
 * References of a bundle to what stands in it: `Patient/a` in an entry whose `fullUrl` is
 * `https://sender.example/fhir/Observation/b` means the entry whose `fullUrl` is
 * `https://sender.example/fhir/Patient/a`. https://hl7.org/fhir/R4/bundle.html#references
 */
import type { Resource } from '../../conformance/index.ts';
import { rewriteReferences } from '../resource-form.ts';
import type { Requested } from './requested.ts';

const RESTFUL = /^(https?:\/\/.+)\/([A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64})$/;

/**
 * The same writes, with such references written out as the `fullUrl` that they mean. What keeps its
 * id is found by it anyway.
 */
export function withinBundle(requested: readonly Requested[]): readonly Requested[] {
  const roots = new Map<string, Map<string, string>>();
  for (const { fullUrl, id } of requested) {
    const [, root, name] = (id === undefined && RESTFUL.exec(fullUrl ?? '')) || [];
    if (fullUrl === undefined || root === undefined || name === undefined) continue;
    const names = roots.get(root) ?? new Map<string, string>();
    roots.set(root, names.set(name, fullUrl));
  }
  if (roots.size === 0) return requested;
  return requested.map((one) => {
    const names = roots.get(RESTFUL.exec(one.fullUrl ?? '')?.[1] ?? '');
    if (!names || !one.resource) return one;
    return { ...one, resource: rewriteReferences(one.resource, names) as Resource };
  });
}
