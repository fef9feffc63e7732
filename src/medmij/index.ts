/** MedMij: the gateway as Dienstverlener aanbieder (DVA). */

export { authorizeRoutes } from './authorize-routes.ts';
export { findRoutes } from './find-routes.ts';
export { readGegevensdiensten } from './gegevensdienst.ts';
export type { Availability, MedmijConfig, MedmijDoor } from './medmij-door.ts';
export { describeMedmij, openMedmij } from './resource-door.ts';
export { endToestemming, type Toestemming, toestemmingenOf } from './toestemming.ts';
export { tokenRoutes } from './token-routes.ts';
