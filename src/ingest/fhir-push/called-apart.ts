/**
 * Two entries of a bundle that are called `Type/id` alike, each by a server of its own: what refers
 * to one of them means that of its own server (https://hl7.org/fhir/R4/bundle.html#references).
 */
import type { BundleEntry, Resource } from '../../conformance/index.ts';
import { type NamedEntry, namesOf, namesWithin, placesOfSeveral } from '../bundle-names.ts';
import type { MappingIssue } from '../format.ts';
import { stableUrn } from '../mapping/identity.ts';
import { rewriteReferences } from '../resource-form.ts';

const TOLD_MAX = 50;

/**
 * The same entries, with such references written out as the address of the entry that they mean.
 * What is called as no other is comes back as it was.
 */
export function calledApart(entries: readonly BundleEntry[]): {
  readonly entries: readonly BundleEntry[];
  readonly issues: readonly MappingIssue[];
} {
  const named = entries.map(namedEntry);
  const shared = sharedNames(named);
  const names = shared.size === 0 ? undefined : namesWithin(named);
  if (!names) return { entries, issues: [] };
  const places: string[] = [];
  const given = new Map<number, string>();
  const apart = entries.map((entry, from): BundleEntry => {
    const { resource } = entry;
    if (!resource || resource.resourceType === 'Bundle') return entry;
    let isClear = true;
    const get = (name: string): string | undefined => {
      const meant = shared.has(name) ? names(from, name) : undefined;
      if (meant === 'several') isClear = false;
      if (meant === undefined || meant === 'several') return undefined;
      const address = named[meant.at]?.fullUrl ?? stableUrn('', name, String(meant.at));
      given.set(meant.at, address);
      return address;
    };
    const rewritten = rewriteReferences(resource, { get }) as Resource;
    const where = { from, resource, place: `Bundle.entry[${from}].resource` };
    if (!isClear) places.push(...placesOfSeveral(names, where, TOLD_MAX - places.length));
    return { ...entry, resource: rewritten };
  });
  return {
    entries: apart.map((entry, at) => withAddress(entry, given.get(at))),
    issues: places.map(unclear),
  };
}

const withAddress = (entry: BundleEntry, fullUrl: string | undefined): BundleEntry =>
  fullUrl === undefined ? entry : { ...entry, fullUrl };

function namedEntry({ fullUrl, resource, request }: BundleEntry): NamedEntry {
  const [urlType = '', urlId] = (request?.url ?? '').split('?')[0]?.split('/') ?? [];
  const isPost = request === undefined || request.method === 'POST';
  return {
    type: request?.method === 'PATCH' ? urlType : (resource?.resourceType ?? urlType),
    fullUrl,
    id: isPost ? undefined : urlId,
    sentId: request?.method === 'PATCH' ? undefined : resource?.id,
    isGone: request?.method === 'DELETE',
  };
}

/** Names that more than one entry has. */
function sharedNames(named: readonly NamedEntry[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const shared = new Set<string>();
  for (const one of named) {
    if (one.isGone) continue;
    for (const name of namesOf(one).keys()) (seen.has(name) ? shared : seen).add(name);
  }
  return shared;
}

const unclear = (place: string): MappingIssue => ({
  kind: 'rule',
  severity: 'warning',
  code: 'ambiguous-reference',
  text: 'Several entries of the bundle are called so; the reference is kept as it is.',
  place,
});
