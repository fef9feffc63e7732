/**
 * Whether the time of an answer tells the withheld from what never was: interleaved pairs, the
 * difference of the medians, and how well one answer can be told from the other by its time alone
 * (area under the ROC curve; 0.5 is a guess).
 */

export interface TimingFigures {
  readonly pairs: number;
  /** Difference of the medians, ms. */
  readonly medianMs: number;
  readonly auc: number;
}

export const TIMING_LIMITS = { medianMsMax: 0.1, aucMin: 0.45, aucMax: 0.55 } as const;

/** First answers are slow for reasons of their own. */
const WARM_PAIRS = 100;

/**
 * @param first and @param second give the milliseconds of one answer each; which of a pair goes
 * first changes with every pair, so that a machine that slows down slows both.
 */
export async function timePairs(
  pairs: number,
  first: (turn: number) => Promise<number>,
  second: (turn: number) => Promise<number>,
): Promise<TimingFigures> {
  const times: [number[], number[]] = [[], []];
  for (let turn = -WARM_PAIRS; turn < pairs; turn += 1) {
    const order = turn % 2 === 0 ? [0, 1] : [1, 0];
    for (const which of order) {
      const ms = await (which === 0 ? first : second)(turn + WARM_PAIRS);
      if (turn >= 0) times[which as 0 | 1].push(ms);
    }
  }
  const [a, b] = times;
  return { pairs, medianMs: Math.abs(median(a) - median(b)), auc: areaUnderCurve(a, b) };
}

export function tellsApart({ medianMs, auc }: TimingFigures): boolean {
  const { medianMsMax, aucMin, aucMax } = TIMING_LIMITS;
  return medianMs >= medianMsMax || auc < aucMin || auc > aucMax;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

/** Share of all pairs in which `a` is the longer one; ties count half (Mann-Whitney U). */
export function areaUnderCurve(a: readonly number[], b: readonly number[]): number {
  const all = [...a.map((ms) => ({ ms, mine: 1 })), ...b.map((ms) => ({ ms, mine: 0 }))].toSorted(
    (left, right) => left.ms - right.ms,
  );
  let ranks = 0;
  for (let at = 0; at < all.length; ) {
    let end = at;
    while (end < all.length && all[end]?.ms === all[at]?.ms) end += 1;
    const rank = (at + 1 + end) / 2;
    for (let one = at; one < end; one += 1) ranks += (all[one]?.mine ?? 0) * rank;
    at = end;
  }
  return (ranks - (a.length * (a.length + 1)) / 2) / (a.length * b.length);
}
