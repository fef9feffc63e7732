/** FHIR of the demo's senders: the BgZ as STU3 transaction, vaccinations as R4, letters by ITI-65. */
import { createHash } from 'node:crypto';
import type { Organisation } from '../../../identity/index.ts';
import { demoId } from '../organisations.ts';
import type { DemoPerson } from '../people.ts';
import type { Letter, PersonRecord } from '../record.ts';
import { pdfLetter } from './pdf-letter.ts';

type Json = Record<string, unknown>;

const SNOMED = 'http://snomed.info/sct';
const LOINC = 'http://loinc.org';
const ZIB = 'http://nictiz.nl/fhir/StructureDefinition';
const CORE = 'http://fhir.nl/fhir/StructureDefinition';
const UCUM = 'http://unitsofmeasure.org';

const concept = (system: string, code: string, display: string): Json => ({
  coding: [{ system, code, display }],
  text: display,
});

interface Entry {
  readonly fullUrl: string;
  readonly resource: Json;
}

function transaction(id: string, entries: readonly Entry[]): Json {
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

function urn(key: string): string {
  return `urn:uuid:${demoId(key)}`;
}

function name(person: DemoPerson): Json {
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

function patient(
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
    name: [name(person)],
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

/** The BgZ of a hospital: what the 28 queries ask, as far as the person has it. */
export function bgz(
  record: PersonRecord,
  own: Organisation,
  gp: Organisation,
  bsn: string | undefined,
): Json {
  const { person } = record;
  const self = urn(`${person.key}/${own.ura}/patient`);
  const subject = { reference: self, display: String(name(person)['text']) };
  const at = (key: string) => urn(`${person.key}/${own.ura}/${key}`);
  const own_ = { system: `urn:oid:2.16.528.1.1007.3.3.${Number(own.ura)}.9` };
  const entry = (key: string, resource: Json): Entry => ({
    fullUrl: at(key),
    resource: { ...resource, identifier: [{ ...own_, value: `${person.key}-${key}` }] },
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

type MakeEntry = (key: string, resource: Json) => Entry;

function medication(
  record: PersonRecord,
  entry: MakeEntry,
  at: (key: string) => string,
  subject: Json,
): Entry[] {
  return record.medicines.flatMap((medicine, number) => {
    const product = { reference: at(`product-${number}`), display: medicine.prk.display };
    const dosage = [
      {
        text: `${medicine.perDay} maal per dag ${medicine.dose} stuk`,
        timing: { repeat: { frequency: medicine.perDay, period: 1, periodUnit: 'd' } },
        doseQuantity: { value: Number(medicine.dose), unit: 'stuk', system: UCUM, code: '1' },
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

function measured(record: PersonRecord, entry: MakeEntry, subject: Json): Entry[] {
  const vital = (
    key: string,
    code: string,
    display: string,
    date: string,
    profile: string,
    rest: Json,
  ): Entry =>
    entry(key, {
      resourceType: 'Observation',
      meta: { profile: [`${ZIB}/${profile}`] },
      status: 'final',
      category: [concept('http://hl7.org/fhir/observation-category', 'vital-signs', 'Vital Signs')],
      code: concept(LOINC, code, display),
      subject,
      effectiveDateTime: `${date}T09:15:00+01:00`,
      ...rest,
    });
  const quantity = (value: number, unit: string): Json => ({
    value,
    unit,
    system: UCUM,
    code: unit,
  });
  return [
    ...record.vitals.flatMap(({ date, systolic, diastolic, weight }, number) => [
      vital(`bp-${number}`, '85354-9', 'Bloeddruk', date, 'zib-BloodPressure', {
        component: [
          {
            code: concept(LOINC, '8480-6', 'Systolisch'),
            valueQuantity: quantity(systolic, 'mm[Hg]'),
          },
          {
            code: concept(LOINC, '8462-4', 'Diastolisch'),
            valueQuantity: quantity(diastolic, 'mm[Hg]'),
          },
        ],
      }),
      vital(`weight-${number}`, '29463-7', 'Lichaamsgewicht', date, 'zib-BodyWeight', {
        valueQuantity: quantity(weight, 'kg'),
      }),
    ]),
    vital(
      'height',
      '8302-2',
      'Lichaamslengte',
      record.vitals[0]?.date ?? '2025-12-01',
      'zib-BodyHeight',
      {
        valueQuantity: quantity(record.heightCm, 'cm'),
      },
    ),
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

/** Vaccinations in R4, of the youth health organisation. */
export function vaccinations(
  record: PersonRecord,
  own: Organisation,
  bsn: string | undefined,
): Json {
  const { person } = record;
  const self = urn(`${person.key}/${own.ura}/patient`);
  const subject = { reference: self, display: String(name(person)['text']) };
  return transaction(demoId(`${person.key}/${own.ura}/vaccinations`), [
    { fullUrl: self, resource: patient(person, bsn, own, false) },
    ...record.vaccinations.map((one, number) => ({
      fullUrl: urn(`${person.key}/${own.ura}/vaccination-${number}`),
      resource: {
        resourceType: 'Immunization',
        meta: { profile: [`${ZIB}/nl-core-Vaccination-event`] },
        identifier: [
          {
            system: `urn:oid:2.16.528.1.1007.3.3.${Number(own.ura)}.8`,
            value: `${person.key}-V${number}`,
          },
        ],
        status: 'completed',
        vaccineCode: concept('http://www.whocc.no/atc', one.atc.code, one.atc.display),
        patient: subject,
        occurrenceDateTime: one.date,
        lotNumber: one.lot,
      },
    })),
  ]);
}

/** A letter as an ITI-65 transaction: SubmissionSet, DocumentReference and the PDF. */
export function letterPush(
  record: PersonRecord,
  letter: Letter,
  own: Organisation,
  bsn: string | undefined,
  options: { metadata: boolean } = { metadata: true },
): Json {
  const { person } = record;
  const self = urn(`${person.key}/${own.ura}/patient`);
  const subject = { reference: self, display: String(name(person)['text']) };
  const bytes = pdfLetter(letter, String(name(person)['text']));
  const binary = urn(`${letter.id}/${own.ura}/binary`);
  const document = urn(`${letter.id}/${own.ura}/document`);
  const entries: Entry[] = [
    {
      fullUrl: urn(`${letter.id}/${own.ura}/submission`),
      resource: {
        resourceType: 'List',
        meta: {
          profile: [
            'https://profiles.ihe.net/ITI/MHD/StructureDefinition/IHE.MHD.Minimal.SubmissionSet',
          ],
        },
        identifier: [{ use: 'usual', system: 'urn:ietf:rfc:3986', value: urn(`${letter.id}/set`) }],
        status: 'current',
        mode: 'working',
        code: {
          coding: [
            {
              system: 'https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes',
              code: 'submissionset',
            },
          ],
        },
        subject,
        date: `${letter.date}T12:00:00+01:00`,
        entry: [{ item: { reference: document } }],
      },
    },
    {
      fullUrl: document,
      resource: {
        resourceType: 'DocumentReference',
        meta: {
          profile: [
            'https://profiles.ihe.net/ITI/MHD/StructureDefinition/IHE.MHD.Minimal.DocumentReference',
          ],
        },
        masterIdentifier: {
          system: 'urn:ietf:rfc:3986',
          value: urn(`${letter.id}/${own.ura}/master`),
        },
        status: 'current',
        ...(options.metadata
          ? {
              type: concept(LOINC, '34117-2', 'Brief'),
              category: [concept(LOINC, '11488-4', 'Consult note')],
            }
          : {}),
        subject,
        date: `${letter.date}T12:00:00+01:00`,
        description: letter.title,
        author: [{ display: own.name }],
        content: [
          {
            attachment: {
              contentType: 'application/pdf',
              language: 'nl-NL',
              url: binary,
              title: letter.title,
              size: bytes.length,
              hash: createHash('sha1').update(bytes).digest('base64'),
            },
          },
        ],
      },
    },
    {
      fullUrl: binary,
      resource: {
        resourceType: 'Binary',
        contentType: 'application/pdf',
        data: bytes.toString('base64'),
      },
    },
    { fullUrl: self, resource: patient(person, bsn, own, false) },
  ];
  return transaction(demoId(`${letter.id}/${own.ura}/push`), entries);
}
