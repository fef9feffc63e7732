/** Regional partners: their tokens, and their way to the FHIR door. */
export { figureRoutes } from './figure-routes.ts';
export { logPartner } from './log-partner.ts';
export { notificationRoutes } from './notification-routes.ts';
export { openForPartner } from './partner-door.ts';
export { retractionRoutes } from './retraction-routes.ts';
export { openQuestionRoutes, regionsRoutes, smartRoutes } from './routes.ts';
export { isTyped } from './token-request.ts';
