/** What a bench case gets: a database server, a load generator, and the plain reference program. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { json } from 'node:stream/consumers';
import pg from 'pg';
import type { LoadPlan, LoadResult } from './load.ts';

/** One line of the report; null where a case has no such number. */
export interface CaseResult {
  readonly perSecond: number | null;
  readonly reference: number | null;
  readonly ratio: number | null;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  /** Peak of the gateway's process, without the database. */
  readonly rssMb: number | null;
}

export interface BenchContext {
  readonly smoke: boolean;
  /** How long one measurement runs: short in a smoke run. */
  readonly seconds: number;
  readonly connections: number;
  readonly progress: (line: string) => void;
  /**
   * A fresh database on the server of this run, as its owner; for the gateway and the reference.
   */
  newDatabase(): Promise<string>;
  load(plan: Omit<LoadPlan, 'seconds' | 'connections'>): Promise<LoadResult>;
  startReference(): Promise<Reference>;
}

export interface Reference {
  readonly url: string;
  /** Resources that are there, one in every vault. */
  readonly paths: readonly string[];
  stop(): Promise<void>;
}

/** A case: scripts/bench/<case>.ts exports it as `run`. */
export interface BenchCase {
  run(context: BenchContext): Promise<CaseResult>;
}

/** @param ownerUrl the server of this run; the caller stops it. */
export function createContext(
  ownerUrl: string,
  options: { smoke: boolean; progress: (line: string) => void },
): BenchContext {
  const context: BenchContext = {
    ...options,
    seconds: options.smoke ? 2 : 10,
    connections: 32,
    async newDatabase() {
      const name = `bench_${randomBytes(6).toString('hex')}`;
      const client = new pg.Client({ connectionString: ownerUrl });
      await client.connect();
      await client.query(`create database ${name}`);
      await client.end();
      const url = new URL(ownerUrl);
      url.pathname = `/${name}`;
      return url.href;
    },
    async load(plan) {
      const child = spawn(process.execPath, [join(import.meta.dirname, 'load.ts')], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const { seconds, connections } = context;
      child.stdin.end(JSON.stringify({ ...plan, seconds, connections } satisfies LoadPlan));
      const result = (await json(child.stdout)) as LoadResult;
      if (result.failed > 0) throw new Error(`${result.failed} requests of the load failed`);
      return result;
    },
    async startReference() {
      return startReference(await context.newDatabase());
    },
  };
  return context;
}

async function startReference(databaseUrl: string): Promise<Reference> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'reference.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, DATABASE_URL: databaseUrl },
  });
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`The reference program ended with ${code}`);
    }),
  ])) as [string];
  const { url, paths } = JSON.parse(line) as { url: string; paths: string[] };
  return {
    url,
    paths,
    async stop() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
    },
  };
}

/** Peak resident memory of a running child in MB; null where the system does not tell. */
export function peakRssMb(child: ChildProcess): number | null {
  try {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    const kilobytes = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]);
    return Number.isFinite(kilobytes) ? Math.round(kilobytes / 1_024) : null;
  } catch {
    return null;
  }
}

/** Our load beside that of the reference, as a line of the report. */
export function compare(ours: LoadResult, reference: LoadResult, rssMb: number | null): CaseResult {
  return {
    perSecond: ours.perSecond,
    reference: reference.perSecond,
    ratio: Math.round((ours.perSecond / reference.perSecond) * 1_000) / 1_000,
    p50Ms: ours.p50Ms,
    p95Ms: ours.p95Ms,
    p99Ms: ours.p99Ms,
    rssMb,
  };
}
