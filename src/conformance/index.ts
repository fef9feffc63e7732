/** FHIR as it is written down: versions, formats, search parameters, validation, conversion. */

// ---- formats, elements, validation, conversion ----
export { BSN_SYSTEM, isBsnSystem, normaliseBsn, passesElevenTest } from './bsn.ts';
export {
  type CapabilityOperation,
  type CapabilityParameter,
  type CapabilityTables,
  capabilityStatement,
} from './capability-statement.ts';
export { r4TypeOf, stu3TypesOf, systemIn } from './conversion-names.ts';
export type { ConversionLoss } from './conversion-place.ts';
export { type Conversion, toR4, toStu3 } from './convert.ts';
export { Decimal, decimalOf } from './decimal.ts';
export { isResourceType, resourceTypes } from './elements.ts';
export { type FhirFormat, formatOf, readFhir, writeFhir } from './fhir-format.ts';
export { type FhirVersion, R4, STU3 } from './fhir-version.ts';
export { MASKED_BSN, type MaskOptions, maskForEgress, needsEgressEdit } from './mask-for-egress.ts';
export { sanitiseNarrative } from './narrative.ts';
export { type Issue, OUTCOME_SYSTEM, operationOutcome, outcomeOf } from './operation-outcome.ts';
export type {
  Bundle,
  BundleEntry,
  Coding,
  Identifier,
  Meta,
  Reference,
  Resource,
} from './resource.ts';
export { type ValidationOptions, validateInline } from './validate-inline.ts';
// ---- end of formats ----
