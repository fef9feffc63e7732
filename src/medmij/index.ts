/** MedMij: the gateway as Dienstverlener aanbieder (DVA). */

export { authorizeRoutes } from './authorize-routes.ts';
export { toestemmingCheck } from './check-toestemming.ts';
export { findRoutes } from './find-routes.ts';
export { readGegevensdiensten } from './gegevensdienst.ts';
export { grantedRoutes, SOON_DAYS } from './granted-routes.ts';
export type { ModuleWays } from './medmij-door.ts';
export { type MedmijSettings, readMedmijSettings } from './medmij-settings.ts';
export { describeModule, openModule } from './modules/module-door.ts';
export { moduleRoutes } from './modules/module-routes.ts';
export { type Medmij, openMedmijRoom } from './open-medmij.ts';
export { isOwnList, publishedList, publishRoutes } from './publish-routes.ts';
export { describeMedmij, openMedmij } from './resource-door.ts';
export { logResources } from './resource-log.ts';
export type { SandboxFaults, ServiceFault } from './sandbox-faults.ts';
export { activeSubscriptions } from './subscription/subscription.ts';
export { subscriptionRoutes } from './subscription/subscription-routes.ts';
export { endToestemming, lapsesAt, type Toestemming, toestemmingenOf } from './toestemming.ts';
export { tokenRoutes } from './token-routes.ts';
export { TOLD_SUBSCRIPTIONS } from './told-subscriptions.ts';
