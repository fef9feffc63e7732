/** FHIR as it is written down: versions, formats, search parameters, validation, conversion. */
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
