/** FHIR as it is written down: versions, formats, search parameters, validation, conversion. */

// ---- formats, elements, validation, conversion ----
export { BSN_SYSTEM, isBsnSystem, normaliseBsn, passesElevenTest } from './bsn.ts';
export { requireKnownMembers } from './bundle-frame.ts';
export { type CapabilityParameter, capabilityStatement } from './capability-statement.ts';
export { claimedProfiles } from './claimed-profiles.ts';
export { r4TypeOf, stu3TypesOf, systemIn } from './conversion-names.ts';
export { withPractitioners } from './conversion-reference.ts';
export { toR4, toStu3 } from './convert.ts';
export { Decimal, decimalOf } from './decimal.ts';
export { dropReferences } from './drop-references.ts';
export { isPrimitive, typeRules } from './elements.ts';
export { type FhirFormat, formatOf, readFhir, writeFhir } from './fhir-format.ts';
export { isObject, readOwnJson } from './fhir-json.ts';
export { type FhirVersion, R4, STU3 } from './fhir-version.ts';
export { type FhirPathOperation, readFhirPathPatch } from './fhirpath-operations.ts';
export { applyFhirPathPatch } from './fhirpath-patch.ts';
export {
  applyJsonPatch,
  isJsonPatchType,
  type JsonPatchOperation,
  readJsonPatch,
} from './json-patch.ts';
export { type LayTerm, layTermOf } from './lay-terms.ts';
export { cutTexts } from './lifted-texts.ts';
export { isAddressName, type LinkTargets, narrativeLinks, withNarrativeLinks } from './links.ts';
export { holdsNoBsn, maskForEgress } from './mask-for-egress.ts';
export { isActingNarrative } from './narrative.ts';
export { type Issue, OUTCOME_SYSTEM, operationOutcome, outcomeOf } from './operation-outcome.ts';
export { openProfileBook, type ProfileBook } from './profile-book.ts';
// ---- end of search ----
export { openProfileShelf, type ProfileShelf } from './profile-shelf.ts';
export { type Pseudonyms, pseudonymise, RESEARCH_TYPES } from './pseudonymise.ts';
export { recordDigest } from './record-digest.ts';
export type { Bundle, BundleEntry, Coding, Identifier, Reference, Resource } from './resource.ts';
// ---- search ----
export { patientAnchors } from './search-anchors.ts';
// ---- end of formats ----
export { withinCompartment } from './search-compartment.ts';
export { dateBounds } from './search-date-bounds.ts';
export { includeTargets, revincludeSources, revincludeTargets } from './search-include.ts';
export { type IndexedTokens, indexTokens } from './search-index.ts';
export { lastn } from './search-lastn.ts';
export { LIMITS as SEARCH_LIMITS } from './search-limits.ts';
export { matches } from './search-matches.ts';
export { type Narrowing, narrow } from './search-narrow.ts';
export { standsByItself } from './search-own-value.ts';
export {
  compartmentsOf,
  isResourceType,
  resourceTypes,
  type SearchParameter,
  searchParameter,
  searchParametersOf,
} from './search-parameters.ts';
export { parseSearch } from './search-parse.ts';
export type { Condition, SearchOptions, SearchQuery } from './search-query.ts';
export { selfLink } from './search-self-link.ts';
export { sortComparator } from './search-sort.ts';
export { isSubset, subsetElements } from './search-subset.ts';
export { together } from './search-together.ts';
export { isTakenBack, statusOf } from './taken-back.ts';
export { substanceOf, type TidyKind } from './tidy-facts.ts';
export { type Sourced, type TidyGroup, tidyList } from './tidy-list.ts';
export { validate } from './validate.ts';
export { SHAPE_FAULTS, validateInline } from './validate-inline.ts';
export { likelierVersion } from './version-told.ts';
// ---- end of formats ----
