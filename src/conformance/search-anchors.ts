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

/** Parameters that look at the element by which a resource lies in the record of a person. */
const NAMES = ['patient', 'subject'];
const MORE_NAMES: Readonly<Record<string, string>> = {
  Appointment: 'actor',
  AppointmentResponse: 'actor',
  Coverage: 'beneficiary',
  ResearchSubject: 'individual',
  Schedule: 'actor',
};

interface Patterns {
  readonly reference: RegExp;
  /** The same by a chain, as some clients write it. */
  readonly id: RegExp;
  readonly identifier: RegExp;
}

function patternsOf(names: readonly string[]): Patterns {
  const any = `(?:${names.join('|')})`;
  return {
    reference: new RegExp(`^${any}(?::Patient)?$`),
    id: new RegExp(`^${any}(?::Patient)?\\._id$`),
    identifier: new RegExp(`^(?:${any}(?::Patient)?\\.identifier|${any}:identifier)$`),
  };
}

const USUAL = patternsOf(NAMES);
const OF_TYPE = new Map(
  Object.entries(MORE_NAMES).map(([type, name]) => [type, patternsOf([...NAMES, name])]),
);

/** Of these an id alone may be that of a group, a device or a practitioner. */
const OF_ANY_TYPE: ReadonlySet<string> = new Set(['subject', 'actor']);

/**
 * Finds the parameter that ties a search to a person: `patient=…`, `subject=Patient/…`,
 * `patient.identifier=system|value`, and on Patient itself `_id` and `identifier`. Undefined when
 * none does, or when a value leaves the person open. An id alone of a subject counts where nothing
 * else names a person: only in a record is there anything to find.
 */
export function patientAnchors(query: SearchQuery): PatientAnchors | undefined {
  const [first] = query.each ?? [];
  if (first) return patientAnchors(first);
  return anchorsIn(query, false) ?? anchorsIn(query, true);
}

function anchorsIn(query: SearchQuery, isLoose: boolean): PatientAnchors | undefined {
  const { reference, id, identifier } = OF_TYPE.get(query.type) ?? USUAL;
  const onPatient = query.type === 'Patient';
  for (const [name, text] of query.processed) {
    const values = splitUnescaped(text, ',');
    const isId = onPatient ? name === '_id' : id.test(name);
    if (isId || (!onPatient && reference.test(name))) {
      const bare = isId || isLoose || !OF_ANY_TYPE.has(name);
      const references = values.map((value) => patientReference(value, bare, query.bases));
      if (references.every((one) => one !== undefined)) return { references, identifiers: [] };
    }
    if (onPatient ? name === 'identifier' : identifier.test(name)) {
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
