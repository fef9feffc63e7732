/** Invented people of a run; BSNs that start with 99999 are for tests. */

export interface RunPerson {
  readonly bsn: string;
  readonly family: string;
  readonly birthDate: string;
}

/** The number counts up until the eleven-test holds. */
export function person(number: number, birthDate = '1970-03-01'): RunPerson {
  for (let bsn = 999_990_000 + number * 40; ; bsn += 1) {
    const digits = [...String(bsn)].map(Number);
    const sum = digits.reduce((total, digit, at) => total + digit * (at === 8 ? -1 : 9 - at), 0);
    if (sum % 11 === 0) return { bsn: String(bsn), family: `Conformans${number}`, birthDate };
  }
}

type Json = Record<string, unknown>;

/** What the hospital sends of somebody: the person, a diagnosis and a measurement. */
export function recordOf({ bsn, family, birthDate }: RunPerson, key: string): Json {
  const subject = { reference: 'urn:uuid:00000000-0000-4000-8000-00000000aaaa' };
  const entry = (id: string, resource: Json): Json => ({
    fullUrl: `urn:uuid:00000000-0000-4000-8000-00000000${id}`,
    resource,
    request: { method: 'POST', url: resource['resourceType'] },
  });
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    identifier: { system: 'urn:conformance:message', value: key },
    entry: [
      entry('aaaa', {
        resourceType: 'Patient',
        identifier: [{ system: 'http://fhir.nl/fhir/NamingSystem/bsn', value: bsn }],
        name: [{ family, given: ['Test'] }],
        birthDate,
      }),
      entry('bbbb', {
        resourceType: 'Condition',
        identifier: [{ system: 'urn:conformance:condition', value: `${key}-condition` }],
        clinicalStatus: {
          coding: [
            { system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' },
          ],
        },
        code: { coding: [{ system: 'http://snomed.info/sct', code: '38341003' }] },
        subject,
      }),
      entry('cccc', {
        resourceType: 'Observation',
        identifier: [{ system: 'urn:conformance:observation', value: `${key}-observation` }],
        status: 'final',
        code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] },
        subject,
        effectiveDateTime: '2026-01-05T09:00:00+01:00',
        valueQuantity: { value: 70, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' },
      }),
    ],
  };
}
