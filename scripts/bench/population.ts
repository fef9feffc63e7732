/**
 * The invented people of the bench, and what is sent about each of them: one transaction of 320
 * resources in the shape of a hospital's BgZ, in R4 or STU3. The same number gives the same person.
 */
import { createHash } from 'node:crypto';

type Json = Record<string, unknown>;

export type Native = 'R4' | 'STU3';

const LOINC = 'http://loinc.org';
const SNOMED = 'http://snomed.info/sct';
const UCUM = 'http://unitsofmeasure.org';

/** What is measured: code, name, unit; twenty of each for every person. */
const MEASURED = [
  ['85354-9', 'Bloeddruk', 'mm[Hg]', 'vital-signs'],
  ['29463-7', 'Lichaamsgewicht', 'kg', 'vital-signs'],
  ['8302-2', 'Lichaamslengte', 'cm', 'vital-signs'],
  ['8310-5', 'Lichaamstemperatuur', 'Cel', 'vital-signs'],
  ['14749-6', 'Glucose', 'mmol/L', 'laboratory'],
  ['2823-3', 'Kalium', 'mmol/L', 'laboratory'],
  ['2951-2', 'Natrium', 'mmol/L', 'laboratory'],
  ['14682-9', 'Kreatinine', 'umol/L', 'laboratory'],
  ['718-7', 'Hemoglobine', 'mmol/L', 'laboratory'],
  ['4548-4', 'HbA1c', 'mmol/mol', 'laboratory'],
  ['2093-3', 'Cholesterol', 'mmol/L', 'laboratory'],
  ['33914-3', 'eGFR', 'mL/min', 'laboratory'],
] as const;

const EACH_MEASURED = 20;
const ENCOUNTERS = 16;
export const RESOURCES_OF_PERSON = 320;
export const SEARCH_CODE = `${LOINC}|${MEASURED[0][0]}`;

/** Passes the eleven-test; in a range that the bench alone uses. */
export function bsnOf(number: number): string {
  for (let base = 30_000_000 + number * 11; ; base += 1) {
    const digits = String(base);
    const sum = [...digits].reduce((total, digit, at) => total + Number(digit) * (9 - at), 0);
    if (sum % 11 < 10) return `${digits}${sum % 11}`;
  }
}

/** A uuid that follows from its name. */
export function uuidOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  const part = (from: number, to: number) => hex.slice(from, to);
  return `${part(0, 8)}-${part(8, 12)}-4${part(13, 16)}-8${part(17, 20)}-${part(20, 32)}`;
}

const concept = (system: string, code: string, display: string): Json => ({
  coding: [{ system, code, display }],
  text: display,
});
const day = (number: number): string => {
  const date = new Date(Date.UTC(2024, 0, 1) + number * 86_400_000);
  return date.toISOString().slice(0, 10);
};

/** So many resources of one person, as one transaction. */
export function bundleOf(number: number, native: Native, resources: number): Json {
  const self = `urn:uuid:${uuidOf(`person ${number}`)}`;
  const subject = { reference: self };
  const entries: Json[] = [];
  const add = (key: string, resource: Json) => {
    const fullUrl = `urn:uuid:${uuidOf(`${key} ${number}`)}`;
    const value = `${number}-${key}`;
    const identifier = { identifier: [{ system: 'urn:oid:2.16.528.1.1007.3.3.1.9', value }] };
    entries.push({
      fullUrl,
      resource: { ...resource, ...(resource['resourceType'] === 'Medication' ? {} : identifier) },
      request: { method: 'POST', url: resource['resourceType'] },
    });
    return { reference: fullUrl };
  };
  entries.push({
    fullUrl: self,
    resource: personOf(number),
    request: { method: 'POST', url: 'Patient' },
  });
  const practitioner = add('practitioner', {
    resourceType: 'Practitioner',
    name: [{ family: `Dokter${number}` }],
  });
  const encounters = Array.from({ length: ENCOUNTERS }, (_, nth) =>
    add(`encounter-${nth}`, {
      resourceType: 'Encounter',
      status: 'finished',
      class: classOf(native),
      subject,
      period: { start: day(nth * 40), end: day(nth * 40 + 2) },
    }),
  );
  for (const [code, name, unit, category] of MEASURED) {
    for (let nth = 0; nth < EACH_MEASURED && entries.length < resources; nth += 1) {
      const encounter = encounters[nth % ENCOUNTERS] ?? subject;
      add(`${code}-${nth}`, {
        ...observation({ code, name, unit, category, nth, native }, subject),
        performer: [practitioner],
        ...(native === 'R4' ? { encounter } : { context: encounter }),
      });
    }
  }
  for (let nth = 0; entries.length < resources; nth += 1) others(nth, native, subject, add);
  return { resourceType: 'Bundle', type: 'transaction', entry: entries };
}

/** The rest of a record in turn: problems, allergies, procedures, vaccinations, medication. */
function others(
  nth: number,
  native: Native,
  subject: Json,
  add: (key: string, resource: Json) => Json,
): void {
  const status = (code: string, kind: string): unknown =>
    native === 'R4' ? concept(`http://terminology.hl7.org/CodeSystem/${kind}`, code, code) : code;
  switch (nth % 5) {
    case 0:
      add(`condition-${nth}`, {
        resourceType: 'Condition',
        clinicalStatus: status('active', 'condition-clinical'),
        verificationStatus: status('confirmed', 'condition-ver-status'),
        code: concept(SNOMED, '44054006', 'Diabetes mellitus type 2'),
        subject,
        onsetDateTime: day(nth * 7),
      });
      return;
    case 1:
      add(`allergy-${nth}`, {
        resourceType: 'AllergyIntolerance',
        clinicalStatus: status('active', 'allergyintolerance-clinical'),
        verificationStatus: status('confirmed', 'allergyintolerance-verification'),
        code: concept(SNOMED, '91936005', 'Allergie voor penicilline'),
        patient: subject,
      });
      return;
    case 2:
      add(`procedure-${nth}`, {
        resourceType: 'Procedure',
        status: 'completed',
        category: concept(SNOMED, '387713003', 'Chirurgische verrichting'),
        code: concept(SNOMED, '80146002', 'Appendectomie'),
        subject,
        performedDateTime: day(nth * 9),
      });
      return;
    case 3:
      add(`immunization-${nth}`, {
        resourceType: 'Immunization',
        status: 'completed',
        vaccineCode: concept(SNOMED, '1119349007', 'Vaccin tegen COVID-19'),
        patient: subject,
        ...(native === 'R4'
          ? { occurrenceDateTime: day(nth * 11) }
          : { date: day(nth * 11), notGiven: false, primarySource: true }),
      });
      return;
    default: {
      const product = add(`medication-${nth}`, {
        resourceType: 'Medication',
        code: concept('urn:oid:2.16.840.1.113883.2.4.4.10', '67903', 'Metformine tablet 500 mg'),
      });
      add(`agreement-${nth}`, {
        resourceType: 'MedicationRequest',
        status: 'active',
        intent: 'order',
        category:
          native === 'R4'
            ? [concept(SNOMED, '16076005', 'Medicatieafspraak')]
            : concept(SNOMED, '16076005', 'Medicatieafspraak'),
        medicationReference: product,
        subject,
        authoredOn: day(nth * 13),
      });
    }
  }
}

function classOf(native: Native): Json {
  const system =
    native === 'R4'
      ? 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
      : 'http://hl7.org/fhir/v3/ActCode';
  return { system, code: 'IMP', display: 'inpatient encounter' };
}

function personOf(number: number): Json {
  return {
    resourceType: 'Patient',
    identifier: [{ system: 'http://fhir.nl/fhir/NamingSystem/bsn', value: bsnOf(number) }],
    name: [{ use: 'official', family: `Proefpersoon${letters(number)}`, given: ['Sam'] }],
    gender: number % 2 ? 'female' : 'male',
    birthDate: `19${50 + (number % 40)}-04-12`,
    address: [{ city: 'Beverwijk', postalCode: '1941 AA', country: 'Nederland' }],
  };
}

/** Surnames are compared by their letters. */
const letters = (number: number): string =>
  [...String(number)].map((digit) => String.fromCharCode(97 + Number(digit))).join('');

interface Measured {
  readonly code: string;
  readonly name: string;
  readonly unit: string;
  readonly category: string;
  readonly nth: number;
  readonly native: Native;
}

/** About a kilobyte, as a measurement with its reference range and a remark is. */
export function observation(
  { code, name, unit, category, nth, native }: Measured,
  subject: Json,
): Json {
  const categories =
    native === 'R4'
      ? 'http://terminology.hl7.org/CodeSystem/observation-category'
      : 'http://hl7.org/fhir/observation-category';
  const quantity = (value: number) => ({ value, unit, system: UCUM, code: unit });
  return {
    resourceType: 'Observation',
    status: 'final',
    category: [concept(categories, category, category)],
    code: concept(LOINC, code, name),
    subject,
    effectiveDateTime: `${day(nth * 30)}T09:30:00+01:00`,
    ...(code === '85354-9'
      ? {
          component: [
            { code: concept(LOINC, '8480-6', 'Systolisch'), valueQuantity: quantity(120 + nth) },
            { code: concept(LOINC, '8462-4', 'Diastolisch'), valueQuantity: quantity(70 + nth) },
          ],
        }
      : {
          valueQuantity: quantity(40 + nth),
          referenceRange: [{ low: quantity(30), high: quantity(80) }],
        }),
    [native === 'R4' ? 'note' : 'comment']: native === 'R4' ? [{ text: REMARK }] : REMARK,
  };
}

const REMARK =
  'Gemeten in rust, zittend, na vijf minuten; de patient voelde zich goed en had die ochtend ' +
  'de medicatie ingenomen zoals afgesproken. Volgende controle over drie maanden, eerder bij ' +
  'klachten. Besproken met de behandelaar.';

/** Not one of those that are searched for: what the bench writes must not change what it reads. */
const FRESH = { code: '8867-4', name: 'Hartslag', unit: '/min', category: 'vital-signs' } as const;

/** An Observation of one kilobyte about a person; `[<id>]` becomes another text each time. */
export function freshObservation(subject: Json): Json {
  const made = observation({ ...FRESH, nth: 1, native: 'R4' }, subject);
  const identifier = [{ system: 'urn:oid:2.16.528.1.1007.3.3.90000101.77', value: '[<id>]' }];
  return { ...made, identifier };
}

/** A transaction of so many Observations about one person. */
export function transactionOf(size: number, subject: Json): Json {
  const entry = Array.from({ length: size }, (_, nth) => {
    const resource = freshObservation(subject);
    const identifier = [
      { system: 'urn:oid:2.16.528.1.1007.3.3.90000101.77', value: `[<id>]-${nth}` },
    ];
    return {
      fullUrl: `urn:uuid:${uuidOf(`transaction ${nth}`)}`,
      resource: { ...resource, identifier },
      request: { method: 'POST', url: 'Observation' },
    };
  });
  return { resourceType: 'Bundle', type: 'transaction', entry };
}
