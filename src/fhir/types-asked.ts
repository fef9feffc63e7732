/** The types that a search over several of them names. */
import { type FhirVersion, isResourceType } from '../conformance/index.ts';
import { Problem } from '../platform/problem.ts';

/** @throws Problem `invalid` code `type` for what is no type of this version. */
export function typesIn(
  version: FhirVersion,
  params: readonly (readonly [string, string])[],
): string[] {
  const names = params.flatMap(([name, value]) => (name === '_type' ? value.split(',') : []));
  if (names.every((name) => isResourceType(version, name))) return [...new Set(names)];
  throw new Problem('invalid', 'This is not a resource type of this FHIR version.', {
    code: 'type',
    expression: ['_type'],
  });
}
