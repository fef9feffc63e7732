/**
 * Whether the time of an answer tells the withheld from what never was: interleaved pairs, the
 * difference of the medians, and how well one answer can be told from the other by its time alone
 * (area under the ROC curve; 0.5 is a guess), each with the range in which it most likely lies.
 */
import type { Random } from '../../src/demo/region/random.ts';

export type Range = readonly [low: number, high: number];

export interface TimingFigures {
  readonly pairs: number;
  /** Median of the first less that of the second, ms. */
  readonly medianMs: number;
  readonly auc: number;
  /** 99% of what comes out when pairs are drawn again from those that were measured. */
  readonly medianRange: Range;
  readonly aucRange: Range;
}

const TIMING_LIMITS = { medianMsMax: 0.1, aucMin: 0.45, aucMax: 0.55 } as const;

export interface TimingPlan {
  /** So many at least, unless `stopAtFind`. */
  readonly pairs: number;
  /** Where the ranges still cross a limit, so many at most. */
  readonly pairsMax?: number;
  /** Pairs that run side by side, each on a line of its own. */
  readonly lanes?: number;
  /** Ends as soon as it is beyond doubt that the two differ. */
  readonly stopAtFind?: boolean;
  readonly random: Random;
  readonly progress?: (figures: TimingFigures) => void;
}

/** Gives the milliseconds of one answer. */
export type Timed = (turn: number) => Promise<number>;

/** First answers are slow for reasons of their own. */
const WARM_PAIRS = 100;
const BLOCK_PAIRS = 1_000;
const FIND_BLOCK_PAIRS = 500;
const DRAWS = 400;
const OUTSIDE = 0.005;

/**
 * Which of a pair goes first is chance, so that a machine that slows down slows both.
 * @throws Error of an answer that failed.
 */
export async function timePairs(
  { pairs, pairsMax = pairs, lanes = 1, stopAtFind = false, random, progress }: TimingPlan,
  first: Timed,
  second: Timed,
): Promise<TimingFigures> {
  const times: [number[], number[]] = [[], []];
  let turn = -WARM_PAIRS;
  const runUntil = async (end: number) => {
    const lane = async () => {
      while (turn < end) {
        const mine = turn;
        turn += 1;
        const both = [0, 0];
        for (const which of random.chance(0.5) ? [0, 1] : [1, 0])
          both[which] = await (which === 0 ? first : second)(mine + WARM_PAIRS);
        if (mine < 0) continue;
        times[0].push(both[0] ?? 0);
        times[1].push(both[1] ?? 0);
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  };
  const block = stopAtFind ? FIND_BLOCK_PAIRS : BLOCK_PAIRS;
  for (;;) {
    await runUntil(Math.min(Math.max(turn, 0) + block, pairsMax));
    const figures = figuresOf(times[0], times[1], random);
    progress?.(figures);
    const isLong = figures.pairs >= pairs;
    if (stopAtFind && tellsForSure(figures)) return figures;
    if (isLong && (tellsForSure(figures) || tellsNothingForSure(figures))) return figures;
    if (figures.pairs >= pairsMax) return figures;
  }
}

export function tellsApart({ medianMs, auc }: TimingFigures): boolean {
  const { medianMsMax, aucMin, aucMax } = TIMING_LIMITS;
  return Math.abs(medianMs) >= medianMsMax || auc < aucMin || auc > aucMax;
}

/** One of the ranges lies outside its limits as a whole. */
function tellsForSure({ medianRange, aucRange }: TimingFigures): boolean {
  const { medianMsMax, aucMin, aucMax } = TIMING_LIMITS;
  const [low, high] = medianRange;
  return low >= medianMsMax || high <= -medianMsMax || aucRange[0] > aucMax || aucRange[1] < aucMin;
}

/** Both ranges lie within their limits as a whole. */
function tellsNothingForSure({ medianRange, aucRange }: TimingFigures): boolean {
  const { medianMsMax, aucMin, aucMax } = TIMING_LIMITS;
  const [low, high] = medianRange;
  return low > -medianMsMax && high < medianMsMax && aucRange[0] >= aucMin && aucRange[1] <= aucMax;
}

/** @param a and @param b the times of each pair, ms, in the same order. */
export function figuresOf(
  a: readonly number[],
  b: readonly number[],
  random: Random,
): TimingFigures {
  const pairs = a.length;
  const sorted = [
    ...a.map((ms, pair) => ({ ms, pair, mine: true })),
    ...b.map((ms, pair) => ({ ms, pair, mine: false })),
  ].toSorted((left, right) => left.ms - right.ms);
  const { medianMs, auc } = weighed(sorted, new Uint16Array(pairs).fill(1), pairs);
  const medians: number[] = [];
  const areas: number[] = [];
  for (let draw = 0; draw < DRAWS; draw += 1) {
    const times = new Uint16Array(pairs);
    for (let at = 0; at < pairs; at += 1) {
      const drawn = random.int(0, pairs - 1);
      times[drawn] = (times[drawn] ?? 0) + 1;
    }
    const drawn = weighed(sorted, times, pairs);
    medians.push(drawn.medianMs);
    areas.push(drawn.auc);
  }
  return { pairs, medianMs, auc, medianRange: rangeOf(medians), aucRange: rangeOf(areas) };
}

interface Sample {
  readonly ms: number;
  readonly pair: number;
  /** Of the first of the pair. */
  readonly mine: boolean;
}

/**
 * Medians and area in one walk over all times in their order. The area is the share of all pairs in
 * which the first is the longer one; ties count half (Mann-Whitney U).
 * @param weights how often each pair counts.
 */
function weighed(sorted: readonly Sample[], weights: Uint16Array, pairs: number) {
  const half = pairs / 2;
  let [mine, others, longer] = [0, 0, 0];
  let [mineMedian, otherMedian] = [Number.NaN, Number.NaN];
  for (let at = 0; at < sorted.length; ) {
    const ms = sorted[at]?.ms ?? 0;
    let [mineHere, othersHere] = [0, 0];
    for (; at < sorted.length && sorted[at]?.ms === ms; at += 1) {
      const weight = weights[sorted[at]?.pair ?? 0] ?? 0;
      if (sorted[at]?.mine) mineHere += weight;
      else othersHere += weight;
    }
    longer += mineHere * (others + othersHere / 2);
    mine += mineHere;
    others += othersHere;
    if (Number.isNaN(mineMedian) && mine >= half) mineMedian = ms;
    if (Number.isNaN(otherMedian) && others >= half) otherMedian = ms;
  }
  return { medianMs: mineMedian - otherMedian, auc: longer / (mine * others) };
}

function rangeOf(values: readonly number[]): Range {
  const sorted = values.toSorted((a, b) => a - b);
  const last = sorted.length - 1;
  return [sorted[Math.floor(last * OUTSIDE)] ?? 0, sorted[Math.ceil(last * (1 - OUTSIDE))] ?? 0];
}
