/** A gateway of the suite's own: embedded database, a free port, one PGO app. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildHouse, type Rooms } from '../../../src/app.ts';
import { databaseConfig, readConfig } from '../../../src/config.ts';
import { newKeyring, openKeyring } from '../../../src/identity/index.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { openDatabase } from '../../../src/platform/database.ts';
import { startEmbeddedPostgres } from '../../../src/platform/embedded-postgres.ts';
import { Env } from '../../../src/platform/env.ts';
import { createLog } from '../../../src/platform/log.ts';
import { migrate, readMigrations } from '../../../src/platform/migrate.ts';
import { freePorts } from '../../tour/free-ports.ts';

export interface SuiteGateway {
  readonly rooms: Rooms;
  readonly url: string;
  /** A bearer token of the MedMij door for the person of this Patient. */
  token(patientId: string, aanbieder: string, services: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

const PGO = 'pgo.testscripts.example';

export async function startSuiteGateway(): Promise<SuiteGateway> {
  const dataDir = mkdtempSync(join(tmpdir(), 'zorgsluis-testscripts-'));
  const embedded = await startEmbeddedPostgres({ dataDir, disposable: true });
  await migrate(embedded.ownerUrl, readMigrations(resolve(import.meta.dirname, '../../../src')));
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const variables = {
    PORT: String(port),
    PUBLIC_URL: url,
    TLS_PORT: 'off',
    MLLP_PORT: 'off',
    MLLP_TLS_PORT: 'off',
    DATA_DIR: dataDir,
    DATABASE_URL: embedded.appUrl,
    REQUESTS_PER_MINUTE_MAX: '10000000',
  };
  const house = await buildHouse({
    config: readConfig(variables, { demo: true }),
    keyring: openKeyring(newKeyring({ demo: true, name: 'testscripts.example/audit' })),
    database: openDatabase(databaseConfig(new Env(variables), embedded.appUrl)),
    clock: systemClock,
    log: createLog({ level: 'error' }),
    checkpointsDir: join(dataDir, 'checkpoints'),
    isReady: () => true,
  });
  const { rooms } = house;
  await registerPgo(rooms);
  await house.listen();
  return {
    rooms,
    url,
    token: (patientId, aanbieder, services) => issue(rooms, patientId, aanbieder, services),
    async stop() {
      await house.close();
      await embedded.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function registerPgo(rooms: Rooms): Promise<void> {
  await rooms.clients.put(rooms.database, {
    id: PGO,
    kind: 'pgo',
    name: 'PGO',
    status: 'active',
    keys: [],
    certificates: [],
    mllp: [],
    scopes: [],
    services: [],
    redirectUris: [`https://${PGO}/callback`],
  });
}

async function issue(
  rooms: Rooms,
  patientId: string,
  aanbieder: string,
  services: readonly string[],
): Promise<string> {
  const custodian = (await rooms.organisations.byAanbieder(aanbieder))?.id;
  if (custodian === undefined) throw new Error(`there is no aanbieder ${aanbieder}`);
  const where = { type: 'Patient', id: patientId, custodian };
  const place = await rooms.store.place(rooms.database, where);
  if (!place) throw new Error(`there is no Patient ${patientId}`);
  const { token } = await rooms.tokens.issue(rooms.database, {
    kind: 'medmij',
    client: PGO,
    vault: place.vault,
    aanbieder: custodian,
    services,
    consent: crypto.randomUUID(),
    correlationId: crypto.randomUUID(),
  });
  return token;
}
