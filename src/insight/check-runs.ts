/**
 * The periods that the detectors looked at, against the lines that tell of them: one that was put
 * in or made longer has a look go by that would have been seen, and one that was taken out hides
 * that nobody looked. audit.md 6.3, 11.
 */
import type { LedgerEntry } from '../audit/index.ts';
import { type Sql, statement } from '../platform/database.ts';

export interface RunFinding {
  readonly fault: 'review-run';
  /** Where the period begins, ISO. */
  readonly id: string;
  /** Number of the line that tells otherwise. */
  readonly seq?: number;
  readonly text: string;
}

export interface RunCheck {
  hear(line: LedgerEntry): void;
  /** After the last line. At most 1,000. */
  findings(): Promise<readonly RunFinding[]>;
}

interface Row {
  readonly since: Date;
  readonly until: Date;
  readonly lines: string;
  readonly flags: string;
  readonly finished: Date;
}

interface Told {
  readonly seq: number;
  readonly until: string;
  readonly counts: string;
}

const FINDINGS_MAX = 1_000;
/** Twenty-four runs a day, for as long as the lines of security are kept, fit in memory. */
const ROWS = statement(
  'insight_check_runs',
  `select since, until, lines, flags, finished from review_run
    where finished is not null order by since`,
);

/** Runs from before the first line that tells of one are held against nothing. */
export function runCheck(sql: Sql, now: Date): RunCheck {
  const told = new Map<string, Told>();
  let first: number | undefined;
  return {
    hear({ seq, record: { event, counts, detail, at } }) {
      const { since, until } = detail ?? {};
      if (event !== 'review-run' || since === undefined || until === undefined) return;
      first ??= Date.parse(at);
      told.set(since, { seq, until, counts: `${counts?.['lines']} ${counts?.['flags']}` });
    },
    async findings() {
      const found: RunFinding[] = [];
      const { rows } = await sql.query<Row>({ ...ROWS, values: [] });
      for (const row of rows) {
        const id = row.since.toISOString();
        const line = told.get(id);
        told.delete(id);
        const text = oddness(row, line, first, now);
        const seq = line === undefined ? {} : { seq: line.seq };
        if (text !== undefined) found.push({ fault: 'review-run', id, ...seq, text });
      }
      for (const [id, { seq }] of told) {
        const text = 'The detectors looked at this period: that they did was taken out.';
        found.push({ fault: 'review-run', id, seq, text });
      }
      return found.slice(0, FINDINGS_MAX);
    },
  };
}

function oddness(
  row: Row,
  line: Told | undefined,
  first: number | undefined,
  now: Date,
): string | undefined {
  if (!line) {
    const isOlder = first === undefined || row.finished.getTime() < first;
    const reaches = Math.max(row.finished.getTime(), row.until.getTime());
    if (isOlder && reaches <= now.getTime()) return undefined;
    return 'No line tells that the detectors looked at this period.';
  }
  return row.until.toISOString() === line.until && `${row.lines} ${row.flags}` === line.counts
    ? undefined
    : 'This period stands with another end or count than its line.';
}
