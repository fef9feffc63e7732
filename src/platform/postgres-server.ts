/**
 * The PostgreSQL server process of a cluster: its settings, its guard, its start and its end.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresHome } from './postgres-binaries.ts';

export interface ServerOptions {
  /** Where server.log goes. */
  readonly dataDir: string;
  /** The folder goes when the server ends, however it ends; for tests and trials. */
  readonly disposable?: boolean;
  /** Whether a commit waits for the disk. A disposable one does not, unless asked to. */
  readonly flush?: boolean;
  readonly connectionsMax?: number;
}

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

const UNFLUSHED_SETTINGS = {
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
 * Tries the port of last time first; another program may have taken it since.
 * @throws Error with the end of the server's log when it does not start.
 */
export async function startOnFreePort(
  home: PostgresHome,
  wanted: number,
  options: ServerOptions,
): Promise<{ server: ChildProcess; port: number }> {
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

function spawnServer(home: PostgresHome, port: number, options: ServerOptions): ChildProcess {
  const cluster = join(home.base, 'cluster');
  const settings = {
    ...SETTINGS,
    ...((options.flush ?? !options.disposable) ? {} : UNFLUSHED_SETTINGS),
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
export function serverEnvironment(): NodeJS.ProcessEnv {
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
export async function stopServer(server: ChildProcess): Promise<void> {
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

/** A port of 127.0.0.1 that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
