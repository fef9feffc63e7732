/**
 * A resource as research may have it: nothing that names a person or place, no free text, shifted
 * days. What is kept is listed, by data type and by code system, so that an element nobody thought
 * of falls away instead of out (consent.md section 6, PSEUDONYMISE).
 */
import { Decimal } from './decimal.ts';
import { boundCodes, type Spelling, typeRules } from './elements.ts';
import { isObject } from './fhir-json.ts';
import type { FhirVersion } from './fhir-version.ts';
import type { Resource } from './resource.ts';
import { canonicalUnit, UCUM } from './ucum.ts';

export interface Pseudonyms {
  /** The id that stands for `Type/id` in this study; undefined drops the reference. */
  reference(type: string, id: string): string | undefined;
  /** Whole days that every date of this person is moved by. */
  readonly shiftDays: number;
  /** The year of now: who would be older than `PSEUDONYM_LIMITS.ageYearsMax` has no birth year. */
  readonly year: number;
}

const PSEUDONYM_LIMITS = {
  ageYearsMax: 89,
  codeLengthMax: 40,
} as const satisfies Record<string, number>;

/** R4 types that have a form without names; others are not given to research. */
export const RESEARCH_TYPES: readonly string[] = [
  ...['Patient', 'Condition', 'Observation', 'DiagnosticReport', 'Specimen', 'Procedure'],
  ...['AllergyIntolerance', 'Immunization', 'Encounter', 'EpisodeOfCare', 'Device'],
  ...['DeviceUseStatement', 'Medication', 'MedicationRequest', 'MedicationDispense'],
  ...['MedicationStatement', 'MedicationAdministration', 'NutritionOrder', 'Flag'],
];

/** Code systems that are the same everywhere: a system of one sender would name the sender. */
const PUBLIC_SYSTEMS = [
  /^http:\/\/(loinc\.org|snomed\.info\/sct|unitsofmeasure\.org|www\.whocc\.no\/atc)$/,
  /^http:\/\/hl7\.org\/fhir\/[\w./-]+$/,
  /^http:\/\/terminology\.hl7\.org\/CodeSystem\/[\w.-]+$/,
  // G-Standaard, ICPC-1 NL, national code lists of Nictiz.
  /^urn:oid:2\.16\.840\.1\.113883\.2\.4\.4\.[\d.]+$/,
  /^urn:oid:2\.16\.840\.1\.113883\.2\.4\.3\.11\.60\.40\.4\.[\d.]+$/,
  /^urn:oid:2\.16\.840\.1\.113883\.(5|6)\.[\d.]+$/,
];

/** Data types that are about who, where and by whom, or hold words or bytes. */
const NEVER: ReadonlySet<string> = new Set([
  ...['Identifier', 'HumanName', 'Address', 'ContactPoint', 'ContactDetail', 'Annotation'],
  ...['Attachment', 'Narrative', 'Signature', 'Extension', 'Meta', 'Resource', 'Expression'],
  ...['RelatedArtifact', 'UsageContext', 'Contributor', 'DataRequirement'],
]);

const KEPT_PRIMITIVES: ReadonlySet<string> = new Set([
  ...['boolean', 'integer', 'positiveInt', 'unsignedInt', 'decimal'],
]);

const DATES: ReadonlySet<string> = new Set(['date', 'dateTime', 'instant']);

/** Of a person: sex, year of birth, and that he or she died. */
const OF_PATIENT: ReadonlySet<string> = new Set(['gender', 'birthDate', 'deceasedBoolean']);

/**
 * The resource of a study; its id is what stands for it, `meta` says that it is a pseudonym.
 * @returns undefined for one whose meaning an extension turns round: without it, it would lie.
 */
export function pseudonymise(
  resource: Resource,
  version: FhirVersion,
  id: string,
  how: Pseudonyms,
): Resource | undefined {
  if (turnsRound(resource)) return undefined;
  const { resourceType } = resource;
  const walked = walk(resource, resourceType, version, how) ?? {};
  const kept = resourceType === 'Patient' ? personOf(resource, walked, how) : walked;
  return { resourceType, id, meta: { security: securityOf(resource, version) }, ...kept };
}

const turnsRound = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.some(turnsRound)
    : isObject(value) &&
      (Object.hasOwn(value, 'modifierExtension') || Object.values(value).some(turnsRound));

function personOf(
  resource: Resource,
  walked: Record<string, unknown>,
  { year }: Pseudonyms,
): Record<string, unknown> {
  const kept = Object.fromEntries(Object.entries(walked).filter(([name]) => OF_PATIENT.has(name)));
  const born = /^\d{4}/.exec(String(resource['birthDate'] ?? ''))?.[0];
  delete kept['birthDate'];
  if (born !== undefined && year - Number(born) <= PSEUDONYM_LIMITS.ageYearsMax) {
    kept['birthDate'] = born;
  }
  if (resource['deceasedDateTime'] !== undefined) kept['deceasedBoolean'] = true;
  return kept;
}

/** Sensitivity goes along, and that nobody may pass it on. */
function securityOf({ meta }: Resource, version: FhirVersion) {
  const own = (meta?.security ?? []).flatMap(({ system, code }) =>
    system !== undefined && code !== undefined && isPublic(system) && isCode(code)
      ? [{ system, code }]
      : [],
  );
  const isR4 = version.name === 'R4';
  const acts = isR4
    ? 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
    : 'http://hl7.org/fhir/v3/ActCode';
  const values = isR4
    ? 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue'
    : 'http://hl7.org/fhir/v3/ObservationValue';
  const added = [
    { system: acts, code: 'NORDSCLCD' },
    { system: values, code: 'PSEUDED' },
  ];
  const others = own.filter(({ code }) => added.every((one) => one.code !== code));
  return [...others, ...added];
}

function walk(
  value: object,
  type: string,
  version: FhirVersion,
  how: Pseudonyms,
): Record<string, unknown> | undefined {
  const rules = typeRules(version, type);
  if (!rules) return undefined;
  const kept: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(value)) {
    const spelling = rules.spelled.get(name);
    if (!spelling || NEVER.has(spelling.type)) continue;
    const keep = (item: unknown) => element(item, spelling, { version, how });
    const found = Array.isArray(one) ? keptOf(one.map(keep)) : keep(one);
    if (found !== undefined) kept[name] = found;
  }
  return Object.keys(kept).length === 0 ? undefined : kept;
}

const keptOf = (items: readonly unknown[]): unknown => {
  const some = items.filter((item) => item !== undefined);
  return some.length === 0 ? undefined : some;
};

interface Place {
  readonly version: FhirVersion;
  readonly how: Pseudonyms;
}

function element(item: unknown, spelling: Spelling, { version, how }: Place): unknown {
  const { type } = spelling;
  if (spelling.primitive) return primitive(item, spelling, { version, how });
  if (!isObject(item)) return undefined;
  if (type === 'Reference') return referenceOf(item, how);
  if (type === 'Coding') return codingOf(item);
  if (QUANTITIES.has(type)) return quantityOf(item, type, { version, how });
  if (type === 'CodeableConcept') {
    const coding = Array.isArray(item['coding']) ? (item['coding'] as unknown[]) : [];
    const some = keptOf(coding.map((one) => (isObject(one) ? codingOf(one) : undefined)));
    return some === undefined ? undefined : { coding: some };
  }
  return walk(item, type, version, how);
}

function primitive(item: unknown, { type, rule }: Spelling, { version, how }: Place): unknown {
  if (KEPT_PRIMITIVES.has(type)) {
    const isNumber = typeof item === 'number' || item instanceof Decimal;
    return isNumber || typeof item === 'boolean' ? item : undefined;
  }
  if (typeof item !== 'string') return undefined;
  if (DATES.has(type)) return shifted(item, how.shiftDays);
  return type === 'code' && isListed(version, rule.binding, item) ? item : undefined;
}

/** A code by itself may be anything that somebody typed; one of a list of FHIR's own may not. */
function isListed(version: FhirVersion, binding: string | undefined, code: string): boolean {
  const lists = binding === undefined ? undefined : boundCodes(version, binding);
  return lists !== undefined && [...lists.values()].some((codes) => codes.has(code));
}

const QUANTITIES: ReadonlySet<string> = new Set([
  ...['Quantity', 'Age', 'Count', 'Distance', 'Duration', 'SimpleQuantity'],
]);

/** The unit is told as far as it is one: what a sender calls it may be words. */
function quantityOf(item: Record<string, unknown>, type: string, place: Place): unknown {
  const kept = walk(item, type, place.version, place.how);
  if (!kept) return undefined;
  const { system, code, unit } = item;
  if (typeof code === 'string' && system === UCUM && canonicalUnit(code)) {
    return { ...kept, unit: code, system, code };
  }
  return typeof unit === 'string' && canonicalUnit(unit) ? { ...kept, unit } : kept;
}

const isPublic = (system: string): boolean => PUBLIC_SYSTEMS.some((one) => one.test(system));

/** What looks like words or an address is no code. */
const isCode = (code: string): boolean =>
  code.length <= PSEUDONYM_LIMITS.codeLengthMax && /^[\w.\-/^+*%[\]{}<>=~ ]+$/.test(code);

function codingOf(coding: Record<string, unknown>): unknown {
  const { system, code } = coding;
  if (typeof system !== 'string' || typeof code !== 'string') return undefined;
  return isPublic(system) && isCode(code) ? { system, code } : undefined;
}

function referenceOf(item: Record<string, unknown>, how: Pseudonyms): unknown {
  const [, type = '', id = ''] =
    /^([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/.*)?$/.exec(
      String(item['reference'] ?? ''),
    ) ?? [];
  const pseudonym = type === '' ? undefined : how.reference(type, id);
  return pseudonym === undefined ? undefined : { reference: `${type}/${pseudonym}` };
}

const DAY_MS = 86_400_000;

/** A year stays, a month moves with its middle, a day and a moment become a day. */
function shifted(text: string, days: number): string | undefined {
  const [, year, month, day] = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?/.exec(text) ?? [];
  if (year === undefined) return undefined;
  if (month === undefined) return year;
  const at = Date.UTC(Number(year), Number(month) - 1, Number(day ?? 15));
  if (!Number.isFinite(at)) return undefined;
  const moved = new Date(at - days * DAY_MS).toISOString();
  return moved.slice(0, day === undefined ? 7 : 10);
}
