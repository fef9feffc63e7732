/** The patient's choices, and the one way out of the record. */
export { asShown } from './as-shown.ts';
export { requireOwnRefusal } from './authority-to-choose.ts';
export { availabilityOf, stillAvailable } from './availability.ts';
export { type CareRelations, createCareRelations } from './care-relations.ts';
export { checkEvidence } from './check-evidence.ts';
export type { Choice, ChoiceAct, ChoiceChange, Choices, NewRule } from './choice.ts';
export type { ChoiceBook, Saved } from './choices.ts';
export { type Consent, createConsent } from './create-consent.ts';
export { erasePerson } from './erase-person.ts';
export { createExports, type ExportStatus, type Exports } from './exports.ts';
export { CONSENT_SYSTEMS } from './fhir-consent-elements.ts';
export { fromFhirConsent } from './from-fhir-consent.ts';
export { partyOf } from './grant-for.ts';
export { type Joined, joinedSince } from './joined-since.ts';
export { createLedgerSubject } from './ledger-subject.ts';
export { onePatientOf } from './locate-patient.ts';
export { MANDATE_AUTHORITY, type Mandate, type MandateDraft, type Mandates } from './mandates.ts';
export {
  type Cell,
  type CellChoice,
  changesForCell,
  changesForPart,
  LOCK,
  type Matrix,
  matrixOf,
  partRule,
  type Side,
  standingBeside,
} from './matrix.ts';
export { createMergeDesk, type MergeDesk, type MergeDeskParts } from './merge-desk.ts';
export { type MergeRooms, mergePeople, unmergePeople } from './merge-people.ts';
export type { Register } from './mitz/register.ts';
export type { AnswersKept } from './mitz/register-answers.ts';
export { type OwnCount, type OwnCountParts, ownCounts } from './own-counts.ts';
export type { OwnHeldBack } from './own-held-back.ts';
export { type LookerOn, OWN_ITEMS_MAX, type OwnItem, type OwnItems } from './own-items.ts';
export type { OwnNews, OwnNewsItem } from './own-news.ts';
export type { OwnView } from './own-view.ts';
export { createPageCursors } from './page-cursor.ts';
export type { KeptPatientGroup, PatientGroups } from './patient-groups.ts';
export { personByBsn } from './person.ts';
export {
  APART_PAIRS_MAX,
  NOTICES,
  type PersonSettings,
  type SettingsBook,
} from './person-settings.ts';
export { type Preview, previewChange } from './preview.ts';
export { createProviderChoices } from './provider-choices.ts';
export { QUIET_LIMITS, type QuietMode } from './quiet-mode.ts';
export type { Receipt as ChoiceReceipt } from './receipt.ts';
export { createRecordViews, type RecordViews } from './record-views.ts';
export { rekeyPerson } from './rekey-person.ts';
export { createRelease, type Release } from './release.ts';
export { isHeldBack, refusal } from './release-event.ts';
export type { EverythingPart, EverythingQuestion } from './release-everything.ts';
export { type HistoryAnswer, type HistoryVersion, requireOneRecord } from './release-history.ts';
export { createReleaseOriginal } from './release-original.ts';
export type { ReleasedResource, SearchAnswer } from './released-resource.ts';
export type { Replayed } from './replay.ts';
export { PARENTAL } from './representation-of.ts';
export {
  COURT_AUTHORITY,
  type Court,
  REPRESENTATIVE_LIMITS,
  type Recorded,
  type RepresentativeDraft,
} from './representative.ts';
export type { Representatives } from './representatives.ts';
export { createStudies } from './research/studies.ts';
export { pushNotices } from './retraction/push-notices.ts';
export { createRetractions, type Retractions } from './retraction/retractions.ts';
export { type RaiseReviews, reviewedLedger } from './reviewed-ledger.ts';
export { SEALED_BY_CONSENT } from './sealed-rows.ts';
export { createRecentWork, inTimeBand } from './time-band.ts';
export { TOLD_NOTICES } from './told-notices.ts';
export { createVisibleMatch, type VisibleMatch } from './visible-match.ts';
export type { HolderInSight, KindInSight, WhoSees } from './who-sees.ts';
