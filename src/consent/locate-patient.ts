/**
 * From a question to the one record it is about. Across records the gateway searches nothing but
 * this; every other search needs a patient, and says so in the same words to everyone (D3).
 */
import { patientAnchors, type SearchQuery } from '../conformance/index.ts';
import type { Sql } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { PersonIdentifier, Store } from '../store/index.ts';
import { targetsOf } from './provenance/search-with-provenance.ts';
import { writtenOf } from './provenance/written-provenance.ts';

/**
 * @returns the vault, or undefined when nobody is known by that name.
 * @throws Problem `invalid` code `patient-required` when the question does not name one person.
 */
export async function locatePatient(
  store: Store,
  sql: Sql,
  query: SearchQuery,
): Promise<string | undefined> {
  const { identifier, target } = onePatientOf(query);
  if (identifier) return store.findVault(sql, identifier);
  return target && (await store.place(sql, target))?.vault;
}

/**
 * By what a question names its patient, without looking for that.
 * @throws Problem `invalid` code `patient-required` as above.
 */
export function onePatientOf(query: SearchQuery): {
  readonly identifier?: PersonIdentifier;
  readonly target?: { readonly type: string; readonly id: string };
} {
  const anchors = patientAnchors(query);
  const [identifier, ...moreIdentifiers] = anchors?.identifiers ?? [];
  const [reference, ...moreReferences] = anchors?.references ?? [];
  if (identifier && moreIdentifiers.length === 0) return { identifier };
  if (reference !== undefined && moreReferences.length === 0) {
    return { target: { type: 'Patient', id: reference.slice('Patient/'.length) } };
  }
  // A stay lies in one record, which its id leads to as in a read.
  if (!anchors && query.compartment?.type === 'Encounter') return { target: query.compartment };
  const isOfTarget = query.type === 'Provenance' && !query.each;
  const [target, ...moreTargets] = isOfTarget ? targetsOf(query) : [];
  if (target && moreTargets.length === 0) return { target };
  throw new Problem('invalid', 'This search needs exactly one patient.', {
    code: 'patient-required',
    expression: [query.type === 'Patient' ? 'identifier' : 'patient'],
  });
}

/**
 * The record that something lies in, by its id; that of a message, or of what was written, for what
 * tells of its way.
 */
export async function recordOf(
  store: Store,
  sql: Sql,
  where: { readonly type: string; readonly id: string; readonly custodian?: string },
): Promise<string | undefined> {
  const place = await store.place(sql, where);
  const written = place || where.type !== 'Provenance' ? undefined : writtenOf(where.id);
  if (written)
    return (await store.place(sql, { ...where, type: written.type, id: written.id }))?.vault;
  if (place || where.type !== 'Provenance' || !UUID.test(where.id)) return place?.vault;
  const about = await store.aboutOriginal(sql, where.id).catch((error: unknown) => {
    if (Problem.from(error).kind !== 'not-found') throw error;
  });
  return about?.vault;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
