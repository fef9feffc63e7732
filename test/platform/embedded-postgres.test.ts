import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres.ts';

async function ask<T>(url: string, text: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows as T[];
  } finally {
    await client.end();
  }
}

describe('the embedded PostgreSQL of a folder', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'zorgsluis-embedded-'));
    execFileSync('chmod', ['755', dataDir]);
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  it('keeps what was written, flushed to disk, and its port over a restart', async () => {
    const first = await startEmbeddedPostgres({ dataDir });
    await ask(first.ownerUrl, 'create table kept as select 7 as value');
    await first.stop();
    const second = await startEmbeddedPostgres({ dataDir });
    expect(second.ownerUrl).toBe(first.ownerUrl);
    expect(await ask(second.ownerUrl, 'select value from kept')).toEqual([{ value: 7 }]);
    expect(await ask(second.ownerUrl, 'show fsync')).toEqual([{ fsync: 'on' }]);
    await second.stop();
  });

  it('keeps its passwords to itself and asks for them', async () => {
    const server = await startEmbeddedPostgres({ dataDir });
    expect(statSync(join(dataDir, 'access.json')).mode & 0o777).toBe(0o600);
    const wrong = new URL(server.appUrl);
    wrong.password = 'guess';
    await expect(ask(wrong.href, 'select 1')).rejects.toThrow(/password authentication failed/);
    await server.stop();
  });

  it('refuses a second start while the first runs, and takes over a dead lock', async () => {
    const first = await startEmbeddedPostgres({ dataDir });
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(/in use by another gateway/);
    await first.stop();
    writeFileSync(join(dataDir, 'lock'), JSON.stringify({ pid: process.pid, born: 'long ago' }));
    const second = await startEmbeddedPostgres({ dataDir });
    await second.stop();
  });

  it('ends when its gateway is killed, and starts again with all that was committed', async () => {
    const program = `
      const { startEmbeddedPostgres } = await import(process.argv[1]);
      const server = await startEmbeddedPostgres({ dataDir: process.argv[2] });
      const { default: pg } = await import('pg');
      const client = new pg.Client({ connectionString: server.ownerUrl });
      await client.connect();
      await client.query('create table kept as select 8 as value');
      process.kill(process.pid, 'SIGKILL');`;
    const module = new URL('../../src/platform/embedded-postgres.ts', import.meta.url).href;
    const args = ['--input-type=module', '-e', program, module, dataDir];
    expect(() => execFileSync(process.execPath, args, { stdio: 'pipe' })).toThrow();
    const server = await startEmbeddedPostgres({ dataDir });
    expect(await ask(server.ownerUrl, 'select value from kept')).toEqual([{ value: 8 }]);
    await server.stop();
  });

  it('writes no statement and no value into its log', async () => {
    const server = await startEmbeddedPostgres({ dataDir });
    await ask(server.ownerUrl, 'create table one (id text primary key)');
    await ask(server.ownerUrl, "insert into one values ('secret-value')");
    const again = ask(server.ownerUrl, "insert into one values ('secret-value')");
    await expect(again).rejects.toThrow(/duplicate key/);
    await server.stop();
    const log = readFileSync(join(dataDir, 'server.log'), 'utf8');
    expect(log).toMatch(/duplicate key/);
    expect(log).not.toMatch(/secret-value/);
  });
});
