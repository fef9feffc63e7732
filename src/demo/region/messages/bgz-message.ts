/**
 * The BgZ of a hospital as a STU3 transaction. Long: a resource of each kind stands here as it is
 * sent.
 */
import type { Organisation } from '../../../identity/index.ts';
import { demoId } from '../organisations.ts';
import type { PersonRecord } from '../record.ts';
import {
  CORE,
  concept,
  type Entry,
  type Json,
  LOINC,
  nameOf,
  patient,
  SNOMED,
  transaction,
  UCUM,
  urn,
  ZIB,
} from './fhir-entry.ts';

/** The BgZ of a hospital: what the 28 queries ask, as far as the person has it. */
export function bgz(
  record: PersonRecord,
  own: Organisation,
  gp: Organisation,
  bsn: string | undefined,
): Json {
  const { person } = record;
  const self = urn(`${person.key}/${own.ura}/patient`);
  const subject = { reference: self, display: String(nameOf(person)['text']) };
  const at = (key: string) => urn(`${person.key}/${own.ura}/${key}`);
  const system = { system: `urn:oid:2.16.528.1.1007.3.3.${Number(own.ura)}.9` };
  const entry = (key: string, resource: Json): Entry => ({
    fullUrl: at(key),
    resource: {
      ...resource,
      ...identified(resource, { ...system, value: `${person.key}-${key}` }),
    },
  });
  const entries: Entry[] = [
    { fullUrl: self, resource: patient(person, bsn, own, true, gp) },
    {
      fullUrl: urn(`${person.key}/gp`),
      resource: {
        resourceType: 'Organization',
        meta: { profile: [`${CORE}/nl-core-organization`] },
        identifier: [{ system: 'http://fhir.nl/fhir/NamingSystem/ura', value: gp.ura }],
        name: gp.name,
      },
    },
    entry('insurer', {
      resourceType: 'Organization',
      meta: { profile: [`${CORE}/nl-core-organization`] },
      name: 'Zorgverzekeraar De Dam',
    }),
    entry('coverage', {
      resourceType: 'Coverage',
      meta: { profile: [`${ZIB}/zib-Payer`] },
      status: 'active',
      beneficiary: subject,
      subscriberId: `${person.key}-4711`,
      payor: [{ reference: at('insurer'), display: 'Zorgverzekeraar De Dam' }],
    }),
    ...record.problems.map((problem, number) =>
      entry(`condition-${number}`, {
        resourceType: 'Condition',
        meta: { profile: [`${ZIB}/zib-Problem`] },
        clinicalStatus: 'active',
        verificationStatus: 'confirmed',
        category: [concept(SNOMED, '282291009', 'Diagnose')],
        code: concept(SNOMED, problem.snomed.code, problem.snomed.display),
        subject,
        onsetDateTime: problem.since,
        assertedDate: problem.since,
      }),
    ),
    ...record.allergies.map((allergy, number) =>
      entry(`allergy-${number}`, {
        resourceType: 'AllergyIntolerance',
        meta: { profile: [`${ZIB}/zib-AllergyIntolerance`] },
        clinicalStatus: 'active',
        verificationStatus: 'confirmed',
        category: [allergy.code === '227493005' ? 'food' : 'medication'],
        code: concept(SNOMED, allergy.code, allergy.display),
        patient: subject,
      }),
    ),
    ...medication(record, entry, at, subject),
    ...measured(record, entry, subject),
    ...planned(record, entry, at, subject, own),
  ];
  return transaction(demoId(`${person.key}/${own.ura}/bgz`), entries);
}

/** In STU3 a Medication has no identifier, and a Consent has at most one. */
function identified({ resourceType }: Json, identifier: Json): Json {
  if (resourceType === 'Medication') return {};
  return { identifier: resourceType === 'Consent' ? identifier : [identifier] };
}

type MakeEntry = (key: string, resource: Json) => Entry;

function medication(
  record: PersonRecord,
  entry: MakeEntry,
  at: (key: string) => string,
  subject: Json,
): Entry[] {
  return record.medicines.flatMap((medicine, number) => {
    const product = { reference: at(`product-${number}`), display: medicine.prk.display };
    const dose = medicine.hospitalDose ?? medicine.dose;
    const dosage = [
      {
        text: `${medicine.perDay} maal per dag ${dose} stuk`,
        timing: { repeat: { frequency: medicine.perDay, period: 1, periodUnit: 'd' } },
        doseQuantity: { value: Number(dose), unit: 'stuk', system: UCUM, code: '1' },
      },
    ];
    const treatment = {
      url: `${ZIB}/zib-Medication-MedicationTreatment`,
      valueIdentifier: {
        system: 'urn:oid:2.16.840.1.113883.2.4.3.11.61.2',
        value: medicine.prk.code,
      },
    };
    return [
      entry(`product-${number}`, {
        resourceType: 'Medication',
        meta: { profile: [`${ZIB}/zib-Product`] },
        code: {
          coding: [{ system: 'urn:oid:2.16.840.1.113883.2.4.4.10', ...medicine.prk }],
          text: medicine.prk.display,
        },
      }),
      entry(`agreement-${number}`, {
        resourceType: 'MedicationRequest',
        meta: { profile: [`${ZIB}/zib-MedicationAgreement`] },
        extension: [
          treatment,
          { url: `${ZIB}/zib-Medication-PeriodOfUse`, valuePeriod: { start: medicine.since } },
        ],
        status: 'active',
        intent: 'order',
        category: concept(SNOMED, '16076005', 'Medicatieafspraak'),
        medicationReference: product,
        subject,
        authoredOn: medicine.since,
        dosageInstruction: dosage,
      }),
      entry(`use-${number}`, {
        resourceType: 'MedicationStatement',
        meta: { profile: [`${ZIB}/zib-MedicationUse`] },
        extension: [treatment],
        status: 'active',
        category: concept(
          'urn:oid:2.16.840.1.113883.2.4.3.11.60.20.77.5.3',
          '6',
          'Medicatiegebruik',
        ),
        medicationReference: product,
        subject,
        effectivePeriod: { start: medicine.since },
        taken: 'y',
        dosage,
      }),
    ];
  });
}

const quantity = (value: number, unit: string): Json => ({
  value,
  unit,
  system: UCUM,
  code: unit,
});

const VITAL_SIGNS = concept(
  'http://hl7.org/fhir/observation-category',
  'vital-signs',
  'Vital Signs',
);

function measured(record: PersonRecord, entry: MakeEntry, subject: Json): Entry[] {
  const vital = (key: string, date: string, profile: string, rest: Json): Entry =>
    entry(key, {
      resourceType: 'Observation',
      meta: { profile: [`${ZIB}/${profile}`] },
      status: 'final',
      category: [VITAL_SIGNS],
      subject,
      effectiveDateTime: `${date}T09:15:00+01:00`,
      ...rest,
    });
  const lastDate = record.vitals[0]?.date ?? '2025-12-01';
  return [
    ...record.vitals.flatMap(({ date, systolic, diastolic, weight }, number) => [
      vital(`bp-${number}`, date, 'zib-BloodPressure', {
        code: concept(LOINC, '85354-9', 'Bloeddruk'),
        component: [
          pressure('8480-6', 'Systolisch', systolic),
          pressure('8462-4', 'Diastolisch', diastolic),
        ],
      }),
      vital(`weight-${number}`, date, 'zib-BodyWeight', {
        code: concept(LOINC, '29463-7', 'Lichaamsgewicht'),
        valueQuantity: quantity(weight, 'kg'),
      }),
    ]),
    vital('height', lastDate, 'zib-BodyHeight', {
      code: concept(LOINC, '8302-2', 'Lichaamslengte'),
      valueQuantity: quantity(record.heightCm, 'cm'),
    }),
    ...circumstances(entry, subject),
  ];
}

function pressure(code: string, display: string, value: number): Json {
  return { code: concept(LOINC, code, display), valueQuantity: quantity(value, 'mm[Hg]') };
}

function circumstances(entry: MakeEntry, subject: Json): Entry[] {
  return [
    entry('tobacco', {
      resourceType: 'Observation',
      meta: { profile: [`${ZIB}/zib-TobaccoUse`] },
      status: 'final',
      code: concept(SNOMED, '365980008', 'Tabakgebruik'),
      subject,
      effectivePeriod: { start: '2010-01-01' },
      valueCodeableConcept: concept(SNOMED, '266919005', 'Heeft nooit gerookt'),
    }),
    entry('living', {
      resourceType: 'Observation',
      meta: { profile: [`${ZIB}/zib-LivingSituation`] },
      status: 'final',
      code: concept(SNOMED, '365508006', 'Woonsituatie'),
      subject,
      effectiveDateTime: '2025-11-03',
      valueCodeableConcept: concept(SNOMED, '224209007', 'Zelfstandige woning'),
    }),
  ];
}

function planned(
  record: PersonRecord,
  entry: MakeEntry,
  at: (key: string) => string,
  subject: Json,
  own: Organisation,
): Entry[] {
  return [
    entry('directive', {
      resourceType: 'Consent',
      meta: { profile: [`${ZIB}/zib-TreatmentDirective`] },
      status: 'active',
      category: [concept(SNOMED, '11291000146105', 'Behandelaanwijzing')],
      patient: subject,
      dateTime: '2025-10-01T10:00:00+02:00',
      policy: [{ uri: 'https://wetten.overheid.nl/BWBR0005290' }],
    }),
    ...record.admissions.map((admission, number) =>
      entry(`admission-${number}`, {
        resourceType: 'Encounter',
        meta: { profile: [`${ZIB}/zib-Encounter`] },
        status: 'finished',
        class: {
          system: 'http://hl7.org/fhir/v3/ActCode',
          code: 'IMP',
          display: 'inpatient encounter',
        },
        subject,
        period: { start: admission.from, end: admission.until },
        serviceProvider: { display: own.name },
      }),
    ),
    entry('practitioner', {
      resourceType: 'Practitioner',
      meta: { profile: [`${CORE}/nl-core-practitioner`] },
      name: [{ text: 'M. van Buren', family: 'van Buren', given: ['M.'] }],
    }),
    entry('appointment', {
      resourceType: 'Appointment',
      meta: { profile: ['http://nictiz.nl/fhir/StructureDefinition/eAfspraak-Appointment'] },
      status: 'booked',
      start: '2027-01-12T10:00:00+01:00',
      end: '2027-01-12T10:20:00+01:00',
      participant: [
        { actor: subject, status: 'accepted' },
        { actor: { reference: at('practitioner'), display: 'M. van Buren' }, status: 'accepted' },
      ],
    }),
  ];
}
