/**
 * @returns the work, never twice at the same time: what is asked for while one runs starts after
 *   it, once for all who asked meanwhile.
 */
export function oneByOne<T>(run: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> = Promise.resolve();
  let waiting: Promise<T> | undefined;
  return () => {
    waiting ??= running.then(() => {
      waiting = undefined;
      const started = run();
      running = started.catch(() => undefined);
      return started;
    });
    return waiting;
  };
}
