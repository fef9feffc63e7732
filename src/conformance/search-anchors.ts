import type { SearchQuery } from './search-query.ts';
import { referenceParts } from './search-reference-parts.ts';
import { splitUnescaped } from './search-split.ts';
import { tokenAsked } from './search-values.ts';

/**
 * The persons a query is confined to, by reference or by identifier; the door looks up their
 * vaults.
 */
export interface PatientAnchors {
  /** `Patient/id`; any of them. */
  readonly references: readonly string[];
  readonly identifiers: readonly { readonly system: string; readonly value: string }[];
}

const BY_REFERENCE = /^(?:patient|subject)(?::Patient)?$/;
/** The same by a chain, as some clients write it. */
const BY_ID = /^(?:patient|subject)(?::Patient)?\._id$/;
const BY_IDENTIFIER =
  /^(?:(?:patient|subject)(?::Patient)?\.identifier|(?:patient|subject):identifier)$/;

/**
 * Finds the parameter that ties a search to a person: `patient=…`, `subject=Patient/…`,
 * `patient.identifier=system|value`, and on Patient itself `_id` and `identifier`. Undefined when
 * none does, or when a value leaves the person open.
 */
export function patientAnchors(query: SearchQuery): PatientAnchors | undefined {
  const [first] = query.each ?? [];
  if (first) return patientAnchors(first);
  for (const [name, text] of query.processed) {
    const values = splitUnescaped(text, ',');
    const onPatient = query.type === 'Patient';
    const isId = onPatient ? name === '_id' : BY_ID.test(name);
    if (isId || (!onPatient && BY_REFERENCE.test(name))) {
      const bare = isId || name !== 'subject';
      const references = values.map((value) => patientReference(value, bare, query.bases));
      if (references.every((one) => one !== undefined)) return { references, identifiers: [] };
    }
    if (onPatient ? name === 'identifier' : BY_IDENTIFIER.test(name)) {
      const identifiers = values
        .map(tokenAsked)
        .map(({ system, code }) => ({ system, value: code }));
      if (identifiers.every((one) => isWhole(one))) return { references: [], identifiers };
    }
  }
  return undefined;
}

function isWhole(identifier: {
  system: string | undefined;
  value: string | undefined;
}): identifier is { system: string; value: string } {
  return Boolean(identifier.system && identifier.value);
}

function patientReference(
  text: string,
  bare: boolean,
  bases: readonly string[],
): string | undefined {
  if (bare && /^[A-Za-z0-9\-.]{1,64}$/.test(text)) return `Patient/${text}`;
  const { target } = referenceParts(text, bases);
  return target.startsWith('Patient/') ? target : undefined;
}
