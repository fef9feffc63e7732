/**
 * Everything a decision may look at. Nothing else is looked at: no clock, no database, no setting.
 */
import type { AccessRequest, Party } from './access-request.ts';
import type { CareRelation } from './care-relation.ts';
import type { Policy } from './policy.ts';
import type { PatientFacts, Representation } from './representation.ts';
import type { ConsentRule } from './rule.ts';

/** What the national register said about one holder and this recipient (consent.md 4.1). */
export interface RegisterAnswer {
  /** Organisation id of the holder asked about. */
  readonly holder: string;
  /** `unavailable` stands for Indeterminate, a fault or no answer in time. */
  readonly answer: 'Permit' | 'Deny' | 'NotApplicable' | 'unavailable';
  /** Id of the answer, kept as evidence. */
  readonly id?: string;
}

export interface DecisionInputs {
  readonly request: AccessRequest;
  readonly at: Date;
  /** Consent epoch of the vault that `rules` were read under. */
  readonly epoch: number;
  readonly patient: PatientFacts;
  /** Evidence of the representative in the request; without it nobody is represented. */
  readonly representation?: Representation;
  readonly rules: readonly ConsentRule[];
  readonly register?: readonly RegisterAnswer[];
  /** Names the answers where they are kept; takes no part in the decision. */
  readonly registerId?: string;
  /** Care relations on record under the same epoch; absent: none. */
  readonly relations?: readonly CareRelation[];
  /** Organisations that hold records here, by organisation id. */
  readonly holders: ReadonlyMap<string, Party>;
  /**
   * The request is aimed at this holder alone (organisation id), so step 0 can look at the pair.
   */
  readonly holder?: string;
  readonly policy: Policy;
}
