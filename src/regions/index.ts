/** Regional partners: their tokens, and their way to the FHIR door. */
export { figureRoutes } from './figure-routes.ts';
export { type LogPartner, logPartner } from './log-partner.ts';
export { type NotificationDoor, notificationRoutes } from './notification-routes.ts';
export {
  openForPartner,
  type PartnerDoorParts,
  type PartnerVisit,
  partyOf,
} from './partner-door.ts';
export { retractionRoutes } from './retraction-routes.ts';
export { openQuestionRoutes, type RegionsDoor, regionsRoutes, smartRoutes } from './routes.ts';
