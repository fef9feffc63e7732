/**
 * References of a message say in words what they point at, as MedMij asks of every reference
 * (gegevensdiensten.md, the rules of the test scripts): an app shows who did something without
 * fetching that party. What the message itself says beside a reference stays.
 */
import type { Resource } from '../conformance/index.ts';
import type { MappedMessage, MessageFormat } from './format.ts';

/** The same format, with words beside each reference to what the message holds and names. */
export function showingReferences(format: MessageFormat): MessageFormat {
  return {
    ...format,
    read: (...asked: Parameters<MessageFormat['read']>) => format.read(...asked).map(shown),
  };
}

type Json = Record<string, unknown>;

function shown(message: MappedMessage): MappedMessage {
  const held = new Map<string, Resource>();
  for (const { fullUrl, resource, version } of message.resources) {
    if (version === 'R4') held.set(fullUrl, resource);
  }
  const words = new Map<string, string | undefined>();
  const wordsOf = (reference: string): string | undefined => {
    if (words.has(reference)) return words.get(reference);
    // A circle of references has no words.
    words.set(reference, undefined);
    const target = held.get(reference);
    const found = target && nameOf(target, wordsOf);
    words.set(reference, found);
    return found;
  };
  const resources = message.resources.map((one) =>
    one.version === 'R4' ? { ...one, resource: named(one.resource, wordsOf) as Resource } : one,
  );
  return { ...message, resources };
}

/** A copy where something changes; what stays as it is is the same object. */
function named(value: unknown, wordsOf: (reference: string) => string | undefined): unknown {
  if (Array.isArray(value)) {
    const copy = value.map((one) => named(one, wordsOf));
    return copy.some((one, at) => one !== value[at]) ? copy : value;
  }
  if (!isObject(value)) return value;
  let copy: Json | undefined;
  for (const name in value) {
    const inner = value[name];
    if (typeof inner !== 'object') continue;
    const other = named(inner, wordsOf);
    if (other !== inner) copy = { ...(copy ?? value), [name]: other };
  }
  const { reference, display, _display: absent } = value;
  if (display !== undefined || absent !== undefined) return copy ?? value;
  const words = typeof reference === 'string' ? wordsOf(reference) : kindNamed(value);
  return words === undefined ? (copy ?? value) : { ...(copy ?? value), display: words };
}

/** Of what a reference names by its number alone only the kind can be told. */
const KINDS: Readonly<Record<string, string>> = {
  Patient: 'Patiënt',
  Practitioner: 'Zorgverlener',
  PractitionerRole: 'Zorgverlener',
  Organization: 'Organisatie',
  Encounter: 'Contact',
  EpisodeOfCare: 'Episode',
  Condition: 'Probleem',
  Procedure: 'Verrichting',
  Observation: 'Bevinding',
  MedicationRequest: 'Voorschrift',
  MedicationDispense: 'Verstrekking',
  MedicationStatement: 'Gebruik van een medicijn',
  ServiceRequest: 'Aanvraag',
  Specimen: 'Monster',
  DocumentReference: 'Document',
};

function kindNamed({ type, identifier }: Json): string | undefined {
  return isObject(identifier) && typeof type === 'string' ? KINDS[type] : undefined;
}

/** What a resource is called, in its own words. */
function nameOf(
  resource: Resource,
  wordsOf: (reference: string) => string | undefined,
): string | undefined {
  switch (resource.resourceType) {
    case 'Patient':
    case 'Practitioner':
    case 'RelatedPerson':
      return personName(resource['name']);
    case 'PractitionerRole':
      return pointedAt(resource['practitioner'], wordsOf) ?? roleName(resource, wordsOf);
    case 'Encounter':
      return textOf(resource['type']) ?? textOf(resource['class']);
    case 'Specimen':
    case 'Device':
    case 'DocumentReference':
      return textOf(resource['type']);
    default:
      return plain(resource['name']) ?? textOf(resource['code']) ?? medicineName(resource, wordsOf);
  }
}

function roleName(resource: Resource, wordsOf: (reference: string) => string | undefined) {
  return (
    textOf(resource['specialty']) ??
    textOf(resource['code']) ??
    pointedAt(resource['organization'], wordsOf)
  );
}

function medicineName(resource: Resource, wordsOf: (reference: string) => string | undefined) {
  return (
    textOf(resource['medicationCodeableConcept']) ??
    textOf(resource['vaccineCode']) ??
    pointedAt(resource['medicationReference'], wordsOf)
  );
}

function pointedAt(
  value: unknown,
  wordsOf: (reference: string) => string | undefined,
): string | undefined {
  if (!isObject(value)) return undefined;
  const { reference } = value;
  return (
    plain(value['display']) ?? (typeof reference === 'string' ? wordsOf(reference) : undefined)
  );
}

/** The first name that says anything: its text, else its given names and surname. */
function personName(names: unknown): string | undefined {
  for (const name of arrayOf(names)) {
    if (!isObject(name)) continue;
    const { text, given, family } = name;
    const words = [...arrayOf(given), family].filter((one) => plain(one) !== undefined);
    const found = plain(text) ?? (words.length > 0 ? words.join(' ') : undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Of a CodeableConcept, a list of them, or a Coding. */
function textOf(value: unknown): string | undefined {
  const [first] = arrayOf(value);
  if (!isObject(first)) return undefined;
  const { text, coding, display } = first;
  const inner = arrayOf(coding).find((one) => isObject(one) && plain(one['display']));
  return plain(text) ?? plain(isObject(inner) ? inner['display'] : undefined) ?? plain(display);
}

const arrayOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

const plain = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value : undefined;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
