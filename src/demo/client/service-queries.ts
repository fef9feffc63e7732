/**
 * What a PGO asks in one gegevensdienst, as the information standards name it. Public material:
 * Basisgegevens Zorg 3.0 (48), Huisartsgegevens 2.0 (49), GGZ 2.0 (50), Documenten 3.0 (51), and
 * others.
 */
export interface ServiceQuery {
  readonly name: string;
  /** Below the base of the service. */
  readonly path: string;
}

const SCT = 'http://snomed.info/sct';
const LOINC = 'http://loinc.org';
const sct = (...codes: string[]): string => codes.map((code) => `${SCT}|${code}`).join(',');
const loinc = (...codes: string[]): string => codes.map((code) => `${LOINC}|${code}`).join(',');
const MEDICATION_USE = 'urn:oid:2.16.840.1.113883.2.4.3.11.60.20.77.5.3|6';
const NHG_45 = 'https://referentiemodel.nhg.org/tabellen/nhg-tabel-45-diagnostische-bepalingen|';
const ACT = 'http://hl7.org/fhir/v3/ActCode';
const LAB = '_include=Observation:related-target&_include=Observation:specimen';

const PERSON: readonly (readonly [string, string])[] = [
  ['Patient', 'Patient?_include=Patient:general-practitioner'],
  ['Betaler', 'Coverage?_include=Coverage:payor:Patient&_include=Coverage:payor:Organization'],
  ['Behandelaanwijzing', `Consent?category=${sct('11291000146105')}`],
  ['Wilsverklaring', `Consent?category=${sct('11341000146107')}`],
];

const LIFE: readonly (readonly [string, string])[] = [
  ['Drugsgebruik', `Observation?code=${sct('228366006')}`],
  ['Alcoholgebruik', `Observation?code=${sct('228273003')}`],
  ['Tabakgebruik', `Observation?code=${sct('365980008')}`],
];

const LAB_RESULTS: readonly [string, string] = [
  'Laboratoriumuitslag',
  `Observation/$lastn?category=${sct('275711006')}&${LAB}`,
];

const MEDICATION_AGREEMENT = `category=${sct('16076005')}&_include=MedicationRequest:medication`;

function bgz(): readonly (readonly [string, string])[] {
  return [
    ...PERSON,
    ['Functionele status', `Observation/$lastn?category=${sct('118228005', '384821006')}`],
    ['Probleem', 'Condition'],
    ['Woonsituatie', `Observation/$lastn?code=${sct('365508006')}`],
    ...LIFE,
    ['Voedingsadvies', 'NutritionOrder'],
    ['Alert', 'Flag'],
    ['Allergie', 'AllergyIntolerance'],
    [
      'Medicatiegebruik',
      `MedicationStatement?category=${MEDICATION_USE}&_include=MedicationStatement:medication`,
    ],
    ['Medicatieafspraak', `MedicationRequest?${MEDICATION_AGREEMENT}`],
    [
      'Toedieningsafspraak',
      `MedicationDispense?category=${sct('422037009')}&_include=MedicationDispense:medication`,
    ],
    ['Medisch hulpmiddel', 'DeviceUseStatement?_include=DeviceUseStatement:device'],
    ['Vaccinatie', 'Immunization?status=completed'],
    ['Bloeddruk', `Observation/$lastn?code=${loinc('85354-9')}`],
    ['Lichaamsgewicht', `Observation/$lastn?code=${loinc('29463-7')}`],
    ['Lichaamslengte', `Observation/$lastn?code=${loinc('8302-2', '8306-3', '8308-9')}`],
    LAB_RESULTS,
    ['Verrichting', `Procedure?category=${sct('387713003')}`],
    ['Contact', `Encounter?class=${ACT}|IMP,${ACT}|ACUTE,${ACT}|NONAC`],
    ['Geplande verrichting', 'ProcedureRequest?status=active'],
    ['Geplande vaccinatie', 'ImmunizationRecommendation'],
    ['Gepland hulpmiddel', 'DeviceRequest?status=active&_include=DeviceRequest:device'],
    ['Geplande afspraak', 'Appointment?status=booked,pending,proposed'],
  ];
}

function gpData(today: Date): readonly (readonly [string, string])[] {
  const earlier = new Date(today);
  earlier.setUTCMonth(earlier.getUTCMonth() - 14);
  return [
    PERSON[0] as readonly [string, string],
    ['Episodes', 'EpisodeOfCare'],
    ['Actuele medicatie', `MedicationRequest?periodofuse=ge${day(today)}&${MEDICATION_AGREEMENT}`],
    ['Overgevoeligheden', 'AllergyIntolerance?category=medication'],
    ['Bepalingen', `Observation?code=${NHG_45}&${LAB}&date=ge${day(earlier)}`],
    ['Journaal', `Composition?type=${loinc('67781-5')}`],
    ['Contacten', 'Encounter'],
  ];
}

/** Blood pressure, weight, length, temperature, heart and pulse rate, oxygen, glucose. */
const VITAL_SIGNS = [
  ...['85354-9', '29463-7', '8302-2', '8310-5', '8867-4', '8893-0', '59408-5'],
  ...['14760-3', '14743-9', '14770-2'],
];

const CARE_PLAN = [
  '_include=CarePlan:activity-goal:Goal',
  '_include=CarePlan:activity-outcomereference:Observation',
  '_include=CarePlan:activity-medicaldevice:DeviceUseStatement',
  '_include:recurse=DeviceUseStatement:device:Device',
].join('&');

function longTermCare(): readonly (readonly [string, string])[] {
  return [
    ...PERSON.filter(([name]) => name !== 'Betaler'),
    ['Probleem', 'Condition'],
    ['Allergie', 'AllergyIntolerance'],
    LAB_RESULTS,
    ['Verrichting', 'Procedure'],
    ['Zorgplan', `CarePlan?${CARE_PLAN}`],
    ['Zorgteam', 'CareTeam?_include=CareTeam:participant'],
  ];
}

function mentalHealth(): readonly (readonly [string, string])[] {
  return [
    ...PERSON,
    ['Functionele status', `Observation?category=${sct('118228005', '384821006')}`],
    ['Probleem', 'Condition'],
    ...LIFE,
    ['Woonsituatie', `Observation/$lastn?code=${sct('365508006')}`],
    ['Gezinssituatie', `Observation?code=${sct('365470003')}`],
    ['Participatie', `Observation?code=${sct('314845004')}`],
    ['Hulp van anderen', `CarePlan?category=${sct('243114000')}`],
    LAB_RESULTS,
    ['Algemene meting', 'Observation?category=http://hl7.org/fhir/observation-category|survey'],
    ['Verrichting', 'Procedure'],
    ['Tekstuitslag', 'DiagnosticReport'],
    ['Behandelteam', 'CareTeam?_include=CareTeam:participant'],
  ];
}

/** All searches of one service. @throws RangeError for a service without searches here. */
export function queriesOf(service: string, today: Date): readonly ServiceQuery[] {
  return table(service, today).map(([name, path]) => ({ name, path: escaped(path) }));
}

function table(service: string, today: Date): readonly (readonly [string, string])[] {
  switch (service) {
    case '46':
      return [['Laboratoriumuitslagen', `Observation?category=${sct('49581000146104')}`]];
    case '47':
      return [['Afspraken', `Appointment?date=ge${day(today)}`]];
    case '48':
      return bgz();
    case '49':
      return gpData(today);
    case '50':
      return mentalHealth();
    case '51':
      return [['Documenten', 'DocumentReference?status=current']];
    case '52':
      return [['Meetwaarden', `Observation?code=${loinc(...VITAL_SIGNS)}`]];
    case '61':
      return longTermCare();
    case '63':
      return [['Vaccinaties', 'Immunization']];
    case '66':
      return [
        [
          'Vaccinaties',
          'Immunization?_include=Immunization:patient&_include=Immunization:performer&_include=Immunization:location',
        ],
      ];
    default:
      throw new RangeError(`no searches for service ${service}`);
  }
}

const day = (date: Date): string => date.toISOString().slice(0, 10);

/** As it goes over the line: `|` is no character of a URL. */
const escaped = (path: string): string => path.replaceAll('|', '%7C');
