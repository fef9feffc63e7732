/**
 * What the ledger does not know and a rule needs. Each answer may be "not known": then the rule
 * that asks says nothing, since a flag has to explain itself.
 */
import type { Access } from './access.ts';

export interface Surroundings {
  /**
   * Whether there was a treatment relation around this moment; undefined where nobody can tell.
   */
  hasRelation(access: Access): boolean | undefined;
  /** Records under extra watch: well-known people, staff, incidents. */
  isWatched(patient: string, organisation?: string): boolean;
  /** Whether the acting person is the patient. */
  isSamePerson(user: string, patient: string, organisation?: string): boolean;
  /** Whether user and patient share a surname or an address. */
  sharesNameOrAddress(user: string, patient: string, organisation?: string): boolean;
  /** Whether the patient works for the organisation. */
  worksFor(patient: string, organisation: string): boolean;
  /** Minutes of the Amsterdam day between which the user works; past midnight when `to < from`. */
  rosterOf(
    user: string,
    organisation?: string,
  ): { readonly from: number; readonly to: number } | undefined;
  /** Whether somebody says, beside the record, that the organisation treated the patient then. */
  wasTreated(patient: string, organisation: string, from: Date, until: Date): boolean;
  /** Whether the patient was seen by anybody within so many hours of this moment. */
  hadVisit(patient: string, at: Date, hours: number): boolean | undefined;
}

/** Where nothing is known beside the ledger. */
export const NOTHING_KNOWN: Surroundings = {
  hasRelation: () => undefined,
  isWatched: () => false,
  isSamePerson: () => false,
  sharesNameOrAddress: () => false,
  worksFor: () => false,
  wasTreated: () => false,
  rosterOf: () => undefined,
  hadVisit: () => undefined,
};
