/**
 * The time of an answer that shows nothing tells nothing either (consent.md 7.5): it leaves at the
 * end of a band of time that began with the request, so what was withheld, and had to be fetched,
 * unsealed and decided first, takes as long as what never was.
 */

import type { AccessRequest } from '../permission/index.ts';
import { Problem } from '../platform/problem.ts';

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

/** What asking a register elsewhere does to answers that show nothing. */
export interface AskedElsewhere {
  /** It did not answer: then nothing may be said, the same whoever is asked about. */
  isSilentFor(access: AccessRequest): boolean;
  /** How long asking mostly takes: an answer that did not have to ask waits as long. */
  usualMs(): number;
}

const RETRY_SECONDS = 15;

/** A person may know what there is of the own record; to anybody else time must not tell. */
export function banded<T>(
  access: AccessRequest,
  work: () => Promise<T>,
  showsNothing: (answer: T) => boolean,
  elsewhere?: AskedElsewhere,
): Promise<T> {
  const { actor } = access;
  if (actor.kind === 'person' || actor.kind === 'representative') return work();
  const asks = elsewhere && actor.kind === 'professional' ? elsewhere : undefined;
  const told = async (): Promise<T> => {
    const answer = await work();
    // consent.md 4.4: an outage must not mark people who have something to hide.
    if (asks?.isSilentFor(access) && showsNothing(answer)) {
      throw new Problem('busy', 'Whether this may be answered is not known now.', {
        code: 'register-unavailable',
        retryAfterSeconds: RETRY_SECONDS,
      });
    }
    return answer;
  };
  return inTimeBand(told, showsNothing, bandMs(asks?.usualMs() ?? 0));
}

/** Whole bands, so that a little more or less of waiting elsewhere makes no difference. */
function bandMs(usualMs: number): number {
  return TIME_BAND_MS * (1 + Math.ceil(usualMs / TIME_BAND_MS));
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
