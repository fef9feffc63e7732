/**
 * Which elements say whose a resource is: those by which FHIR puts it in the compartment of a
 * patient, and that name whom it is about.
 * https://hl7.org/fhir/R4/compartmentdefinition-patient.html
 */
import { isBsnSystem, type Resource } from '../conformance/index.ts';

/** Elements that hold one reference, and to the person as a rule. */
const PERSON_ELEMENTS = ['subject', 'patient', 'beneficiary', 'for', 'individual', 'candidate'];

/** Where a person is one among practitioners, places and devices, or one of several. */
const AMONG: Readonly<Record<string, readonly [element: string, part?: string]>> = {
  Account: ['subject'],
  Appointment: ['participant', 'actor'],
  AppointmentResponse: ['actor'],
  Contract: ['subject'],
  Schedule: ['actor'],
};

export interface PersonNamed {
  /** Name of the element at the top of the resource. */
  readonly element: string;
  readonly value: Readonly<Record<string, unknown>>;
  /** It says itself that it is a Patient, or may be one of the same bundle: nothing else counts. */
  readonly isAmongOthers: boolean;
}

/** References that say whom a resource is about, in the order in which they count. */
export function peopleNamed(resource: Resource): PersonNamed[] {
  const { resourceType } = resource;
  // Of bytes it is said only for whom they are kept (https://hl7.org/fhir/R4/binary.html).
  const elements = resourceType === 'Binary' ? ['securityContext'] : PERSON_ELEMENTS;
  const alone = elements.flatMap((element) => {
    const value = resource[element];
    return isObject(value) ? [{ element, value, isAmongOthers: false }] : [];
  });
  const [element, part] = AMONG[resourceType] ?? [];
  if (element === undefined || alone.length > 0) return alone;
  return [resource[element]].flat().flatMap((one) => {
    const value = part === undefined ? one : isObject(one) ? one[part] : undefined;
    return isObject(value) && mayBePatient(value) ? [{ element, value, isAmongOthers: true }] : [];
  });
}

function mayBePatient({ reference, type, identifier }: PersonNamed['value']): boolean {
  if (typeof reference === 'string') return /(^|\/)Patient[/?]|^urn:uuid:/i.test(reference);
  return type === 'Patient' || (isObject(identifier) && isBsnSystem(text(identifier['system'])));
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
