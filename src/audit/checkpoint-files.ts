/**
 * Signed heads outside PostgreSQL: `latest`, and one a minute in `history`. Whoever cuts the end of
 * the ledger or restores an old backup has these to explain.
 */
import { mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Keyring } from '../identity/index.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';

const LIMITS = { latestMsMin: 1_000, historyMsMin: 60_000, readMax: 100_000 };
const HISTORY = 'history';
const SET_ASIDE = 'set-aside';
const NAME = /^\d{16}$/;

/** Hands a head to an independent party; gives the cosignature lines to add, if it signs. */
export type Witness = (checkpoint: string) => Promise<string | undefined>;

export class CheckpointFiles {
  readonly #folder: string;
  readonly #keys: Keyring['ledger'];
  readonly #witness: Witness | undefined;
  readonly #failed: (error: unknown) => void;
  #pending: { size: number; note: string } | undefined;
  #writing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #latestAt = 0;
  #historyAt = 0;

  constructor(parts: {
    folder: string;
    keys: Keyring['ledger'];
    witness?: Witness | undefined;
    failed: (error: unknown) => void;
  }) {
    this.#folder = parts.folder;
    this.#keys = parts.keys;
    this.#witness = parts.witness;
    this.#failed = parts.failed;
  }

  /** All readable heads, oldest first. @throws Error when one is not signed by this ledger. */
  async read(): Promise<Checkpoint[]> {
    const notes = await this.notes();
    return notes.map((note) => openCheckpoint(note, this.#keys.name, this.#keys.publicKey));
  }

  async notes(): Promise<string[]> {
    await mkdir(join(this.#folder, HISTORY), { recursive: true });
    const names = (await readdir(join(this.#folder, HISTORY))).filter((name) => NAME.test(name));
    const files = names
      .sort()
      .slice(-LIMITS.readMax)
      .map((name) => join(HISTORY, name));
    const notes: string[] = [];
    for (const file of [...files, 'latest']) {
      const note = await readFile(join(this.#folder, file), 'utf8').catch(absent);
      if (note !== undefined) notes.push(note);
    }
    return notes;
  }

  /** The newest heads: what the start compares the database with. */
  async newest(): Promise<Checkpoint[]> {
    const all = await this.notes();
    const last = all.slice(-2);
    return last.map((note) => openCheckpoint(note, this.#keys.name, this.#keys.publicKey));
  }

  /** Puts away what the database no longer answers to, after somebody decided that it may. */
  async setAside(now: Date): Promise<void> {
    const target = join(this.#folder, SET_ASIDE, now.toISOString().replaceAll(':', ''));
    await mkdir(target, { recursive: true });
    await rename(join(this.#folder, HISTORY), join(target, HISTORY)).catch(absent);
    await rename(join(this.#folder, 'latest'), join(target, 'latest')).catch(absent);
    await mkdir(join(this.#folder, HISTORY), { recursive: true });
  }

  /** Notes a new head; it reaches the disk within a second, and never later than the next. */
  offer(size: number, note: string): void {
    this.#pending = { size, note };
    if (this.#timer || this.#writing) return;
    const wait = Math.max(0, this.#latestAt + LIMITS.latestMsMin - Date.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.flush();
    }, wait);
    this.#timer.unref();
  }

  /** Writes the last head that was offered, now. */
  async flush(): Promise<void> {
    await this.#writing;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const head = this.#pending;
    if (!head) return;
    this.#pending = undefined;
    this.#writing = this.#write(head).catch(this.#failed);
    await this.#writing;
    this.#writing = undefined;
    const newer = this.#pending as { size: number; note: string } | undefined;
    if (newer) this.offer(newer.size, newer.note);
  }

  async #write({ size, note }: { size: number; note: string }): Promise<void> {
    this.#latestAt = Date.now();
    const keep = this.#latestAt - this.#historyAt >= LIMITS.historyMsMin;
    const cosigned = keep && this.#witness ? await this.#cosigned(note, this.#witness) : note;
    await mkdir(join(this.#folder, HISTORY), { recursive: true });
    if (await this.#isNews(size)) await replace(join(this.#folder, 'latest'), cosigned);
    if (!keep) return;
    this.#historyAt = this.#latestAt;
    await replace(join(this.#folder, HISTORY, String(size).padStart(16, '0')), cosigned);
  }

  /** Another gateway on the same folder may have written a later head. */
  async #isNews(size: number): Promise<boolean> {
    const note = await readFile(join(this.#folder, 'latest'), 'utf8').catch(absent);
    if (note === undefined) return true;
    return openCheckpoint(note, this.#keys.name, this.#keys.publicKey).size <= size;
  }

  async #cosigned(note: string, witness: Witness): Promise<string> {
    try {
      return note + ((await witness(note)) ?? '');
    } catch (error) {
      this.#failed(error);
      return note;
    }
  }
}

/** Whole or not at all, also when the power goes. */
async function replace(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.new`;
  try {
    const file = await open(temporary, 'w', 0o640);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(absent);
    throw error;
  }
  const folder = await open(join(path, '..'), 'r');
  await folder.sync().finally(() => folder.close());
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}
