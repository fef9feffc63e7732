/**
 * What was told of numbers, against the lines of the questions: without its row a later answer may
 * tell of fewer than ten people, by subtraction of what was told before. consent.md 12.
 */
import type { LedgerEntry } from '../../audit/index.ts';
import { type Sql, statement } from '../../platform/database.ts';

export interface FigureFinding {
  readonly fault: 'figure';
  /** Name of the group of people: measure, ages and sexes. */
  readonly id: string;
  /** Number of the last line that tells of it. */
  readonly seq: number;
  readonly text: string;
}

export interface FigureCheck {
  hear(line: LedgerEntry): void;
  /** After the last line. At most 1,000. */
  findings(): Promise<readonly FigureFinding[]>;
}

const FINDINGS_MAX = 1_000;
const GONE = statement(
  'insight_check_figures',
  `select a.cohort from unnest($1::text[]) as a(cohort)
    where not exists (select from figure_told f where f.cohort = a.cohort) order by 1
    limit ${FINDINGS_MAX}`,
);

/** Of each answer the group that was asked for; its parts were told with it. */
export function figureCheck(sql: Sql): FigureCheck {
  const told = new Map<string, number>();
  return {
    hear({ seq, record: { event, outcome, query, counts } }) {
      if (event !== 'count' || outcome !== 0 || counts?.['people'] === undefined) return;
      if (query !== undefined) told.set(query, seq);
    },
    async findings() {
      const { rows } = await sql.query<{ cohort: string }>({ ...GONE, values: [[...told.keys()]] });
      const text = 'That this was told was taken out: it may be told apart by subtraction.';
      return rows.map(({ cohort: id }) => ({ fault: 'figure', id, seq: told.get(id) ?? 0, text }));
    },
  };
}
