/**
 * The database and keys that a command works on: those of the environment, or of a running demo.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { databaseConfig } from '../config.ts';
import { type Keyring, type KeyringFile, openKeyring } from '../identity/index.ts';
import { type Database, openDatabase } from '../platform/database.ts';
import { Env, type Variables } from '../platform/env.ts';

export interface CommandDatabase {
  readonly database: Database;
  readonly keyring: Keyring;
  readonly keyFile: string;
  readonly dataDir: string;
  close(): Promise<void>;
}

/** What the demo leaves in its data folder for commands: mode 0600, gone when it stops. */
export interface DemoFile {
  readonly url: string;
  readonly databaseUrl: string;
  readonly keyFile: string;
}

export const DEMO_FILE = 'running.json';

/** @returns undefined when no demo runs with this data folder. */
function runningDemo(variables: Variables): (DemoFile & { dataDir: string }) | undefined {
  const dataDir = variables['DATA_DIR'] ?? '.data/demo';
  const path = join(dataDir, DEMO_FILE);
  if (!existsSync(path)) return undefined;
  return { ...(JSON.parse(readFileSync(path, 'utf8')) as DemoFile), dataDir };
}

/** The database of the environment, or of a running demo. @throws Error when there is none. */
export function databaseUrlOf(variables: Variables): string {
  const url = variables['DATABASE_URL'] ?? runningDemo(variables)?.databaseUrl;
  if (!url) throw new Error('Set DATABASE_URL, or start the demo and name its DATA_DIR.');
  return url;
}

/** @throws Error with a sentence when neither a configuration nor a running demo is found. */
export function openForCommand(variables: Variables): CommandDatabase {
  const demo = variables['DATABASE_URL'] ? undefined : runningDemo(variables);
  const url = variables['DATABASE_URL'] ?? demo?.databaseUrl;
  const keyFile = variables['KEY_FILE'] ?? demo?.keyFile;
  if (!url || !keyFile) {
    throw new Error('Set DATABASE_URL and KEY_FILE, or start the demo and name its DATA_DIR.');
  }
  const keyring = openKeyring(readKeyFile(keyFile));
  const database = openDatabase(databaseConfig(new Env(variables), url));
  const dataDir = demo?.dataDir ?? variables['DATA_DIR'] ?? '.data/gateway';
  return { database, keyring, keyFile, dataDir, close: () => database.close() };
}

/**
 * The keys of an installation. @throws Error that names the file and quotes nothing of it: what a
 * parse error would tell is the beginning of a secret.
 */
export function readKeyFile(path: string): KeyringFile {
  if (!existsSync(path)) throw new Error(`KEY_FILE: there is no file ${path}.`);
  try {
    const file = JSON.parse(readFileSync(path, 'utf8')) as KeyringFile;
    openKeyring(file);
    return file;
  } catch {
    throw new Error(`KEY_FILE: ${path} could not be read as a key file.`);
  }
}
