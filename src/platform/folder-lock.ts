/**
 * One process for one folder. The lock is a file that names its holder, so a holder that was killed
 * leaves nothing that a person has to remove by hand.
 */

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

export interface FolderLock {
  release(): void;
}

/**
 * Takes the lock, or takes it over from a process that no longer lives.
 * @throws Error that names the living holder.
 */
export function lockFolder(file: string): FolderLock {
  const own = JSON.stringify({ pid: process.pid, born: birthOf(process.pid) });
  for (let attempt = 0; attempt < 5; attempt += 1) {
    if (createOnly(file, own)) return { release: () => releaseOwn(file, own) };
    const holder = readOrEmpty(file);
    if (isAlive(holder)) {
      throw new Error(`${file} is held by process ${JSON.parse(holder).pid}, which still runs.`);
    }
    setAside(file, holder);
  }
  throw new Error(`${file} could not be taken: other processes are taking it at the same time.`);
}

/**
 * When the process with this id was born, in the words of this machine; undefined when it is gone.
 */
export function birthOf(pid: number): string | undefined {
  if (existsSync('/proc/self/stat')) {
    try {
      // Field 22, counted after the name in brackets, which may hold spaces itself.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      // A zombie has ended; only its parent has not looked yet.
      return fields[0] === 'Z' ? undefined : `${boot} ${fields[19]}`;
    } catch {
      return undefined;
    }
  }
  try {
    const born = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return born.trim() || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(holder: string): boolean {
  try {
    const { pid, born } = JSON.parse(holder) as { pid: number; born?: string };
    return born !== undefined && birthOf(pid) === born;
  } catch {
    return false; // half written by a process that was killed
  }
}

/** Written beside and linked in place, so nobody ever reads half a lock. */
function createOnly(file: string, content: string): boolean {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, content, { mode: 0o600 });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Removes a dead lock; a lock that someone else took in the meantime is put back. */
function setAside(file: string, dead: string): void {
  const aside = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    renameSync(file, aside);
  } catch {
    return; // another process was first
  }
  if (readOrEmpty(aside) !== dead) {
    try {
      linkSync(aside, file);
    } catch {
      // Taken a third time: the next attempt sees by whom.
    }
  }
  rmSync(aside, { force: true });
}

function releaseOwn(file: string, own: string): void {
  if (readOrEmpty(file) === own) rmSync(file, { force: true });
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
