/**
 * Work that nobody waits for, in the thread that answers: a little at a time, and the less the
 * busier the thread is with what somebody waits for.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** All in milliseconds. */
export interface PaceLimits {
  /** How long is worked between two rests. */
  readonly workMs: number;
  readonly restMs: number;
  /** The longest rest, while the thread has no time left. */
  readonly restMsMax: number;
  /** How long it gives way; after that each rest is the short one, so that it comes to an end. */
  readonly yieldMsMax: number;
}

export interface Pace {
  /** Called after each small piece of work; rests when it is time to. */
  step(): Promise<void> | undefined;
}

/** What share of a rest the thread was at work for others. */
const BUSY = 0.7;
const QUIET = 0.4;

/** @param busyShare since it was asked last, 0 to 1; by default that of the event loop. */
export function createPace(limits: PaceLimits, busyShare = eventLoopShare()): Pace {
  const started = performance.now();
  let begun = started;
  let restMs = limits.restMs;
  const rest = async () => {
    busyShare();
    await sleep(restMs);
    begun = performance.now();
    const share = busyShare();
    if (begun - started > limits.yieldMsMax || share < QUIET) restMs = limits.restMs;
    else if (share > BUSY) restMs = Math.min(limits.restMsMax, restMs * 2);
  };
  return {
    step: () => (performance.now() - begun > limits.workMs ? rest() : undefined),
  };
}

function eventLoopShare(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}
