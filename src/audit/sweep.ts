/**
 * Finds entries that were committed and never numbered: the gateway that wrote them stopped
 * between the two, or another one did. Numbers them, and moves the mark up to which nothing is
 * left to find.
 */
import { type Database, statement } from '../platform/database.ts';
import { secondOf } from './entry-columns.ts';
import {
  changedIn,
  commitOf,
  ENTRY_COLUMNS,
  type EntryRow,
  type Opener,
  openRow,
} from './entry-row.ts';
import type { Place, Unnumbered } from './number-statement.ts';
import { patientToken } from './pseudonyms.ts';

const BATCH_MAX = 1_000;
/** So many ids are looked at in one statement: what was never swept may be a whole ledger. */
const WINDOW_IDS = 100_000;
/**
 * An id is taken a moment before its transaction has a number; no transaction waits here this
 * long.
 */
const MARK_AGE_MS_MIN = 60_000;

const ORPHANS = statement(
  'audit_orphans',
  `select ${ENTRY_COLUMNS} from ledger_entry e
   where e.id > $1 and e.id <= $2 and e.at <= $3
     and not exists (select from ledger_leaf l where l.entry = e.id)
   order by e.id limit ${BATCH_MAX}`,
);
/** A copy of a numbered row would open and be numbered again; the salt gives it away. */
const COPIES = statement(
  'audit_copies',
  `select e.id from ledger_entry e where e.id = any($1::bigint[]) and exists (
     select from ledger_entry o
     where o.agent = e.agent and o.at = e.at and o.salt = e.salt and o.id < e.id)`,
);
const MARK = statement(
  'audit_mark',
  `select (select last_value from ledger_entry_id_seq) as id,
     pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next,
     pg_snapshot_xmin(pg_current_snapshot())::text::bigint as oldest,
     (select swept from ledger_head) as swept`,
);
/** Ids that nobody has are passed over: somebody may have set the sequence far ahead. */
const NEXT = statement('audit_next_entry', 'select min(id) as id from ledger_entry where id > $1');
const MOVE_MARK = statement(
  'audit_move_mark',
  'update ledger_head set swept = $1 where swept < $1',
);

interface Mark {
  readonly id: number;
  readonly next: number;
  readonly seen: number;
}

/** Of rows put in by another hand so many are told apart; the mark soon passes them. */
const TOLD_ROWS_MAX = 10_000;

export interface SweepParts {
  readonly database: Database;
  readonly opener: Opener;
  readonly add: (entries: readonly Unnumbered[]) => Promise<Place[]>;
  /**
   * Hears, once, the ids of rows that were put in by another hand. They stay without a number, and
   * verify names them whenever it runs.
   */
  readonly tell: (foreign: readonly number[]) => Promise<void>;
}

export class Sweeper {
  readonly #database: Database;
  readonly #opener: Opener;
  readonly #add: SweepParts['add'];
  readonly #tell: SweepParts['tell'];
  #marks: Mark[] = [];
  readonly #told = new Set<number>();

  constructor(parts: SweepParts) {
    this.#database = parts.database;
    this.#opener = parts.opener;
    this.#add = parts.add;
    this.#tell = parts.tell;
  }

  /** Numbers what was written before `until` and still has no number. @returns how many. */
  async sweep(until: Date): Promise<number> {
    const { rows } = await this.#database.query<{
      id: number;
      next: number;
      oldest: number;
      swept: number;
    }>(MARK);
    const mark = rows[0];
    if (!mark) return 0;
    const foreign: number[] = [];
    let numbered = 0;
    let from = mark.swept;
    while (from < mark.id) {
      const next = (await this.#database.query<{ id: number | null }>({ ...NEXT, values: [from] }))
        .rows[0]?.id;
      if (next === null || next === undefined || next > mark.id) break;
      from = next - 1;
      const end = Math.min(mark.id, from + WINDOW_IDS);
      const orphans = await this.#orphans(from, end, until);
      const { own, others } = await this.#judge(orphans);
      foreign.push(...others.filter((id) => !this.#told.has(id)));
      numbered += (await this.#add(own)).length;
      from = orphans.length < BATCH_MAX ? end : (orphans.at(-1)?.id ?? end);
    }
    // Told before the mark passes them: what could not be told is found again by the next sweep.
    if (foreign.length > 0) await this.#tell(foreign);
    if (this.#told.size > TOLD_ROWS_MAX) this.#told.clear();
    for (const id of foreign) this.#told.add(id);
    await this.#moveMark(mark);
    return numbered;
  }

  async #orphans(from: number, end: number, until: Date): Promise<EntryRow[]> {
    const values = [from, end, secondOf(until)];
    return (await this.#database.query<EntryRow>({ ...ORPHANS, values })).rows;
  }

  async #judge(orphans: readonly EntryRow[]): Promise<{ own: Unnumbered[]; others: number[] }> {
    if (orphans.length === 0) return { own: [], others: [] };
    const ids = orphans.map(({ id }) => id);
    const { rows } = await this.#database.query<{ id: number }>({ ...COPIES, values: [ids] });
    const copies = new Set(rows.map(({ id }) => id));
    const own: Unnumbered[] = [];
    const others: number[] = [];
    for (const row of orphans) {
      const opened = await openRow(this.#opener, row);
      if (!opened || copies.has(row.id) || changedIn(this.#opener, row, opened))
        others.push(row.id);
      else {
        const { class: name, record } = opened;
        const commit = commitOf(row, opened);
        own.push({ id: row.id, class: name, commit, patient: patientToken(record.patient) });
      }
    }
    return { own, others };
  }

  /**
   * The mark may pass an id when every transaction of the time the id was given out has ended, and
   * all that those committed has been swept just now.
   */
  async #moveMark(now: { id: number; next: number; oldest: number }): Promise<void> {
    const seen = Date.now();
    const passed = this.#marks.filter(
      (mark) => mark.next <= now.oldest && mark.seen <= seen - MARK_AGE_MS_MIN,
    );
    const last = passed.at(-1);
    this.#marks = this.#marks.filter((mark) => !passed.includes(mark));
    const newest = this.#marks.at(-1);
    if (!newest || newest.id < now.id) this.#marks.push({ id: now.id, next: now.next, seen });
    if (this.#marks.length > 1_000) this.#marks.splice(1, 1);
    if (last) {
      await this.#database.query({ ...MOVE_MARK, values: [last.id] });
    }
  }
}
