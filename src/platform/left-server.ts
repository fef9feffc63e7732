/** A PostgreSQL server whose gateway was killed, still running on a folder that we now hold. */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { birthOf } from './folder-lock.ts';

const LIMITS = { fastShutdownMsMax: 20_000, anyShutdownMsMax: 40_000 } as const;

/**
 * Ends the server that still runs on this cluster, if one does, and removes a stale postmaster.pid.
 * Without that, PostgreSQL refuses to start as soon as the old number belongs to another program.
 * @throws Error when a left server does not end.
 */
export async function stopLeftServer(cluster: string, log?: (line: string) => void): Promise<void> {
  const file = join(cluster, 'postmaster.pid');
  const pid = readPid(file);
  if (pid === undefined) return;
  if (!servesCluster(pid, cluster)) {
    rmSync(file, { force: true });
    return;
  }
  log?.('A PostgreSQL server was left on this folder by a gateway that was killed; ending it.');
  const born = birthOf(pid);
  const started = Date.now();
  let asked: NodeJS.Signals | undefined;
  while (birthOf(pid) === born) {
    const waited = Date.now() - started;
    if (waited > LIMITS.anyShutdownMsMax) throw new Error('A left PostgreSQL server does not end.');
    const signal = waited > LIMITS.fastShutdownMsMax ? 'SIGQUIT' : 'SIGINT';
    if (signal !== asked) send(pid, signal);
    asked = signal;
    await sleep(20);
  }
  // After SIGQUIT it stays; a clean end has removed it already.
  rmSync(file, { force: true });
}

function readPid(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
    return Number.isInteger(pid) && pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function servesCluster(pid: number, cluster: string): boolean {
  if (birthOf(pid) === undefined) return false;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(cluster);
  } catch {
    try {
      const args = execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
      return args.includes(cluster);
    } catch {
      return false;
    }
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
