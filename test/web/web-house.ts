/** The pages on a real database, with the stand-in log-ins, on a real line. */
import { type KeyObject, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import Fastify, { type FastifyInstance } from 'fastify';
import { openLedger } from '../../src/audit/index.ts';
import {
  createConsent,
  createPageCursors,
  createRecordViews,
  createReleaseOriginal,
  createRetractions,
  mergePeople,
} from '../../src/consent/index.ts';
import { createVisitor, hiddenField, type Visitor } from '../../src/demo/client/browserless.ts';
import {
  loginAsPerson as personIn,
  type StaffPortal,
  loginAsStaff as staffIn,
} from '../../src/demo/client/page-client.ts';
import { type Answer, createTrail } from '../../src/demo/client/trail.ts';
import { doorsRoutes } from '../../src/demo/doors/doors-routes.ts';
import { labReport } from '../../src/demo/region/messages/hl7v2-message.ts';
import { ORGANISATIONS, organisation } from '../../src/demo/region/organisations.ts';
import { demoPeople } from '../../src/demo/region/people.ts';
import { createRandom } from '../../src/demo/region/random.ts';
import { recordOf } from '../../src/demo/region/record.ts';
import { digidAccounts, staffAccounts } from '../../src/demo/stand-in-accounts.ts';
import { type StandInAccount, startStandIn } from '../../src/demo/stand-in-provider.ts';
import {
  createClients,
  createOrganisations,
  createSealedState,
  createTokens,
  newKeyring,
  openKeyring,
} from '../../src/identity/index.ts';
import { createIntake, formats, fromPeople, overlayOf } from '../../src/ingest/index.ts';
import {
  createAccessReviews,
  createCaseBook,
  createFigures,
  createLineQuestions,
  readAnomalyRules,
  readMeasures,
} from '../../src/insight/index.ts';
import { ownPages } from '../../src/own-pages.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { type WebDoor, webRoutes } from '../../src/web/index.ts';
import { testDatabase } from '../support/postgres.ts';

export interface WebHouse {
  readonly url: string;
  readonly door: WebDoor;
  readonly app: FastifyInstance;
  /** BSN of the persona who has laboratory results of Kennemerzoom, and her vault. */
  readonly bsn: string;
  readonly vault: string;
  /** Public key of the ledger. */
  readonly ledgerKey: KeyObject;
  /** Connection of the owner of the tables: for who tampers. */
  readonly ownerUrl: string;
  /** Makes somebody known at the hospital, by a visit that goes on. @returns the vault. */
  known(person: { readonly bsn: string; readonly birthDate: string }): Promise<string>;
  /** A FHIR transaction of the hospital comes in. */
  receive(bundle: unknown): Promise<void>;
  /** The record of somebody else goes into that of the persona. */
  mergeWith(bsn: string): Promise<void>;
  close(): Promise<void>;
}

export const SENDER = 'epd-kennemerzoom';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface WebHouseOptions {
  /** Beside the staff of the demo. */
  readonly staff?: readonly StandInAccount[];
  /** How sure the provider of staff is. */
  readonly staffAcr?: string;
}

export async function openWebHouse(options: WebHouseOptions = {}): Promise<WebHouse> {
  const db = await testDatabase();
  const { database } = db;
  const clock = systemClock;
  const keyring = openKeyring(newKeyring({ demo: true, name: 'test/audit' }));
  const { createStore } = await import('../../src/store/index.ts');
  const organisations = createOrganisations(database);
  const clients = createClients(database);
  const state = createSealedState(clock, keyring.hmac('identity/state'));
  const store = createStore({ keyring, clock });
  const ledger = await openLedger({ database, keyring, clock });
  const consent = createConsent({ database, store, ledger, clock, organisations, keyring });
  const relations = consent.relations.refresh;
  const intake = createIntake({ database, store, ledger, keyring, clock, formats, relations });
  for (const one of ORGANISATIONS.values()) await organisations.put(database, one);

  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const shared = { host: '127.0.0.1', clientId: 'zorgsluis', port: 0 };
  const digid = await startStandIn({
    ...shared,
    kind: 'digid',
    redirectUris: [`${url}/mij/callback`],
    acr: 'substantial',
    accounts: digidAccounts(),
    actsFor: (_bsn, _represented, how) => (how === 'parental' ? {} : undefined),
  });
  const staff = await startStandIn({
    ...shared,
    kind: 'staff',
    redirectUris: ['auditor', 'afzender', 'cijfers'].map((home) => `${url}/${home}/callback`),
    acr: options.staffAcr ?? 'second-factor',
    accounts: [...staffAccounts(), ...(options.staff ?? [])],
  });
  const { grantFor } = consent;
  const cursors = createPageCursors(keyring);
  const views = createRecordViews({ database, store, ledger, clock, cursors, grantFor });
  const settings = { clientId: 'zorgsluis', clientSecret: undefined };
  const app = Fastify();
  const door: WebDoor = {
    config: {
      publicUrl: url,
      production: false,
      digid: { ...settings, issuer: digid.issuer, acrValues: ['substantial'] },
      staff: { ...settings, issuer: staff.issuer, acrValues: ['second-factor'] },
    },
    keyring,
    database,
    clock,
    log: app.log,
    ledger,
    organisations,
    clients,
    state,
    tokens: createTokens(database, state, clock),
    consent,
    ...fromPeople({ database, store, ledger, keyring, clock, clients, publicUrl: url }),
    ...ownPages({
      ...{ database, store, ledger, consent, organisations, clock, views },
      ...{ clients, keyring, config: { publicUrl: url } },
    }),
    questions: createLineQuestions({ database, store, ledger, clock }),
    figures: createFigures({
      ...{ database, store, ledger, clock, measures: readMeasures() },
      ...{ admit: consent.admitCohort, cohort: consent.cohort },
    }),
    review: {
      rules: readAnomalyRules(),
      cases: createCaseBook({ database, store, ledger, keyring, clock }),
      accesses: createAccessReviews({ database, store, ledger, keyring, clock }),
    },
    intake,
    releaseOriginal: createReleaseOriginal({ database, store, ledger }),
    retractions: createRetractions({
      ...{ database, store, ledger, clock },
      failed: (error) => app.log.warn(error),
      isReachable: async () => false,
    }),
    senders: { overlayOf },
  };
  await app.register(cookie);
  await app.register(formbody);
  await app.register(webRoutes, door);
  await app.register(doorsRoutes, {
    publicUrl: url,
    mllp: undefined,
    rooms: { ledger, consent },
    clients: () => undefined,
  });
  await app.listen({ host: '127.0.0.1', port });

  const bsn = await fill(door, intake);
  const vault = (await consent.own.byBsn(bsn)) ?? '';
  const receive = async (bundle: unknown): Promise<void> => {
    const client = await clients.byId(SENDER);
    if (!client) throw new Error('the sender is not registered');
    await intake.receive({
      sender: {
        client,
        organisation: organisation('kennemerzoom'),
        overlay: overlayOf('default', client.id),
      },
      ...{ channel: 'http', mediaType: 'application/fhir+json', address: '127.0.0.1' },
      requestId: randomUUID(),
      bytes: Buffer.from(JSON.stringify(bundle)),
    });
  };
  return {
    url,
    door,
    app,
    bsn,
    vault,
    ledgerKey: keyring.ledger.publicKey,
    ownerUrl: db.ownerUrl,
    receive,
    async known(person) {
      const start = new Date(clock().getTime() - 3_600_000).toISOString();
      await receive(visited({ person, start }));
      return (await consent.own.byBsn(person.bsn)) ?? '';
    },
    async mergeWith(other) {
      const rooms = { database, store, ledger, ...consent };
      const gone = (await consent.own.byBsn(other)) ?? '';
      await mergePeople(rooms, vault, gone, { kind: 'operator', id: 'test' });
    },
    async close() {
      await app.close();
      await Promise.all([digid.close(), staff.close()]);
      await ledger.close();
      await db.close();
    },
  };
}

/** One person, known at one hospital by a real message. */
async function fill(door: WebDoor, intake: ReturnType<typeof createIntake>): Promise<string> {
  const random = createRandom('web');
  const [person] = [...demoPeople(random, 1)];
  const report = person && recordOf(person, random).labs[0];
  if (!person?.bsn || !report) throw new Error('the demo has no first person');
  const own = organisation('kennemerzoom');
  const client = {
    id: SENDER,
    kind: 'sender' as const,
    name: 'EPD Kennemerzoom',
    organisationId: own.id,
    status: 'active' as const,
    keys: [],
    certificates: [],
    mllp: [],
    scopes: [],
    services: [],
    redirectUris: [],
  };
  await door.clients.put(door.database, client);
  const message = labReport({ application: 'ZOOMEPD', organisation: own }, person, report, {
    id: 'WEB1',
    time: '20260301080000',
    bsn: person.bsn,
    status: 'F',
  });
  const sender = { client, organisation: own, overlay: overlayOf('default', client.id) };
  const incoming = {
    sender,
    channel: 'http' as const,
    mediaType: 'application/hl7-v2',
    address: '127.0.0.1',
    requestId: 'web-test-1',
  };
  await intake.receive({ ...incoming, bytes: Buffer.from(message) });
  await intake
    .receive({
      ...incoming,
      bytes: Buffer.from(message.replace('|WEB1|', '|WEB2|').replace('PID|', 'XXX|')),
    })
    .catch(() => undefined);
  // Her number with another date of birth: somebody has to decide.
  const born = new RegExp(`\\|${person.birthDate.replaceAll('-', '')}\\|`);
  const stranger = message.replace('|WEB1|', '|WEB3|').replace(born, '|19010101|');
  await intake.receive({ ...incoming, bytes: Buffer.from(stranger) });
  const visit = { person, start: new Date(door.clock().getTime() - 3_600_000).toISOString() };
  await intake.receive({
    ...incoming,
    mediaType: 'application/fhir+json',
    bytes: Buffer.from(JSON.stringify(visited(visit))),
  });
  await raiseCase(door);
  await raiseEmergency(door);
  return person.bsn;
}

interface Visited {
  readonly person: { readonly bsn?: string | undefined; readonly birthDate: string };
  readonly start: string;
}

/** A visit that goes on, so that somebody treats her now. */
function visited({ person, start }: Visited) {
  const subject = 'urn:uuid:11111111-1111-4111-8111-111111111111';
  const patient = {
    resourceType: 'Patient',
    identifier: [{ system: 'http://fhir.nl/fhir/NamingSystem/bsn', value: person.bsn }],
    birthDate: person.birthDate,
  };
  const encounter = {
    resourceType: 'Encounter',
    status: 'in-progress',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
    subject: { reference: subject },
    period: { start },
  };
  const entry = [
    { fullUrl: subject, resource: patient, request: { method: 'POST', url: 'Patient' } },
    {
      fullUrl: 'urn:uuid:22222222-2222-4222-8222-222222222222',
      resource: encounter,
      request: { method: 'POST', url: 'Encounter' },
    },
  ];
  return { resourceType: 'Bundle', type: 'transaction', entry };
}

/** An emergency access that waits for the officer of the hospital. */
async function raiseEmergency({ review }: WebDoor): Promise<void> {
  const event = {
    class: 'care' as const,
    event: 'search-type',
    action: 'E' as const,
    outcome: 0 as const,
    agent: {
      kind: 'professional' as const,
      id: 'seh-arts-7',
      role: '01.015',
      organisation: organisation('kennemerzoom').id,
    },
    patient: '33333333-3333-4333-8333-333333333333',
    obligations: ['REVIEW-FG'],
    counts: { AllergyIntolerance: 1, MedicationRequest: 2 },
    detail: { reason: 'Bewusteloos binnengebracht', level: 'vital', patientIncapable: 'true' },
  };
  await review.accesses.raise([{ event, seq: 0 }]);
}

/** Something that stood out in the log, for the review queue. */
async function raiseCase({ database, review }: WebDoor): Promise<void> {
  const holder = organisation('kennemerzoom').id;
  const access = {
    seq: 0,
    at: new Date('2026-03-02T03:00:00+01:00'),
    user: 'baliemedewerker',
    organisation: holder,
    kind: 'read' as const,
    emergency: false,
    refused: false,
    shown: 1,
    labels: [],
    ownData: false,
  };
  const flags = [
    { rule: 'AN-01' as const, weight: 3, access, why: {} },
    { rule: 'AN-07' as const, weight: 2, access, why: { patients: 41, limit: 25 } },
  ];
  await database.transaction((tx) =>
    review.cases.raise(tx, { about: 'user', subject: access.user, holder, flags, score: 5 }),
  );
}

/** Somebody with a browser, without one. */
export function newVisitor(): Visitor {
  return createVisitor(createTrail());
}

const STEP = { nl: 'stap', en: 'step' };

/** Logs in at /mij through the stand-in DigiD. */
export function loginAsPerson(house: WebHouse, visitor: Visitor, bsn = house.bsn): Promise<Answer> {
  return personIn(visitor, house.url, bsn);
}

/** Logs in as staff with the second factor that the stand-in shows. */
export function loginAsStaff(
  house: WebHouse,
  visitor: Visitor,
  portal: StaffPortal,
  account: string,
): Promise<Answer> {
  return staffIn(visitor, house.url, portal, account);
}

export async function get(house: WebHouse, visitor: Visitor, path: string): Promise<Answer> {
  return visitor.call(STEP, `${house.url}${path}`);
}

/** Sends a form of a page, with the anti-forgery value of that page. */
export async function post(
  house: WebHouse,
  visitor: Visitor,
  from: Answer,
  path: string,
  form: Record<string, string>,
): Promise<Answer> {
  const call = { form: { csrf: hiddenField(from, 'csrf'), ...form } };
  const { page } = await visitor.follow(STEP, `${house.url}${path}`, { call });
  return page as Answer;
}
