/** The house, wired by hand. Read it top to bottom to know who knows whom. */
import formbody from '@fastify/formbody';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { openLedger } from './audit/index.ts';
import type { Config } from './config.ts';
import { R4 } from './conformance/index.ts';
import {
  availabilityOf,
  createConsent,
  createPageCursors,
  createRecordViews,
  createRelease,
  createReleaseOriginal,
  createVisibleMatch,
} from './consent/index.ts';
import { fhirRoutes, sendOutcome } from './fhir/index.ts';
import { partnerDoors } from './fhir-doors.ts';
import { healthRoutes } from './health.ts';
import { houseRules } from './house-rules.ts';
import {
  createClients,
  createOidcLogin,
  createOrganisations,
  createSealedState,
  createTokens,
  type Keyring,
} from './identity/index.ts';
import {
  createFhirWrites,
  createIntake,
  formats,
  intakeRoutes,
  openOverlays,
} from './ingest/index.ts';
import { startLines } from './lines.ts';
import {
  authorizeRoutes,
  describeMedmij,
  endToestemming,
  type MedmijDoor,
  openMedmij,
  readGegevensdiensten,
  toestemmingenOf,
  tokenRoutes,
} from './medmij/index.ts';
import type { Clock } from './platform/clock.ts';
import type { Database } from './platform/database.ts';
import { newRequestId } from './platform/log.ts';
import { createMetrics } from './platform/metrics.ts';
import { regionsRoutes } from './regions/index.ts';
import { createStore } from './store/index.ts';
import { SWEEP_MS, sweep } from './sweep.ts';
import { type AppConsents, webRoutes } from './web/index.ts';

export interface HouseParts {
  readonly config: Config;
  readonly keyring: Keyring;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: FastifyBaseLogger;
  readonly checkpointsDir: string;
  /** False while the demo region is still being loaded. */
  readonly isReady: () => boolean;
}

export interface House {
  readonly app: FastifyInstance;
  readonly rooms: Rooms;
  listen(): Promise<void>;
  /** In-flight requests finish, lines close, the last checkpoint is written. */
  close(): Promise<void>;
}

/** Pages beside those of the product: the five doors of the demo. */
export type MorePages = (pages: FastifyInstance, rooms: Rooms) => Promise<void>;

export type Rooms = Awaited<ReturnType<typeof furnish>>;

const BODY_BYTES_MAX = 1_048_576;
const URL_LENGTH_MAX = 8_192;

/** Everything below the doors: each room gets what it needs, and nothing else. */
export async function furnish(parts: HouseParts) {
  const { database, keyring, clock, config } = parts;
  const organisations = createOrganisations(database);
  const clients = createClients(database);
  const state = createSealedState(clock);
  const tokens = createTokens(database, state, clock);
  const store = createStore({ keyring, clock });
  const ledger = await openLedger({
    database,
    keyring,
    clock,
    checkpointsDir: parts.checkpointsDir,
    log: parts.log,
  });
  const metrics = createMetrics();
  const consent = createConsent({ database, store, ledger, clock, organisations });
  const wayOut = {
    database,
    store,
    ledger,
    clock,
    cursors: createPageCursors(keyring),
    grantFor: consent.grantFor,
  };
  const release = createRelease(wayOut);
  const views = createRecordViews(wayOut);
  const releaseOriginal = createReleaseOriginal({ database, store, ledger });
  const intake = createIntake({
    database,
    store,
    ledger,
    keyring,
    clock,
    formats,
    couldSee: consent.couldSee,
    counted: (format, outcome) => metrics.intake.inc({ format, outcome }),
  });
  const overlays = openOverlays({
    ...(config.sendersDir === undefined ? {} : { folder: config.sendersDir }),
    check: (overlay) => formats.forEach((format) => void format.prepare?.(overlay)),
    wrong: (name, error) => parts.log.error({ sender: name, err: error }, 'sender file is wrong'),
  });
  const visible = createVisibleMatch({ store, clock });
  const writes = createFhirWrites({ database, store, ledger, keyring, clock, visible });
  const senders = {
    clients,
    tokens,
    organisations,
    trustProxy: config.tls.trustProxy,
    overlayOf: overlays.of,
  };
  return {
    ...parts,
    organisations,
    clients,
    state,
    tokens,
    store,
    ledger,
    metrics,
    consent,
    release,
    views,
    writes,
    releaseOriginal,
    intake,
    senders,
  };
}

/** Builds the house around its parts; nothing listens until `listen` is called. */
/** Furnishes the rooms and opens the doors; `listen` opens the lines. */
export async function buildHouse(parts: HouseParts, morePages?: MorePages): Promise<House> {
  const { config, database } = parts;
  const rooms = await furnish(parts);
  const app = Fastify({
    loggerInstance: parts.log,
    bodyLimit: BODY_BYTES_MAX,
    routerOptions: { maxParamLength: 200 },
    logController: new LogController({ disableRequestLogging: true }),
    // Only the proxy itself is trusted: what a client wrote into X-Forwarded-For before it is not.
    trustProxy: config.tls.trustProxy && ((_address: string, hop: number) => hop === 0),
    genReqId: newRequestId,
    frameworkErrors: (error, request, reply) => void sendOutcome(error, request, reply, R4),
    http: { maxHeaderSize: URL_LENGTH_MAX * 2 },
  });
  await openDoors(app, rooms, morePages);
  const lines = startLines(app, rooms);
  const sweeper = setInterval(() => void sweep(rooms), SWEEP_MS);
  sweeper.unref();
  return {
    app,
    rooms,
    listen: () => lines.listen(),
    async close() {
      clearInterval(sweeper);
      await lines.close();
      await rooms.ledger.close();
      await database.close();
    },
  };
}

async function openDoors(
  app: FastifyInstance,
  rooms: Rooms,
  morePages: MorePages | undefined,
): Promise<void> {
  const {
    config,
    ledger,
    database,
    clients,
    tokens,

    clock,
    release,
    views,
  } = rooms;
  await houseRules(app, rooms);
  await app.register(healthRoutes, rooms);
  await app.register(async (pages) => {
    await pages.register(formbody);
    await morePages?.(pages, rooms);
    await pages.register(webRoutes, { ...rooms, apps: appConsents(rooms) });
    const medmij = medmijDoor(rooms);
    await pages.register(authorizeRoutes, medmij);
    await pages.register(tokenRoutes, medmij);
    await pages.register(regionsRoutes, {
      sql: database,
      clients,
      tokens,
      clock,
      ledger,
      publicUrl: config.publicUrl,
      endpoint: `${config.publicUrl}/oauth/token`,
    });
  });
  const medmij = medmijDoor(rooms);
  await app.register(fhirRoutes, {
    prefix: '/medmij/:aanbieder/:dienst/fhir',
    release,
    views,
    open: (request) => openMedmij(medmij, request),
    describe: (request) => describeMedmij(medmij, request),
  });
  await partnerDoors(app, rooms);
  await app.register(intakeRoutes, {
    ...rooms.senders,
    database,
    intake: rooms.intake,
    releaseOriginal: rooms.releaseOriginal,
    publicUrl: config.publicUrl,
  });
}

/** What the person's pages may know of the consents that the MedMij room keeps. */
function appConsents({ database }: Rooms): AppConsents {
  const diensten = readGegevensdiensten();
  return {
    of: (vault) => toestemmingenOf(database, vault),
    end: (vault, id, at) => endToestemming(database, vault, id, at),
    serviceText: (id) => diensten.get(id)?.text,
  };
}

function medmijDoor(rooms: Rooms): MedmijDoor {
  const { config, database, store } = rooms;
  const { publicUrl } = config;
  return {
    config: {
      ...config.medmij,
      publicUrl,
      requireClientCertificate: config.production,
      trustProxy: config.tls.trustProxy,
    },
    database,
    ledger: rooms.ledger,
    clients: rooms.clients,
    organisations: rooms.organisations,
    state: rooms.state,
    tokens: rooms.tokens,
    digid: createOidcLogin({
      issuer: config.digid.issuer,
      clientId: config.digid.clientId,
      ...(config.digid.clientSecret === undefined
        ? {}
        : { clientSecret: config.digid.clientSecret }),
      redirectUri: `${publicUrl}/medmij/callback`,
      scope: 'openid bsn',
      acrValues: config.digid.acrValues,
      allowHttp: !config.production,
    }),
    diensten: readGegevensdiensten(),
    availability: (bsn, aanbieder, at) => availabilityOf(store, database, { bsn, aanbieder, at }),
    clock: rooms.clock,
    log: rooms.log,
  };
}
