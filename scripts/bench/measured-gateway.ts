/** The gateway of a bench case: started, asked, measured, stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { JsonWebKey } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Native } from './population.ts';

export interface BenchPerson {
  readonly bsn: string;
  readonly native: Native;
  /** `Patient/id` */
  readonly patient: string;
  /** Of this person's app, for the BgZ that the hospital holds. */
  readonly token: string;
  readonly observations: readonly string[];
}

/** What the gateway's process tells when it listens. */
export interface GatewayInfo {
  readonly url: string;
  readonly mllpPort: number;
  readonly sender: string;
  readonly senderToken: string;
  readonly partner: string;
  readonly partnerToken: string;
  readonly partnerKey: JsonWebKey;
  /** Where an app asks for the BgZ. */
  readonly bgz: string;
  readonly tokenEndpoint: string;
  readonly people: readonly BenchPerson[];
}

/**
 * Those who are read, and those who are written about: what the bench writes must not change what
 * it reads.
 */
export function peopleFor(use: 'reading' | 'writing', { people }: GatewayInfo): BenchPerson[] {
  const r4 = people.filter(({ native }) => native === 'R4');
  return r4.filter((_person, nth) => (nth % 4 === 3) === (use === 'writing'));
}

export interface MeasuredGateway extends GatewayInfo {
  readonly process: ChildProcess;
  readonly dataDir: string;
  readonly databaseUrl: string;
  stop(): Promise<void>;
}

export interface GatewaySettings {
  readonly databaseUrl: string;
  readonly dataDir: string;
  readonly people: number;
  readonly stu3People: number;
  /** Of each person; absent: a whole record. */
  readonly resources?: number;
  /** The broker where people log in; without it nobody can. */
  readonly digidIssuer?: string;
}

/** @throws Error when the gateway ends before it listens. */
export async function startGateway(settings: GatewaySettings): Promise<MeasuredGateway> {
  const { databaseUrl, dataDir, people, stu3People, resources, digidIssuer } = settings;
  const child = spawn(
    process.execPath,
    [...startFlags(), join(import.meta.dirname, 'gateway.ts')],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        ...process.env,
        ...imageMemory(),
        DATABASE_URL: databaseUrl,
        BENCH_DATA_DIR: dataDir,
        BENCH_PEOPLE: String(people),
        BENCH_STU3_PEOPLE: String(stu3People),
        ...(resources === undefined ? {} : { BENCH_RESOURCES: String(resources) }),
        ...(digidIssuer === undefined ? {} : { BENCH_DIGID_ISSUER: digidIssuer }),
        BENCH_MLLP_PORT: String(await freePort()),
      },
    },
  );
  const line = await firstLine(child, 'The gateway');
  return {
    ...(JSON.parse(line) as GatewayInfo),
    process: child,
    dataDir,
    databaseUrl,
    stop: () => ended(child),
  };
}

/** What `npm start` gives Node.js: the bench measures the gateway as it is started. */
export function startFlags(): string[] {
  const path = join(import.meta.dirname, '../../package.json');
  const { scripts } = JSON.parse(readFileSync(path, 'utf8')) as { scripts: { start: string } };
  return scripts.start.split(' ').filter((part) => part.startsWith('--'));
}

/** How the image lets the process give memory back. */
export function imageMemory(): Record<string, string> {
  const image = readFileSync(join(import.meta.dirname, '../../Dockerfile'), 'utf8');
  const settings = [...image.matchAll(/\b(MALLOC_[A-Z_]+)=(\d+)/g)];
  return Object.fromEntries(settings.map(([, name = '', value = '']) => [name, value]));
}

/** @throws Error when the child ends before it says anything. */
export async function firstLine(child: ChildProcess, name: string): Promise<string> {
  if (!child.stdout) throw new Error(`${name} has no output`);
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`${name} ended with ${code}`);
    }),
  ])) as [string];
  return line;
}

/** Closes the standard input of a child and waits for its end. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const end = once(child, 'exit');
  child.stdin?.end();
  await end;
}

/** Resident memory of a running child in MB; null where the system does not tell. */
export function residentMb(child: ChildProcess, which: 'VmRSS' | 'VmHWM'): number | null {
  try {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    const kilobytes = Number(new RegExp(`^${which}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]);
    return Number.isFinite(kilobytes) ? Math.round(kilobytes / 1_024) : null;
  } catch {
    return null;
  }
}

/** From now on the peak counts anew, where the system allows it. */
export function forgetPeak(child: ChildProcess): void {
  try {
    writeFileSync(`/proc/${child.pid}/clear_refs`, '5');
  } catch {
    // Then the peak is that of the whole run, which is only stricter.
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
