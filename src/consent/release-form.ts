/** A stored row in the FHIR version that is asked for (D5): native as it came, else converted. */
import {
  type FhirVersion,
  R4,
  type Resource,
  readFhir,
  STU3,
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
  const native = row.native === 'R4' ? R4 : STU3;
  if (version.name === native.name) return parsed(row.bytes, native);
  if (version.name === 'R4') {
    return row.r4 ? parsed(row.r4, R4) : toR4(parsed(row.bytes, STU3)).resource;
  }
  return toStu3(parsed(row.bytes, R4)).resource;
}

function parsed(bytes: Buffer, version: FhirVersion): Resource {
  return readFhir(bytes, { format: 'json', version });
}
