/** A stored row in the FHIR version that is asked for (D5): native as it came, else converted. */
import {
  type FhirVersion,
  type Resource,
  readOwnJson,
  stu3TypesOf,
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

/** Whether it can be given in this version at all: a type that is new in R4 has no form in STU3. */
export function hasForm({ type, native }: StoredResource, version: FhirVersion): boolean {
  return version.name === 'R4' || native === version.name || stu3TypesOf(type).length > 0;
}

const formed = new WeakMap<StoredResource, Map<string, Resource>>();
/** JSON that was read takes about so many times its bytes. */
const READ_BYTES = 5;

/** @returns undefined for a tombstone. The result is shared: nobody may change it. */
export function inForm(row: StoredResource, version: FhirVersion): Resource | undefined {
  if (row.deleted) return undefined;
  const forms = formed.get(row) ?? new Map<string, Resource>();
  formed.set(row, forms);
  const known = forms.get(version.name);
  if (known) return known;
  const form = dated(make(row, version), row);
  forms.set(version.name, form);
  row.kept?.grow(READ_BYTES * row.bytes.length);
  return form;
}

function make(row: StoredResource, version: FhirVersion): Resource {
  const lying = lyingForm(row, version);
  if (lying) return readOwnJson(lying);
  const other = readOwnJson(row.bytes);
  return version.name === 'R4' ? toR4(other).resource : toStu3(other).resource;
}

/** With the time and version that clients see, so that `_lastUpdated` looks at those. */
function dated(resource: Resource, { updated, version }: StoredResource): Resource {
  const { meta } = resource;
  const lastUpdated = updated.toISOString();
  return { ...resource, meta: { ...meta, versionId: String(version), lastUpdated } };
}
