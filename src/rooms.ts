/** The rooms below the doors, each with what it needs: who knows whom on floors one to three. */
import type { FastifyBaseLogger } from 'fastify';
import { type Ledger, openLedger } from './audit/index.ts';
import { certificateTrust } from './certificate-trust.ts';
import type { Config } from './config.ts';
import { openProfileShelf } from './conformance/index.ts';
import {
  availabilityOf,
  type Consent,
  createReleaseOriginal,
  createRetractions,
  type MergeRooms,
  mergePeople,
  type OwnCountParts,
  ownCounts,
  personByBsn,
  type Release,
  stillAvailable,
} from './consent/index.ts';
import { fhirWays, refreshed } from './fhir-ways.ts';
import { furnishConsent, whoWeAre } from './furnish-consent.ts';
import {
  type Clients,
  createClients,
  createOrganisations,
  createSealedState,
  createTokens,
  type Keyring,
} from './identity/index.ts';
import {
  closedFor,
  createIntake,
  formats,
  fromPeople,
  type Intake,
  type IntakeParts,
  openOverlays,
  waitingOf,
} from './ingest/index.ts';
import {
  createAccessReviews,
  createCaseBook,
  createFigures,
  createLineQuestions,
  createReviewer,
  createReviewFacts,
  lateAnomalyRules,
  readMeasures,
} from './insight/index.ts';
import { type Medmij, openMedmijRoom, type SandboxFaults } from './medmij/index.ts';
import { moduleWays } from './module-ways.ts';
import type { Clock } from './platform/clock.ts';
import type { Database } from './platform/database.ts';
import { createMetrics } from './platform/metrics.ts';
import { createStore, type Store } from './store/index.ts';

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

export type Rooms = Awaited<ReturnType<typeof furnish>>;

/** Everything below the doors: each room gets what it needs, and nothing else. */
export async function furnish(parts: HouseParts) {
  const { database, keyring, clock, config } = parts;
  const organisations = createOrganisations(database);
  const clients = createClients(database);
  const state = createSealedState(clock, keyring.hmac('identity/state'));
  const tokens = createTokens(database, state, clock);
  const store = createStore({ keyring, clock });
  const ledger = await openLedger({
    database,
    keyring,
    clock,
    checkpointsDir: parts.checkpointsDir,
    ...(config.witness ? { witnessAt: config.witness } : {}),
    log: parts.log,
  });
  const metrics = createMetrics();
  const consent = await furnishConsent(parts, { store, ledger, organisations, clients });
  const { relations } = consent;
  const review = reviewRoom(parts, { store, ledger, organisations, relations });
  const retractions = furnishRetractions(parts, { store, ledger, clients });
  const news = unlessQuiet(consent.quiet, (tx, told) => medmij.news(tx, told));
  const ways = fhirWays({
    ...{ database, store, ledger, keyring, clock, consent, log: parts.log, retractions, news },
    ...{ raiseReviews: review.accesses.raise, organisations },
  });
  const releaseOriginal = createReleaseOriginal({ database, store, ledger });
  const shared = { database, ledger, clients, organisations, state, tokens, store };
  const own = fromPeople({ ...shared, keyring, clock, ...whoWeAre(config) });
  const { share, sources } = own;
  const { quiet, grantFor, couldSee } = consent;
  const waiting = async (vault: string) =>
    (await quiet.isOn(vault)) ? [] : waitingOf(database, vault);
  const consentEnded = consent.notices?.noteEnd;
  const people = { share, sources, waiting, ...(consentEnded ? { consentEnded } : {}) };
  const { release } = ways;
  const medmij = furnishMedmij(parts, { ...shared, quiet, grantFor, people, release });
  const profiles = openProfileShelf(config.profilesDir);
  const joinRecords = joiner({ database, store, ledger, clock, ...consent });
  const intake = openIntake(parts, {
    ...{ store, ledger, metrics, couldSee, profiles, news, sources, joinRecords },
    takenBack: retractions.note,
    relations: refreshed(consent),
  });
  const trust = certificateTrust(config.tls);
  const binding = { trust, certificateRequired: config.partnerCertificateRequired };
  const senders = { clients, tokens, organisations, ...trust, overlayOf: senderFiles(parts).of };
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
    ...ways,
    releaseOriginal,
    retractions,
    review,
    ...askingRooms({ database, store, ledger, clock }, consent),
    intake,
    ...own,
    profiles,
    binding,
    senders,
    medmij,
  };
}

type MedmijNeeds = Pick<
  Parameters<typeof openMedmijRoom>[0],
  'database' | 'ledger' | 'clients' | 'organisations' | 'state' | 'tokens' | 'people'
> & {
  readonly store: Store;
  readonly quiet: Consent['quiet'];
  readonly grantFor: OwnCountParts['grantFor'];
  readonly release: Release;
};

function furnishMedmij({ config, keyring, clock, log, faults }: HouseParts, needs: MedmijNeeds) {
  const { store, quiet, grantFor, release, ...rooms } = needs;
  const { issuer, clientId, clientSecret, acrValues } = config.digid;
  return openMedmijRoom({
    ...rooms,
    ...{ config: medmijConfig(config), keyring, clock, log },
    digid: {
      ...{ issuer, clientId, acrValues, allowHttp: !config.production },
      ...(clientSecret === undefined ? {} : { clientSecret }),
    },
    // In quiet mode an app hears what it hears of somebody who is not known here.
    availability: async (asked) => {
      const found = await availabilityOf(store, rooms.database, asked);
      const isHidden = found.vault !== undefined && (await quiet.isOn(found.vault));
      return isHidden ? { reason: 'not-known-here' } : found;
    },
    stillAvailable: (sql, asked) => stillAvailable(store, sql, asked),
    notAdmitted: ({ vault, aanbieder: organisation, service }) =>
      closedFor(rooms.database, { vault, organisation, service }, clock()),
    counts: (access, vault) =>
      ownCounts({ database: rooms.database, store, grantFor }, access, vault, clock()),
    moduleWays: moduleWays(release),
    personByBsn: async (bsn) => {
      const vault = await personByBsn(store, rooms.database, bsn);
      return vault !== undefined && (await quiet.isOn(vault)) ? undefined : vault;
    },
    faults: config.production ? undefined : faults,
  });
}

/** What sources take back; partners with an address for it are told there. */
function furnishRetractions(
  { database, clock, log }: HouseParts,
  { clients, ...rooms }: { store: Store; ledger: Ledger; clients: Clients },
) {
  return createRetractions({
    ...{ database, clock, ...rooms },
    failed: (err) => log.warn({ err }, 'readers of what was taken back were not looked for'),
    isReachable: async (id) => {
      const client = await clients.byId(id);
      return client?.kind === 'partner' && client.notificationBase !== undefined;
    },
  });
}

/** Joining two records moves choices along, so the way in is handed it. */
function joiner(rooms: MergeRooms): NonNullable<IntakeParts['joinRecords']> {
  return (vault, merged, by) => mergePeople(rooms, vault, merged, by);
}

/** An app that hears that something is new hears that there is something. */
function unlessQuiet(
  quiet: Consent['quiet'],
  tell: Medmij['news'],
): NonNullable<IntakeParts['news']> {
  return (tx, told) =>
    tell(
      tx,
      told.map((one) => ({ ...one, isQuiet: () => quiet.isOn(one.vault) })),
    );
}

/** The way in, with what it tells others: the metrics, and the log. */
function openIntake(
  { database, keyring, clock, log }: HouseParts,
  { metrics, ...rooms }: IntakeNeeds,
): Intake {
  return createIntake({
    database,
    keyring,
    clock,
    formats,
    ...rooms,
    profileCheckFailed: (err) => log.error({ err }, 'profile check failed'),
    counted: (format, outcome) => metrics.intake.inc({ format, outcome }),
  });
}

type IntakeNeeds = Pick<
  IntakeParts,
  | 'store'
  | 'ledger'
  | 'couldSee'
  | 'profiles'
  | 'news'
  | 'sources'
  | 'joinRecords'
  | 'relations'
  | 'takenBack'
> & {
  readonly metrics: ReturnType<typeof createMetrics>;
};

/** The detectors over the ledger, and the queue of what they raise. */
function reviewRoom(
  { database, keyring, clock, config, log }: HouseParts,
  rooms: Pick<
    Parameters<typeof createReviewer>[0],
    'store' | 'ledger' | 'organisations' | 'relations'
  >,
) {
  const rules = lateAnomalyRules();
  const cases = createCaseBook({ ...rooms, database, keyring, clock });
  const accesses = createAccessReviews({ ...rooms, database, keyring, clock });
  const facts = createReviewFacts({ ...rooms, database, clock });
  const reviewer = createReviewer({
    ...{ ...rooms, database, rules, cases, told: facts.all },
    ...(config.reviewDir === undefined ? {} : { knownDir: config.reviewDir }),
    wrong: (err, place) => log.error({ err, place }, 'a file of the detectors is wrong'),
  });
  return { rules, cases, accesses, facts, reviewer };
}

/** Figures over many people, and what people ask about their own lines. */
function askingRooms(
  rooms: Parameters<typeof createLineQuestions>[0],
  { admitCohort: admit, cohort }: Consent,
) {
  const measures = readMeasures();
  const figures = createFigures({ ...rooms, measures, admit, cohort });
  return { figures, questions: createLineQuestions(rooms) };
}

/** Sender files as they are now; one that is wrong is told in the log and changes nothing. */
function senderFiles({ config, log }: HouseParts) {
  return openOverlays({
    ...(config.sendersDir === undefined ? {} : { folder: config.sendersDir }),
    check: (overlay) => formats.forEach((format) => void format.prepare?.(overlay)),
    wrong: (name, error) => log.error({ sender: name, err: error }, 'sender file is wrong'),
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
