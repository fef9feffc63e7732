/** The pure rules: who may see what, and because of which choice. */
export { isAboutSharing } from './about-sharing.ts';
export type { AccessRequest, Actor, Emergency, Party, Purpose } from './access-request.ts';
export { ageAt, localDate, localInstant, nextLocalDate, nextTurn } from './age.ts';
export { recipientOf } from './applicable.ts';
export {
  type CareRelation,
  type RelationWindows,
  readRelationWindows,
  relationAt,
  relationCounts,
} from './care-relation.ts';
export type { ConsentCategory, DataCategory } from './catalogue.ts';
export {
  categoryOfRecipientCode,
  categoryOfType,
  dataCategoryAskedOf,
  isConsentCategory,
  recipientCode,
} from './catalogue.ts';
export { caseMistakes, fileMistakes } from './check-case-file.ts';
export type { ClassifyOptions } from './classify.ts';
export { clinicalDate, clinicalSpan, factsOf } from './classify.ts';
export type { Clinical } from './codings.ts';
export { compileGrant } from './compile-grant.ts';
export type { CaseDecision, CaseFile, CaseRule } from './decide-case.ts';
export { decideCase, decideCases, partiesOf, policyOf } from './decide-case.ts';
export { contextDigest, contextText, ENGINE, readContext } from './decision-context.ts';
export type { DecisionInputs, RegisterAnswer } from './decision-inputs.ts';
export type { DerivedRelation } from './derive-relations.ts';
export { RELATION_TYPES, relationsIn } from './derive-relations.ts';
export { canonical, digestOf } from './digest.ts';
export { isPartOfAnother, type ResourceFacts } from './facts.ts';
export type { Grant, Verdict } from './grant.ts';
export { searchDigest } from './listed-search.ts';
export {
  kindsNamed,
  MANDATE_KINDS,
  type MandateKind,
  VOLUNTARY,
  voluntaryAuthority,
  voluntaryMandate,
} from './mandate-kinds.ts';
export type { Policy } from './policy.ts';
export { policyWith, standardPolicy } from './policy.ts';
export { isListed, readQueryList } from './query-list.ts';
export { isQuietRule } from './quiet.ts';
export { grantEnds } from './referral-grants.ts';
export { refuseRequest } from './refuse-request.ts';
export { impossibleMemberships, parseRegionAgreements } from './region-agreements.ts';
export type { PatientFacts, Representation } from './representation.ts';
export {
  isIncapacitated,
  OPENED_TO_PARENTS,
  permitCounts,
  refusalCounts,
  refuseRepresentative,
} from './representation.ts';
export type { ConsentRule, DataMatch, HolderMatch, Performer, RecipientMatch } from './rule.ts';
export { isSamePerformer } from './rule.ts';
export type { UseCaseGround, UseCaseRequest } from './use-case.ts';
export { allowsUseCase, grantOfUseCase, isUseCase } from './use-case.ts';
