/** The gateway's own pages. */
export { pageHouse, type PageContent, type Say, sendPage } from './page.ts';
export { type AppConsent, type AppConsents, type LoginSettings, type WebDoor } from './web-door.ts';
export { webRoutes } from './web-routes.ts';
