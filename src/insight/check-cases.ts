/**
 * Questions of people, cases of the detectors and accesses that a privacy officer has to look at,
 * against the lines that tell of them: one that was taken out, or closed without a verdict, would
 * leave a look unseen that nobody can explain. audit.md 6.3, 11; consent.md 9.
 */
import type { LedgerEntry } from '../audit/index.ts';
import { type Sql, statement } from '../platform/database.ts';
import type { Store } from '../store/index.ts';
import { ACCESS_REVIEW_LIMITS, type AccessBody, kindOf } from './access-review.ts';

export interface CaseFinding {
  readonly fault: 'question' | 'case' | 'access-review';
  readonly id?: string;
  /** Number of the line that tells otherwise. */
  readonly seq?: number;
  readonly text: string;
}

export interface CaseCheck {
  hear(line: LedgerEntry): void;
  /** After the last line. At most 1,000. */
  findings(): Promise<readonly CaseFinding[]>;
}

type Kind = CaseFinding['fault'];
/** Where a row should be by its lines: open, or closed by the line of this number. */
interface Told {
  readonly seq: number;
  readonly isClosed: boolean;
}
interface Row {
  readonly kind: Kind;
  readonly vault?: string;
  readonly id: string;
  readonly isClosed: boolean;
  /** When it was asked or closed. */
  readonly since: Date | null;
}
interface Box {
  readonly opened: number;
  readonly ends: number;
  readonly key: string;
}

/** Obligations that put an access before a reviewer. */
const REVIEWED: ReadonlySet<string> = new Set(['REVIEW-FG', 'REVIEW-RELATION']);
const PAGE = 500;
const FINDINGS_MAX = 1_000;
const NIL = '00000000-0000-0000-0000-000000000000';
/** A line has its second before its item does, and two gateways their own clocks. */
const SLACK_MS = 120_000;
const TWO_YEARS_MS = 700 * 86_400_000;

const BOOKS: Readonly<Record<Kind, { readonly text: string }>> = {
  question: statement(
    'insight_check_questions',
    `select 'question' as kind, vault, id, state = 'answered' as "isClosed", asked as since
       from line_question where (vault, id) > ($1, $2) order by vault, id limit ${PAGE}`,
  ),
  case: statement(
    'insight_check_cases',
    `select 'case' as kind, id, state = 'closed' as "isClosed", closed as since
       from review_case where id > $1 order by id limit ${PAGE}`,
  ),
  'access-review': statement(
    'insight_check_access',
    `select 'access-review' as kind, id, state = 'closed' as "isClosed", closed as since,
            holder, kind as "of", opened, ends, sealed
       from access_review where id > $1 order by id limit ${PAGE}`,
  ),
};

interface AccessRow extends Row {
  readonly holder: string;
  readonly of: string;
  readonly opened: Date;
  readonly ends: Date;
  readonly sealed: Buffer;
}

/** What a line says of a row: which one, and whether that ended it. */
const TELLS: Readonly<Record<string, readonly [kind: Kind, detail: string, ends: boolean]>> = {
  'question-asked': ['question', 'question', false],
  'question-answered': ['question', 'question', true],
  'anomaly-raised': ['case', 'case', false],
  'anomaly-grown': ['case', 'case', false],
  'anomaly-reviewed': ['case', 'case', false],
  'anomaly-closed': ['case', 'case', true],
  'access-reviewed': ['access-review', 'item', false],
  'access-review-closed': ['access-review', 'item', true],
};

/**
 * What was taken out, closed by nobody, or never put before a reviewer.
 * @param store opens what is sealed under the gateway's own key
 */
export function caseCheck(sql: Sql, store: Pick<Store, 'unsealForGateway'>, now: Date): CaseCheck {
  const told = new Map<string, Told>();
  const accesses = new Map<string, { readonly seq: number; readonly at: number }[]>();
  return {
    hear({ seq, record }) {
      const { event, outcome, detail, agent, patient, obligations } = record;
      const [kind, name, isClosed] = TELLS[event] ?? [];
      const id = detail?.[name ?? ''];
      if (kind !== undefined && id !== undefined && outcome === 0) {
        told.set(`${kind} ${id}`, { seq, isClosed: isClosed === true });
      }
      if (outcome !== 0 || patient === undefined || agent.organisation === undefined) return;
      if (!obligations?.some((one) => REVIEWED.has(one))) return;
      const key = boxKey(kindOf(record), agent.organisation, agent.id, patient);
      const at = Date.parse(record.at);
      accesses.set(key, [...(accesses.get(key) ?? []), { seq, at }]);
    },
    async findings() {
      const found: CaseFinding[] = [];
      const boxes = new Map<string, Box[]>();
      for (const kind of Object.keys(BOOKS) as Kind[]) {
        for await (const row of rowsOf(sql, kind)) {
          const line = told.get(`${kind} ${row.id}`);
          told.delete(`${kind} ${row.id}`);
          const text = oddness(row, line, now);
          if (text !== undefined) {
            found.push({ fault: kind, id: row.id, ...(line && { seq: line.seq }), text });
          }
          if (kind === 'access-review') keepBox(boxes, store, row as AccessRow, found);
        }
      }
      for (const [name, { seq }] of told) {
        const [fault, id] = name.split(' ') as [Kind, string];
        found.push({ fault, id, seq, text: 'It was taken out: its line is there.' });
      }
      for (const [key, lines] of accesses) {
        const seq = lines.find(({ at }) => !boxes.get(key)?.some((box) => covers(box, at)))?.seq;
        const text = 'No item for the reviewer stands for this access.';
        if (seq !== undefined) found.push({ fault: 'access-review', seq, text });
      }
      return found.slice(0, FINDINGS_MAX);
    },
  };
}

const boxKey = (...names: readonly string[]): string => JSON.stringify(names);

const covers = ({ opened, ends }: Box, at: number): boolean =>
  at >= opened - SLACK_MS && at < ends + SLACK_MS;

function keepBox(
  boxes: Map<string, Box[]>,
  store: Pick<Store, 'unsealForGateway'>,
  { id, holder, of, opened, ends, sealed }: AccessRow,
  found: CaseFinding[],
): void {
  try {
    const text = store.unsealForGateway('access', id, sealed).toString();
    const { user, patient } = JSON.parse(text) as AccessBody;
    const key = boxKey(of, holder, user, patient);
    // A box is as long as a box can be, whatever the row says of its end.
    const last = opened.getTime() + ACCESS_REVIEW_LIMITS.boxSecondsMax * 1000;
    const box = { opened: opened.getTime(), ends: Math.min(ends.getTime(), last), key };
    boxes.set(key, [...(boxes.get(key) ?? []), box]);
  } catch {
    const text = 'It does not open: it was changed, or is another row’s.';
    found.push({ fault: 'access-review', id, text });
  }
}

async function* rowsOf(sql: Sql, kind: Kind): AsyncGenerator<Row> {
  let after: readonly string[] = kind === 'question' ? [NIL, NIL] : [NIL];
  for (;;) {
    const { rows } = await sql.query<Row>({ ...BOOKS[kind], values: [...after] });
    yield* rows;
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    after = last.vault === undefined ? [last.id] : [last.vault, last.id];
  }
}

/** Lines of security are kept for two years: an older row has none any more. */
function oddness({ isClosed, since }: Row, line: Told | undefined, now: Date): string | undefined {
  const isOld = since !== null && now.getTime() - since.getTime() > TWO_YEARS_MS;
  if (isClosed && line?.isClosed !== true && !isOld)
    return 'It was closed, and no line tells by whom.';
  return undefined;
}
