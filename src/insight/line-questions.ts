/**
 * "Dit herken ik niet" (capabilities D7): a person asks about a line of the log, the privacy officer
 * of whoever looked answers within 28 days, and both steps are lines themselves.
 */
import { randomUUID } from 'node:crypto';
import type { Ledger, LedgerEntry, LedgerEvent } from '../audit/index.ts';
import type { Clock } from '../platform/clock.ts';
import { type Database, type Sql, statement } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { Store } from '../store/index.ts';

const QUESTION_LIMITS = {
  answerDaysMax: 28,
  textLengthMax: 1_000,
  openOfPersonMax: 50,
} as const satisfies Record<string, number>;

const DAY_MS = 86_400_000;

interface QuestionBody {
  /** Number of the line. */
  readonly seq: number;
  readonly question: string;
  readonly answer?: string;
  readonly answeredBy?: string;
}

export interface LineQuestion extends QuestionBody {
  readonly id: string;
  readonly vault: string;
  /** Organisation whose officer answers. */
  readonly holder: string;
  readonly state: 'open' | 'answered';
  readonly asked: Date;
  /** `YYYY-MM-DD`. */
  readonly due: string;
  readonly answered: Date | null;
}

type QuestionRow = Omit<LineQuestion, keyof QuestionBody> & { readonly sealed: Buffer };

const COLUMNS = 'vault, id, holder, state, sealed, asked, due::text as due, answered';
const ADD = statement(
  'insight_add_question',
  `insert into line_question (vault, id, holder, state, sealed, asked, due)
   values ($1, $2, $3, 'open', $4, $5, $6)`,
);
const OF_PERSON = statement(
  'insight_questions_of_person',
  `select ${COLUMNS} from line_question where vault = $1 order by asked desc, id limit $2`,
);
const OF_HOLDER = statement(
  'insight_questions_of_holder',
  `select ${COLUMNS} from line_question where holder = $1 and state = 'open'
    order by due, id limit $2`,
);
const FIND = statement(
  'insight_question_by_id',
  `select ${COLUMNS} from line_question where holder = $1 and id = $2 for update`,
);
/** One question of a person at a time, so that one that is sent twice at once is seen. */
const LOCK = statement(
  'insight_lock_questions',
  `select pg_advisory_xact_lock(hashtextextended('question/' || $1, 0))`,
);
const ANSWER = statement(
  'insight_answer_question',
  `update line_question set state = 'answered', sealed = $3, answered = $4
    where vault = $1 and id = $2 and state = 'open'`,
);

export interface LineQuestions {
  /**
   * The same words about the same line are one question while it is open: a form sent twice.
   * @throws Problem `invalid` without words, `conflict` when nobody else acted on that line or too
   *   many questions are open.
   */
  ask(
    vault: string,
    entry: LedgerEntry,
    question: string,
    by: LedgerEvent['agent'],
  ): Promise<LineQuestion>;
  ofPerson(sql: Sql, vault: string, limit: number): Promise<LineQuestion[]>;
  /** Open ones, the most urgent first. */
  ofHolder(sql: Sql, holder: string, limit: number): Promise<LineQuestion[]>;
  find(holder: string, id: string): Promise<LineQuestion | undefined>;
  /** @throws Problem `conflict` when it was answered before. */
  answer(holder: string, id: string, answer: string, by: LedgerEvent['agent']): Promise<void>;
}

export interface LineQuestionParts {
  readonly database: Database;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly clock: Clock;
}

/** Questions of people about the log, and their answers. */
export function createLineQuestions(parts: LineQuestionParts): LineQuestions {
  const { database, store, ledger, clock } = parts;
  const scope = (vault: string) => ({ vault, purpose: 'line-question', evidence: true });
  const seal = (sql: Sql, vault: string, id: string, body: QuestionBody) =>
    store.sealFor(sql, scope(vault), id, Buffer.from(JSON.stringify(body)));
  async function open(sql: Sql, { sealed, ...row }: QuestionRow): Promise<LineQuestion> {
    const bytes = await store.unsealFor(sql, scope(row.vault), row.id, sealed);
    return { ...row, ...(JSON.parse(bytes.toString('utf8')) as QuestionBody) };
  }
  async function listed(sql: Sql, query: typeof OF_PERSON, key: string, limit: number) {
    const { rows } = await sql.query<QuestionRow>({ ...query, values: [key, limit] });
    return Promise.all(rows.map((row) => open(sql, row)));
  }

  return {
    async ask(vault, entry, question, by) {
      const text = words(question, 'vraag');
      const holder = officerOf(entry);
      if (holder === undefined) {
        throw new Problem('conflict', 'Nobody else acted on this line.', { code: 'no-officer' });
      }
      const id = randomUUID();
      const asked = clock();
      const late = new Date(asked.getTime() + QUESTION_LIMITS.answerDaysMax * DAY_MS);
      const due = late.toISOString().slice(0, 10);
      const body = { seq: entry.seq, question: text };
      const pending = await database.transaction(async (tx) => {
        await tx.query({ ...LOCK, values: [vault] });
        const all = await listed(tx, OF_PERSON, vault, QUESTION_LIMITS.openOfPersonMax);
        const open = all.filter(({ state }) => state === 'open');
        const same = open.find((one) => one.seq === entry.seq && one.question === text);
        if (same) return same;
        if (open.length >= QUESTION_LIMITS.openOfPersonMax) {
          throw new Problem('conflict', 'Too many questions are open.', { code: 'too-many-open' });
        }
        const sealed = await seal(tx, vault, id, body);
        await tx.query({ ...ADD, values: [vault, id, holder, sealed, asked, due] });
        return ledger.write(tx, event('question-asked', { vault, id, holder, seq: entry.seq }, by));
      });
      if ('due' in pending) return pending;
      await ledger.numbered([pending]);
      return { ...body, id, vault, holder, state: 'open', asked, due, answered: null };
    },
    ofPerson: (sql, vault, limit) => listed(sql, OF_PERSON, vault, limit),
    ofHolder: (sql, holder, limit) => listed(sql, OF_HOLDER, holder, limit),
    async find(holder, id) {
      const { rows } = await database.query<QuestionRow>({ ...FIND, values: [holder, id] });
      return rows[0] && open(database, rows[0]);
    },
    async answer(holder, id, answer, by) {
      const text = words(answer, 'antwoord');
      const pending = await database.transaction(async (tx) => {
        const { rows } = await tx.query<QuestionRow>({ ...FIND, values: [holder, id] });
        const [row] = rows;
        if (!row) throw new Problem('not-found', 'There is no such question.');
        const known = await open(tx, row);
        const { seq, question, vault } = known;
        const body = { seq, question, answer: text, answeredBy: by.id };
        const sealed = await seal(tx, vault, id, body);
        const { rowCount } = await tx.query({ ...ANSWER, values: [vault, id, sealed, clock()] });
        if (rowCount !== 1) {
          throw new Problem('conflict', 'This question was answered.', { code: 'answered' });
        }
        return ledger.write(tx, event('question-answered', { vault, id, holder, seq }, by));
      });
      await ledger.numbered([pending]);
    },
  };
}

/** The organisation whose people acted; where a system only sent or held, that one. */
export function officerOf({ record }: LedgerEntry): string | undefined {
  const { agent, holders = [] } = record;
  if (agent.kind === 'person') return undefined;
  return agent.organisation ?? holders[0];
}

function words(text: string, place: string): string {
  const said = text.trim().slice(0, QUESTION_LIMITS.textLengthMax);
  if (said === '') throw new Problem('invalid', 'Words are needed.', { expression: [place] });
  return said;
}

function event(
  name: 'question-asked' | 'question-answered',
  about: { vault: string; id: string; holder: string; seq: number },
  by: LedgerEvent['agent'],
): LedgerEvent {
  const { vault, id, holder, seq } = about;
  return {
    class: 'evidence',
    event: name,
    action: name === 'question-asked' ? 'C' : 'U',
    outcome: 0,
    patient: vault,
    agent: by,
    holders: [holder],
    door: 'web',
    detail: { question: id, line: String(seq) },
  };
}
