/**
 * Works that come at the same time share one transaction, and so one begin, one commit and one
 * flush to disk, and their statements share the way to the database. Each is still all or nothing:
 * where one fails, everything is rolled back and each goes again in a transaction of its own.
 *
 * A work names what it locks. Two of one name never share, since a lock does not keep two apart
 * that are in one transaction; what a work finds only on its way (whose record it is) it claims.
 */
import { endedAll } from './alongside.ts';
import type { Database, Tx } from './database.ts';
import { Problem } from './problem.ts';

export interface SharedWork<Result> {
  /** What it locks: `lock` is called with those of all works before any of them begins. */
  readonly names: readonly string[];
  /**
   * May run twice: nothing of it may last but through `tx`. What it names is locked before its first
   * statement runs, but it begins before that is known.
   */
  run(tx: Tx, claim: Claim): Promise<Result>;
}

/** @throws Error when another work of the same transaction has claimed it. */
export type Claim = (name: string) => void;

export interface SharedLimits {
  /** Works in one transaction. */
  readonly togetherMax: number;
  /** Transactions under way at once; a single work waits for none. */
  readonly lanesMax: number;
  readonly waitingMax: number;
}

interface Waiting {
  readonly work: SharedWork<unknown>;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

export class SharedTransactions {
  readonly #database: Pick<Database, 'transaction'>;
  readonly #lock: (tx: Tx, names: readonly string[]) => Promise<void>;
  readonly #limits: SharedLimits;
  #waiting: Waiting[] = [];
  #lanes = 0;
  readonly #held = new Set<string>();

  constructor(
    database: Pick<Database, 'transaction'>,
    lock: (tx: Tx, names: readonly string[]) => Promise<void>,
    limits: SharedLimits,
  ) {
    this.#database = database;
    this.#lock = lock;
    this.#limits = limits;
  }

  /** Resolves after the commit; rejects with what this work, or the database, threw. */
  run<Result>(work: SharedWork<Result>): Promise<Result> {
    // With many waiting, to wait for a turn costs more than to go alone.
    if (this.#waiting.length >= this.#limits.waitingMax) return this.#alone(work);
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.push({ work, resolve: resolve as Waiting['resolve'], reject });
      if (this.#lanes < this.#limits.lanesMax) void this.#lane();
    });
  }

  async #lane(): Promise<void> {
    this.#lanes += 1;
    // Whatever came in by the same look at the sockets shares the first transaction too.
    await new Promise(setImmediate);
    for (let group = this.#take(); group.length > 0; group = this.#take()) {
      await this.#serve(group);
      for (const { work } of group) for (const name of work.names) this.#held.delete(name);
    }
    this.#lanes -= 1;
  }

  /** The oldest ones of which no name is taken, here or in the other lanes. */
  #take(): Waiting[] {
    const group: Waiting[] = [];
    const left: Waiting[] = [];
    for (const one of this.#waiting) {
      const { names } = one.work;
      const isFree = group.length < this.#limits.togetherMax && !this.#isHeld(names);
      if (isFree) for (const name of names) this.#held.add(name);
      (isFree ? group : left).push(one);
    }
    this.#waiting = left;
    return group;
  }

  #isHeld(names: readonly string[]): boolean {
    return names.some((name) => this.#held.has(name));
  }

  async #serve(group: readonly Waiting[]): Promise<void> {
    try {
      const results = await this.#together(group);
      for (const [at, one] of group.entries()) one.resolve(results[at]);
    } catch (error) {
      // Without a database nobody gets further alone either.
      const isOutage = !(error instanceof Problem) && Problem.from(error).kind === 'busy';
      if (isOutage || group.length === 1) for (const one of group) one.reject(error);
      else
        await Promise.all(group.map((one) => this.#alone(one.work).then(one.resolve, one.reject)));
    }
  }

  #together(group: readonly Waiting[]): Promise<unknown[]> {
    const names = group.flatMap(({ work }) => work.names);
    return this.#database.transaction(async (tx) => {
      const claimed = new Map<string, number>();
      const claimFor = (at: number) => (name: string) => {
        if ((claimed.get(name) ?? at) !== at) throw new Error('two works about the same');
        claimed.set(name, at);
      };
      // Sent before the statements of the works, so held before any of them runs.
      const locked = this.#lock(tx, names);
      const works = group.map(({ work }, at) => work.run(tx, claimFor(at)));
      // All end before anything is rolled back: a statement of one must not run after that.
      const [, ...results] = await endedAll([locked, ...works]);
      return results;
    });
  }

  #alone<Result>({ names, run }: SharedWork<Result>): Promise<Result> {
    return this.#database.transaction(async (tx) => {
      await this.#lock(tx, names);
      return run(tx, () => undefined);
    });
  }
}
