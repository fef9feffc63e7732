/** What a bench case gets: the gateway, the plain reference program, and a load generator. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import pg from 'pg';
import type { LoadPlan, LoadResult } from './load.ts';
import {
  ended,
  firstLine,
  forgetPeak,
  type GatewaySettings,
  type MeasuredGateway,
  residentMb,
  startGateway,
} from './measured-gateway.ts';
import { RESOURCES_OF_PERSON } from './population.ts';

/** One line of the report; null where a case has no such number. */
export interface CaseResult {
  readonly perSecond: number | null;
  readonly reference: number | null;
  readonly ratio: number | null;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  /** Peak of the gateway's process during the case, without the database. */
  readonly rssMb: number | null;
}

/** A case: scripts/bench/<case>.ts exports it as `run`. */
export interface BenchCase {
  run(context: BenchContext): Promise<CaseResult>;
}

export const NOTHING: CaseResult = {
  perSecond: null,
  reference: null,
  ratio: null,
  p50Ms: null,
  p95Ms: null,
  p99Ms: null,
  rssMb: null,
};

export interface BenchContext {
  readonly smoke: boolean;
  readonly rounds: number;
  /** How long one measurement of one side runs. */
  readonly seconds: number;
  /** A sentence for the report, beside the numbers. */
  note(text: string): void;
  /** A fresh database on the server of this run, as its owner. */
  newDatabase(): Promise<string>;
  /** An empty folder that goes at the end. */
  newFolder(): string;
  /** The gateway that the cases share; started at the first call. */
  gateway(): Promise<MeasuredGateway>;
  /** A gateway of a case's own, which stops it itself. */
  gatewayOf(settings: Omit<GatewaySettings, 'databaseUrl' | 'dataDir'>): Promise<MeasuredGateway>;
  reference(): Promise<Reference>;
  load(plan: LoadPlan): Promise<LoadResult>;
  /** Loads the two in turn and gives the medians side by side. */
  compare(ours: Load, reference: Load): Promise<CaseResult>;
  close(): Promise<void>;
}

/** A plan without its time: the cases of a union stay apart. */
type WithoutSeconds<T> = T extends unknown ? Omit<T, 'seconds'> : never;
export type Load = WithoutSeconds<LoadPlan>;

export interface Reference {
  readonly url: string;
  readonly mllpPort: number;
  /** Vaults that nothing is written to, and addresses of resources that are there. */
  readonly vaults: readonly string[];
  readonly paths: readonly string[];
  readonly process: ChildProcess;
}

/** How many people are sent in, and how many resources of each. */
interface People {
  readonly r4: number;
  readonly stu3: number;
  readonly resources: number;
}

const PEOPLE = {
  smoke: { r4: 6, stu3: 2, resources: RESOURCES_OF_PERSON },
  full: { r4: 60, stu3: 12, resources: RESOURCES_OF_PERSON },
} as const;
const TIMES = { smoke: { rounds: 1, seconds: 1 }, full: { rounds: 5, seconds: 3 } } as const;

/** @param ownerUrl the server of this run; the caller stops it. */
export function createContext(
  ownerUrl: string,
  options: { smoke: boolean; note: (text: string) => void; people?: People },
): BenchContext {
  const { smoke, note } = options;
  const { r4, stu3, resources } = options.people ?? (smoke ? PEOPLE.smoke : PEOPLE.full);
  const folders: string[] = [];
  let gateway: Promise<MeasuredGateway> | undefined;
  let reference: Promise<Reference> | undefined;
  const context: BenchContext = {
    smoke,
    ...(smoke ? TIMES.smoke : TIMES.full),
    note,
    newDatabase: () => newDatabase(ownerUrl),
    newFolder() {
      const folder = mkdtempSync(join(tmpdir(), 'zorgsluis-bench-'));
      folders.push(folder);
      return folder;
    },
    gateway() {
      gateway ??= newDatabase(ownerUrl).then((databaseUrl) =>
        startGateway({
          databaseUrl,
          dataDir: context.newFolder(),
          people: r4,
          stu3People: stu3,
          resources,
        }),
      );
      return gateway;
    },
    gatewayOf: async (settings) =>
      startGateway({
        ...settings,
        databaseUrl: await newDatabase(ownerUrl),
        dataDir: context.newFolder(),
      }),
    reference() {
      reference ??= newDatabase(ownerUrl).then((url) => startReference(url, r4 + stu3));
      return reference;
    },
    load,
    compare: (ours, plain) => compare(context, ours, plain),
    async close() {
      await Promise.all(
        [gateway, reference].map(async (one) => {
          const running = await one?.catch(() => undefined);
          if (running) await ended(running.process);
        }),
      );
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    },
  };
  return context;
}

async function newDatabase(ownerUrl: string): Promise<string> {
  const name = `bench_${randomBytes(6).toString('hex')}`;
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  const url = new URL(ownerUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** Runs the load generator as a process of its own. */
async function load(plan: LoadPlan): Promise<LoadResult> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'load.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(plan));
  const result = (await json(child.stdout)) as LoadResult;
  if (result.failed > 0) {
    throw new Error(`${result.failed} requests of the load failed: ${result.failure ?? ''}`);
  }
  return result;
}

/** In turn, so that a machine that slows down slows both; medians of the rounds count. */
async function compare(context: BenchContext, ours: Load, plain: Load): Promise<CaseResult> {
  const { seconds, rounds } = context;
  const { process } = await context.gateway();
  const runs: { ours: LoadResult[]; reference: LoadResult[] } = { ours: [], reference: [] };
  // A first short run of each is warming up: plans, caches and compiled code.
  await load({ ...plain, seconds: seconds / 3 });
  await load({ ...ours, seconds: seconds / 3 });
  forgetPeak(process);
  for (let round = 0; round < rounds; round += 1) {
    runs.reference.push(await load({ ...plain, seconds }));
    runs.ours.push(await load({ ...ours, seconds }));
  }
  const [mine, theirs] = [middle(runs.ours), middle(runs.reference)];
  return {
    perSecond: mine.perSecond,
    reference: theirs.perSecond,
    ratio: Math.round((mine.perSecond / theirs.perSecond) * 1_000) / 1_000,
    p50Ms: mine.p50Ms,
    p95Ms: mine.p95Ms,
    p99Ms: mine.p99Ms,
    rssMb: residentMb(process, 'VmHWM'),
  };
}

/** The run in the middle by its rate. */
function middle(runs: readonly LoadResult[]): LoadResult {
  const sorted = runs.toSorted((a, b) => a.perSecond - b.perSecond);
  const found = sorted[Math.floor(sorted.length / 2)];
  if (!found) throw new RangeError('no runs');
  return found;
}

async function startReference(databaseUrl: string, people: number): Promise<Reference> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'reference.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, DATABASE_URL: databaseUrl, BENCH_PEOPLE: String(people) },
  });
  const line = await firstLine(child, 'The reference program');
  return { ...(JSON.parse(line) as Omit<Reference, 'process'>), process: child };
}
