/** The gateway of a bench case: started, asked, measured, stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { BenchContext } from './context.ts';

export interface MeasuredGateway {
  readonly url: string;
  readonly token: string;
  readonly sender: string;
  readonly paths: readonly string[];
  readonly bsns: readonly string[];
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/** @throws Error when the gateway ends before it listens. */
export async function startGateway(context: BenchContext): Promise<MeasuredGateway> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'gateway.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, DATABASE_URL: await context.newDatabase() },
  });
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`The gateway ended with ${code}`);
    }),
  ])) as [string];
  return {
    ...(JSON.parse(line) as Omit<MeasuredGateway, 'process' | 'stop'>),
    process: child,
    async stop() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
    },
  };
}

/**
 * Runs the two in turn, so that a machine that slows down slows both: medians of the rounds count.
 */
export async function inTurn<T>(
  rounds: number,
  ours: () => Promise<T>,
  reference: () => Promise<T>,
): Promise<{ ours: T[]; reference: T[] }> {
  const results: { ours: T[]; reference: T[] } = { ours: [], reference: [] };
  for (let round = 0; round < rounds; round += 1) {
    results.reference.push(await reference());
    results.ours.push(await ours());
  }
  return results;
}

/** The run in the middle by its rate. */
export function middle<T extends { perSecond: number }>(runs: readonly T[]): T {
  const sorted = runs.toSorted((a, b) => a.perSecond - b.perSecond);
  const found = sorted[Math.floor(sorted.length / 2)];
  if (!found) throw new RangeError('no runs');
  return found;
}
