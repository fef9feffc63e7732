/**
 * A real PostgreSQL for the tests: one server for the run, one database for each `testDatabase()`.
 *
 * The server is TEST_DATABASE_URL (an owner that may create roles and databases) if given, else a
 * container when an engine answers, else the embedded PostgreSQL. The run says which one.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { type Database, openDatabase } from '../../src/platform/database.ts';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres.ts';
import { APP_ROLE, migrate, readMigrations } from '../../src/platform/migrate.ts';

/** How a worker reaches the server of this run. */
interface TestServer {
  readonly ownerUrl: string;
  readonly template: string;
  readonly appPassword: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    testServer: TestServer;
  }
}

export interface TestDatabase {
  /** As the gateway connects: with the role that owns nothing. */
  readonly database: Database;
  readonly url: string;
  readonly ownerUrl: string;
  close(): Promise<void>;
}

interface Source {
  readonly ownerUrl: string;
  stop(): Promise<void>;
}

const LIMITS = { engineAnswerMsMax: 1_000, containerStartMsMax: 90_000, connectionsMax: 200 };
const LOCK = 7_305_202;

/** vitest globalSetup: starts the server, migrates the template once, and cleans up at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { source, name } = await openSource();
  process.stderr.write(`Tests use PostgreSQL from ${name}.\n`);
  const template = `zorgsluis_template_${randomBytes(6).toString('hex')}`;
  const ownerUrl = source.ownerUrl;
  const appPassword = 'only-for-tests';
  await onServer(ownerUrl, (client) => client.query(`create database ${template}`));
  await migrate(withDatabase(ownerUrl, template), readMigrations(sourceFolder()));
  await onServer(ownerUrl, async (client) => {
    // Runs beside this one on the same server set the same password; one at a time, please.
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await client.query(`alter role ${APP_ROLE} password '${appPassword}'`);
  });
  project.provide('testServer', { ownerUrl, template, appPassword });
  return async () => {
    await onServer(ownerUrl, async (client) => {
      const { rows } = await client.query<{ datname: string }>(
        'select datname from pg_database where datname = $1 or datname like $2',
        [template, `${nameStart(template)}%`],
      );
      for (const row of rows) await client.query(`drop database "${row.datname}" with (force)`);
    });
    await source.stop();
  };
}

/** A fresh, migrated database; close it in `afterAll`. */
export async function testDatabase(): Promise<TestDatabase> {
  // Not on top of the file: scripts and the global setup load this file outside a test.
  const { inject } = await import('vitest');
  const server = inject('testServer');
  const name = `${nameStart(server.template)}${randomBytes(6).toString('hex')}`;
  await onServer(server.ownerUrl, async (client) => {
    // A template may have no sessions, and that includes another copy being made.
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await client.query(`create database ${name} template ${server.template} strategy file_copy`);
  });
  const ownerUrl = withDatabase(server.ownerUrl, name);
  const app = new URL(ownerUrl);
  app.username = APP_ROLE;
  app.password = server.appPassword;
  const url = app.href;
  const database = openDatabase({
    url,
    poolSizeMax: 8,
    statementMsMax: 30_000,
    namedStatements: true,
  });
  return {
    database,
    url,
    ownerUrl,
    async close() {
      await database.close();
      await onServer(server.ownerUrl, (client) =>
        client.query(`drop database if exists ${name} with (force)`),
      );
    },
  };
}

async function openSource(): Promise<{ source: Source; name: string }> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given) {
    return {
      source: { ownerUrl: given, stop: async () => undefined },
      name: 'TEST_DATABASE_URL',
    };
  }
  if (await engineAnswers()) {
    try {
      return { source: await startContainer(), name: 'a container (postgres:18)' };
    } catch (error) {
      const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
      process.stderr.write(`A container engine answers, but gave no postgres:18: ${reason}\n`);
    }
  }
  const dataDir = mkdtempSync(join(tmpdir(), 'zorgsluis-test-'));
  const { connectionsMax } = LIMITS;
  const source = await startEmbeddedPostgres({ dataDir, disposable: true, connectionsMax });
  return { source, name: 'the embedded package' };
}

async function startContainer(): Promise<Source> {
  // Loaded only where it is used: it needs half a second and a newer Node than some machines have.
  const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
  const container = await new PostgreSqlContainer('postgres:18')
    .withEnvironment({ POSTGRES_INITDB_ARGS: '--locale=C --encoding=UTF8' })
    .withTmpFs({ '/var/lib/postgresql': 'rw' })
    .withCommand(['postgres', '-c', 'fsync=off', '-c', `max_connections=${LIMITS.connectionsMax}`])
    .withStartupTimeout(LIMITS.containerStartMsMax)
    .start();
  return {
    ownerUrl: container.getConnectionUri(),
    async stop() {
      await container.stop();
    },
  };
}

/** Asks the engine's own address, so that a machine without one loses no time. */
async function engineAnswers(): Promise<boolean> {
  const host = process.env['DOCKER_HOST'];
  const run = process.env['XDG_RUNTIME_DIR'] ?? '/run/user/none';
  const sockets = host?.startsWith('unix://')
    ? [host.slice('unix://'.length)]
    : ['/var/run/docker.sock', `${run}/docker.sock`, `${run}/podman/podman.sock`];
  if (host?.startsWith('tcp://')) {
    const { hostname, port } = new URL(host);
    return answers({ host: hostname, port: Number(port || 2375) });
  }
  for (const socketPath of sockets) {
    if (existsSync(socketPath) && (await answers({ socketPath }))) return true;
  }
  return false;
}

function answers(where: { socketPath: string } | { host: string; port: number }) {
  return new Promise<boolean>((resolve) => {
    const ask = request(
      { ...where, path: '/_ping', timeout: LIMITS.engineAnswerMsMax },
      (reply) => {
        reply.resume();
        resolve(reply.statusCode === 200);
      },
    );
    ask.on('timeout', () => ask.destroy());
    ask.on('error', () => resolve(false));
    ask.on('close', () => resolve(false));
    ask.end();
  });
}

async function onServer(url: string, work: (client: pg.Client) => Promise<unknown>) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

const nameStart = (template: string): string =>
  template.replace('_template_', '_test_').concat('_');

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

function sourceFolder(): string {
  return fileURLToPath(new URL('../../src', import.meta.url));
}
