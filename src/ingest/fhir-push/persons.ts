/**
 * Whom a bundle is about. A bundle about several people is split; nobody gets what is another's.
 */
import {
  BSN_SYSTEM,
  type BundleEntry,
  type Identifier,
  isBsnSystem,
  type Resource,
} from '../../conformance/index.ts';
import { Problem } from '../../platform/problem.ts';
import { rootOf } from '../bundle-names.ts';
import type { PatientClaim } from '../format.ts';
import { areOne, isOnePerson } from './one-person.ts';
import {
  contradicts,
  isSameName,
  type PersonReference,
  personReferences,
  referenceIn,
} from './person-reference.ts';

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

/** About parties and products, not about a person: they go along with everybody. */
const SHARED_TYPES = new Set([
  'Organization',
  'Practitioner',
  'PractitionerRole',
  'Location',
  'Endpoint',
  'HealthcareService',
  'Medication',
  'Substance',
]);

interface PatientEntry {
  readonly resource: Resource;
  readonly fullUrl: string;
  readonly index: number;
  readonly identifiers: readonly Identifier[];
}

/**
 * Parts the entries by person.
 * @throws Problem `unprocessable` with the entry whose person cannot be told, or is not in it.
 */
export function personsOf(entries: readonly BundleEntry[]): Person[] {
  const patients = entries.flatMap(({ resource, fullUrl }, index): PatientEntry[] =>
    resource?.resourceType === 'Patient'
      ? [
          {
            resource,
            fullUrl: fullUrl ?? `Patient/${resource.id ?? ''}`,
            index,
            identifiers: identifiersOf(resource),
          },
        ]
      : [],
  );
  const all = entries.map((_entry, index) => index);
  if (patients.length === 0) return [{ patient: named(entries), members: all }];
  const ownNames = all.map((index) => ownersNamed(entries, index, patients));
  const [first] = patients;
  if (first && areOne(patients)) return [{ patient: first, members: all }];
  const owners = withCompanions(entries, ownNames, patients);
  return patients.map((one) => ({
    patient: one,
    members: all.filter((index) => owners[index]?.has(one.index)),
  }));
}

/** What the bundle says of the person. */
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

/** Numbers of a Patient that can be looked for. */
export function identifiersOf(patient: Resource): Identifier[] {
  const identifiers = patient['identifier'];
  const usable = (Array.isArray(identifiers) ? (identifiers as unknown[]) : []).flatMap(usual);
  // Without a number of its own the Patient is known by the id the sender gave it.
  return usable.length > 0 || patient.id === undefined
    ? usable
    : [{ system: PATIENT_ID_SYSTEM, value: patient.id }];
}

/** A BSN by its URI, however the sender spells the system. */
function usual(identifier: unknown): Identifier[] {
  const { system, value } = (identifier ?? {}) as Identifier;
  if (typeof system !== 'string' || typeof value !== 'string' || value === '') return [];
  const found = identifier as Identifier;
  return [isBsnSystem(system) ? { ...found, system: BSN_SYSTEM } : found];
}

/** No Patient in the bundle: all references to a person must name the same one. */
function named(entries: readonly BundleEntry[]): Person['patient'] {
  const found = new Map<string, Identifier>();
  for (const { resource } of entries) {
    for (const { reference, identifier } of personReferences(resource)) {
      const [known] = identifier ? usual(identifier) : conditional(reference);
      const id = idIn(reference);
      if (known) found.set(`${known.system}|${known.value}`, known);
      else if (id) found.set(`Patient/${id}`, { system: PATIENT_ID_SYSTEM, value: id });
    }
  }
  if (found.size > 1) throw severalPeople('Bundle.entry');
  return { identifiers: [...found.values()] };
}

/**
 * Indexes of the Patients that this entry names itself.
 * @throws Problem `unprocessable` when it names two, or somebody whose Patient is not in the
 * bundle.
 */
function ownersNamed(
  entries: readonly BundleEntry[],
  index: number,
  patients: readonly PatientEntry[],
): ReadonlySet<number> {
  const resource = entries[index]?.resource;
  if (resource?.resourceType === 'Patient') return new Set([index]);
  const owners = new Set<number>();
  for (const reference of personReferences(resource)) {
    if (!isToPerson(reference, entries)) continue;
    const from = rootOf(entries[index]?.fullUrl);
    const called = patients.filter((one) => isTo(reference, one, from));
    const owner = called[0] ?? motherOf(entries, index, patients);
    const place = `Bundle.entry[${index}].resource`;
    if (!owner || !isOnePerson(called)) throw severalPeople(place);
    owners.add(owner.index);
    if (owners.size > 1) throw severalPeople(place);
  }
  return owners;
}

/** Pregnancy record, as the type of an EpisodeOfCare (gegevensdiensten.md 2.1 and 3.9). */
const PREGNANCY_RECORD = '364320009';

/**
 * What is recorded of an unborn or newborn child belongs to the mother's record: its subject is the
 * child, and its context leads to the pregnancy.
 */
function motherOf(
  entries: readonly BundleEntry[],
  index: number,
  patients: readonly PatientEntry[],
): PatientEntry | undefined {
  const episode = contextsOf(entries, entries[index]?.resource).find(
    (one) => one.resourceType === 'EpisodeOfCare' && isPregnancy(one),
  );
  const [mother] = personReferences(episode);
  return mother && patients.find((one) => isTo(mother, one));
}

/** The encounter and the episode that a resource was recorded in, as far as they are sent along. */
function contextsOf(entries: readonly BundleEntry[], resource: Resource | undefined): Resource[] {
  const named = ['context', 'encounter', 'episodeOfCare'].flatMap((element) =>
    [resource?.[element]].flat().flatMap((value) => {
      const { reference } = referenceIn(value ?? {});
      return reference === undefined ? [] : [reference];
    }),
  );
  const found = entries.flatMap((entry) =>
    entry.resource && namesOf(entry).some((name) => named.includes(name)) ? [entry.resource] : [],
  );
  const encounters = found.filter((one) => one.resourceType === 'Encounter' && one !== resource);
  return [...found, ...encounters.flatMap((one) => contextsOf(entries, one))];
}

function isPregnancy(episode: Resource): boolean {
  const types = [episode['type']].flat() as ({ coding?: unknown } | null | undefined)[];
  const codings = types.flatMap((one) => one?.coding ?? []) as ({ code?: string } | null)[];
  return codings.some((one) => one?.code === PREGNANCY_RECORD);
}

/** Whatever names nobody goes along with what refers to it: a letter's bytes, a panel's results. */
function withCompanions(
  entries: readonly BundleEntry[],
  namedBy: readonly ReadonlySet<number>[],
  patients: readonly PatientEntry[],
): ReadonlySet<number>[] {
  const everybody = new Set(patients.map(({ index }) => index));
  const owners = namedBy.map((own) => new Set(own));
  // The bytes of a document refer to nobody, and are long.
  const texts = entries.map(({ resource }) =>
    resource?.resourceType === 'Binary' ? '' : JSON.stringify(resource ?? null),
  );
  for (let grew = true; grew; ) {
    grew = false;
    for (const [index, own] of owners.entries()) {
      if (namedBy[index]?.size) continue;
      const names = namesOf(entries[index]).map((name) => JSON.stringify(name));
      for (const [other, theirs] of owners.entries()) {
        if (other === index || !names.some((name) => texts[other]?.includes(name))) continue;
        for (const owner of theirs) {
          if (own.has(owner)) continue;
          own.add(owner);
          grew = true;
        }
      }
    }
  }
  return owners.map((own, index) => {
    const type = entries[index]?.resource?.resourceType ?? '';
    if (SHARED_TYPES.has(type)) return own.size > 0 ? own : everybody;
    if (own.size !== 1) throw severalPeople(`Bundle.entry[${index}].resource`);
    return own;
  });
}

function namesOf(entry: BundleEntry | undefined): string[] {
  const { fullUrl, resource } = entry ?? {};
  const own = resource?.id === undefined ? [] : [`${resource.resourceType}/${resource.id}`];
  return fullUrl === undefined ? own : [fullUrl, ...own];
}

/** A subject may be a group or a device; a reference that leads nowhere counts as to a person. */
function isToPerson(
  { reference, type, identifier, isAmongOthers = false }: PersonReference,
  entries: readonly BundleEntry[],
) {
  if (reference === undefined || reference.startsWith('#')) {
    return identifier !== undefined && (type === undefined || type === 'Patient');
  }
  if (/(^|\/)Patient[/?]/.test(reference)) return true;
  if (/(^|\/)[A-Z][A-Za-z]+[/?]/.test(reference)) return false;
  const target = entries.find(({ fullUrl }) => fullUrl === reference)?.resource;
  return target === undefined ? !isAmongOthers : target.resourceType === 'Patient';
}

/** @param from address of the server that the reference is relative to, where one is said */
function isTo(
  { reference, identifier }: PersonReference,
  patient: PatientEntry,
  from?: string,
): boolean {
  const [asked] =
    identifier && reference === undefined ? usual(identifier) : conditional(reference);
  if (asked) {
    return patient.identifiers.some(
      (one) => one.system === asked.system && one.value === asked.value,
    );
  }
  if (contradicts(identifier, patient.identifiers)) return false;
  if (isSameName(reference, patient.fullUrl)) return true;
  const id = idIn(reference);
  if (id === undefined) return false;
  const root = rootOf(patient.fullUrl);
  if (from !== undefined && root !== undefined && root !== from) return false;
  const isRelative = reference?.startsWith('Patient/') === true;
  return isRelative && (id === patient.resource.id || id === idIn(patient.fullUrl));
}

/** `Patient?identifier=system|value` */
function conditional(reference: string | undefined): Identifier[] {
  const query = /^Patient\?(.*)$/.exec(reference ?? '')?.[1];
  const [system, value] = new URLSearchParams(query ?? '').get('identifier')?.split('|') ?? [];
  return system && value ? usual({ system, value }) : [];
}

function idIn(reference: string | undefined): string | undefined {
  return /(?:^|\/)Patient\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/|$)/.exec(reference ?? '')?.[1];
}

function severalPeople(place: string): Problem {
  return new Problem(
    'unprocessable',
    'It cannot be told whose this is: the bundle must hold the Patient of every entry.',
    { code: 'several-people', expression: [place] },
  );
}
