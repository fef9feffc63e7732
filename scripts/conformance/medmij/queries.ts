/** What the ministry's app asks of service 48, as section 4.2 lists it. */
const SCT = 'http://snomed.info/sct|';
const LNC = 'http://loinc.org|';
const CLASS = 'http://hl7.org/fhir/v3/ActCode|';

export const QUERIES_48: readonly string[] = [
  'Patient?_include=Patient:general-practitioner',
  'Coverage?_include=Coverage:payor:Patient&_include=Coverage:payor:Organization',
  `Consent?category=${SCT}11291000146105`,
  `Consent?category=${SCT}11341000146107`,
  `Observation/$lastn?category=${SCT}118228005,${SCT}384821006`,
  'Condition',
  `Observation/$lastn?code=${SCT}365508006`,
  `Observation?code=${SCT}228366006`,
  `Observation?code=${SCT}228273003`,
  `Observation?code=${SCT}365980008`,
  'NutritionOrder',
  'Flag',
  'AllergyIntolerance',
  'MedicationStatement?category=urn:oid:2.16.840.1.113883.2.4.3.11.60.20.77.5.3|6&_include=MedicationStatement:medication',
  `MedicationRequest?category=${SCT}16076005&_include=MedicationRequest:medication`,
  `MedicationDispense?category=${SCT}422037009&_include=MedicationDispense:medication`,
  'DeviceUseStatement?_include=DeviceUseStatement:device',
  'Immunization?status=completed',
  `Observation/$lastn?code=${LNC}85354-9`,
  `Observation/$lastn?code=${LNC}29463-7`,
  `Observation/$lastn?code=${LNC}8302-2,${LNC}8306-3,${LNC}8308-9`,
  `Observation/$lastn?category=${SCT}275711006&_include=Observation:related-target&_include=Observation:specimen`,
  `Procedure?category=${SCT}387713003`,
  `Encounter?class=${CLASS}IMP,${CLASS}ACUTE,${CLASS}NONAC`,
  'ProcedureRequest?status=active',
  'ImmunizationRecommendation',
  'DeviceRequest?status=active&_include=DeviceRequest:device',
  'Appointment?status=booked,pending,proposed',
];
