/** The house, wired by hand. Read it top to bottom to know who knows whom. */
import formbody from '@fastify/formbody';
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { gatewayActivity } from './audit/index.ts';
import { R4 } from './conformance/index.ts';
import { createProviderChoices } from './consent/index.ts';
import { plainAddress, sendOutcome } from './fhir/index.ts';
import { partnerDoors } from './fhir-doors.ts';
import { guardWatch } from './guard-watch.ts';
import { healthRoutes } from './health.ts';
import { houseRules } from './house-rules.ts';
import { intakeRoutes } from './ingest/index.ts';
import { HEADER_BYTES_MAX, startLines } from './lines.ts';
import { medmijDoors, medmijPages } from './medmij-doors.ts';
import { ownPages } from './own-pages.ts';
import { lateCompilers } from './platform/late-compilers.ts';
import { newRequestId } from './platform/log.ts';
import { requestLog } from './platform/request-log.ts';
import {
  figureRoutes,
  notificationRoutes,
  openQuestionRoutes,
  regionsRoutes,
  retractionRoutes,
} from './regions/index.ts';
import { tellStart } from './registry-told.ts';
import { furnish, type HouseParts, type Rooms } from './rooms.ts';
import { SWEEP_MS, sweep } from './sweep.ts';
import { webRoutes } from './web/index.ts';

export interface House {
  readonly app: FastifyInstance;
  readonly rooms: Rooms;
  listen(): Promise<void>;
  /** In-flight requests finish, lines close, the last checkpoint is written. */
  close(): Promise<void>;
}

export type { HouseParts, Rooms };

/** Pages beside those of the product: the five doors of the demo. */
export type MorePages = (pages: FastifyInstance, rooms: Rooms) => Promise<void>;

const BODY_BYTES_MAX = 1_048_576;

/** Furnishes the rooms and opens the doors; `listen` opens the lines. */
export async function buildHouse(parts: HouseParts, morePages?: MorePages): Promise<House> {
  const { config, database } = parts;
  const rooms = await furnish(parts);
  const app = Fastify({
    loggerInstance: parts.log,
    bodyLimit: BODY_BYTES_MAX,
    routerOptions: { maxParamLength: 200 },
    rewriteUrl: plainAddress,
    logController: new LogController({ disableRequestLogging: true }),
    // Only the proxy itself is trusted: what a client wrote into X-Forwarded-For before it is not.
    trustProxy: config.tls.trustProxy && ((_address: string, hop: number) => hop === 0),
    genReqId: newRequestId,
    schemaController: { compilersFactory: lateCompilers },
    childLoggerFactory: requestLog,
    frameworkErrors: (error, request, reply) => void sendOutcome(error, request, reply, R4),
    http: { maxHeaderSize: HEADER_BYTES_MAX },
  });
  await openDoors(app, rooms, morePages);
  const lines = startLines(app, rooms);
  const guards = guardWatch(rooms);
  const sweeper = setInterval(() => {
    void sweep(rooms);
    if (hasStarted) void guards.lookWhenDue();
  }, SWEEP_MS);
  sweeper.unref();
  let hasStarted = false;
  let looking: Promise<void> | undefined;
  return {
    app,
    rooms,
    async listen() {
      await rooms.medmij.start();
      await tellStart(rooms);
      hasStarted = true;
      await lines.listen();
      looking = guards.look();
    },
    async close() {
      clearInterval(sweeper);
      rooms.retractions.close();
      rooms.consent.notices?.close();
      rooms.consent.studyNotices?.close();
      await lines.close();
      await looking;
      await rooms.intake.profilesChecked();
      await rooms.intake.gaps.flush();
      await rooms.medmij.close();
      // A ledger that cannot take it has said so already; the gateway stops all the same.
      if (hasStarted) await rooms.ledger.record([gatewayActivity('stop')]).catch(() => undefined);
      await rooms.ledger.close();
      await database.close();
    },
  };
}

/** How the doors of partners that are not FHIR themselves say what is wrong. */
const OUTCOME = {
  sendOutcome: (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
    sendOutcome(error, request, reply, R4),
};

async function openDoors(
  app: FastifyInstance,
  rooms: Rooms,
  morePages: MorePages | undefined,
): Promise<void> {
  const { config, ledger, database, clock } = rooms;
  await houseRules(app, rooms);
  await app.register(healthRoutes, rooms);
  await app.register(async (pages) => {
    await pages.register(formbody);
    await morePages?.(pages, rooms);
    await pages.register(webRoutes, { ...rooms, ...ownPages(rooms) });
    await medmijPages(pages, rooms);
    await partnerPages(pages, rooms);
  });
  await medmijDoors(app, rooms);
  await partnerDoors(app, rooms);
  await app.register(intakeRoutes, {
    ...rooms.senders,
    database,
    intake: rooms.intake,
    ledger,
    clock,
    sources: rooms.sources,
    store: rooms.store,
    retractions: rooms.retractions,
    choiceNotices: rooms.consent.notices,
    recordChoice: createProviderChoices({
      ...{ ...rooms.consent, ...rooms.consent.own, keyring: rooms.keyring, clock },
      organisations: rooms.organisations,
    }),
    reviewFacts: rooms.review.facts,
    sharedItems: rooms.sharedItems,
    releaseOriginal: rooms.releaseOriginal,
    publicUrl: config.publicUrl,
  });
}

/** What partners need beside the FHIR door: tokens, the open question, the register's notices. */
async function partnerPages(pages: FastifyInstance, rooms: Rooms): Promise<void> {
  const { config, ledger, database, clients, tokens, clock } = rooms;
  await pages.register(regionsRoutes, {
    sql: database,
    clients,
    tokens,
    clock,
    ledger,
    publicUrl: config.publicUrl,
    endpoint: `${config.publicUrl}/oauth/token`,
    requireEmergencyRoom: rooms.review.accesses.requireRoom,
    ...rooms.binding,
  });
  const { register } = rooms.consent;
  if (register) {
    await pages.register(notificationRoutes, {
      ...{ register, ledger },
      trust: rooms.binding.trust,
      certificates: config.mitz.notifiers,
      ...OUTCOME,
    });
  }
  await pages.register(openQuestionRoutes, {
    ...{ ...rooms, ...OUTCOME, publicUrl: config.publicUrl },
  });
  await pages.register(figureRoutes, { ...rooms, ...OUTCOME });
  await pages.register(retractionRoutes, { ...rooms, ...OUTCOME });
}
