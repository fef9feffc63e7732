/** Versions at a door that is limited to a part of a type. */
import type { FhirVersion, Resource } from '../conformance/index.ts';
import type { StoredResource } from '../store/index.ts';
import { inForm } from './release-form.ts';

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
    const form = inForm(row, version);
    return form && fits(form);
  };
  const names = new Set(rows.filter((row) => isFit(row) === true).map(resourceName));
  return (row) => isFit(row) ?? names.has(resourceName(row));
}
