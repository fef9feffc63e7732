/** The house, wired by hand. Read it top to bottom to know who knows whom. */
import formbody from '@fastify/formbody';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { openLedger } from './audit/index.ts';
import { certificateTrust } from './certificate-trust.ts';
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
  personByBsn,
} from './consent/index.ts';
import { fhirRoutes, sendOutcome } from './fhir/index.ts';
import { partnerDoors } from './fhir-doors.ts';
import { healthRoutes } from './health.ts';
import { houseRules } from './house-rules.ts';
import {
  createClients,
  createOrganisations,
  createSealedState,
  createTokens,
  type Keyring,
} from './identity/index.ts';
import {
  createFhirWrites,
  createIntake,
  formats,
  fromPeople,
  intakeRoutes,
  openOverlays,
  waitingOf,
} from './ingest/index.ts';
import { startLines } from './lines.ts';
import {
  authorizeRoutes,
  describeMedmij,
  findRoutes,
  logResources,
  openMedmij,
  openMedmijRoom,
  publishRoutes,
  type SandboxFaults,
  subscriptionRoutes,
  tokenRoutes,
} from './medmij/index.ts';
import { ownPages } from './own-pages.ts';
import type { Clock } from './platform/clock.ts';
import type { Database } from './platform/database.ts';
import { newRequestId } from './platform/log.ts';
import { createMetrics } from './platform/metrics.ts';
import { regionsRoutes } from './regions/index.ts';
import { createStore, type Store } from './store/index.ts';
import { SWEEP_MS, sweep } from './sweep.ts';
import { webRoutes } from './web/index.ts';

export interface HouseParts {
  readonly config: Config;
  readonly keyring: Keyring;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: FastifyBaseLogger;
  readonly checkpointsDir: string;
  /** False while the demo region is still being loaded. */
  readonly isReady: () => boolean;
  /** A sandbox that breaks things on purpose; a production start has none. */
  readonly faults?: SandboxFaults;
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

/** What the files of senders say, read again when they change. */
function senderFiles(parts: HouseParts) {
  const { config } = parts;
  return openOverlays({
    ...(config.sendersDir === undefined ? {} : { folder: config.sendersDir }),
    check: (overlay) => formats.forEach((format) => void format.prepare?.(overlay)),
    wrong: (sender, err) => parts.log.error({ sender, err }, 'sender file is wrong'),
  });
}

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
  const { grantFor } = consent;
  const cursors = createPageCursors(keyring);
  const wayOut = { database, store, ledger, clock, cursors, grantFor };
  const release = createRelease(wayOut);
  const views = createRecordViews(wayOut);
  const releaseOriginal = createReleaseOriginal({ database, store, ledger });
  const people = fromPeople({ database, store, ledger, keyring, clock });
  const { share, sources } = people;
  const waiting = (vault: string) => waitingOf(database, vault);
  const shared = { database, ledger, clients, organisations, state, tokens, store };
  const medmij = furnishMedmij(parts, { ...shared, people: { share, sources, waiting } });
  const intake = createIntake({
    news: medmij.news,
    database,
    store,
    ledger,
    keyring,
    clock,
    formats,
    sources: people.sources,
    couldSee: consent.couldSee,
    counted: (format, outcome) => metrics.intake.inc({ format, outcome }),
  });
  const overlays = senderFiles(parts);
  const visible = createVisibleMatch({ store, clock });
  const writes = createFhirWrites({ database, store, ledger, keyring, clock, visible });
  const senders = {
    clients,
    tokens,
    organisations,
    ...certificateTrust(config.tls),
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
    ...people,
    senders,
    medmij,
  };
}

type MedmijNeeds = Pick<
  Parameters<typeof openMedmijRoom>[0],
  'database' | 'ledger' | 'clients' | 'organisations' | 'state' | 'tokens' | 'people'
> & { readonly store: Store };

function furnishMedmij({ config, keyring, clock, log, faults }: HouseParts, needs: MedmijNeeds) {
  const { store, ...rooms } = needs;
  const { issuer, clientId, clientSecret, acrValues } = config.digid;
  return openMedmijRoom({
    ...rooms,
    ...{ config: medmijConfig(config), keyring, clock, log },
    digid: {
      ...{ issuer, clientId, acrValues, allowHttp: !config.production },
      ...(clientSecret === undefined ? {} : { clientSecret }),
    },
    availability: (asked) => availabilityOf(store, rooms.database, asked),
    admits: async () => true,
    personByBsn: (bsn) => personByBsn(store, rooms.database, bsn),
    faults: config.production ? undefined : faults,
  });
}

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
    async listen() {
      await rooms.medmij.start();
      await lines.listen();
    },
    async close() {
      clearInterval(sweeper);
      await lines.close();
      await rooms.medmij.close();
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
    await pages.register(webRoutes, { ...rooms, ...ownPages(rooms) });
    const { door } = rooms.medmij;
    await pages.register(authorizeRoutes, door);
    await pages.register(tokenRoutes, door);
    await pages.register(publishRoutes, door);
    await pages.register(findRoutes, door);
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
  const { door: medmij } = rooms.medmij;
  await app.register(subscriptionRoutes, medmij);
  await app.register(async (resources) => {
    logResources(resources, medmij);
    await resources.register(fhirRoutes, {
      prefix: '/medmij/:aanbieder/:dienst/fhir',
      release,
      views,
      open: (request) => openMedmij(medmij, request),
      describe: (request) => describeMedmij(medmij, request),
    });
  });
  await partnerDoors(app, rooms);
  await app.register(intakeRoutes, {
    ...rooms.senders,
    database,
    intake: rooms.intake,
    ledger,
    clock,
    sources: rooms.sources,
    sharedItems: rooms.sharedItems,
    releaseOriginal: rooms.releaseOriginal,
    publicUrl: config.publicUrl,
  });
}

function medmijConfig({ medmij, publicUrl, production, tls }: Config) {
  return {
    ...medmij,
    requireClientCertificate: production || medmij.requireClientCertificate,
    publicUrl,
    ...certificateTrust(tls),
  };
}
