/** Versions at a door that is limited to a part of a type, and those of a moment. */
import { dateBounds, type FhirVersion, type Resource } from '../conformance/index.ts';
import type { StoredResource } from '../store/index.ts';
import { inForm } from './release-form.ts';
import type { Opened } from './search-pool.ts';

/** One resource of one source, over its versions. */
export const resourceName = ({ type, id, custodian }: StoredResource): string =>
  `${type}/${id}/${custodian}`;

/** Which versions belong to that part; a delete marker does when a version before it did. */
export function fittingIn(
  rows: readonly StoredResource[],
  {
    fits,
    version,
  }: { readonly fits?: (resource: Resource) => boolean; readonly version: FhirVersion },
): (row: StoredResource) => boolean {
  if (!fits) return () => true;
  const isFit = (row: StoredResource) => {
    if (row.isClosed) return false;
    const form = inForm(row, version);
    return form && fits(form);
  };
  const names = new Set(rows.filter((row) => isFit(row) === true).map(resourceName));
  return (row) => isFit(row) ?? names.has(resourceName(row));
}

/** Names one version among all. */
export const versionName = (row: StoredResource): string => `${resourceName(row)}/${row.version}`;

/** Names of those that brought back what was deleted, as far as the deletion may be seen. */
export function broughtBackIn(shown: readonly Opened[]): ReadonlySet<string> {
  const after = ({ row }: Opened) => `${resourceName(row)}/${row.version + 1}`;
  const deletions = new Set(shown.filter(({ row }) => row.deleted).map(after));
  const names = shown.flatMap(({ row }) => (row.deleted ? [] : versionName(row)));
  return new Set(names.filter((name) => deletions.has(name)));
}

/**
 * The versions that were current at some moment of a period (`_at`). Only what may be seen ends what
 * was before it: that something hidden came in between does not show.
 * @param at a FHIR date or instant, read before
 */
export function currentIn(shown: readonly Opened[], at: string): Opened[] {
  const { from, until } = dateBounds(at) ?? {};
  if (!from || !until) return [];
  const ends = new Map<Opened, number>();
  const next = new Map<string, number>();
  for (const one of shown.toSorted((a, b) => b.row.version - a.row.version)) {
    const name = resourceName(one.row);
    ends.set(one, next.get(name) ?? Number.POSITIVE_INFINITY);
    next.set(name, one.row.updated.getTime());
  }
  return shown.filter((one) => {
    const end = ends.get(one) ?? Number.POSITIVE_INFINITY;
    return one.row.updated.getTime() < until.getTime() && end > from.getTime();
  });
}
