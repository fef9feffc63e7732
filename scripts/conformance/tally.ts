/** How many cases of a kind came out as they should. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
  unsupported: number;
  /** Share of what was expected that came out, 0 to 1. */
  score: number;
}

export function emptyTally(): Tally {
  return { passed: 0, failed: 0, skipped: 0, unsupported: 0, score: 0 };
}

/** The share that passed, of those that took part. */
export function scored(tally: Tally): Tally {
  tally.score = tally.passed / Math.max(1, tally.passed + tally.failed);
  return tally;
}
