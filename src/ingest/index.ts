/** The way in. */
export { checkStore } from './check-store.ts';
export type { Deliveries, DeliveryRow } from './delivery.ts';
export { fhirFormat } from './fhir-push/fhir-format.ts';
export type { MappedMessage, MessageFormat, SenderOverlay } from './format.ts';
export { formats } from './formats.ts';
export type { Sender } from './handling.ts';
export { acknowledge } from './hl7v2/ack.ts';
export { type StartMllpOptions, startMllp } from './hl7v2/start-mllp.ts';
export { overlayOf, readOverlay } from './mapping/sender-overlay.ts';
export type { Receipt } from './receipt.ts';
export { createIntake, type Intake } from './receive.ts';
export { type IntakeDoor, intakeRoutes } from './routes.ts';
export { authenticateSender, type SenderAuthParts, senderOnLine } from './sender-auth.ts';
