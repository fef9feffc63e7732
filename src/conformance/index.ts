/** FHIR as it is written down: versions, formats, search parameters, validation, conversion. */

// ---- formats, elements, validation, conversion ----
export { Decimal, decimalOf } from './decimal.ts';
export { isResourceType, resourceTypes } from './elements.ts';
export { type FhirFormat, formatOf, readFhir, writeFhir } from './fhir-format.ts';
export { type FhirVersion, R4, STU3 } from './fhir-version.ts';
export type {
  Bundle,
  BundleEntry,
  Coding,
  Identifier,
  Meta,
  Reference,
  Resource,
} from './resource.ts';
// ---- end of formats ----
