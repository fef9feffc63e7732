/**
 * The gateway of a run with everything around it: PostgreSQL behind a line that can be cut, a CA,
 * a stand-in DigiD, list server, logging API and two app servers, all on free ports and real TLS.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildHouse, type House } from '../../../src/app.ts';
import { readConfig } from '../../../src/config.ts';
import {
  type Authority,
  createAuthority,
  type IssuedCertificate,
} from '../../../src/demo/authority.ts';
import { startStandIn } from '../../../src/demo/stand-in-provider.ts';
import { newKeyring, openKeyring } from '../../../src/identity/index.ts';
import type { ServiceFault } from '../../../src/medmij/index.ts';
import { openDatabase } from '../../../src/platform/database.ts';
import { startEmbeddedPostgres } from '../../../src/platform/embedded-postgres.ts';
import { createLog } from '../../../src/platform/log.ts';
import { migrate, readMigrations } from '../../../src/platform/migrate.ts';
import { type CutLine, openCutLine } from './cut-line.ts';
import { openPeer, type Peer } from './peers.ts';
import { person, recordOf } from './people.ts';
import {
  freePort,
  modulesFile,
  namesLeadHere,
  tlsFiles,
  variablesOf,
  yearsAgo,
} from './surroundings.ts';
import { type Line, send } from './wire.ts';
import {
  ACR,
  C1,
  C2,
  C3,
  HOST,
  LISTS_HOST,
  type ListWorld,
  MODULE,
  ORGANISATIONS,
  publisherOf,
  TASK_GIVER,
} from './world.ts';

export { yearsAgo } from './surroundings.ts';
export { C1, C2, C3, DOTTED, HOSPITAL, HOST, P, P2 } from './world.ts';

export interface Stage {
  readonly house: House;
  readonly line: Line;
  readonly authority: Authority;
  readonly certificates: Readonly<
    Record<'c1' | 'c2' | 'c3' | 'revoked' | 'stranger', IssuedCertificate>
  >;
  readonly lists: Peer;
  readonly logs: Peer;
  readonly app: Peer;
  readonly database: CutLine;
  /** Every line that the gateway logged. */
  readonly logged: readonly string[];
  readonly fixtures: string;
  readonly people: Readonly<
    Record<'adult' | 'young' | 'sixteen' | 'child' | 'twelve' | 'other', ReturnType<typeof person>>
  >;
  readonly faults: Map<string, ServiceFault>;
  /** Moves the clock of the gateway on. */
  later(seconds: number): Promise<void>;
  /** Sends a record through the real intake. */
  bring(body: unknown, sender?: string): Promise<void>;
  /** Puts new lists on the server, each with a higher number, and lets the gateway fetch them. */
  publish(change?: Partial<ListWorld>): Promise<void>;
  chain(): Promise<ChainRow[]>;
  close(): Promise<void>;
}

export interface ChainRow {
  readonly event: { type: string; trace_id: string; session_id?: string; flags?: string[] };
  readonly request?: Record<string, string>;
  readonly response?: { status: number };
  readonly error?: { code: string };
}

type Around = Awaited<ReturnType<typeof openAround>>;

/** Everything that stands around the gateway. */
async function openAround(folder: string) {
  const authority = await createAuthority('Conformance CA');
  const strange = await createAuthority('Public CA');
  const issue = (dnsName: string) => authority.issue({ dnsNames: [dnsName], usage: 'both' });
  const certificates = {
    c1: await issue(C1),
    c2: await issue(C2),
    c3: await issue(C3),
    revoked: await issue(C1),
    stranger: await strange.issue({ dnsNames: [C1], usage: 'client' }),
  };
  namesLeadHere();
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'pg'), disposable: true });
  await migrate(postgres.ownerUrl, readMigrations(join(import.meta.dirname, '../../../src')));
  return {
    ...{ folder, authority, certificates, postgres },
    lists: await openPeer(await issue(LISTS_HOST), authority.cert),
    logs: await openPeer(await issue('api.example.nl'), authority.cert),
    app: await openPeer(await issue(C1), authority.cert),
    database: await openCutLine(postgres.appUrl),
    digid: await startStandIn({
      ...{ kind: 'digid', host: '127.0.0.1', port: 0, clientId: 'zorgsluis', acr: ACR },
      redirectUris: [`https://${HOST}/medmij/callback`],
      accounts: [],
      actsFor: (_bsn, _represented, how) => (how === 'parental' ? {} : { mandated: 'alles' }),
    }),
    files: await tlsFiles(folder, authority, certificates.revoked.serial),
    modules: modulesFile(folder, MODULE),
    tlsPort: await freePort(),
    clock: { ahead: 0 },
    logged: [] as string[],
    faults: new Map<string, ServiceFault>(),
  };
}

function houseIn({ digid, database, clock, logged, folder, faults, ...around }: Around) {
  const { issuer } = digid;
  const pool = { poolSizeMax: 10, statementMsMax: 15_000, namedStatements: true };
  return buildHouse({
    config: {
      ...readConfig(variablesOf(around), { demo: true }),
      digid: { issuer, clientId: 'zorgsluis', clientSecret: undefined, acrValues: [ACR] },
    },
    keyring: openKeyring(newKeyring({ demo: true, name: 'conformance.example/audit' })),
    database: openDatabase({ url: database.url, ...pool }),
    clock: () => new Date(Date.now() + clock.ahead),
    log: createLog({ level: 'info', destination: { write: (text) => void logged.push(text) } }),
    checkpointsDir: join(folder, 'checkpoints'),
    isReady: () => true,
    faults: { of: (name, service) => faults.get(`${name}/${service}`) },
  });
}

/** Starts everything, and brings the records of a few people in. */
export async function openStage(fixtures: string): Promise<Stage> {
  const around = await openAround(mkdtempSync(join(tmpdir(), 'zorgsluis-medmij-')));
  const { lists, logs, app, database, clock, digid } = around;
  const house = await houseIn(around);
  const publisher = publisherOf(lists, house, app.port);
  await publisher.put({});
  await house.listen();
  const line = { host: HOST, port: around.tlsPort, ca: around.authority.cert };
  const stage: Stage = {
    ...{ ...around, house, line, fixtures, people: PEOPLE },
    async later(seconds) {
      clock.ahead += seconds * 1_000;
      // The ledger makes the keys of a coming month by itself, and here a month comes at once.
      if (seconds > 20 * 86_400) await new Promise((resolve) => setTimeout(resolve, 6_000));
    },
    bring: (body, sender = 'epd') => bring(house, line, body, sender),
    publish: (change = {}) => publisher.publish(change),
    chain: () => chainOf(house),
    async close() {
      await house.close();
      await Promise.all([digid.close(), lists.close(), logs.close(), app.close()]);
      database.close();
      await around.postgres.stop();
      rmSync(around.folder, { recursive: true, force: true });
    },
  };
  await fill(stage);
  return stage;
}

async function chainOf({ rooms }: House): Promise<ChainRow[]> {
  await rooms.medmij.door.chain.flush();
  const { rows } = await rooms.database.query<{ content: ChainRow }>(
    'select content from medmij_chain_event order by seq',
  );
  return rows.map(({ content }) => content);
}

const PEOPLE = {
  adult: person(1),
  young: person(2, yearsAgo(15)),
  sixteen: person(3, yearsAgo(16)),
  child: person(4, yearsAgo(8)),
  twelve: person(5, yearsAgo(12)),
  other: person(6),
};

const EMPTY = {
  type: 'V4',
  category: 'ZKH',
  regions: [{ id: 'noord' }],
  aliases: [],
  connection: 'connected',
} as const;

async function fill(stage: Stage): Promise<void> {
  const { clients, database, organisations } = stage.house.rooms;
  for (const one of [...ORGANISATIONS, TASK_GIVER])
    await organisations.put(database, { ...EMPTY, ...one });
  for (const [id, organisation] of [
    ['epd', ORGANISATIONS[0]?.id],
    ['epd-ander', ORGANISATIONS[1]?.id],
    ['epd-taken', TASK_GIVER.id],
  ] as const) {
    await clients.put(database, {
      ...{ id, kind: 'sender', name: id, status: 'active', organisationId: organisation ?? '' },
      ...{ keys: [], certificates: [], mllp: [], services: [], redirectUris: [] },
      scopes: ['system/intake'],
    });
  }
  for (const [key, one] of Object.entries(stage.people)) {
    await stage.bring(recordOf(one, key), key === 'other' ? 'epd-ander' : 'epd');
  }
}

async function bring(house: House, line: Line, body: unknown, sender: string): Promise<void> {
  const { tokens, clients, database } = house.rooms;
  const organisation = (await clients.byId(sender))?.organisationId ?? '';
  const { token } = await tokens.issue(database, {
    ...{ kind: 'sender', client: sender, organisation, scope: 'system/intake' },
  });
  const reply = await send(line, `/intake/${sender}/fhir`, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' },
    body: JSON.stringify(body),
  });
  if (reply.status !== 200)
    throw new Error(`the record was not taken: ${reply.text.slice(0, 300)}`);
}
