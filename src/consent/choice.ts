/** A choice as it is kept: the rule, who made it, on which text, and when it was written down. */
import type { LedgerEvent } from '../audit/index.ts';
import type { ConsentRule, Performer } from '../permission/index.ts';

/** The words that were shown; the digest proves which. */
export interface ConsentText {
  readonly version: string;
  readonly language: 'nl' | 'en';
  /** sha256 (hex) of the text as it was shown. */
  readonly digest: string;
  /** Of what a provider sent: the form or the session it names as its evidence. */
  readonly evidence?: string;
}

/** Who saves, how that was established, and what was read. */
export interface ChoiceAct {
  readonly performers: readonly Performer[];
  readonly agent: LedgerEvent['agent'];
  /** `portal`, `counter`, `register`, `referral`, `fhir`. */
  readonly channel: string;
  /** Level of assurance of the log-in, for instance `substantial`. */
  readonly assurance?: string;
  readonly text: ConsentText;
  /** Where child and parent have to agree, what one of them saves is kept as a proposal (10.3). */
  readonly proposes?: boolean;
  readonly client?: string;
  readonly requestId?: string;
}

/** What sealed rows hold. */
export interface KeptChoice {
  readonly rule: Omit<ConsentRule, 'id' | 'version'>;
  readonly text: ConsentText;
  readonly channel: string;
  readonly receipt: string;
}

export interface Choice extends Omit<KeptChoice, 'rule'> {
  /** With its id (of ours, random) and version. */
  readonly rule: ConsentRule;
  /** The save in which this version was written. */
  readonly change: number;
  readonly epoch: number;
  readonly recorded: Date;
}

/** All choices of a vault as they stand, each in its newest version. */
export interface Choices {
  /** The last save; handed back with the next one. */
  readonly change: number;
  readonly epoch: number;
  readonly choices: readonly Choice[];
}

/** A rule as a person makes it; the moment, the maker and the source are filled in at the save. */
export type NewRule = Omit<
  ConsentRule,
  'id' | 'version' | 'dateTime' | 'performers' | 'source' | 'status'
> & {
  readonly source?: ConsentRule['source'];
  readonly dateTime?: string;
  readonly status?: ConsentRule['status'];
};

export type ChoiceChange =
  /** A new choice, or with `id` a new version of one; `as` is the id of a new one. */
  | { readonly kind: 'put'; readonly id?: string; readonly as?: string; readonly rule: NewRule }
  | { readonly kind: 'withdraw'; readonly id: string }
  /** Agreement with what somebody else proposed (consent.md 10.3). */
  | { readonly kind: 'agree'; readonly id: string };
