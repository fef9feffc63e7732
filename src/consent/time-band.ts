/**
 * The time of an answer that shows nothing tells nothing either (consent.md 7.5): it leaves at the
 * end of a band of time that began with the request, so what was withheld, and had to be fetched,
 * unsealed and decided first, takes as long as what never was.
 */

import type { AccessRequest } from '../permission/index.ts';

/** Well above what a decision and its ledger entry take. */
export const TIME_BAND_MS = 15;

export interface TimeBand {
  /** Resolves when the band that now runs ends. */
  end(): Promise<void>;
  /** The answer shows something: there is nothing to wait for. */
  drop(): void;
}

/**
 * Begins the bands of one request. The clock of all of them starts here: a timer that was set after
 * the work would begin where the work ended and so tell how long it took.
 */
export function beginTimeBand(ms = TIME_BAND_MS): TimeBand {
  let wake: (() => void) | undefined;
  let timer = setTimeout(turn, ms);
  function turn(): void {
    if (wake) wake();
    else timer = setTimeout(turn, ms);
  }
  return {
    end: () =>
      new Promise((resolve) => {
        wake = resolve;
      }),
    drop: () => clearTimeout(timer),
  };
}

/** A person may know what there is of the own record; to anybody else time must not tell. */
export function banded<T>(
  { actor }: AccessRequest,
  work: () => Promise<T>,
  showsNothing: (answer: T) => boolean,
): Promise<T> {
  const isPerson = actor.kind === 'person' || actor.kind === 'representative';
  return isPerson ? work() : inTimeBand(work, showsNothing);
}

/**
 * Does the work and gives its answer, at the end of a band when it shows nothing or fails.
 * @param showsNothing whether an answer is one that must look like any other without content.
 */
export async function inTimeBand<T>(
  work: () => Promise<T>,
  showsNothing: (answer: T) => boolean,
  ms = TIME_BAND_MS,
): Promise<T> {
  const band = beginTimeBand(ms);
  try {
    const answer = await work();
    if (showsNothing(answer)) await band.end();
    else band.drop();
    return answer;
  } catch (error) {
    await band.end();
    throw error;
  }
}
