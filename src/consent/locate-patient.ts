/**
 * From a question to the one record it is about. Across records the gateway searches nothing but
 * this; every other search needs a patient, and says so in the same words to everyone (D3).
 */
import { patientAnchors, type SearchQuery } from '../conformance/index.ts';
import type { Sql } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { Store } from '../store/index.ts';

/**
 * @returns the vault, or undefined when nobody is known by that name.
 * @throws Problem `invalid` code `patient-required` when the question does not name one person.
 */
export async function locatePatient(
  store: Store,
  sql: Sql,
  query: SearchQuery,
): Promise<string | undefined> {
  const anchors = patientAnchors(query);
  const [identifier, ...moreIdentifiers] = anchors?.identifiers ?? [];
  const [reference, ...moreReferences] = anchors?.references ?? [];
  if (identifier && moreIdentifiers.length === 0) return store.findVault(sql, identifier);
  if (reference !== undefined && moreReferences.length === 0) {
    const id = reference.slice('Patient/'.length);
    return (await store.place(sql, { type: 'Patient', id }))?.vault;
  }
  throw new Problem('invalid', 'This search needs exactly one patient.', {
    code: 'patient-required',
    expression: [query.type === 'Patient' ? 'identifier' : 'patient'],
  });
}
