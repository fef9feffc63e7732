/**
 * Where a program starts from: what `scripts/pack.mjs` put together of the sources, as long as it
 * was made of exactly the sources that are here, and the sources themselves otherwise. A thousand
 * modules take a second to load; the same in a few files takes a third of that (decision 1130).
 *
 * Plain JavaScript that any Node reads: what starts the program stands before it.
 */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the project lies; ends in a separator. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Goes with the packages when they are installed anew. */
export const PACKED = join(ROOT, 'node_modules', '.zorgsluis');
/** Beside the packed programs: what they were made of. */
export const MADE_OF = 'made-of.json';

/**
 * @param {'main' | 'cli'} name of a file straight below `src`
 * @returns {string} the path to import it from
 */
export function programOf(name) {
  return isMadeOf(PACKED, ROOT) ? join(PACKED, `${name}.mjs`) : join(ROOT, 'src', `${name}.ts`);
}

/**
 * @param {string} packed folder with packed programs
 * @param {string} root where the project lies
 * @returns {boolean} whether they were made of the sources that are there now. Files that nobody
 *   wrote to since are not read again; of all others the bytes count, wherever they came from.
 */
export function isMadeOf(packed, root) {
  try {
    const made = JSON.parse(readFileSync(join(packed, MADE_OF), 'utf8'));
    if (made.root !== root) return false;
    return made.stamp === stampOf(root, made.files) || made.digest === digestOf(root, made.files);
  } catch {
    // Not there, not whole, or a source is gone: the sources are always right.
    return false;
  }
}

/**
 * @param {string} root
 * @param {readonly string[]} files relative to it
 * @returns {string} what the system keeps of them: size, inode, and when they were written to and
 *   changed. The last is the system's own and cannot be set back, as the other can.
 * @throws {Error} when one of them is not there
 */
export function stampOf(root, files) {
  const digest = createHash('sha256');
  for (const file of files) {
    const { size, ino, mtimeMs, ctimeMs } = statSync(join(root, file));
    digest.update(`${file}\n${size} ${ino} ${mtimeMs} ${ctimeMs}\n`);
  }
  return digest.digest('hex');
}

/**
 * @param {string} root
 * @param {readonly string[]} files relative to it
 * @returns {string} SHA-256 over their names and bytes, in hexadecimal
 * @throws {Error} when one of them cannot be read
 */
export function digestOf(root, files) {
  const digest = createHash('sha256');
  for (const file of files) {
    const bytes = readFileSync(join(root, file));
    digest.update(`${file}\n${bytes.length}\n`).update(bytes);
  }
  return digest.digest('hex');
}
