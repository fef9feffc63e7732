/**
 * Builds the tree again from the stored leaves and compares it wherever somebody signed it or kept
 * a part of it. A difference here and not in a record means that leaves were changed with their
 * hashes.
 */
import { statement } from '../platform/database.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Findings } from './findings.ts';
import type { Head } from './head.ts';
import { CompactRange, type Subtree } from './merkle.ts';
import { KEPT_LEVELS } from './numbering.ts';
import type { VerifyParts } from './verify.ts';

const SUBTREES = statement(
  'audit_verify_subtrees',
  `select level, index, hash from ledger_subtree
   where level = $1 and index >= $2 and index < $3 order by index`,
);

interface Span {
  readonly begin: number;
  readonly end: number;
}

export class TreeCheck {
  /** True when a leaf is missing: then no root after it can be recomputed. */
  broken = false;
  readonly #parts: VerifyParts;
  readonly #head: Head;
  readonly #checkpoints: Checkpoint[];
  readonly #findings: Findings;
  readonly #range = new CompactRange();
  #made: Subtree[] = [];
  /** As signed up to here. */
  #good = 0;
  /** The first span that differs from what was signed. */
  #signed: (Span & { whose: string }) | undefined;
  /** The smallest kept subtree that differs. */
  #kept: Span | undefined;

  constructor(parts: VerifyParts, head: Head, checkpoints: Checkpoint[], findings: Findings) {
    this.#parts = parts;
    this.#head = head;
    this.#checkpoints = checkpoints;
    this.#findings = findings;
  }

  append(hash: Buffer): void {
    if (this.broken) return;
    this.#range.appendLeaf(hash, (made) => {
      if (KEPT_LEVELS.includes(made.level)) this.#made.push(made);
    });
    while (this.#checkpoints[0] && this.#checkpoints[0].size <= this.#range.end) {
      const checkpoint = this.#checkpoints.shift();
      if (checkpoint && checkpoint.size > 0) {
        this.#judge(checkpoint.root, checkpoint.size, 'a signed checkpoint');
      }
    }
  }

  /** Compares the subtrees made since the last time with the kept ones. */
  async compare(): Promise<void> {
    for (const level of KEPT_LEVELS) {
      const made = this.#made.filter((subtree) => subtree.level === level);
      const [first] = made;
      if (!first || this.#kept) continue;
      const values = [level, first.index, first.index + made.length];
      const { rows } = await this.#parts.sql.query<Subtree>({ ...SUBTREES, values });
      const kept = new Map(rows.map(({ index, hash }) => [index, hash]));
      const bad = made.find(({ index, hash }) => !kept.get(index)?.equals(hash));
      if (bad) this.#kept = { begin: bad.index * 2 ** level, end: (bad.index + 1) * 2 ** level };
    }
    this.#made = [];
  }

  /**
   * The signed head last; then what differs is named as closely as signatures and kept parts
   * allow.
   */
  end(): void {
    const { size, root, frontier } = this.#head;
    if (!this.broken && this.#range.end === size) {
      this.#judge(root, size, 'the signed head');
      if (!this.#signed && !this.#range.frontier().equals(frontier)) {
        this.#findings.add('head', size, 'is the size of the head, and its frontier is changed');
      }
    }
    if (this.#signed) {
      const { whose, ...span } = this.#signed;
      const begin = Math.max(span.begin, this.#kept?.begin ?? 0);
      const end = Math.min(span.end, this.#kept?.end ?? span.end);
      const near = begin < end ? { begin, end } : span;
      this.#findings.span(near, `to ${near.end - 1}: one of these differs from ${whose}`);
    } else if (this.#kept) {
      const { begin, end } = this.#kept;
      this.#findings.span({ begin, end }, `to ${end - 1}: a kept hash over these was changed`);
    }
  }

  #judge(root: Buffer, size: number, whose: string): void {
    if (this.#signed) return;
    if (this.#range.root().equals(root)) this.#good = size;
    else this.#signed = { begin: this.#good, end: size, whose };
  }
}
