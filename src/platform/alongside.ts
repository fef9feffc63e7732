/**
 * Statements of one transaction that go out without waiting for each other. All of them end before
 * anybody goes on: what is still under way must not run after the transaction.
 */

/** Goes on beside the work that it is handed to. */
export type Beside = (work: Promise<unknown>) => void;

/**
 * Runs a work and what it lets go on beside it, to the end of all.
 * @throws what was thrown first; a statement that only failed because its transaction had is passed
 *   over.
 */
export async function alongside<Result>(run: (beside: Beside) => Promise<Result>): Promise<Result> {
  const others: Promise<unknown>[] = [];
  const main = run((work) => {
    // Looked at below; until then it must not pass for one that nobody looks at.
    work.catch(() => undefined);
    others.push(work);
  });
  const [ended] = await Promise.allSettled([main]);
  resultsOf([ended, ...(await Promise.allSettled(others))]);
  return main;
}

/** All results, when all have ended. @throws like `alongside` */
export async function endedAll<const Works extends readonly unknown[]>(
  works: Works,
): Promise<{ -readonly [K in keyof Works]: Awaited<Works[K]> }> {
  const results = resultsOf(await Promise.allSettled(works));
  return results as { -readonly [K in keyof Works]: Awaited<Works[K]> };
}

/** Of PostgreSQL: the transaction failed before this statement. */
const AFTER_FAILURE = '25P02';

function resultsOf(ended: readonly PromiseSettledResult<unknown>[]): unknown[] {
  const reasons = ended.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  if (reasons.length > 0) throw reasons.find((one) => one?.code !== AFTER_FAILURE) ?? reasons[0];
  return ended.map((one) => (one.status === 'fulfilled' ? one.value : undefined));
}
