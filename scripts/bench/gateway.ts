/**
 * The gateway as it runs, for the bench: a child process on a database of its own, with invented
 * people sent in through the intake and their choices saved. Nothing is switched off: token,
 * decision, seal, ledger. Prints one line, a GatewayInfo, when it listens, and ends when its
 * standard input does.
 */
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildHouse } from '../../src/app.ts';
import { databaseConfig, readConfig } from '../../src/config.ts';
import { organisation } from '../../src/demo/region/organisations.ts';
import {
  type Client,
  type KeyringFile,
  newKeyring,
  openKeyring,
} from '../../src/identity/index.ts';
import { overlayOf } from '../../src/ingest/index.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { openDatabase } from '../../src/platform/database.ts';
import { Env } from '../../src/platform/env.ts';
import { createLog } from '../../src/platform/log.ts';
import { migrate, readMigrations } from '../../src/platform/migrate.ts';
import type { BenchPerson, GatewayInfo } from './measured-gateway.ts';
import { bsnOf, bundleOf, type Native, RESOURCES_OF_PERSON, uuidOf } from './population.ts';

const SENDER = 'epd-kennemerzoom';
const PARTNER = 'his-jansen';
const PGO = 'pgo.bench.example';
const SCOPES = ['system/intake', 'system/*.read', 'system/*.write', 'system/*.cruds'];

const environment = process.env;
const databaseUrl = environment['DATABASE_URL'] ?? '';
const dataDir = environment['BENCH_DATA_DIR'] ?? '';
const people = Number(environment['BENCH_PEOPLE'] ?? 0);
const stu3People = Number(environment['BENCH_STU3_PEOPLE'] ?? 0);
const resources = Number(environment['BENCH_RESOURCES'] ?? RESOURCES_OF_PERSON);
const digidIssuer = environment['BENCH_DIGID_ISSUER'];
const variables = {
  PORT: '0',
  TLS_PORT: 'off',
  MLLP_PORT: '0',
  MLLP_TLS_PORT: 'off',
  LOG_LEVEL: 'error',
  DATA_DIR: dataDir,
  DATABASE_URL: databaseUrl,
  PUBLIC_URL: 'http://127.0.0.1',
  REQUESTS_PER_MINUTE_MAX: '10000000',
  ...(digidIssuer === undefined
    ? {}
    : { DIGID_ISSUER: digidIssuer, DIGID_CLIENT_ID: 'zorgsluis', DIGID_ACR: 'substantial' }),
};

await migrate(databaseUrl, readMigrations(join(import.meta.dirname, '../../src')));
const mllpPort = Number(environment['BENCH_MLLP_PORT'] ?? 0);
const config = readConfig(
  { ...variables, MLLP_PORT: mllpPort ? String(mllpPort) : 'off' },
  {
    demo: true,
  },
);
const house = await buildHouse({
  config,
  keyring: openKeyring(keysIn(join(dataDir, 'keys.json'))),
  database: openDatabase(databaseConfig(new Env(variables), databaseUrl)),
  clock: systemClock,
  log: createLog({ level: 'error' }),
  checkpointsDir: join(dataDir, 'checkpoints'),
  isReady: () => true,
});
const { rooms } = house;
const hospital = organisation('kennemerzoom');
const practice = organisation('jansen');
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const sender = clientOf(SENDER, 'sender', hospital.id);
const partner = clientOf(PARTNER, 'partner', practice.id);
const pgo = { ...clientOf(PGO, 'pgo', hospital.id), services: ['48'] };
for (const one of [hospital, practice]) await rooms.organisations.put(rooms.database, one);
for (const one of [sender, partner, pgo]) await rooms.clients.put(rooms.database, one);
const known: BenchPerson[] = [];
for (let number = 0; number < people + stu3People; number += 1) {
  known.push(await fillIn(number, number < people ? 'R4' : 'STU3'));
}
const scope = SCOPES.join(' ');
const issued = await Promise.all([
  rooms.tokens.issue(rooms.database, {
    kind: 'sender',
    client: SENDER,
    organisation: hospital.id,
    scope,
  }),
  rooms.tokens.issue(rooms.database, {
    kind: 'partner',
    client: PARTNER,
    organisation: practice.id,
    scope,
    purpose: 'TREAT',
    role: '01.015',
    person: 'bench',
  }),
]);
await house.listen();
const address = house.app.server.address();
const port = typeof address === 'object' ? address?.port : undefined;
const info: GatewayInfo = {
  url: `http://127.0.0.1:${port ?? 0}`,
  mllpPort,
  sender: SENDER,
  senderToken: issued[0].token,
  partner: PARTNER,
  partnerToken: issued[1].token,
  partnerKey: privateKey.export({ format: 'jwk' }),
  bgz: `/medmij/${hospital.aanbieder}/48/fhir`,
  tokenEndpoint: `${config.publicUrl}/oauth/token`,
  people: known,
};
process.stdout.write(`${JSON.stringify(info)}\n`);
process.stdin.resume().on('end', async () => {
  await house.close();
  process.exit(0);
});

function clientOf(id: string, kind: Client['kind'], organisationId: string): Client {
  return {
    id,
    kind,
    name: id,
    organisationId,
    status: 'active',
    keys: [{ ...publicKey.export({ format: 'jwk' }), kty: 'EC', kid: 'bench', alg: 'ES256' }],
    certificates: [],
    mllp: kind === 'sender' ? [{ application: 'ZOOMEPD', facility: hospital.agb ?? '' }] : [],
    scopes: SCOPES,
    services: [],
    redirectUris: [],
  };
}

/** The same keys at the next start, so that a filled database opens again. */
function keysIn(path: string): KeyringFile {
  if (!existsSync(path)) {
    const keys = newKeyring({ demo: false, name: 'bench.example/audit' });
    writeFileSync(path, JSON.stringify(keys), { mode: 0o600 });
  }
  return JSON.parse(readFileSync(path, 'utf8')) as KeyringFile;
}

/** Sends in what the hospital holds of one person, and saves the choice that opens it. */
async function fillIn(number: number, native: Native): Promise<BenchPerson> {
  const bundle = bundleOf(number, native, resources);
  const receipt = await rooms.intake.receive({
    sender: { client: sender, organisation: hospital, overlay: overlayOf('default', SENDER) },
    channel: 'load',
    mediaType: `application/fhir+json; fhirVersion=${native === 'R4' ? '4.0' : '3.0'}`,
    bytes: Buffer.from(JSON.stringify(bundle)),
    address: '127.0.0.1',
    requestId: `bench-${number}`,
  });
  const references = receipt.items.map(({ reference }) => reference);
  const patient = references.find((one) => one.startsWith('Patient/'));
  const bsn = bsnOf(number);
  const system = 'http://fhir.nl/fhir/NamingSystem/bsn';
  const vault = await rooms.store.findVault(rooms.database, { system, value: bsn });
  if (!patient || !vault) throw new Error(`person ${number} was not taken in: ${receipt.reasons}`);
  const performers = [{ rel: 'self' as const }];
  await rooms.consent.choices.save(
    vault,
    [
      {
        kind: 'put',
        rule: {
          type: 'permit',
          performers,
          holder: { level: 'cat', value: 'ZKH' },
          recipient: { level: 'cat', value: 'HA' },
          data: { level: 'all' },
        } as never,
      },
    ],
    {
      performers,
      agent: { kind: 'person', id: vault },
      channel: 'portal',
      text: { version: 'bench', language: 'nl', digest: '0'.repeat(64) },
    },
    { patient: {} },
  );
  const { token } = await rooms.tokens.issue(rooms.database, {
    kind: 'medmij',
    client: PGO,
    vault,
    aanbieder: hospital.id,
    services: ['48'],
    consent: uuidOf(`consent ${number}`),
    correlationId: uuidOf(`correlation ${number}`),
  });
  const observations = references.filter((one) => one.startsWith('Observation/'));
  return { bsn, native, patient, token, observations };
}
