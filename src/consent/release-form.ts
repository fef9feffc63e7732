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

const formed = new WeakMap<StoredResource, Map<string, Resource>>();

/** @returns undefined for a tombstone. The result is shared: nobody may change it. */
export function inForm(row: StoredResource, version: FhirVersion): Resource | undefined {
  if (row.deleted) return undefined;
  const forms = formed.get(row) ?? new Map<string, Resource>();
  formed.set(row, forms);
  const known = forms.get(version.name);
  if (known) return known;
  const form = dated(make(row, version), row);
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

/** With the time and version that clients see, so that `_lastUpdated` looks at those. */
function dated(resource: Resource, { updated, version }: StoredResource): Resource {
  const { meta } = resource;
  const lastUpdated = updated.toISOString();
  return { ...resource, meta: { ...meta, versionId: String(version), lastUpdated } };
}

function parsed(bytes: Buffer, version: FhirVersion): Resource {
  return readFhir(bytes, { format: 'json', version });
}
