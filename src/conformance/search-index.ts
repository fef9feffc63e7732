/**
 * What the store keeps of a resource to narrow by: plain tokens (it hashes them) and months. Only
 * R4, and only parameters that set resources of one person apart.
 *
 * Grammar: `code|http://loinc.org|8480-6`, `code||8480-6` (any system), `code|http://loinc.org|`
 * (system only), `encounter|Encounter/abc`.
 */
import { R4 } from './fhir-version.ts';
import type { Resource } from './resource.ts';
import { rangeOf } from './search-date.ts';
import { select } from './search-expression.ts';
import { bucketsOf } from './search-months.ts';
import { type SearchParameter, searchParameter, searchParametersOf } from './search-parameters.ts';
import { partsOf } from './search-reference.ts';
import { tokensOf } from './search-token.ts';

export interface IndexedTokens {
  readonly tokens: string[];
  readonly months: string[];
}

const TOKENS: ReadonlySet<string> = new Set([
  'identifier',
  'code',
  'category',
  'class',
  'type',
  'status',
  'clinical-status',
  'intent',
  'vaccine-code',
  'pharmaceutical-treatment-identifier',
]);

/** For these also the system alone: `code=https://…tabel-45-…|`. */
const SYSTEM_ALONE: ReadonlySet<string> = new Set(['code', 'category', 'type']);

const REFERENCES: ReadonlySet<string> = new Set([
  'patient',
  'subject',
  'encounter',
  'context',
  'episode-of-care',
  'medication',
  'based-on',
  'owner',
  'requester',
  'focus',
  'organization',
  'author',
  'performer',
]);

/** The date of each type that is asked for most. */
const CLINICAL_DATE: Readonly<Record<string, string>> = {
  Appointment: 'date',
  Composition: 'date',
  DiagnosticReport: 'date',
  DocumentManifest: 'created',
  DocumentReference: 'date',
  Encounter: 'date',
  Immunization: 'date',
  MedicationAdministration: 'effective-time',
  MedicationDispense: 'whenhandedover',
  MedicationRequest: 'authoredon',
  Observation: 'date',
  Procedure: 'date',
  ServiceRequest: 'authored',
  Task: 'authored-on',
};

const indexedOf = new Map<string, readonly SearchParameter[]>();

/**
 * The tokens and months of an R4 resource. A resource that a query finds has those that `narrow`
 * asks for.
 */
export function indexTokens(r4: Resource): IndexedTokens {
  const tokens = new Set<string>();
  for (const parameter of indexedParameters(r4.resourceType)) {
    for (const { value } of select(parameter.expression, r4)) {
      if (parameter.kind === 'token') addTokens(tokens, parameter.code, value);
      else addReference(tokens, parameter.code, value);
    }
  }
  return { tokens: [...tokens], months: monthsOf(r4) };
}

/** Whether the tokens of this R4 parameter are kept, so that a query may count on them. */
export function isIndexed(type: string, code: string): boolean {
  return indexedParameters(type).some((parameter) => parameter.code === code);
}

/** True when the parameter is also indexed by system alone, so that `system|` can narrow. */
export function keepsSystemAlone(code: string): boolean {
  return SYSTEM_ALONE.has(code);
}

/** The R4 date parameter of a type whose months are kept. */
export function clinicalDate(type: string): string | undefined {
  return CLINICAL_DATE[type];
}

function indexedParameters(type: string): readonly SearchParameter[] {
  let parameters = indexedOf.get(type);
  if (!parameters) {
    parameters = searchParametersOf(R4, type).filter(
      ({ code, kind }) =>
        (kind === 'token' && TOKENS.has(code)) || (kind === 'reference' && REFERENCES.has(code)),
    );
    indexedOf.set(type, parameters);
  }
  return parameters;
}

function addTokens(tokens: Set<string>, parameter: string, value: unknown): void {
  for (const { system, code } of tokensOf(value)) {
    if (code !== undefined) {
      tokens.add(`${parameter}||${code}`);
      if (system !== undefined) tokens.add(`${parameter}|${system}|${code}`);
    }
    if (system !== undefined && SYSTEM_ALONE.has(parameter)) tokens.add(`${parameter}|${system}|`);
  }
}

/**
 * An address is kept as it stands and as `Type/id`, since whose address it is becomes known only
 * when asked.
 */
function addReference(tokens: Set<string>, parameter: string, value: unknown): void {
  const parts = partsOf(value, []);
  if (!parts || parts.target.startsWith('#')) return;
  tokens.add(`${parameter}|${parts.target}`);
  if (parts.id !== undefined) tokens.add(`${parameter}|${parts.type}/${parts.id}`);
}

function monthsOf(r4: Resource): string[] {
  const code = CLINICAL_DATE[r4.resourceType];
  const parameter = code && searchParameter(R4, r4.resourceType, code);
  if (!parameter) return [];
  const months = new Set<string>();
  for (const { value } of select(parameter.expression, r4)) {
    const range = rangeOf(value);
    if (range) for (const bucket of bucketsOf(range)) months.add(bucket);
  }
  return [...months];
}
