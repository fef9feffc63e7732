/** The key file of a gateway that runs: read again when a rotation replaced it. */
import { readFileSync, statSync } from 'node:fs';
import type { KeyringFile } from './keyring.ts';

/**
 * @returns a function that gives the file when it is another than at the last look. A file that
 * cannot be read or parsed at that moment counts as not changed: the keys at hand go on.
 */
export function changedKeyFile(path: string): () => KeyringFile | undefined {
  let seen = stampOf(path);
  return () => {
    const stamp = stampOf(path);
    if (stamp === undefined || stamp === seen) return undefined;
    try {
      const file = JSON.parse(readFileSync(path, 'utf8')) as KeyringFile;
      seen = stamp;
      return file;
    } catch {
      return undefined;
    }
  };
}

/** A replaced file is another inode, also when it is as long and as old. */
function stampOf(path: string): string | undefined {
  try {
    const { ino, mtimeMs, size } = statSync(path);
    return `${ino} ${mtimeMs} ${size}`;
  } catch {
    return undefined;
  }
}
