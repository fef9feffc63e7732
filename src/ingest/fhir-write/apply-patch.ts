/** A patch on what is stored: in the version that the sender speaks. */
import {
  applyFhirPathPatch,
  applyJsonPatch,
  type FhirVersion,
  R4,
  type Resource,
  readFhir,
  STU3,
  toR4,
  toStu3,
} from '../../conformance/index.ts';
import { Problem } from '../../platform/problem.ts';
import type { StoredResource } from '../../store/index.ts';
import type { Patch } from './requested.ts';

/** The stored resource in this version. */
export function formOf(row: StoredResource, version: FhirVersion): Resource {
  const native = row.native === 'R4' ? R4 : STU3;
  if (version.name === 'R4' && row.r4) return readFhir(row.r4, { format: 'json', version: R4 });
  const stored = readFhir(row.bytes, { format: 'json', version: native });
  if (native.name === version.name) return stored;
  return version.name === 'R4' ? toR4(stored).resource : toStu3(stored).resource;
}

/** @throws Problem `unprocessable` when it does not fit, or would make it another resource. */
export function patched(
  before: StoredResource,
  patch: Patch,
  version: FhirVersion,
  place: string,
): Resource {
  const stored = formOf(before, version);
  // What a reader gets has these, so a patch may test them; a write does not keep them.
  const versionId = String(before.version);
  const meta = { ...stored.meta, versionId, lastUpdated: before.updated.toISOString() };
  const form = { ...stored, id: before.id, meta };
  const after =
    patch.kind === 'json'
      ? applyJsonPatch(form, patch.operations)
      : applyFhirPathPatch(version, form, patch.operations);
  if (after.resourceType !== form.resourceType || after.id !== form.id) {
    throw new Problem('unprocessable', 'A patch cannot change the type or the id.', {
      code: 'patch-identity',
      expression: [place === '' ? form.resourceType : place],
    });
  }
  return after;
}
