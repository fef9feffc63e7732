/**
 * Holds as their lines tell them, against the rows that keep. And entries that are gone because
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

  /** An entry that is gone and listed with this run; they come in order of number. */
  gone(run: string, seq: number, hash: Buffer): void {
    const taken = this.#taken.get(run) ?? { digest: prunedDigest(), first: seq, count: 0 };
    taken.digest.update(prunedLine(seq, hash));
    taken.count += 1;
    this.#taken.set(run, taken);
  }

  /** Any record; a run or a hold among them is remembered. */
  hear({ event, detail = {} }: LedgerRecord, seq: number): void {
    const { run, digest, first, hold, line } = detail;
    if (event === 'hold-set' && hold !== undefined) {
      this.#holds.set(hold, { seq, line: Number(line), lifted: false });
    }
    const known = event === 'hold-lifted' ? this.#holds.get(hold ?? '') : undefined;
    if (known) known.lifted = true;
    if (event !== 'retention-run' || run === undefined || digest === undefined) return;
    this.#told.set(run, { digest, first: Number(first) });
  }

  end(findings: Findings): void {
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
