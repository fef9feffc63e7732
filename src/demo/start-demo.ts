/**
 * The demo: the real gateway on the embedded database, with stand-ins where the real thing cannot
 * be
 * (DigiD, the staff's provider, PKIoverheid), and a region of invented people sent in through the
 * real intake. Everything lives in one folder; deleting it starts again.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildHouse, type House } from '../app.ts';
import { DEMO_FILE, type DemoFile } from '../cli/command-database.ts';
import { type Config, databaseConfig, readConfig } from '../config.ts';
import {
  changedKeyFile,
  type Keyring,
  type KeyringFile,
  newKeyring,
  openKeyring,
} from '../identity/index.ts';
import { categoryOfType, recipientCode } from '../permission/index.ts';
import { openDatabase } from '../platform/database.ts';
import { startEmbeddedPostgres } from '../platform/embedded-postgres.ts';
import { Env, type Variables } from '../platform/env.ts';
import { createLog } from '../platform/log.ts';
import { migrate, readMigrations } from '../platform/migrate.ts';
import type { Running } from '../start-gateway.ts';
import { type DemoClients, demoClients, registerDemo } from './demo-registry.ts';
import { doorsRoutes } from './doors/doors-routes.ts';
import { withFreePorts } from './free-ports.ts';
import { loadRegion, type RegionSize } from './load-region.ts';
import { printDoors } from './print-doors.ts';
import { createSandbox } from './sandbox/sandbox.ts';
import { sandboxRoutes } from './sandbox/sandbox-routes.ts';
import { digidAccounts, staffAccounts } from './stand-in-accounts.ts';
import { startStandInMitz } from './stand-in-mitz.ts';
import { demoModules } from './stand-in-module.ts';
import { type StandIn, startStandIn } from './stand-in-provider.ts';
import { type DemoCertificates, demoCertificates } from './test-ca.ts';

const ACR = 'http://eidas.europa.eu/LoA/substantial';
const STAFF_ACR = 'urn:zorgsluis:second-factor';

/** @throws Error with a sentence when a port is taken or the folder is in use. */
export async function startDemo(given: Variables): Promise<Running> {
  const started = performance.now();
  const say = (text: string) => void process.stdout.write(`${text}\n`);
  const variables = await withFreePorts(given, given['HOST'] ?? '127.0.0.1', say);
  const settings = readConfig(variables, { demo: true });
  const dataDir = resolve(settings.dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const log = createLog({ level: settings.logLevel as 'warn' });

  const certificates = await demoCertificates(join(dataDir, 'tls'), demoClients.certificates);
  const keyFile = settings.keyFile ?? join(dataDir, 'keys.json');
  const keyring = openDemoKeys(keyFile);
  const embedded = settings.database ? undefined : await startEmbeddedPostgres({ dataDir });
  const databaseUrl = settings.database?.url ?? embedded?.appUrl ?? '';
  const ownerUrl = settings.ownerUrl ?? embedded?.ownerUrl ?? databaseUrl;
  await migrate(ownerUrl, readMigrations(resolve(import.meta.dirname, '..')));
  const database = openDatabase(databaseConfig(new Env(variables), databaseUrl));

  const sandbox = createSandbox(certificates);
  const standIns = await startStandIns(settings, variables);
  const mitz = await startMitz(settings, variables);
  let ready = false;
  let clients: DemoClients | undefined;
  const house = await buildHouse(
    {
      config: { ...withStandIns(settings, standIns, certificates), mitz: mitz.config },
      keyring,
      database,
      clock: sandbox.clock,
      faults: sandbox.faults,
      log,
      checkpointsDir: join(dataDir, 'checkpoints'),
      isReady: () => ready,
    },
    async (pages, rooms) => {
      const mllp =
        settings.mllp.port === undefined
          ? undefined
          : { host: settings.host, port: settings.mllp.port };
      await pages.register(doorsRoutes, {
        publicUrl: settings.publicUrl,
        mllp,
        rooms,
        clients: () => clients,
      });
      await pages.register(sandboxRoutes, { sandbox, rooms, personas: digidAccounts() });
    },
  );
  clients = await registerDemo(house.rooms, certificates, dataDir);
  await house.listen();
  writeDemoFile(dataDir, { url: settings.publicUrl, databaseUrl, keyFile });
  await fill(house, clients, dataDir, variables, say);
  ready = true;
  printDoors(say, settings, [...standIns, mitz.config], (performance.now() - started) / 1_000);

  return {
    async stop() {
      rmSync(join(dataDir, DEMO_FILE), { force: true });
      await house.close();
      await Promise.all([...standIns.map((one) => one.close()), mitz.standIn?.close()]);
      await embedded?.stop();
    },
  };
}

/** The region goes in once; a second start finds it there. */
async function fill(
  house: House,
  clients: DemoClients,
  dataDir: string,
  variables: Variables,
  say: (text: string) => void,
): Promise<void> {
  const mark = join(dataDir, 'region-loaded');
  if (existsSync(mark)) return;
  const size = (variables['DEMO_SIZE'] ?? 'S') as RegionSize;
  await loadRegion(house.rooms, clients, {
    size,
    truthFile: join(dataDir, 'ground-truth.json'),
    say,
  });
  writeFileSync(mark, `${size}\n`);
}

function openDemoKeys(file: string): Keyring {
  if (!existsSync(file)) {
    const keys = newKeyring({ demo: true, name: 'zorgsluis-demo.example/audit' });
    writeFileSync(file, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 });
  }
  const keys = JSON.parse(readFileSync(file, 'utf8')) as KeyringFile;
  return openKeyring(keys, changedKeyFile(file));
}

/** A stand-in of the national register, unless a real one is configured. */
async function startMitz(settings: Config, variables: Variables) {
  if (settings.mitz.url !== undefined) return { config: settings.mitz, standIn: undefined };
  const env = new Env(variables);
  const standIn = await startStandInMitz({
    host: '127.0.0.1',
    port: env.integer('MITZ_PORT', {
      default: settings.port === 0 ? 0 : settings.port + 3,
      min: 0,
      max: 65_535,
    }),
    recipientCodeOf: (type) => recipientCode(categoryOfType(type) ?? 'OVZ'),
  });
  return { config: { ...settings.mitz, url: standIn.url }, standIn };
}

async function startStandIns(settings: Config, variables: Variables): Promise<[StandIn, StandIn]> {
  const env = new Env(variables);
  const port = (name: string, fallback: number) =>
    env.integer(name, { default: settings.port === 0 ? 0 : fallback, min: 0, max: 65_535 });
  const shared = { host: '127.0.0.1', clientId: 'zorgsluis' };
  const digid = await startStandIn({
    ...shared,
    kind: 'digid',
    port: port('DIGID_PORT', settings.port + 1),
    redirectUris: [`${settings.publicUrl}/medmij/callback`, `${settings.publicUrl}/mij/callback`],
    acr: ACR,
    accounts: digidAccounts(),
  });
  const staff = await startStandIn({
    ...shared,
    kind: 'staff',
    port: port('STAFF_PORT', settings.port + 2),
    redirectUris: [
      `${settings.publicUrl}/auditor/callback`,
      `${settings.publicUrl}/afzender/callback`,
      `${settings.publicUrl}/cijfers/callback`,
    ],
    acr: STAFF_ACR,
    accounts: staffAccounts(),
  });
  return [digid, staff];
}

function withStandIns(
  settings: Config,
  [digid, staff]: readonly [StandIn, StandIn],
  certificates: DemoCertificates,
): Config {
  const modules = demoModules(settings.medmij.modules, resolve(settings.dataDir));
  return {
    ...settings,
    medmij: { ...settings.medmij, modules },
    digid: { ...settings.digid, issuer: digid.issuer, acrValues: [ACR] },
    staff: { ...settings.staff, issuer: staff.issuer, acrValues: [STAFF_ACR] },
    tls: {
      ...settings.tls,
      certFile: settings.tls.certFile ?? certificates.serverCertFile,
      keyFile: settings.tls.keyFile ?? certificates.serverKeyFile,
      clientCaFile: settings.tls.clientCaFile ?? certificates.caFile,
    },
  };
}

function writeDemoFile(dataDir: string, content: DemoFile): void {
  const path = join(dataDir, DEMO_FILE);
  writeFileSync(path, JSON.stringify(content), { mode: 0o600 });
  chmodSync(path, 0o600);
}
