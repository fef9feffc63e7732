/** A stored row in the FHIR version that is asked for (D5): native as it came, else converted. */
import {
  type FhirVersion,
  type Resource,
  readOwnJson,
  toR4,
  toStu3,
} from '../conformance/index.ts';
import type { StoredResource } from '../store/index.ts';

/** The bytes of a row in the version asked, where they lie in the store as they are. */
export function lyingForm(row: StoredResource, version: FhirVersion): Buffer | undefined {
  if (row.deleted) return undefined;
  if (row.native === version.name) return row.bytes;
  return version.name === 'R4' ? row.r4 : undefined;
}

const formed = new WeakMap<StoredResource, Map<string, Resource>>();

/** @returns undefined for a tombstone. The result is shared: nobody may change it. */
export function inForm(row: StoredResource, version: FhirVersion): Resource | undefined {
  if (row.deleted) return undefined;
  const forms = formed.get(row) ?? new Map<string, Resource>();
  formed.set(row, forms);
  const known = forms.get(version.name);
  if (known) return known;
  const form = make(row, version);
  forms.set(version.name, form);
  return form;
}

function make(row: StoredResource, version: FhirVersion): Resource {
  const lying = lyingForm(row, version);
  if (lying) return readOwnJson(lying);
  const other = readOwnJson(row.bytes);
  return version.name === 'R4' ? toR4(other).resource : toStu3(other).resource;
}
