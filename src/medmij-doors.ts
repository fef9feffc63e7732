/** The MedMij doors: the pages and tokens, the resources of each service, and those of modules. */
import type { FastifyInstance } from 'fastify';
import type { Rooms } from './app.ts';
import { fhirRoutes } from './fhir/index.ts';
import {
  authorizeRoutes,
  describeMedmij,
  describeModule,
  findRoutes,
  grantedRoutes,
  logResources,
  moduleRoutes,
  openMedmij,
  openModule,
  publishRoutes,
  subscriptionRoutes,
  tokenRoutes,
} from './medmij/index.ts';

/** Pages of the person, and what an app asks beside its data. */
export async function medmijPages(pages: FastifyInstance, { medmij }: Rooms): Promise<void> {
  const { door } = medmij;
  await pages.register(authorizeRoutes, door);
  await pages.register(tokenRoutes, door);
  await pages.register(moduleRoutes, door);
  await pages.register(publishRoutes, door);
  await pages.register(findRoutes, door);
  await pages.register(grantedRoutes, door);
}

/** `/medmij/{aanbieder}/{gegevensdienst}/fhir`, the same of modules, and subscriptions. */
export async function medmijDoors(app: FastifyInstance, rooms: Rooms): Promise<void> {
  const { release, views, medmij } = rooms;
  const { door } = medmij;
  await app.register(subscriptionRoutes, door);
  await app.register(async (resources) => {
    logResources(resources, door);
    await resources.register(fhirRoutes, {
      prefix: '/medmij/:aanbieder/:dienst/fhir',
      release,
      views,
      open: (request) => openMedmij(door, request),
      describe: (request) => describeMedmij(door, request),
    });
  });
  await app.register(fhirRoutes, {
    prefix: '/medmij/module/:aanbieder/fhir',
    release,
    views,
    open: (request) => openModule(door, request),
    describe: (request) => describeModule(door, request),
  });
}
