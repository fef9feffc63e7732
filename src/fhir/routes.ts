/**
 * The FHIR interactions of one door. Registered once for each kind of visitor; the version is a
 * value that the door hands over with the visitor.
 */
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { R4 } from '../conformance/index.ts';
import { takeTurnsForBodies } from '../platform/large-turns.ts';
import { Problem } from '../platform/problem.ts';
import { codingOf, takePacked } from '../platform/unpack-body.ts';
import { wholeBody } from '../platform/whole-body.ts';
import type { Asking, Described, FhirDoor } from './asking.ts';
import { bundleRoute } from './bundle.ts';
import { capabilities } from './capabilities.ts';
import { compressAnswers } from './compression.ts';
import { createRoute } from './create.ts';
import { deleteRoutes } from './delete.ts';
import { type Doorway, HIDDEN } from './doorway.ts';
import { everythingRoutes } from './everything.ts';
import { exportRoutes } from './export.ts';
import { historyInstanceRoute } from './history-instance.ts';
import { historyTypeRoute } from './history-type.ts';
import { actorOf, unknownOperation } from './interactions.ts';
import { FHIR_LIMITS } from './limits.ts';
import { metaRoutes } from './meta.ts';
import { negotiate } from './negotiate.ts';
import { isNumberInUrl, refuseNumberInUrl } from './number-in-url.ts';
import { allowedAt, optionsRoute } from './options-route.ts';
import { patchRoutes } from './patch.ts';
import { patientGroupRoutes } from './patient-group.ts';
import { readRoutes } from './read-routes.ts';
import { searchSystemRoutes } from './search-system.ts';
import { searchTypeRoutes } from './search-type.ts';
import { sendOutcome, sendResource } from './send.ts';
import { updateRoutes } from './update.ts';
import { validateRoutes } from './validate.ts';

/** Nothing is ever done with these. */
const REFUSED: Readonly<Record<string, HTTPMethods[]>> = {
  '/': ['PUT', 'PATCH', 'DELETE'],
  '/:type/:id': ['POST'],
  '/:type/:id/_history/:vid': ['POST', 'PUT', 'PATCH', 'DELETE'],
};

type Open = (request: FastifyRequest, reply: FastifyReply) => Promise<Asking>;

/** Refused before a body is read. */
function refuse(open: Open): (request: FastifyRequest, reply: FastifyReply) => Promise<never> {
  return async (request, reply) => {
    await open(request, reply);
    throw unknownAddress(request);
  };
}

/** All FHIR interactions of one door, under the prefix it is registered with. */
export async function fhirRoutes(app: FastifyInstance, door: FhirDoor): Promise<void> {
  const addresses = new WeakMap<FastifyRequest, Described>();
  const askings = new WeakMap<FastifyRequest, Asking>();

  async function describe(request: FastifyRequest, reply: FastifyReply): Promise<Described> {
    const described = addresses.get(request) ?? (await door.describe(request));
    addresses.set(request, described);
    for (const [name, value] of Object.entries(described.headers ?? {})) reply.header(name, value);
    return described;
  }
  async function open(request: FastifyRequest, reply: FastifyReply): Promise<Asking> {
    await describe(request, reply);
    const asking = askings.get(request) ?? (await door.open(request));
    askings.set(request, asking);
    refuseNumberInUrl(request);
    return asking;
  }

  app.setErrorHandler(async (error, request, reply) => {
    // What went wrong before the handler (a body too large) is told in this door's version too.
    const described = await describe(request, reply).catch(() => undefined);
    const isRefusal = error instanceof Problem && (error.kind === 'method' || isNumberInUrl(error));
    const problem = isRefusal ? error : undefined;
    if (problem?.kind === 'method') {
      reply.header('allow', allowedAt(request, app.prefix, askings.get(request)));
    }
    const asking = askings.get(request);
    const failed = problem && asking && (await writeDown(door, asking, request, problem));
    const { version = R4, scope } = described ?? {};
    return sendOutcome(failed ?? error, request, reply, version, scope);
  });
  app.setNotFoundHandler(async (request, reply) => {
    await open(request, reply);
    throw unknownAddress(request);
  });
  for (const [url, method] of Object.entries(REFUSED)) {
    const handler = refuse(open);
    app.route({ method, url, ...HIDDEN, onRequest: handler, handler });
  }
  optionsRoute(app, describe, open);
  await compressAnswers(app);
  takeTurnsForBodies(app, async (request, reply) => (await open(request, reply)).access.client);
  takePacked(app, FHIR_LIMITS.bodyBytesMax, open);
  readBodies(app);

  app.get('/metadata', HIDDEN, async (request, reply) => {
    const described = await describe(request, reply);
    const negotiated = negotiate(request, described.version);
    const asking = request.headers.authorization
      ? await open(request, reply).catch(() => undefined)
      : undefined;
    const statement = asking
      ? capabilities(described, actorOf(asking.access), true)
      : capabilities(described, described.actor);
    return sendResource(reply, statement, described.version, negotiated);
  });

  interactionRoutes(app, { door, open });
}

function interactionRoutes(app: FastifyInstance, doorway: Doorway): void {
  historyInstanceRoute(app, doorway);
  historyTypeRoute(app, doorway);
  everythingRoutes(app, doorway);
  exportRoutes(app, doorway);
  patientGroupRoutes(app, doorway);
  metaRoutes(app, doorway);
  validateRoutes(app, doorway);
  bundleRoute(app, doorway);
  createRoute(app, doorway);
  updateRoutes(app, doorway);
  patchRoutes(app, doorway);
  deleteRoutes(app, doorway);
  searchSystemRoutes(app, doorway);
  searchTypeRoutes(app, doorway);
  readRoutes(app, doorway);
}

function unknownAddress(request: FastifyRequest): Problem {
  const path = request.url.split('?')[0] ?? '';
  if (/\/\$[^/]*$/.test(path)) return unknownOperation();
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return new Problem('method', 'This interaction is not supported at this address.');
  }
  return new Problem('not-found', 'There is nothing at this address.');
}

/** Bodies are read by the interaction that they are of. */
function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const { bodyBytesMax } = FHIR_LIMITS;
  app.addContentTypeParser(
    '*',
    { bodyLimit: bodyBytesMax },
    (request: FastifyRequest, payload: IncomingMessage) =>
      wholeBody(codingOf(request.headers) ? {} : request.headers, payload, bodyBytesMax),
  );
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: FHIR_LIMITS.searchFormBytesMax },
    (_request, body, done) => done(null, body),
  );
}

const ACTIONS: Readonly<Record<string, 'C' | 'U' | 'D'>> = {
  POST: 'C',
  PUT: 'U',
  PATCH: 'U',
  DELETE: 'D',
};

/** What a door does not do was asked all the same. @returns what went wrong in writing it down. */
function writeDown(door: FhirDoor, asking: Asking, request: FastifyRequest, problem: Problem) {
  const { access, vault } = asking;
  const [path = ''] = request.url
    .slice(asking.base.length - new URL(asking.base).origin.length + 1)
    .split('?');
  return door.release
    .refused(access, vault, path, problem, ACTIONS[request.method] ?? 'E')
    .catch((error: unknown) => error);
}
