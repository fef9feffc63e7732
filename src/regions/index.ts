/** Regional partners: their tokens, and their way to the FHIR door. */
export {
  openForPartner,
  type PartnerDoorParts,
  type PartnerVisit,
  partyOf,
} from './partner-door.ts';
export { retractionRoutes } from './retraction-routes.ts';
export { openQuestionRoutes, type RegionsDoor, regionsRoutes, smartRoutes } from './routes.ts';
