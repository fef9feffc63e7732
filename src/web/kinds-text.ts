/** What kinds of data are called. */
import type { LedgerRecord } from '../audit/index.ts';
import type { Text } from '../platform/html/language.ts';

const t = (nl: string, en: string): Text => ({ nl, en });

const KINDS: Readonly<Record<string, Text>> = {
  Observation: t('metingen en uitslagen', 'measurements and results'),
  DiagnosticReport: t('rapporten', 'reports'),
  Specimen: t('monsters', 'specimens'),
  Condition: t('diagnoses', 'diagnoses'),
  AllergyIntolerance: t('allergieën', 'allergies'),
  MedicationRequest: t('recepten', 'prescriptions'),
  MedicationDispense: t('uitgegeven medicijnen', 'dispensed medicines'),
  MedicationStatement: t('medicijngebruik', 'use of medicines'),
  Medication: t('medicijnen', 'medicines'),
  Immunization: t('vaccinaties', 'vaccinations'),
  Encounter: t('bezoeken', 'visits'),
  EpisodeOfCare: t('episodes', 'episodes'),
  Composition: t('verslagen', 'notes'),
  DocumentReference: t('brieven', 'letters'),
  Binary: t('documenten', 'documents'),
  Procedure: t('behandelingen', 'procedures'),
  Patient: t('uw naam en adres', 'your name and address'),
  Coverage: t('verzekering', 'insurance'),
  Consent: t('wensen over behandeling', 'wishes about treatment'),
  Flag: t('waarschuwingen', 'alerts'),
  Appointment: t('afspraken', 'appointments'),
  CarePlan: t('zorgplannen', 'care plans'),
  CareTeam: t('zorgteams', 'care teams'),
  Goal: t('behandeldoelen', 'treatment goals'),
  Device: t('hulpmiddelen', 'aids and devices'),
  DeviceUseStatement: t('gebruik van hulpmiddelen', 'use of aids and devices'),
  DeviceRequest: t('aangevraagde hulpmiddelen', 'requested aids and devices'),
  NutritionOrder: t('voedingsadviezen', 'dietary advice'),
  ServiceRequest: t('aanvragen', 'requests'),
  MedicationAdministration: t('toegediende medicijnen', 'administered medicines'),
  ImmunizationRecommendation: t('geplande vaccinaties', 'planned vaccinations'),
  FamilyMemberHistory: t('ziekten in de familie', 'diseases in the family'),
  RelatedPerson: t('contactpersonen', 'contact persons'),
  BodyStructure: t('plaatsen op het lichaam', 'places on the body'),
  ImagingStudy: t('beelden', 'images'),
  Media: t('foto’s', 'photos'),
  List: t('lijsten', 'lists'),
  DocumentManifest: t('mappen met brieven', 'folders of letters'),
  Task: t('taken', 'tasks'),
  ActivityDefinition: t('soorten taken', 'kinds of tasks'),
  Communication: t('berichten', 'messages'),
  Questionnaire: t('vragenlijsten', 'questionnaires'),
  QuestionnaireResponse: t('antwoorden op vragenlijsten', 'answers to questionnaires'),
  Organization: t('zorgverleners', 'care providers'),
  Practitioner: t('namen van zorgprofessionals', 'names of professionals'),
  PractitionerRole: t('functies van zorgprofessionals', 'roles of professionals'),
  Location: t('plaatsen', 'places'),
  HealthcareService: t('afdelingen', 'departments'),
  Endpoint: t('adressen van systemen', 'addresses of systems'),
  Provenance: t('herkomst van gegevens', 'origin of data'),
  AuditEvent: t('regels van het logboek', 'lines of the log'),
  Bundle: t('bundels', 'bundles'),
  items: t('onderdelen', 'items'),
};

/** What a type of resource is called. */
export function kindText(type: string): Text {
  return KINDS[type] ?? t(type, type);
}

/**
 * Kinds of data and how many, in words: "3 uitslagen, 2 brieven".
 * @param turn where the words are not for the patient.
 */
export function kindsText(
  counts: LedgerRecord['counts'],
  language: 'nl' | 'en',
  turn: (text: Text) => Text = (text) => text,
): string {
  return Object.entries(counts ?? {})
    .map(([type, count]) => `${count} × ${turn(kindText(type))[language]}`)
    .join(', ');
}
