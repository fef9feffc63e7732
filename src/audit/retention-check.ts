/**
 * Entries that are gone because their term ended, against the runs that say so: a run names what
 * it took by a digest, so nothing that was removed otherwise can hide behind it.
 */
import type { Hash } from 'node:crypto';
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

export class RetentionCheck {
  readonly #taken = new Map<string, Taken>();
  readonly #told = new Map<string, Told>();

  /** An entry that is gone and listed with this run; they come in order of number. */
  gone(run: string, seq: number, hash: Buffer): void {
    const taken = this.#taken.get(run) ?? { digest: prunedDigest(), first: seq, count: 0 };
    taken.digest.update(prunedLine(seq, hash));
    taken.count += 1;
    this.#taken.set(run, taken);
  }

  /** Any record; a run among them is remembered. */
  hear({ event, detail = {} }: LedgerRecord): void {
    const { run, digest, first } = detail;
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
}
