/**
 * An id that a sender chose means one resource. Where it is in the record of one person already, a
 * write about another person is refused: the first record would keep a resource that no address
 * leads to any more, about somebody it may never have been about. The sender takes it back there
 * first (`DELETE`, or entered-in-error by a merge); then the id is free.
 */
import type { Resource } from '../conformance/index.ts';
import type { Tx } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { Store } from '../store/index.ts';
import { peopleNamed } from './person-elements.ts';

export interface ChosenId {
  /** R4 type name. */
  readonly type: string;
  readonly id: string;
  readonly resource: Resource;
  /** FHIRPath of its id, for the answer. */
  readonly place?: string;
}

/** What one organisation has in the record of one person. */
export interface RecordOf {
  readonly store: Store;
  readonly tx: Tx;
  readonly vault: string;
  /** Organisation id of the sender. */
  readonly custodian: string;
}

const isAboutSomebody = (resource: Resource): boolean =>
  resource.resourceType === 'Patient' || peopleNamed(resource).length > 0;

/**
 * What is about nobody (organisations, practitioners, questionnaires) may stand in many records.
 * @throws Problem `conflict` code `other-record` with the places of all that are elsewhere
 */
export async function requireOwnRecord(
  { store, tx }: { readonly store: Store; readonly tx: Tx },
  { vault, custodian }: { readonly vault: string; readonly custodian: string },
  chosen: readonly ChosenId[],
): Promise<void> {
  const bound = chosen.filter(({ resource }) => isAboutSomebody(resource));
  const found = await Promise.all(
    bound.map(async (one) => {
      const { type, id } = one;
      const known = await store.place(tx, { type, id, custodian });
      if (known === undefined || known.vault === vault) return undefined;
      const where = { vault: known.vault, types: [type], ids: [{ type, id, custodian }] };
      const { rows } = await store.candidates(tx, where);
      return rows.length > 0 ? (one.place ?? `${type}.id`) : undefined;
    }),
  );
  const places = found.flatMap((place) => place ?? []);
  if (places.length === 0) return;
  throw new Problem('conflict', 'This id is in use in the record of another person.', {
    code: 'other-record',
    expression: places.slice(0, 20),
  });
}

/** Ids of the Patients that this custodian has in a record, in the order of their letters. */
export async function patientsOf({ store, tx, vault, custodian }: RecordOf): Promise<string[]> {
  const where = { vault, types: ['Patient'], custodians: [custodian] };
  const { rows } = await store.candidates(tx, where);
  return rows.map(({ id }) => id).toSorted();
}
