/** The gateway's own pages. */
export { kindText } from './kinds-text.ts';
export { type PageContent, pageHouse, type Say, sendPage, sendProblem } from './page.ts';
export type { AppConsent, AppConsents, WebDoor } from './web-door.ts';
export { webRoutes } from './web-routes.ts';
