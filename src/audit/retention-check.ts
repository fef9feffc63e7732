/**
 * Holds as their lines tell them, against the rows that keep; the marks of how far retention went,
 * against what is there. And entries that are gone because
 * their term ended, against the runs that say so: a run names what it took by a digest, so nothing
 * that was removed otherwise can hide behind it.
 */
import type { Hash } from 'node:crypto';
import { type Sql, statement } from '../platform/database.ts';
import type { Findings } from './findings.ts';
import type { LedgerRecord } from './ledger-record.ts';
import { prunedDigest, prunedLine } from './retention.ts';

interface Taken {
  readonly digest: Hash;
  readonly first: number;
  count: number;
}

interface Told {
  readonly digest: string;
  readonly first: number;
}

const HOLDS = statement(
  'audit_verify_holds',
  `select h.id, h.patient::text, h.lifted_at is not null as lifted from ledger_hold h`,
);
const HELD = statement(
  'audit_verify_held',
  'select seq, patient::text from ledger_leaf where seq = any($1::bigint[])',
);

/** Marks and holds of one moment. */
const MARKS = statement(
  'audit_verify_marks',
  `select d.class, d.done,
     (select coalesce(array_agg(h.patient::text), '{}') from ledger_hold h
       where h.lifted_at is null) as held
   from ledger_term_done d`,
);

interface Mark {
  readonly done: number;
  /** Patients whose lines are kept longer. */
  readonly held: ReadonlySet<string>;
  /** The first line before the mark that should be gone and is there. */
  left?: number;
}

/** How far the last run of a class went, and which line says so. */
interface Went {
  readonly seq: number;
  readonly last: number;
}

interface HoldTold {
  /** Number of the line that set it. */
  readonly seq: number;
  /** Number of the line whose patient is held. */
  readonly line: number;
  lifted: boolean;
}

export class RetentionCheck {
  readonly #taken = new Map<string, Taken>();
  readonly #told = new Map<string, Told>();
  readonly #holds = new Map<string, HoldTold>();
  readonly #marks = new Map<string, Mark>();
  readonly #went = new Map<string, Went>();

  /** Before the lines are read, so that a run meanwhile changes nothing. */
  async readMarks(sql: Sql): Promise<void> {
    const { rows } = await sql.query<{ class: string; done: number; held: string[] }>(MARKS);
    for (const { class: name, done, held } of rows) {
      this.#marks.set(name, { done, held: new Set(held) });
    }
  }

  /** A line that is there: one before the mark of its class was passed over for good. */
  present(name: string, seq: number, patient: string | null): void {
    const mark = this.#marks.get(name);
    if (!mark || mark.left !== undefined || seq > mark.done) return;
    if (patient === null || !mark.held.has(patient)) mark.left = seq;
  }

  /** An entry that is gone and listed with this run; they come in order of number. */
  gone(run: string, seq: number, hash: Buffer): void {
    const taken = this.#taken.get(run) ?? { digest: prunedDigest(), first: seq, count: 0 };
    taken.digest.update(prunedLine(seq, hash));
    taken.count += 1;
    this.#taken.set(run, taken);
  }

  /** Key-encryption keys that lines tell of: a copy of a key may still be under one of them. */
  readonly keks = new Set<string>();

  /** Any record; a run or a hold among them is remembered. */
  hear({ event, detail = {} }: LedgerRecord, seq: number): void {
    const { run, digest, first, hold, line } = detail;
    if (event === 'key-change') {
      for (const kek of [detail['kek'], detail['before']]) if (kek) this.keks.add(kek);
    }
    if (event === 'hold-set' && hold !== undefined) {
      this.#holds.set(hold, { seq, line: Number(line), lifted: false });
    }
    const known = event === 'hold-lifted' ? this.#holds.get(hold ?? '') : undefined;
    if (known) {
      known.lifted = true;
      // All is looked at again, so every mark goes.
      this.#went.clear();
    }
    if (event !== 'retention-run' || run === undefined || digest === undefined) return;
    this.#went.set(detail['class'] ?? '', { seq, last: Number(detail['last']) });
    this.#told.set(run, { digest, first: Number(first) });
  }

  end(findings: Findings): void {
    this.#endMarks(findings);
    for (const [run, { digest, first }] of this.#taken) {
      const told = this.#told.get(run);
      this.#told.delete(run);
      if (told?.digest === digest.digest('hex')) continue;
      const says = told ? 'says something else' : 'is not in the ledger';
      findings.add('removed', first, `or a later one was removed: the run that took it ${says}`);
    }
    for (const { first } of this.#told.values()) {
      findings.add('removed', first, 'is listed with a run, and its listing was removed');
    }
  }

  /** A mark too far keeps lines for ever, and one set back hides how far retention went. */
  #endMarks(findings: Findings): void {
    for (const [name, { left }] of this.#marks) {
      if (left === undefined) continue;
      findings.add('mark', left, `is there, and retention of ${name} is marked as done beyond it`);
    }
    for (const [name, { seq, last }] of this.#went) {
      if ((this.#marks.get(name)?.done ?? -1) >= last) continue;
      findings.add('mark', seq, `tells of a run of ${name} that went beyond its mark`);
    }
  }

  /** A hold that somebody ended or moved past the gateway lets lines go before their time. */
  async compareHolds(sql: Sql, findings: Findings): Promise<void> {
    const rows = new Map(
      (await sql.query<{ id: string; patient: string; lifted: boolean }>(HOLDS)).rows.map(
        ({ id, ...row }) => [id, row] as const,
      ),
    );
    const lines = [...this.#holds.values()].map(({ line }) => line);
    const held = await sql.query<{ seq: number; patient: string }>({ ...HELD, values: [lines] });
    const patients = new Map(held.rows.map(({ seq, patient }) => [seq, patient]));
    for (const [id, { seq, line, lifted }] of this.#holds) {
      const row = rows.get(id);
      rows.delete(id);
      const patient = patients.get(line);
      const moved = row && patient !== undefined && row.patient !== patient;
      if (lifted ? row && !row.lifted : !row || row.lifted || moved) {
        findings.add('hold', seq, 'tells of a hold that was changed by another hand');
      }
    }
    for (const id of rows.keys()) {
      findings.add('hold', undefined, `Hold ${id} was put in by another hand.`);
    }
  }
}
