/**
 * The time of an answer that shows nothing tells nothing either (consent.md 7.5): it leaves at the
 * end of a band of time that began with the request, so what was withheld, and had to be fetched,
 * unsealed and decided first, takes as long as what never was.
 */

import type { AccessRequest } from '../permission/index.ts';
import { Problem } from '../platform/problem.ts';
import { isOwnSide } from './look.ts';

/** Well above what a decision and its ledger entry take on a machine that has time for them. */
export const TIME_BAND_MS = 15;

/** The band doubles while the work does not fit, up to this. */
const BAND_MS_MAX = TIME_BAND_MS * 32;
const WORKS_KEPT = 256;
/** Looked at anew after so many. */
const WORKS_BETWEEN = 16;
/** So much of the work must fit: what does not is too little to tell by. */
const SHARE_FITTING = 0.95;
const HEADROOM = 1.25;

export interface RecentWork {
  /** What the work behind an answer without content took, ms. */
  note(ms: number): void;
  /** The band that such work fits in at present: the same whoever is asked about. */
  bandMs(): number;
}

/**
 * How long work takes depends on how busy the machine is; work that ends in a second band tells how
 * much of it there was. So the band itself grows with the work, and shrinks again after it.
 */
export function createRecentWork(): RecentWork {
  const works: number[] = [];
  let noted = 0;
  let band = TIME_BAND_MS;
  return {
    note(ms) {
      works[noted % WORKS_KEPT] = ms;
      noted += 1;
      if (noted % WORKS_BETWEEN !== 0) return;
      const sorted = works.toSorted((a, b) => a - b);
      const most = (sorted[Math.floor((sorted.length - 1) * SHARE_FITTING)] ?? 0) * HEADROOM;
      band = TIME_BAND_MS;
      while (band < most && band < BAND_MS_MAX) band *= 2;
    },
    bandMs: () => band,
  };
}

/** Of all doors of this process, since they share its time. */
const recent = createRecentWork();
/** The work of first looks that show something, which takes longer. */
const firstLooks = createRecentWork();

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
function beginTimeBand(ms = TIME_BAND_MS): TimeBand {
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
  /** The longest that is waited for it: an answer that did not have to ask waits as long. */
  patienceMs(): number;
}

const RETRY_SECONDS = 15;

/** What else holds an answer to a partner. */
export interface Held {
  readonly elsewhere?: AskedElsewhere | undefined;
  /** First looks at a record wait with content too: nothing may tell who else looked. */
  readonly look?: { isFirst(): boolean; ended(): void } | undefined;
}

/** A person may know what there is of the own record; to anybody else time must not tell. */
export function banded<T>(
  access: AccessRequest,
  work: () => Promise<T>,
  showsNothing: (answer: T) => boolean,
  { elsewhere, look }: Held = {},
): Promise<T> {
  const { actor } = access;
  if (isOwnSide(actor)) return work();
  const asks = elsewhere && actor.kind === 'professional' ? elsewhere : undefined;
  // Known before the work: who first meets the silence, and so asked about somebody known here, is
  // told no more than who asked about nobody (consent.md 4.4: an outage must not mark people).
  const isSilent = asks?.isSilentFor(access) ?? false;
  const told = async (): Promise<T> => {
    const answer = await work();
    if (isSilent && showsNothing(answer)) {
      throw new Problem('busy', 'Whether this may be answered is not known now.', {
        code: 'register-unavailable',
        retryAfterSeconds: RETRY_SECONDS,
      });
    }
    return answer;
  };
  const ms = bandMs(asks?.patienceMs() ?? 0);
  return inTimeBand(told, showsNothing, { ms, works: recent, look });
}

/** Whole bands, so that a little more or less of waiting elsewhere makes no difference. */
function bandMs(patienceMs: number): number {
  const band = recent.bandMs();
  return band * (1 + Math.ceil(patienceMs / band));
}

export interface Bands extends Pick<Held, 'look'> {
  readonly ms?: number;
  /** Is told how long the work took when an answer without content has to wait. */
  readonly works?: RecentWork;
}

/**
 * Does the work and gives its answer, at the end of a band when it shows nothing, fails, or is the
 * first look at a record.
 * @param showsNothing whether an answer is one that must look like any other without content.
 */
export async function inTimeBand<T>(
  work: () => Promise<T>,
  showsNothing: (answer: T) => boolean,
  { ms = TIME_BAND_MS, works, look }: Bands = {},
): Promise<T> {
  const started = performance.now();
  const band = beginTimeBand(ms);
  const firstBand = look && beginTimeBand(firstLooks.bandMs());
  const end = (one: TimeBand, noted: RecentWork | undefined) => {
    for (const other of [band, firstBand]) if (other !== one) other?.drop();
    noted?.note(performance.now() - started);
    return one.end();
  };
  try {
    const answer = await work();
    if (showsNothing(answer)) await end(band, works);
    else if (firstBand && look?.isFirst()) await end(firstBand, firstLooks);
    else for (const one of [band, firstBand]) one?.drop();
    look?.ended();
    return answer;
  } catch (error) {
    await end(band, works);
    throw error;
  }
}
