/** A person that an organisation has here itself: what its own desks may be about. */
import type { Sql } from '../platform/database.ts';
import type { Store } from '../store/index.ts';
import { NOBODY } from './decided.ts';
import { personByBsn } from './person.ts';

const PATIENTS_MAX = 200;

/** @returns the record, or undefined for somebody unknown or known only to others. */
export async function patientHere(
  { store, database }: { readonly store: Store; readonly database: Sql },
  bsn: string,
  organisation: string,
): Promise<string | undefined> {
  // For whom nobody knows the same is asked as for whom only others know: it takes time.
  const vault = (await personByBsn(store, database, bsn)) ?? NOBODY;
  const asked = { vault, types: ['Patient'], custodians: [organisation], limit: PATIENTS_MAX };
  const { rows } = await store.candidates(database, asked);
  return rows.length > 0 ? vault : undefined;
}
