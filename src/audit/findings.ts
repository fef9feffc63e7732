/** What a check of the ledger found, each with the number of the entry and a sentence about it. */
import type { RetentionClass } from './ledger-entry.ts';
import { leafData } from './ledger-record.ts';
import { leafHash } from './merkle.ts';

export type FindingKind =
  | 'changed' // the record is not the one that was numbered
  | 'column' // an index column says something else than the record
  | 'removed'
  | 'swapped'
  | 'inserted'
  | 'cut-tail' // the end is gone, or an old backup was restored
  | 'tree' // leaves were changed together with their hashes
  | 'head'
  | 'checkpoint'
  | 'counter' // a patient's entries do not add up
  | 'time'
  | 'key' // a wrapped key of the bodies was changed past the gateway
  | 'mark' // how far the retention went was changed past the gateway
  | 'guard' // what keeps the ledger from being changed was taken away
  | 'hold' // what keeps lines longer was changed past the gateway
  | 'unnumbered'; // committed, older than a minute, and still without a number

export interface Finding {
  readonly kind: FindingKind;
  /** Number of the first entry concerned; absent for a row that never had one. */
  readonly seq?: number;
  readonly text: string;
}

/** An entry that does not hash to the leaf it stands with. */
export interface Misfit {
  readonly seq: number;
  readonly class: RetentionClass;
  readonly commit: Buffer;
  readonly recorded: Date;
  readonly hash: Buffer;
}

const LISTED_MAX = 100;
/** Every pair of misfits is tried; above this many it was no swap of two. */
const MISFITS_MAX = 200;

export class Findings {
  readonly #found: Finding[] = [];
  readonly #misfits: Misfit[] = [];
  readonly #spans: { begin: number; end: number; says: string }[] = [];

  add(kind: FindingKind, seq: number | undefined, says: string): void {
    // They come in order of number, so what is left out is never the first bad one.
    if (this.#found.length >= LISTED_MAX * 10) return;
    const text = seq === undefined ? says : `Entry ${seq} ${says}.`;
    this.#found.push({ kind, ...(seq === undefined ? {} : { seq }), text });
  }

  misfit(misfit: Misfit): void {
    if (this.#misfits.length < MISFITS_MAX) this.#misfits.push(misfit);
    else this.add('changed', misfit.seq, 'was changed: its record does not fit its leaf');
  }

  /** One of these entries, and nobody can say which; left out when another finding says it. */
  span(span: { readonly begin: number; readonly end: number }, says: string): void {
    this.#spans.push({ ...span, says });
  }

  /** All findings, the first bad entry first; counters, which only follow, come last. */
  list(): Finding[] {
    const misfits = this.#misfits.splice(0);
    for (const misfit of misfits) this.#name(misfit, misfits);
    for (const { begin, end, says } of this.#spans.splice(0)) {
      const isNamed = this.#found.some(({ seq = -1 }) => seq >= begin && seq < end);
      if (!isNamed) this.add('tree', begin, says);
    }
    const place = ({ kind, seq }: Finding) => (kind === 'counter' ? Infinity : (seq ?? Infinity));
    return this.#found.toSorted((a, b) => compare(place(a), place(b))).slice(0, LISTED_MAX);
  }

  #name(misfit: Misfit, all: readonly Misfit[]): void {
    const other = all.find((one) => one !== misfit && areSwapped(misfit, one));
    if (other) this.add('swapped', misfit.seq, `was swapped with entry ${other.seq}`);
    else this.add('changed', misfit.seq, 'was changed: its record does not fit its leaf');
  }
}

/** Infinity is as far as Infinity. */
const compare = (a: number, b: number): number => (a === b ? 0 : a - b);

/** Either the records changed places under their leaves, or the leaves did with their records. */
function areSwapped(a: Misfit, b: Misfit): boolean {
  const leaf = (seq: number, recorded: Date, from: Misfit) =>
    leafHash(leafData({ class: from.class, commit: from.commit, recorded, seq }));
  return leaf(a.seq, a.recorded, b).equals(a.hash) || leaf(b.seq, a.recorded, a).equals(a.hash);
}
