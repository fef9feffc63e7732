/**
 * Rows of a table against the lines that tell of them, for any room: one that was taken out, stands
 * otherwise than its last line says, or was put in past the gateway. audit.md 6.3.
 */
import { type Sql, type Statement, statement } from '../platform/database.ts';
import type { LedgerEntry } from './ledger-entry-view.ts';

export interface ToldFinding {
  readonly fault: string;
  readonly id: string;
  /** Number of the line that tells otherwise. */
  readonly seq?: number;
  readonly text: string;
}

/** A table and the lines that tell of its rows. */
export interface ToldTable {
  readonly fault: string;
  /**
   * Made by `toldTable`: columns vault, id, `said` (as the lines would say it) and `since` (when the
   * row was made).
   */
  readonly rows: Statement;
  /** Its lines came later than its rows: what is older than the first of them is passed over. */
  readonly isToldSince?: true;
  /** Undefined: of none of its rows. */
  tells(record: LedgerEntry['record']): TellsOfRow | undefined;
}

export interface TellsOfRow {
  readonly id: string;
  readonly said?: string;
  /** What it is at first, where nothing else was said. */
  readonly begins?: string;
  /** How long it is to last at most. */
  readonly until?: string;
}

export interface ToldRowsCheck {
  hear(line: LedgerEntry): void;
  /** After the last line. At most 1,000 of each table. */
  findings(): Promise<readonly ToldFinding[]>;
}

interface Told {
  readonly seq: number;
  readonly patient: string | undefined;
  /** Undefined also where the record ended: its rows go on as they can. */
  readonly said: string | undefined;
  readonly until: string | undefined;
}

interface Heard {
  readonly lines: Map<string, Told>;
  /** When the first of them was written, ms. */
  first: number;
}

interface Row {
  readonly vault: string;
  readonly id: string;
  readonly said: string;
  readonly since: Date;
  readonly until: Date | null;
}

const PAGE = 500;
const FINDINGS_MAX = 1_000;
const NIL = '00000000-0000-0000-0000-000000000000';
/** Lines of security are kept for two years, all others longer. */
const KEPT_MS = 700 * 86_400_000;

/** The rows of a table whose key is vault and id; the columns are SQL over those of the table. */
export function toldTable(
  name: string,
  table: string,
  columns: { readonly said: string; readonly since: string; readonly until?: string },
): Statement {
  const { said, since, until = 'null::timestamptz' } = columns;
  return statement(
    name,
    `select vault, id, ${said} as said, ${since} as since, ${until} as until from ${table}
      where (vault, id) > ($1, $2) order by vault, id limit ${PAGE}`,
  );
}

/** @param now rows that are older than lines are kept are held against nothing */
export function toldRows(sql: Sql, tables: readonly ToldTable[], now: Date): ToldRowsCheck {
  const heard = tables.map((table) => ({
    table,
    lines: new Map<string, Told>(),
    first: Number.POSITIVE_INFINITY,
  }));
  return {
    hear({ seq, record }) {
      const { event, outcome, patient, at } = record;
      if (outcome !== 0) return;
      for (const one of heard) {
        if (event === 'erase' && patient !== undefined) endOf(one.lines, patient);
        const told = one.table.tells(record);
        if (!told) continue;
        one.first = Math.min(one.first, Date.parse(at));
        const before = one.lines.get(told.id);
        const { id, said = before?.said ?? told.begins, until = before?.until } = told;
        one.lines.set(id, { seq, patient, said, until });
      }
    },
    async findings() {
      const all: ToldFinding[] = [];
      for (const one of heard) all.push(...(await findingsOf(sql, one.table, one, now)));
      return all;
    },
  };
}

function endOf(lines: Map<string, Told>, patient: string): void {
  for (const [id, line] of lines) {
    if (line.patient === patient) lines.set(id, { ...line, said: undefined });
  }
}

async function findingsOf(
  sql: Sql,
  { fault, rows, isToldSince }: ToldTable,
  { lines, first }: Heard,
  now: Date,
): Promise<ToldFinding[]> {
  const found: ToldFinding[] = [];
  const from = isToldSince ? first : now.getTime() - KEPT_MS;
  let after = [NIL, NIL];
  for (;;) {
    const page = (await sql.query<Row>({ ...rows, values: after })).rows;
    for (const row of page) {
      const line = lines.get(row.id);
      lines.delete(row.id);
      const text = oddness(row, line, from);
      if (text !== undefined) found.push({ fault, id: row.id, ...seqOf(line), text });
    }
    const last = page.at(-1);
    if (!last || page.length < PAGE) break;
    after = [last.vault, last.id];
  }
  for (const [id, line] of lines) {
    found.push({ fault, id, ...seqOf(line), text: 'It was taken out: its line is there.' });
  }
  return found.slice(0, FINDINGS_MAX);
}

const seqOf = (line: Told | undefined) => (line ? { seq: line.seq } : {});

function oddness(row: Row, line: Told | undefined, from: number): string | undefined {
  const { said, since, until } = row;
  if (!line) {
    return since.getTime() < from ? undefined : 'No line of the ledger tells of it.';
  }
  const last = line.until === undefined ? Number.POSITIVE_INFINITY : Date.parse(line.until);
  if (until && until.getTime() > last) return 'It lasts longer than its line tells.';
  if (line.said === undefined || line.said === said) return undefined;
  return `It stands as ${said}, and its line tells ${line.said}.`;
}
