/**
 * The gateway as it runs, for the bench: a child process on a database of its own, with people of
 * the demo region sent in through the intake. Nothing is switched off: token, decision, seal,
 * ledger. Prints {"url", "token", "sender", "paths", "bsns"} when it listens, and ends when its
 * standard input does.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildHouse } from '../../src/app.ts';
import { databaseConfig, readConfig } from '../../src/config.ts';
import { organisation } from '../../src/demo/region/organisations.ts';
import { regionOf } from '../../src/demo/region/region.ts';
import type { Client } from '../../src/identity/index.ts';
import { newKeyring, openKeyring } from '../../src/identity/index.ts';
import { overlayOf } from '../../src/ingest/index.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { openDatabase } from '../../src/platform/database.ts';
import { Env } from '../../src/platform/env.ts';
import { createLog } from '../../src/platform/log.ts';
import { migrate, readMigrations } from '../../src/platform/migrate.ts';

const PEOPLE = 30;
const SENDER = 'epd-kennemerzoom';
const databaseUrl = process.env['DATABASE_URL'] ?? '';
const dataDir = mkdtempSync(join(tmpdir(), 'zorgsluis-bench-'));
const variables = {
  PORT: '0',
  TLS_PORT: 'off',
  MLLP_PORT: 'off',
  MLLP_TLS_PORT: 'off',
  LOG_LEVEL: 'error',
  DATA_DIR: dataDir,
  DATABASE_URL: databaseUrl,
  PUBLIC_URL: 'http://127.0.0.1',
  REQUESTS_PER_MINUTE_MAX: '10000000',
};

await migrate(databaseUrl, readMigrations(join(import.meta.dirname, '../../src')));
const config = readConfig(variables, { demo: true });
const house = await buildHouse({
  config,
  keyring: openKeyring(newKeyring({ demo: true, name: 'bench.example/audit' })),
  database: openDatabase(databaseConfig(new Env(variables), databaseUrl)),
  clock: systemClock,
  log: createLog({ level: 'error' }),
  checkpointsDir: join(dataDir, 'checkpoints'),
  isReady: () => true,
});
const { rooms } = house;
const hospital = organisation('kennemerzoom');
const client: Client = {
  id: SENDER,
  kind: 'sender',
  name: 'bench',
  organisationId: hospital.id,
  status: 'active',
  keys: [],
  certificates: [],
  mllp: [],
  scopes: ['system/intake', 'system/*.read'],
  services: [],
  redirectUris: [],
};
await rooms.organisations.put(rooms.database, hospital);
await rooms.clients.put(rooms.database, client);
const { paths, bsns } = await fill();
const { token } = await rooms.tokens.issue(rooms.database, {
  kind: 'sender',
  client: SENDER,
  organisation: hospital.id,
  scope: 'system/intake system/*.read',
});
await house.listen();
const address = house.app.server.address();
const port = typeof address === 'object' ? address?.port : undefined;
const url = `http://127.0.0.1:${port ?? 0}`;
process.stdout.write(`${JSON.stringify({ url, token, sender: SENDER, paths, bsns })}\n`);
process.stdin.resume().on('end', async () => {
  await house.close();
  rmSync(dataDir, { recursive: true, force: true });
  process.exit(0);
});

/** @returns addresses of Observations in many vaults, and people to write about. */
async function fill(): Promise<{ paths: string[]; bsns: string[] }> {
  const paths: string[] = [];
  const bsns = new Set<string>();
  for (const { record, deliveries } of regionOf({ seed: 'bench', people: PEOPLE }).people()) {
    const own = deliveries.filter(
      ({ sender, expected }) => sender === SENDER && expected === 'accepted',
    );
    for (const delivery of own) {
      const receipt = await rooms.intake.receive({
        sender: { client, organisation: hospital, overlay: overlayOf('default', SENDER) },
        channel: 'load',
        mediaType: delivery.mediaType,
        bytes: Buffer.from(delivery.body),
        address: '127.0.0.1',
        requestId: `bench-${delivery.key}`,
      });
      const found = receipt.items.filter(({ reference }) => reference.startsWith('Observation/'));
      paths.push(...found.slice(0, 5).map(({ reference }) => `/fhir/r4/${reference}`));
      if (found.length > 0 && record.person.bsn) bsns.add(record.person.bsn);
    }
  }
  return { paths, bsns: [...bsns] };
}
