/**
 * A decision for one request on one patient's record, compiled: SQL may narrow by `narrowing`, and
 * `covers` is the exact answer for each row, asked before anything else looks at that row.
 */
import type { ResourceFacts } from './facts.ts';

export interface Verdict {
  readonly permit: boolean;
  /**
   * Rule ids, `own-right`, `representation:…` or `emergency:…` when permitted; ids when refused.
   */
  readonly basis: readonly string[];
  /**
   * `rule`, `nothing-on-record`, `label-gate`, `emergency-refused` …: for ledger and patient only.
   */
  readonly reason: string;
  readonly route: 'own-right' | 'explicit' | 'presumed' | 'emergency' | 'sender' | 'none';
  readonly obligations: readonly string[];
}

export interface Grant {
  /** Consent epoch of the vault under which this was decided; the fetch compares it. */
  readonly epoch: number;
  /** Version of the rules of the engine itself. */
  readonly engine: string;
  /** The moment that it was decided for. */
  readonly at: Date;
  /** Digest of what decisions of this moment share; see `decision-context.ts`. */
  readonly context: string;
  /** sha256 (hex) over the canonical decision inputs: kept, so the decision can be recomputed. */
  readonly inputsHash: string;
  /** Of a sender, who sees all that it sent itself and nothing else. */
  readonly ofSender?: true;
  /** Necessary conditions that SQL may apply; absent means "no limit from here". */
  readonly narrowing: {
    readonly custodians?: readonly string[];
    readonly notCustodians?: readonly string[];
    /** R4 type names. */
    readonly types?: readonly string[];
  };
  /** False when no row of any kind can be released: then existence of the patient is hidden too. */
  readonly anything: boolean;
  /** Why, where that is so: for ledger and patient only. */
  readonly closed?: string | undefined;
  /** Id and kind of the care relation of the asking organisation, where one is on record. */
  readonly relation?: string;
  /** Names what the national register answered for it. */
  readonly registerId?: string;
  covers(facts: ResourceFacts): Verdict;
  /** The decision ends by itself here (period boundary, birthday): ISO instant. */
  readonly validUntil?: string;
}
