/** Which elements of a resource name a person, as far as they are what FHIR says they are. */
import { type Identifier, isBsnSystem, type Resource } from '../../conformance/index.ts';
import { peopleNamed } from '../person-elements.ts';

export interface PersonReference {
  reference?: string;
  type?: string;
  identifier?: Identifier;
  /** Others than a person stand there too, so it has to lead to one. */
  isAmongOthers?: boolean;
}

/** What is not of the type that FHIR gives it names nobody. */
export function referenceIn(value: unknown): PersonReference {
  const { reference, type, identifier } = value as Record<string, unknown>;
  const isObject = typeof identifier === 'object' && identifier !== null;
  return {
    ...(typeof reference === 'string' ? { reference } : {}),
    ...(typeof type === 'string' ? { type } : {}),
    ...(isObject ? { identifier: identifier as Identifier } : {}),
  };
}

/** References of a resource that say whom it is about. */
export function personReferences(resource: Resource | undefined): PersonReference[] {
  if (!resource) return [];
  const named = peopleNamed(resource).flatMap(({ value, isAmongOthers }) => {
    const reference = referenceIn(value);
    if (isAmongOthers) return [{ ...reference, isAmongOthers }];
    return [reference, ...containedPerson(resource, reference.reference)];
  });
  return [...named, ...ownerOf(resource)];
}

/** The owner of a Task may be anybody: it names a person only when it says so. */
function ownerOf({ owner }: Resource): PersonReference[] {
  if (typeof owner !== 'object' || owner === null || Array.isArray(owner)) return [];
  const reference = referenceIn(owner);
  return /(^|\/)Patient\//.test(reference.reference ?? '') ? [reference] : [];
}

/** A Patient inside the resource names a person by a BSN, maybe another than the bundle's. */
function containedPerson(resource: Resource, reference: string | undefined): PersonReference[] {
  return containedNumbers(resource, reference).map((identifier) => {
    return { type: 'Patient', identifier };
  });
}

/** Each BSN of the contained Patient that this reference is to. */
export function containedNumbers(
  resource: Resource,
  reference: string | undefined,
): readonly Identifier[] {
  if (!reference?.startsWith('#')) return [];
  const inside = [resource['contained']].flat() as (Resource | null | undefined)[];
  const patient = inside.find(
    (one) => one?.resourceType === 'Patient' && `#${one.id}` === reference,
  );
  const numbers = [patient?.['identifier']].flat() as (Identifier | null | undefined)[];
  return numbers.flatMap((one) => (one && isBsnSystem(one.system) ? [one] : []));
}

/** A version of a resource is the resource; a UUID is the same in capitals (RFC 9562). */
export function isSameName(reference: string | undefined, fullUrl: string): boolean {
  if (reference === undefined) return false;
  const whole = reference.replace(/\/_history\/[A-Za-z0-9\-.]{1,64}$/, '');
  if (/^urn:uuid:/i.test(whole)) return whole.toLowerCase() === fullUrl.toLowerCase();
  return whole === fullUrl;
}

/** The BSN beside a reference is another's than of the Patient that the reference leads to. */
export function contradicts(
  identifier: Identifier | undefined,
  own: readonly Identifier[],
): boolean {
  if (!isBsnSystem(identifier?.system) || !identifier?.value) return false;
  const numbers = own.filter(({ system }) => isBsnSystem(system));
  return numbers.length > 0 && !numbers.some(({ value }) => value === identifier.value);
}
