/** The pages of the gateway, and the public proofs of its ledger. */
import type { FastifyInstance } from 'fastify';
import { analystPages } from './analyst/analyst-pages.ts';
import { auditorPages } from './auditor/auditor-pages.ts';
import { findPage } from './find-page.ts';
import { ledgerRoutes } from './ledger-routes.ts';
import { pageHouse } from './page.ts';
import { minePages } from './person/person-routes.ts';
import { plainRoutes } from './plain-routes.ts';
import { senderPages } from './sender/sender-pages.ts';
import type { WebDoor } from './web-door.ts';

/** Needs the plugins for cookies and forms in the context it is registered in. */
export async function webRoutes(app: FastifyInstance, door: WebDoor): Promise<void> {
  await app.register(ledgerRoutes, door);
  await app.register(async (pages) => {
    pageHouse(pages, {
      demo: !door.config.production,
      secure: door.config.publicUrl.startsWith('https:'),
    });
    plainRoutes(pages, door);
    findPage(pages, door);
    minePages(pages, door);
    auditorPages(pages, door);
    senderPages(pages, door);
    analystPages(pages, door);
  });
}
