/**
 * Lets requests that run side by side share one commit: while a group is under way the next one
 * gathers. One group at a time, bounded in entries and bytes; a full queue or a slow database is
 * `busy` for the caller, never an answer without its entry.
 */
import { Problem } from '../platform/problem.ts';
import type { Place, Unnumbered } from './number-statement.ts';

export const GROUP_LIMITS = {
  groupEntriesMax: 256,
  groupBytesMax: 1_000_000,
  waitingEntriesMax: 20_000,
  /** Without any group that ended: then the database hangs. */
  stuckMsMax: 10_000,
  /** In a queue that moves; below what a caller waits for an answer. */
  waitMsMax: 30_000,
} as const;

/**
 * Time is counted in looks at the queue: while this thread itself is held up (a burst right after a
 * start), nobody's time passes, since the ledger is not what they wait for.
 */
const LOOK_MS = 1_000;

interface Waiting {
  readonly entries: readonly Unnumbered[];
  /** Look at the queue after which it came. */
  readonly since: number;
  settled: boolean;
  resolve(places: Place[]): void;
  reject(problem: Problem): void;
}

export class GroupQueue {
  readonly #number: (group: readonly Unnumbered[]) => Promise<(Place | Problem)[]>;
  readonly #failed: (error: unknown) => void;
  #waiting: Waiting[] = [];
  #inFlight: readonly Waiting[] = [];
  #entries = 0;
  #running: Promise<void> | undefined;
  #watch: NodeJS.Timeout | undefined;
  #looks = 0;
  /** Look after which a group ended last, or the run began. */
  #moved = 0;

  constructor(
    number: (group: readonly Unnumbered[]) => Promise<(Place | Problem)[]>,
    failed: (error: unknown) => void,
  ) {
    this.#number = number;
    this.#failed = failed;
  }

  /**
   * Resolves when all of these are durable and numbered; they may be spread over more groups.
   * @throws Problem `busy` when the ledger is full, slow or down.
   */
  add(entries: readonly Unnumbered[]): Promise<Place[]> {
    if (entries.length === 0) return Promise.resolve([]);
    if (this.#entries + entries.length > GROUP_LIMITS.waitingEntriesMax) {
      return Promise.reject(busy());
    }
    this.#entries += entries.length;
    return new Promise<Place[]>((resolve, reject) => {
      this.#waiting.push({ entries, since: this.#looks, settled: false, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Waits until nothing is under way any more. */
  async drain(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    this.#moved = this.#looks;
    this.#watch ??= setInterval(() => this.#endLateWaits(), LOOK_MS);
    // Callers of the same look at the sockets share the first group too.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      const group = this.#take();
      this.#inFlight = group;
      await this.#serve(group);
      this.#inFlight = [];
      this.#moved = this.#looks;
    }
    clearInterval(this.#watch);
    this.#watch = undefined;
    // In the same turn as the last look at the queue: what is added after this starts a new run.
    this.#running = undefined;
  }

  async #serve(group: readonly Waiting[]): Promise<void> {
    try {
      const places = await this.#number(group.flatMap(({ entries }) => entries));
      let at = 0;
      for (const waiting of group) {
        const own = places.slice(at, at + waiting.entries.length);
        at += waiting.entries.length;
        const problem = own.find((place) => place instanceof Problem);
        if (problem) settle(waiting, () => waiting.reject(problem));
        else settle(waiting, () => waiting.resolve(own as Place[]));
      }
    } catch (error) {
      this.#failed(error);
      const problem = Problem.from(error);
      for (const waiting of group) settle(waiting, () => waiting.reject(problem));
    } finally {
      for (const { entries } of group) this.#entries -= entries.length;
    }
  }

  /** A caller's entries stay together; one caller alone may exceed the bounds, two may not. */
  #take(): Waiting[] {
    const group: Waiting[] = [];
    let count = 0;
    let bytes = 0;
    for (const waiting of this.#waiting) {
      const size = waiting.entries.reduce((sum, one) => sum + (one.sealed?.body.length ?? 0), 0);
      count += waiting.entries.length;
      bytes += size;
      const full = count > GROUP_LIMITS.groupEntriesMax || bytes > GROUP_LIMITS.groupBytesMax;
      if (full && group.length > 0) break;
      group.push(waiting);
    }
    this.#waiting = this.#waiting.slice(group.length);
    return group;
  }

  /**
   * The line to the database may hang without an error: then callers hear so, and may try again.
   */
  #endLateWaits(): void {
    this.#looks += 1;
    const { stuckMsMax, waitMsMax } = GROUP_LIMITS;
    const late = ({ since }: Waiting): boolean =>
      (this.#looks - Math.max(since, this.#moved)) * LOOK_MS > stuckMsMax ||
      (this.#looks - since) * LOOK_MS > waitMsMax;
    for (const waiting of this.#inFlight.filter(late))
      settle(waiting, () => waiting.reject(busy()));
    for (const waiting of this.#waiting.filter(late)) {
      this.#entries -= waiting.entries.length;
      settle(waiting, () => waiting.reject(busy()));
    }
    this.#waiting = this.#waiting.filter((waiting) => !waiting.settled);
  }
}

function settle(waiting: Waiting, act: () => void): void {
  if (waiting.settled) return;
  waiting.settled = true;
  act();
}

function busy(): Problem {
  return new Problem('busy', 'The ledger cannot take the entry now.', { code: 'ledger-busy' });
}
