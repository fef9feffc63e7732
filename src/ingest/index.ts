/** The way in. */
export { checkStore } from './check-store.ts';
export { type ToldFinding, toldCheck } from './check-told.ts';
export type { CodeGap } from './code-gaps.ts';
export type { ElementCoverage } from './coverage.ts';
export type { HeldDecision } from './decision-on-held.ts';
export type { Deliveries, DeliveryRow } from './delivery.ts';
export type { KindOf, Trail } from './delivery-trail.ts';
export type { DryRun } from './dry-run.ts';
export { fhirFormat } from './fhir-push/fhir-format.ts';
export type { Requested, Writer, Written } from './fhir-write/requested.ts';
export { createFhirWrites, type FhirWrites } from './fhir-write/transact.ts';
export type {
  MappedMessage,
  MappingIssue,
  MessageFormat,
  MessageInstruction,
  SenderOverlay,
} from './format.ts';
export { formats } from './formats.ts';
export { fromPeople } from './from-people.ts';
export { answerDue } from './from-person/answer-due.ts';
export type { Share, SharedAnswer } from './from-person/share.ts';
export { closedFor, type ShareClosed } from './from-person/share-window.ts';
export {
  createSharedItems,
  type SharedItem,
  type SharedItems,
  type SharedState,
} from './from-person/shared-items.ts';
export type { IntakeParts, RefreshRelations, Sender, TellNews } from './handling.ts';
export { acknowledge } from './hl7v2/ack.ts';
export { type StartMllpOptions, startMllp } from './hl7v2/start-mllp.ts';
export type { IntakeDoor, SentOriginal } from './intake-door.ts';
export { type LiveOverlays, openOverlays, overlayOf } from './mapping/live-overlays.ts';
export { reasonInDutch } from './mapping/reasons.ts';
export { overlayFile, readOverlay } from './mapping/sender-overlay.ts';
export { withEnvelope } from './read-messages.ts';
export type { Receipt, ReceiptItem } from './receipt.ts';
export { createIntake, type Intake } from './receive.ts';
export { intakeRoutes } from './routes.ts';
export { SEALED_BY_INTAKE } from './sealed-rows.ts';
export { authenticateSender, type SenderAuthParts, senderOf, senderOnLine } from './sender-auth.ts';
export type {
  SourceState,
  SourceStates,
} from './source-states.ts';
export { countedByArrival } from './times-ahead.ts';
export { type Sorted, sortByCodes, UNKNOWN_CODE } from './unknown-codes.ts';
export { type WaitingAtSource, waitingOf } from './waiting-items.ts';
