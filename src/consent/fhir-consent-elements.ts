/**
 * Elements of a FHIR Consent as they are read here: systems, codings, references, and what to
 * refuse.
 */
import type { Performer } from '../permission/index.ts';
import { Problem } from '../platform/problem.ts';

export const CONSENT_SYSTEMS = {
  holderCategory: 'urn:zorgsluis:dossierhoudende-zorgaanbiedercategorie',
  recipientCategory: 'http://fhir.nl/otv/CodeSystem/raadplegende-zorgaanbiedercategorie',
  dataCategory: 'http://fhir.nl/otv/CodeSystem/gegevenscategorie',
  source: 'urn:zorgsluis:consent-source',
  region: 'urn:zorgsluis:region',
  ura: 'http://fhir.nl/fhir/NamingSystem/ura',
  organisation: 'urn:zorgsluis:organisation',
  person: 'http://fhir.nl/fhir/NamingSystem/uzi-nr-pers',
  actReason: 'http://terminology.hl7.org/CodeSystem/v3-ActReason',
  participation: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType',
  resourceTypes: 'http://hl7.org/fhir/resource-types',
  providerCategory: 'http://fhir.nl/StructureDefinition/OTV-ProviderCategory',
} as const;

export interface ConsentReading {
  /** Now: a choice more than 60 s in the future is refused. */
  readonly at: Date;
  /**
   * Organisation id of a URA, or of an identifier of another kind; undefined when not known here.
   */
  organisationOf(system: string, value: string): string | undefined;
  /** Code systems of others that stand for one of ours (`CONSENT_SYSTEMS`), by their URL. */
  readonly aliases?: Readonly<Record<string, keyof typeof CONSENT_SYSTEMS>>;
  /** Performers as they were established; by default read from `performer`. */
  readonly performers?: readonly Performer[];
}

export type Json = Record<string, unknown>;
export type Coding = { readonly system: string; readonly code: string };
export function isSystem(
  reading: ConsentReading,
  system: string,
  name: keyof typeof CONSENT_SYSTEMS,
): boolean {
  return system === CONSENT_SYSTEMS[name] || reading.aliases?.[system] === name;
}

/** The codings of a Coding, a CodeableConcept, or a list of either. */
export function codingsOf(concept: unknown): Coding[] {
  return listOf(objectOf(concept)['coding']).flatMap(({ system, code }) =>
    typeof system === 'string' && typeof code === 'string' ? [{ system, code }] : [],
  );
}

/** The value as an object; an empty one when it is none. */
export function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Json)
    : {};
}

/** The value as a list; an empty one when it is none. */
export function listOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}

/** The Problem for a Consent that may not be written like this, with its place. */
export function unprocessable(place: string, message: string): Problem {
  return new Problem('unprocessable', message, { code: 'consent', expression: [place] });
}
