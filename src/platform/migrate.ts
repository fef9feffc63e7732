/**
 * Schema migrations: forward only, one count for the whole house, a file each in the room that owns
 * the tables. They run as the owner; the gateway itself connects with a role that owns nothing.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import pg from 'pg';
import type { Sql } from './database.ts';

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
}

/** The role the gateway connects with: it owns nothing and can create nothing. */
export const APP_ROLE = 'zorgsluis_app';

const FILE = /^(\d{4})-([a-z0-9-]+)\.sql$/;
const LOCK = 7_305_201;

/** Reads `<room>/migrations/*.sql` of all rooms below `src`, in order of their number. */
export function readMigrations(src: string): Migration[] {
  const folders = readdirSync(src).map((room) => join(src, room, 'migrations'));
  const files = folders.filter(existsSync).flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.sql'))
      .map((name) => join(folder, name)),
  );
  const migrations = files.map((path) => {
    const match = FILE.exec(basename(path));
    if (!match) throw new Error(`Not a migration name: ${basename(path)}`);
    const sql = readFileSync(path, 'utf8');
    const sha256 = createHash('sha256').update(sql).digest('hex');
    return { number: Number(match[1]), name: match[2] ?? '', sql, sha256 };
  });
  migrations.sort((a, b) => a.number - b.number);
  for (const [index, migration] of migrations.entries()) {
    if (migrations[index + 1]?.number === migration.number) {
      throw new Error(`Two migrations have number ${migration.number}`);
    }
  }
  return migrations;
}

const TABLE = `create table if not exists schema_migration (
  number integer primary key, name text not null, sha256 text not null,
  applied timestamptz not null default now())`;

/**
 * Brings the database up to date as its owner, each migration in its own transaction, and makes
 * sure the app role exists.
 * @returns the numbers that were applied now.
 */
export async function migrate(
  ownerUrl: string,
  migrations: readonly Migration[],
): Promise<number[]> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await client.query(
      `do $$ begin
         if not exists (select from pg_roles where rolname = '${APP_ROLE}') then
           create role ${APP_ROLE} login
             nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
         end if;
       exception when duplicate_object or unique_violation then null; end $$`,
    );
    await client.query(TABLE);
    await client.query(`grant select on schema_migration to ${APP_ROLE}`);
    const done = await appliedMigrations(client as unknown as Sql);
    const applied: number[] = [];
    for (const migration of migrations) {
      if (alreadyApplied(migration, done)) continue;
      await client.query('begin');
      await client.query(migration.sql);
      await client.query(
        'insert into schema_migration (number, name, sha256) values ($1, $2, $3)',
        [migration.number, migration.name, migration.sha256],
      );
      await client.query('commit');
      applied.push(migration.number);
    }
    return applied;
  } finally {
    await client.end();
  }
}

/** Gives the role that the gateway connects with its password; needed once, and to change it. */
export async function setAppPassword(ownerUrl: string, password: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ text: string }>('select format($1, $2::text) as text', [
      `alter role ${APP_ROLE} password %L`,
      password,
    ]);
    await client.query(rows[0]?.text ?? '');
  } finally {
    await client.end();
  }
}

/** @throws Error when the database is behind, ahead of, or different from this program. */
export async function checkMigrations(sql: Sql, migrations: readonly Migration[]): Promise<void> {
  const done = await appliedMigrations(sql);
  const missing = migrations.filter((migration) => !alreadyApplied(migration, done));
  if (missing.length > 0) {
    const numbers = missing.map((migration) => migration.number).join(', ');
    throw new Error(`The database misses migrations ${numbers}: run "npm run migrate" first.`);
  }
  const known = new Set(migrations.map((migration) => migration.number));
  if ([...done.keys()].some((number) => !known.has(number))) {
    throw new Error('The database was migrated by a newer version of this program.');
  }
}

async function appliedMigrations(sql: Sql): Promise<Map<number, string>> {
  const { rows } = await sql.query<{ number: number; sha256: string }>(
    'select number, sha256 from schema_migration',
  );
  return new Map(rows.map((row) => [row.number, row.sha256]));
}

function alreadyApplied(migration: Migration, done: ReadonlyMap<number, string>): boolean {
  const sha256 = done.get(migration.number);
  if (sha256 === undefined) return false;
  if (sha256 !== migration.sha256) {
    throw new Error(`Migration ${migration.number} was changed after it was applied.`);
  }
  return true;
}
