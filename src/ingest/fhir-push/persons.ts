/**
 * Whom a bundle is about. A bundle about several people is split; nobody gets another's resources.
 */
import type { BundleEntry, Identifier, Resource } from '../../conformance/index.ts';
import { Problem } from '../../platform/problem.ts';
import type { PatientClaim } from '../format.ts';

export interface Person {
  /** The Patient of the bundle, or the logical reference that stands for it. */
  readonly patient: {
    readonly resource?: Resource;
    readonly fullUrl?: string;
    readonly identifiers: readonly Identifier[];
  };
  /** Indexes of the entries that are this person's. */
  readonly members: readonly number[];
}

/** Stands in an identifier's system when a person is named by the id of a Patient sent before. */
export const PATIENT_ID_SYSTEM = 'urn:zorgsluis:patient-id';

const PERSON_ELEMENTS = ['subject', 'patient', 'beneficiary', 'for', 'individual'];

/** @throws Problem `unprocessable` when an entry's person cannot be told. */
export function personsOf(entries: readonly BundleEntry[]): Person[] {
  const patients = entries.flatMap(({ resource, fullUrl }, index) =>
    resource?.resourceType === 'Patient'
      ? [{ resource, fullUrl: fullUrl ?? `Patient/${resource.id ?? ''}`, index }]
      : [],
  );
  const all = entries.map((_entry, index) => index);
  if (patients.length === 1 && patients[0]) {
    const [one] = patients;
    return [{ patient: { ...one, identifiers: identifiersOf(one.resource) }, members: all }];
  }
  if (patients.length === 0) return [{ patient: named(entries), members: all }];
  return patients.map((one) => ({
    patient: { ...one, identifiers: identifiersOf(one.resource) },
    members: all.filter((index) => belongs(entries, index, one, patients)),
  }));
}

export function claimOf(patient: Person['patient'], entries: readonly BundleEntry[]): PatientClaim {
  const resource = patient.resource;
  const name = Array.isArray(resource?.['name']) ? (resource['name'] as unknown[]) : [];
  const birthDate = resource?.['birthDate'];
  const gender = resource?.['gender'];
  return {
    identifiers: patient.identifiers,
    name,
    flags: [],
    ...(typeof birthDate === 'string' ? { birthDate } : {}),
    ...(typeof gender === 'string' ? { gender } : {}),
    ...(resource ? { fullUrl: patient.fullUrl ?? entries[0]?.fullUrl ?? '' } : {}),
  };
}

function identifiersOf(patient: Resource): Identifier[] {
  const identifiers = patient['identifier'];
  const usable = (Array.isArray(identifiers) ? (identifiers as Identifier[]) : []).filter(
    (one) => one.system !== undefined && one.value !== undefined,
  );
  // Without a number of its own the Patient is known by the id the sender gave it.
  return usable.length > 0 || patient.id === undefined
    ? usable
    : [{ system: PATIENT_ID_SYSTEM, value: patient.id }];
}

/** No Patient in the bundle: all references to a person must name the same one. */
function named(entries: readonly BundleEntry[]): Person['patient'] {
  const found = new Map<string, Identifier>();
  for (const { resource } of entries) {
    for (const reference of personReferences(resource)) {
      const identifier = reference.identifier;
      const id = /(?:^|\/)Patient\/([A-Za-z0-9\-.]{1,64})$/.exec(reference.reference ?? '')?.[1];
      if (identifier?.system && identifier.value)
        found.set(`${identifier.system}|${identifier.value}`, identifier);
      else if (id) found.set(`Patient/${id}`, { system: PATIENT_ID_SYSTEM, value: id });
    }
  }
  if (found.size > 1) {
    throw new Problem('unprocessable', 'The bundle names several people but holds no Patient.', {
      code: 'several-people',
      expression: ['Bundle.entry'],
    });
  }
  return { identifiers: [...found.values()] };
}

interface PersonReference {
  reference?: string;
  identifier?: Identifier;
}

function personReferences(resource: Resource | undefined): PersonReference[] {
  if (!resource) return [];
  return PERSON_ELEMENTS.flatMap((element) => {
    const value = resource[element];
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? [value as PersonReference]
      : [];
  });
}

function belongs(
  entries: readonly BundleEntry[],
  index: number,
  person: { fullUrl: string; index: number; resource: Resource },
  patients: readonly { index: number }[],
): boolean {
  if (index === person.index) return true;
  if (patients.some((other) => other.index === index)) return false;
  const own = referencesTo(entries[index]?.resource);
  if (own.length > 0)
    return own.includes(person.fullUrl) || own.includes(`Patient/${person.resource.id ?? ''}`);
  // Something without a person of its own (a practitioner, a document's bytes) goes along with what
  // names it.
  const url =
    entries[index]?.fullUrl ??
    `${entries[index]?.resource?.resourceType}/${entries[index]?.resource?.id}`;
  return entries.some(({ resource }, other) => {
    if (other === index || !resource) return false;
    const people = referencesTo(resource);
    return people.includes(person.fullUrl) && JSON.stringify(resource).includes(`"${url}"`);
  });
}

function referencesTo(resource: Resource | undefined): string[] {
  return personReferences(resource).flatMap(({ reference }) => (reference ? [reference] : []));
}
