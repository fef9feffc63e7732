/**
 * Where whoever keeps identities right takes two records apart again (capabilities B6): what was
 * merged of a person that the own organisation has here, and who read the mixed record meanwhile.
 */
import type { Ledger, LedgerEvent } from '../audit/index.ts';
import type { Database } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { StandingMerge, Store } from '../store/index.ts';
import type { CareRelations } from './care-relations.ts';
import type { ChoiceNotices } from './choice-notice/choice-notices.ts';
import type { ChoiceBook } from './choices.ts';
import { type Taken, unmergePeople } from './merge-people.ts';
import { patientHere } from './patient-here.ts';
import { personByBsn } from './person.ts';

export interface MergeDesk {
  /**
   * Merges of the record that a person is in, newest first.
   * @param organisation only of a person that it has here; absent: the operator's own command.
   * @returns undefined when nobody is known by this number, or not to this organisation.
   */
  of(bsn: string, organisation?: string): Promise<readonly StandingMerge[] | undefined>;
  /**
   * Takes one apart; both people have a line of it.
   * @throws Problem `not-found` for a merge that this person's record does not have, or no longer.
   */
  takeApart(asked: {
    readonly bsn: string;
    readonly organisation?: string;
    readonly merge: string;
    readonly by: LedgerEvent['agent'];
    readonly reason?: string;
  }): Promise<Taken>;
}

export interface MergeDeskParts {
  readonly database: Database;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly relations: Pick<CareRelations, 'refreshAll'>;
  /** Both or neither: for telling sources that other choices hold. */
  readonly choices?: ChoiceBook;
  readonly notices?: Pick<ChoiceNotices, 'note' | 'soon'> | undefined;
}

export function createMergeDesk(parts: MergeDeskParts): MergeDesk {
  const { database, store } = parts;

  async function recordOf(bsn: string, organisation?: string): Promise<string | undefined> {
    return organisation === undefined
      ? personByBsn(store, database, bsn)
      : patientHere(parts, bsn, organisation);
  }

  return {
    async of(bsn, organisation) {
      const vault = await recordOf(bsn, organisation);
      return vault === undefined ? undefined : store.merges(database, vault);
    },
    async takeApart({ bsn, organisation, merge, by, reason }) {
      const vault = await recordOf(bsn, organisation);
      const known = vault === undefined ? [] : await store.merges(database, vault);
      const one = known.find(({ id }) => id === merge);
      if (vault === undefined || !one) {
        throw new Problem('not-found', 'This record has no such merge.', { code: 'merge' });
      }
      return unmergePeople(parts, vault, one.merged, by, reason);
    },
  };
}
