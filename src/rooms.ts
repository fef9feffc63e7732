/** The rooms below the doors, each with what it needs: who knows whom on floors one to three. */
import { readFileSync } from 'node:fs';
import type { FastifyBaseLogger } from 'fastify';
import { openLedger } from './audit/index.ts';
import { certificateTrust } from './certificate-trust.ts';
import type { Config } from './config.ts';
import { openProfileShelf } from './conformance/index.ts';
import {
  availabilityOf,
  createConsent,
  createReleaseOriginal,
  type MergeRooms,
  mergePeople,
  personByBsn,
} from './consent/index.ts';
import { fhirWays, refreshed } from './fhir-ways.ts';
import {
  createClients,
  createOrganisations,
  createSealedState,
  createTokens,
  type Keyring,
  type Organisations,
} from './identity/index.ts';
import {
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
  createLineQuestions,
  createReviewer,
  readAnomalyRules,
} from './insight/index.ts';
import { openMedmijRoom, type SandboxFaults } from './medmij/index.ts';
import {
  impossibleMemberships,
  type Policy,
  parseRegionAgreements,
  policyWith,
  standardPolicy,
} from './permission/index.ts';
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
  const policy = await agreedPolicy(config.regionsFile, organisations);
  const mitz = mitzOf(parts);
  const consent = createConsent({ database, store, ledger, clock, organisations, policy, mitz });
  const accessReviews = createAccessReviews({ database, store, ledger, keyring, clock });
  const ways = fhirWays({
    ...{ database, store, ledger, keyring, clock, consent, log: parts.log },
    raiseReviews: accessReviews.raise,
  });
  const releaseOriginal = createReleaseOriginal({ database, store, ledger });
  const shared = { database, ledger, clients, organisations, state, tokens, store };
  const own = fromPeople({ database, store, ledger, keyring, clock });
  const { share, sources } = own;
  const waiting = (vault: string) => waitingOf(database, vault);
  const medmij = furnishMedmij(parts, { ...shared, people: { share, sources, waiting } });
  const { news } = medmij;
  const profiles = openProfileShelf(config.profilesDir);
  const { couldSee } = consent;
  const { choices } = consent;
  const joinRecords = joiner({ database, store, ledger, choices, relations: consent.relations });
  const intake = openIntake(parts, {
    ...{ store, ledger, metrics, couldSee, profiles, news, sources, joinRecords },
    relations: refreshed(consent),
  });
  const review = reviewRoom({ database, store, ledger, organisations, keyring, clock });
  const trust = certificateTrust(config.tls);
  const binding = { trust, certificateRequired: config.partnerCertificateRequired };
  const senders = {
    clients,
    tokens,
    organisations,
    ...trust,
    overlayOf: senderFiles(parts).of,
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
    ...ways,
    releaseOriginal,
    review: { ...review, accesses: accessReviews },
    questions: createLineQuestions({ database, store, ledger, clock }),
    intake,
    ...own,
    profiles,
    binding,
    senders,
    medmij,
  };
}

/** The national register, when one is configured; what it finds wrong with us goes to the log. */
function mitzOf({ config, log }: HouseParts) {
  const { url, answerMsMax, certFile, keyFile, caFile } = config.mitz;
  if (url === undefined) return undefined;
  const read = (file: string | undefined) => file && readFileSync(file, 'utf8');
  const tls = { cert: read(certFile), key: read(keyFile), ca: read(caFile) };
  const given = Object.fromEntries(Object.entries(tls).filter(([, pem]) => pem !== undefined));
  return {
    settings: { url, answerMsMax, tls: given },
    notifyUrl: `${config.publicUrl}/regio/mitz`,
    wrong: (status: number) => log.error({ status }, 'the register refuses our question'),
  };
}

/**
 * What the regions agreed. @throws Error that quotes what contradicts itself or can never be: then
 * the gateway does not start.
 */
async function agreedPolicy(
  file: string | undefined,
  organisations: Pick<Organisations, 'all'>,
): Promise<Policy> {
  const policy =
    file === undefined
      ? standardPolicy()
      : policyWith(parseRegionAgreements(readFileSync(file, 'utf8'), file));
  const never = impossibleMemberships(await organisations.all(), policy.regions);
  if (never.length === 0) return policy;
  throw new Error(`The region agreements are refused:\n- ${never.join('\n- ')}`);
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

/** Joining two records moves choices along, so the way in is handed it. */
function joiner(rooms: MergeRooms): NonNullable<IntakeParts['joinRecords']> {
  return (vault, merged, by) => mergePeople(rooms, vault, merged, by);
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
  'store' | 'ledger' | 'couldSee' | 'profiles' | 'news' | 'sources' | 'joinRecords' | 'relations'
> & {
  readonly metrics: ReturnType<typeof createMetrics>;
};

/** The detectors over the ledger, and the queue of what they raise. */
function reviewRoom(
  parts: Omit<Parameters<typeof createReviewer>[0], 'rules' | 'cases'> & {
    readonly keyring: Keyring;
    readonly clock: Clock;
  },
) {
  const rules = readAnomalyRules();
  const cases = createCaseBook(parts);
  return { rules, cases, reviewer: createReviewer({ ...parts, rules, cases }) };
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
