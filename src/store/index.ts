/** The record: one sealed row a resource, a key of its own for every person. */
export type { Addition } from './add-together.ts';
export { type CandidateQuery, type Candidates, FETCH_LIMITS } from './candidates.ts';
export type { CheckFinding, CheckOptions, CheckReport } from './check.ts';
export type { Merged, Unmerged } from './merge-vaults.ts';
export type { NamedAnswer, NamedQuery, ResourceName } from './named-rows.ts';
export {
  type OpenOriginal,
  ORIGINAL_LIMITS,
  type OriginalAbout,
  type OriginalMessage,
} from './originals.ts';
export type { PersonIdentifier } from './place.ts';
export { PUT_LIMITS, type PutOptions, type PutResult } from './put.ts';
export type { MergeAsked } from './record-moves.ts';
export type { Rekeyed } from './rekey-vault.ts';
export type { IndexTokens } from './reseal-rows.ts';
export type { RotationProgress } from './rotate-kek.ts';
export { SCAN_LIMITS, type Scanned, type ScanQuery } from './scan.ts';
export { saidOf } from './sealed-row.ts';
export { authorToken, categoryToken, labelToken } from './search-tokens.ts';
export { createStore, type Sealer, type Store, type VaultScope } from './store.ts';
export { type ResourceWrite, STANDING_ENDED, type StoredResource } from './stored-resource.ts';
export type { Erased } from './vaults.ts';
