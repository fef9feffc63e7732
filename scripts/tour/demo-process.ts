/** A fresh demo as a child process, in a folder and on ports of its own; and its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findPostgresHome } from '../../src/platform/postgres-binaries.ts';
import { freePorts } from './free-ports.ts';

export interface DemoPorts {
  readonly http: number;
  readonly tls: number;
  readonly mllp: number;
  readonly mllpTls: number;
  readonly digid: number;
  readonly staff: number;
}

export interface DemoProcess {
  readonly url: string;
  readonly tlsUrl: string;
  readonly ports: DemoPorts;
  readonly dataDir: string;
  readonly variables: NodeJS.ProcessEnv;
  /** Everything the process wrote to standard output and standard error, over all its starts. */
  output(): string;
  /** Starts it and waits until it says that it is ready. @returns seconds. */
  start(): Promise<number>;
  /** Asks it to stop. @returns exit code and seconds. */
  stop(): Promise<{ code: number | null; seconds: number }>;
  /** Ends it, whatever its state, and removes all that it left on disk. */
  remove(): Promise<void>;
}

const DEMO_LIMITS = {
  readySecondsMax: 120,
  stopSecondsMax: 20,
  pollMs: 100,
} as const;

const ROOT = resolve(import.meta.dirname, '../..');

export async function newDemo(): Promise<DemoProcess> {
  const [http, tls, mllp, mllpTls, digid, staff] = (await freePorts(6)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const ports = { http, tls, mllp, mllpTls, digid, staff };
  const dataDir = mkdtempSync(join(tmpdir(), 'zorgsluis-tour-'));
  // Under root the database runs as another user, who must be able to reach his part of the folder.
  if (process.getuid?.() === 0) chmodSync(dataDir, 0o711);
  return demoIn(dataDir, ports);
}

function demoIn(dataDir: string, ports: DemoPorts): DemoProcess {
  const url = `http://127.0.0.1:${ports.http}`;
  const variables = variablesOf(dataDir, ports);
  const written: string[] = [];
  let child: ChildProcess | undefined;
  return {
    url,
    tlsUrl: `https://127.0.0.1:${ports.tls}`,
    ports,
    dataDir,
    variables,
    output: () => written.join(''),
    async start() {
      const started = performance.now();
      child = spawn(process.execPath, [join(ROOT, 'src/gateway.mjs'), 'demo'], {
        cwd: ROOT,
        env: variables,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      for (const stream of [child.stdout, child.stderr]) {
        stream?.setEncoding('utf8').on('data', (text: string) => written.push(text));
      }
      await ready(url, child, () => written.join(''));
      return (performance.now() - started) / 1_000;
    },
    async stop() {
      const started = performance.now();
      if (child?.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        await Promise.race([ended, wait(DEMO_LIMITS.stopSecondsMax * 1_000)]);
      }
      return { code: child?.exitCode ?? null, seconds: (performance.now() - started) / 1_000 };
    },
    async remove() {
      await this.stop();
      if (child?.exitCode === null) child.kill('SIGKILL');
      const { base } = findPostgresHome(dataDir);
      for (const folder of [base, dataDir]) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Nothing of the caller's own settings may turn the fresh demo into another one. */
function variablesOf(dataDir: string, ports: DemoPorts): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR, LANG } = process.env;
  return {
    ...Object.fromEntries(
      Object.entries({ PATH, HOME, TMPDIR, LANG }).filter(([, value]) => value !== undefined),
    ),
    DATA_DIR: dataDir,
    LOG_LEVEL: 'info',
    PORT: String(ports.http),
    TLS_PORT: String(ports.tls),
    MLLP_PORT: String(ports.mllp),
    MLLP_TLS_PORT: String(ports.mllpTls),
    DIGID_PORT: String(ports.digid),
    STAFF_PORT: String(ports.staff),
  };
}

async function ready(url: string, child: ChildProcess, output: () => string): Promise<void> {
  const until = performance.now() + DEMO_LIMITS.readySecondsMax * 1_000;
  while (performance.now() < until) {
    if (child.exitCode !== null) {
      throw new Error(`The demo ended with ${child.exitCode}: ${output().slice(-2_000)}`);
    }
    const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.status === 200) return;
    await wait(DEMO_LIMITS.pollMs);
  }
  throw new Error(`The demo was not ready in ${DEMO_LIMITS.readySecondsMax} s.`);
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
