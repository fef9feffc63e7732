/**
 * What a question about a record came to the last time. It holds while the record is as it was: the
 * same consent epoch, the same key, and no row written since, all of one moment. Whoever asks again
 * asks for that mark of the record, and for its rows only when the mark is another.
 */
import { createLatelyUsed } from './lately-used.ts';
import type { Lying } from './opened-rows.ts';
import type { Mark } from './record-marks.ts';

export const REMEMBERED_LIMITS = {
  /** About so much memory. */
  bytesMax: 16 * 1024 * 1024,
  rowsMax: 1_000,
  bytesOfAnswer: 512,
  bytesOfRow: 640,
  /** What an administrator wrote past the program is seen after so long at the latest. */
  ageMsMax: 30_000,
  /** What is not used for twice as long goes. */
  agingMs: 30_000,
} as const satisfies Record<string, number>;

export interface Remembered {
  readonly mark: Mark;
  /** That they are there, in the order of the question; absent where they are too many to keep. */
  readonly rows?: readonly Lying[];
}

export interface RememberedAnswers {
  get(vault: string, question: string): Remembered | undefined;
  put(vault: string, question: string, mark: Mark, rows: readonly Lying[]): void;
  /** The record was erased, or has another key. */
  forget(vault: string): void;
  /** The same memory, for the questions of this circle. */
  of(circle: string): RememberedAnswers;
}

interface Kept extends Remembered {
  readonly weight: number;
  readonly until: number;
}

export function createRememberedAnswers(): RememberedAnswers {
  const kept = createLatelyUsed<Kept>(REMEMBERED_LIMITS.bytesMax, ({ weight }) => weight);
  let ageing: NodeJS.Timeout | undefined;

  const of = (circle: string): RememberedAnswers => ({
    get(vault, question) {
      const known = kept.get(vault, `${circle}|${question}`);
      return known && known.until > performance.now() ? known : undefined;
    },
    put(vault, question, mark, found) {
      const { rowsMax, bytesOfAnswer, bytesOfRow, ageMsMax, agingMs } = REMEMBERED_LIMITS;
      const rows = found.length > rowsMax ? [] : found.map(lyingOf);
      kept.put(vault, `${circle}|${question}`, {
        mark,
        ...(found.length > rowsMax ? {} : { rows }),
        weight: bytesOfAnswer + question.length * 2 + rows.length * bytesOfRow,
        until: performance.now() + ageMsMax,
      });
      ageing ??= setInterval(() => {
        kept.age();
        if (!kept.isEmpty()) return;
        clearInterval(ageing);
        ageing = undefined;
      }, agingMs).unref();
    },
    forget: (vault) => kept.forget(vault),
    of,
  });
  return of('');
}

/** What is remembered of a row: neither its bytes nor what else its statement gave. */
function lyingOf(found: Lying): Lying {
  const { type, place, custodian, version, updated, deleted, made, nth, full } = found;
  const row = { type, place, custodian, version, updated, deleted, made };
  const more = { ...(nth === undefined ? {} : { nth }), ...(full ? { full } : {}) };
  return nth === undefined && !full ? row : { ...row, ...more };
}
