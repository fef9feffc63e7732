/** FHIR over HTTP, for whoever the roof lets in. */
export type { Asking, FhirDoor } from './asking.ts';
export { type AuditEventDoor, auditEventRoutes } from './audit-event.ts';
export { FHIR_LIMITS } from './limits.ts';
export { plainAddress } from './plain-address.ts';
export { fhirRoutes } from './routes.ts';
export { sendOutcome, sendResource } from './send.ts';
