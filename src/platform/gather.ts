/**
 * Lets questions of requests that run side by side share one round trip: while so many are under
 * way, the next ones gather. A single question waits for nobody. Each answer is of its own moment
 * or later: a question is never answered by a round trip that began before it was asked.
 */
export interface GatherLimits {
  /** Questions in one round trip. */
  readonly togetherMax: number;
  /** Round trips under way at once. */
  readonly lanesMax: number;
}

interface Waiting<Q, A> {
  readonly question: Q;
  resolve(answer: A): void;
  reject(error: unknown): void;
}

/**
 * @param ask answers each question, in the order given; when it fails, all of them fail.
 * @returns asks one question, together with others.
 */
export function gather<Q, A>(
  ask: (questions: readonly Q[]) => Promise<readonly A[]>,
  limits: GatherLimits,
): (question: Q) => Promise<A> {
  let waiting: Waiting<Q, A>[] = [];
  let lanes = 0;

  async function run(): Promise<void> {
    lanes += 1;
    // Whatever came in by the same look at the sockets shares the first round trip too.
    await new Promise(setImmediate);
    while (waiting.length > 0) {
      const group = waiting.slice(0, limits.togetherMax);
      waiting = waiting.slice(group.length);
      await serve(group);
    }
    lanes -= 1;
  }

  async function serve(group: readonly Waiting<Q, A>[]): Promise<void> {
    try {
      const answers = await ask(group.map(({ question }) => question));
      if (answers.length !== group.length) throw new Error('A question was left without answer.');
      for (const [at, one] of group.entries()) one.resolve(answers[at] as A);
    } catch (error) {
      for (const one of group) one.reject(error);
    }
  }

  return (question) =>
    new Promise<A>((resolve, reject) => {
      waiting.push({ question, resolve, reject });
      if (lanes < limits.lanesMax) void run();
    });
}
