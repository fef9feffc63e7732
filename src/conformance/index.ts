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

// ---- search ----
export { type PatientAnchors, patientAnchors } from './search-anchors.ts';
export {
  type IncludeTarget,
  includeTargets,
  revincludeSources,
  revincludeTargets,
} from './search-include.ts';
export { type IndexedTokens, indexTokens } from './search-index.ts';
export { lastn } from './search-lastn.ts';
export { LIMITS as SEARCH_LIMITS } from './search-limits.ts';
export { matches } from './search-matches.ts';
export { type Narrowing, narrow } from './search-narrow.ts';
export {
  isResourceType,
  patientParameters,
  resourceTypes,
  type SearchKind,
  type SearchParameter,
  searchParametersOf,
} from './search-parameters.ts';
export { parseSearch } from './search-parse.ts';
export type { SearchOptions, SearchQuery } from './search-query.ts';
export { selfLink } from './search-self-link.ts';
export { compareSortValues, type SortValues, sortComparator, sortValues } from './search-sort.ts';
export { subsetElements } from './search-subset.ts';
// ---- end of search ----
