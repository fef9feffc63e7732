/**
 * An installation of the suite's own: the whole gateway in this process, on a database that is
 * thrown away, reached over a real line. Rules of every kind can be chosen here, and the clock can
 * be moved.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildHouse, type House } from '../../src/app.ts';
import { databaseConfig, readConfig } from '../../src/config.ts';
import {
  type Client,
  newKeyring,
  type Organisation,
  openKeyring,
} from '../../src/identity/index.ts';
import { standardPolicy } from '../../src/permission/index.ts';
import { openDatabase } from '../../src/platform/database.ts';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres.ts';
import { Env } from '../../src/platform/env.ts';
import { createLog } from '../../src/platform/log.ts';
import { migrate, readMigrations } from '../../src/platform/migrate.ts';
import { askAsApp } from './app-session.ts';
import { changeAs, chooseAs, foretellAs, withdrawAllAs } from './choose-directly.ts';
import type { Member } from './installation.ts';
import { openLine } from './line.ts';
import type { Foretelling } from './previews.ts';
import { createTokenBook } from './token-book.ts';

export interface OwnInstallation extends Foretelling {
  readonly house: House;
  /** Moves the gateway's clock on. */
  later(ms: number): void;
  now(): Date;
}

const PUBLIC_URL = 'http://127.0.0.1';

interface Draft extends Pick<Organisation, 'type' | 'category'> {
  readonly name: string;
  readonly regions?: readonly string[];
  readonly asksAs?: string;
}

const HOLDERS: readonly Draft[] = [
  { name: 'ziekenhuis', type: 'V4', category: 'ZKH' },
  { name: 'umc', type: 'V6', category: 'ZKH', regions: ['noord', 'midden'] },
  { name: 'praktijk', type: 'Z3', category: 'HA' },
  { name: 'apotheek', type: 'J8', category: 'APO' },
  { name: 'laboratorium', type: 'L1', category: 'LAB' },
  { name: 'ggz', type: 'G5', category: 'GGZ' },
];
const PARTNERS: readonly Draft[] = [
  { name: 'huisarts', type: 'Z3', category: 'HA' },
  { name: 'post', type: 'N6', category: 'HA' },
  { name: 'seh', type: 'V5', category: 'ZKH', regions: ['noord', 'midden'] },
  { name: 'ggzpartner', type: 'G5', category: 'GGZ' },
  { name: 'labpartner', type: 'L1', category: 'LAB', asksAs: 'ZKH' },
  { name: 'verpleeghuis', type: 'X3', category: 'VV', regions: ['midden', 'noord'] },
  { name: 'elders', type: 'Z3', category: 'HA', regions: ['zuid'] },
];

/**
 * @param url connection of an empty database of the owner; by default an embedded server.
 * @param more configuration, as the environment gives it.
 */
export async function startOwnInstallation(
  url?: string,
  more: Readonly<Record<string, string>> = {},
): Promise<OwnInstallation> {
  const dataDir = mkdtempSync(join(tmpdir(), 'zorgsluis-attack-'));
  const server =
    url === undefined ? await startEmbeddedPostgres({ dataDir, disposable: true }) : undefined;
  const databaseUrl = url ?? server?.ownerUrl ?? '';
  await migrate(databaseUrl, readMigrations(join(import.meta.dirname, '../../src')));
  const clock = { ahead: 0 };
  const house = await startHouse(databaseUrl, dataDir, clock, more);
  const keys = new Map<string, KeyObject>();
  const holders = await register(house, keys, HOLDERS, 'sender', 1);
  const partners = await register(house, keys, PARTNERS, 'partner', 51);
  await house.listen();
  const address = house.app.server.address();
  const actual = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const line = openLine(actual);
  const now = () => new Date(Date.now() + clock.ahead);
  const members = [...holders, ...partners];
  const keyOf = async (client: string) => keys.get(client) as KeyObject;
  return {
    house,
    line,
    url: PUBLIC_URL,
    address: actual,
    holders,
    partners,
    regions: standardPolicy().regions,
    rules: 'all',
    later: (ms) => {
      clock.ahead += ms;
    },
    now,
    ...createTokenBook({ line, url: PUBLIC_URL, keyOf, now }),
    choose: (world, ids) => chooseAs(house.rooms, world, ids, members),
    foretell: (world, ids, change) => foretellAs(house.rooms, world, ids, change, members),
    change: (world, ids, change) => changeAs(house.rooms, world, ids, change, members),
    withdrawAll: (world) => withdrawAllAs(house.rooms, world),
    askAsApp: (world, holder, authority) => askAsApp(house, line, world, holder, authority),
    async close() {
      line.close();
      await house.close();
      await server?.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function startHouse(
  databaseUrl: string,
  dataDir: string,
  clock: { readonly ahead: number },
  more: Readonly<Record<string, string>>,
): Promise<House> {
  const variables = {
    PORT: '0',
    TLS_PORT: 'off',
    MLLP_PORT: 'off',
    MLLP_TLS_PORT: 'off',
    DATA_DIR: dataDir,
    DATABASE_URL: databaseUrl,
    PUBLIC_URL: PUBLIC_URL,
    REQUESTS_PER_MINUTE_MAX: '10000000',
    ...more,
  };
  return buildHouse({
    config: readConfig(variables, { demo: true }),
    keyring: openKeyring(newKeyring({ demo: true, name: 'attack.example/audit' })),
    database: openDatabase(databaseConfig(new Env(variables), databaseUrl)),
    clock: () => new Date(Date.now() + clock.ahead),
    log: createLog({ level: 'error' }),
    checkpointsDir: join(dataDir, 'checkpoints'),
    isReady: () => true,
  });
}

async function register(
  { rooms }: House,
  keys: Map<string, KeyObject>,
  drafts: readonly Draft[],
  kind: 'sender' | 'partner',
  from: number,
): Promise<Member[]> {
  const members: Member[] = [];
  for (const [at, { name, type, category, regions = ['noord'], asksAs }] of drafts.entries()) {
    const number = String(from + at).padStart(3, '0');
    const organisation = `00000000-0000-4000-8000-000000000${number}`;
    const client = `${kind}-${name}`;
    const ura = `90002${number}`;
    await rooms.organisations.put(rooms.database, {
      id: organisation,
      name,
      ura,
      type,
      category,
      ...(kind === 'sender' ? { aanbieder: `${name}proef` } : {}),
      services: kind === 'sender' ? ['48'] : [],
      regions: regions.map((id) => ({ id })),
      aliases: [],
      connection: 'connected',
    });
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    keys.set(client, privateKey);
    const jwk = publicKey.export({ format: 'jwk' }) as Client['keys'][number];
    const read = ['system/*.read', 'system/*.rs'];
    await rooms.clients.put(rooms.database, {
      id: client,
      kind,
      name: client,
      status: 'active',
      organisationId: organisation,
      keys: [{ ...jwk, kid: `${client}-1`, alg: 'ES256' }],
      certificates: [],
      mllp: [],
      scopes: kind === 'sender' ? ['system/intake', ...read] : read,
      services: [],
      redirectUris: [],
    });
    members.push({
      name,
      organisation,
      ura,
      client,
      type,
      category,
      asksAs: asksAs ?? category,
      regions,
    });
  }
  return members;
}
