/** FHIR over HTTP, for whoever the roof lets in. */
export type { Asking } from './asking.ts';
export { auditEventRoutes } from './audit-event.ts';
export { FHIR_LIMITS } from './limits.ts';
export { plainAddress } from './plain-address.ts';
export { fhirRoutes } from './routes.ts';
export { sendOutcome } from './send.ts';
