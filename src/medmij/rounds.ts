/** Work that comes back every so many seconds, one round at a time. */
import type { FastifyBaseLogger } from 'fastify';

export interface Rounds {
  /**
   * One round, or the one that runs already. Never throws: a round that fails is logged and the
   * next one tries again.
   * @returns what the round counted, 0 when it failed
   */
  run(): Promise<number>;
  start(): void;
  close(): void;
}

/** @param failed what the log says of a round that failed */
export function createRounds(
  round: () => Promise<number>,
  { everySeconds, log, failed }: { everySeconds: number; log: FastifyBaseLogger; failed: string },
): Rounds {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<number> | undefined;
  function run(): Promise<number> {
    running ??= round()
      .catch((error: unknown) => {
        log.warn({ err: error }, failed);
        return 0;
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  }
  return {
    run,
    start() {
      timer = setInterval(() => void run(), everySeconds * 1_000);
      timer.unref();
    },
    close: () => clearInterval(timer),
  };
}
