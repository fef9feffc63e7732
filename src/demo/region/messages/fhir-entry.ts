/**
 * What the FHIR messages of the demo have in common: names, identifiers, the transaction around
 * them.
 */
import type { Organisation } from '../../../identity/index.ts';
import { demoId } from '../organisations.ts';
import type { DemoPerson } from '../people.ts';

/** FHIR as it is written down. */
export type Json = Record<string, unknown>;

export const SNOMED = 'http://snomed.info/sct';
export const LOINC = 'http://loinc.org';
export const ZIB = 'http://nictiz.nl/fhir/StructureDefinition';
export const CORE = 'http://fhir.nl/fhir/StructureDefinition';
export const UCUM = 'http://unitsofmeasure.org';

export const concept = (system: string, code: string, display: string): Json => ({
  coding: [{ system, code, display }],
  text: display,
});

export interface Entry {
  readonly fullUrl: string;
  readonly resource: Json;
}

/** A transaction that creates everything; its identifier is the message key. */
export function transaction(id: string, entries: readonly Entry[]): Json {
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    identifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${id}` },
    entry: entries.map(({ fullUrl, resource }) => ({
      fullUrl,
      resource,
      request: { method: 'POST', url: String(resource['resourceType']) },
    })),
  };
}

/** The fullUrl that belongs to a key. */
export function urn(key: string): string {
  return `urn:uuid:${demoId(key)}`;
}

/** A Dutch name in its parts. */
export function nameOf(person: DemoPerson): Json {
  const family = [person.prefix, person.family].filter(Boolean).join(' ');
  const parts = [
    ...(person.prefix
      ? [
          {
            url: 'http://hl7.org/fhir/StructureDefinition/humanname-own-prefix',
            valueString: person.prefix,
          },
        ]
      : []),
    {
      url: 'http://hl7.org/fhir/StructureDefinition/humanname-own-name',
      valueString: person.family,
    },
  ];
  return {
    use: 'official',
    text: `${person.given} ${family}`,
    family,
    _family: { extension: parts },
    given: [person.given],
  };
}

/** The person as one sender knows him. */
export function patient(
  person: DemoPerson,
  bsn: string | undefined,
  own: Organisation,
  stu3: boolean,
  gp?: Organisation,
): Json {
  return {
    resourceType: 'Patient',
    meta: { profile: [stu3 ? `${CORE}/nl-core-patient` : `${ZIB}/nl-core-Patient`] },
    identifier: [
      ...(bsn ? [{ system: 'http://fhir.nl/fhir/NamingSystem/bsn', value: bsn }] : []),
      {
        system: `urn:oid:2.16.528.1.1007.3.3.${Number(own.ura)}`,
        value: `${own.agb}-${person.key}`,
      },
    ],
    name: [nameOf(person)],
    telecom: [{ system: 'phone', value: person.phone, use: 'mobile' }],
    gender: person.gender,
    birthDate: person.birthDate,
    address: [
      {
        use: 'home',
        line: [`${person.street} ${person.house}`],
        city: person.city,
        postalCode: person.postcode,
        country: 'NL',
      },
    ],
    ...(person.traits.includes('deceased') ? { deceasedDateTime: '2025-06-14' } : {}),
    ...(gp
      ? { generalPractitioner: [{ reference: urn(`${person.key}/gp`), display: gp.name }] }
      : {}),
  };
}
