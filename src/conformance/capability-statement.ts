/**
 * The CapabilityStatement of one address, written from the tables the code itself runs on, so that
 * it cannot promise what is not there.
 * https://hl7.org/fhir/R4/capabilitystatement.html
 */
import { resourceTypes } from './elements.ts';
import type { FhirVersion } from './fhir-version.ts';
import type { Resource } from './resource.ts';

export interface CapabilityParameter {
  readonly name: string;
  /** number, date, string, token, reference, composite, quantity, uri, special. */
  readonly type: string;
  readonly documentation?: string;
}

export interface CapabilityOperation {
  /** Without `$`. */
  readonly name: string;
  /** Canonical of its OperationDefinition. */
  readonly definition: string;
}

export interface CapabilityTables {
  /** Base address of the service. */
  readonly url: string;
  /** When the tables last changed; ISO date. */
  readonly date?: string;
  readonly software?: { readonly name: string; readonly version: string };
  /** Interactions of every type, in FHIR's codes: read, vread, search-type, create, … */
  readonly interactions: readonly string[];
  /** Where one type differs from `interactions`. */
  readonly interactionsOf?: (type: string) => readonly string[] | undefined;
  /** Whether conditions are heeded, of a read and of writes; all types when left out. */
  readonly isConditional?: (type: string) => boolean;
  /** Types that can be searched, and types that can be read; all of the version when left out. */
  readonly searchTypes?: ReadonlySet<string>;
  readonly readTypes?: ReadonlySet<string>;
  readonly searchParametersOf?: (type: string) => readonly CapabilityParameter[];
  readonly includesOf?: (type: string) => readonly string[];
  readonly revIncludesOf?: (type: string) => readonly string[];
  readonly operationsOf?: (type: string) => readonly CapabilityOperation[];
  readonly profilesOf?: (type: string) => readonly string[];
  /** transaction, batch, search-system, history-system. */
  readonly systemInteractions?: readonly string[];
  readonly systemOperations?: readonly CapabilityOperation[];
  /** Types whose compartment can be searched. */
  readonly compartments?: readonly string[];
  readonly formats?: readonly string[];
  readonly security?: {
    readonly description: string;
    readonly authorize?: string;
    readonly token?: string;
    readonly smart?: boolean;
  };
}

const FORMATS = ['application/fhir+json', 'application/fhir+xml', 'json', 'xml'];
/** JSON Patch, and FHIRPath Patch in a Parameters. */
const PATCH_FORMATS = [
  'application/json-patch+json',
  'application/fhir+json',
  'application/fhir+xml',
];
const OAUTH_URIS = 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris';
/** A cursor knows what comes after it, and nothing of what was before. */
const PAGES = 'Pages go forward: a Bundle has the links self and next, and no previous or last.';
const SEARCHES = new Set(['search-type']);
const READS = new Set(['read', 'vread', 'history-instance', 'history-type']);
/** R4 has these, STU3 does not. */
const SPECIAL_IN_STU3 = 'token';

/** A CapabilityStatement of kind instance that passes `validateInline`. */
export function capabilityStatement(version: FhirVersion, tables: CapabilityTables): Resource {
  const isStu3 = version.name === 'STU3';
  return {
    resourceType: 'CapabilityStatement',
    url: `${tables.url}/metadata`,
    status: 'active',
    date: tables.date ?? '2026-01-01',
    kind: 'instance',
    ...(tables.software && { software: { ...tables.software } }),
    implementation: { description: 'Exchange gateway for regional care.', url: tables.url },
    fhirVersion: version.fhirVersion,
    ...(isStu3 && { acceptUnknown: 'both' }),
    format: [...(tables.formats ?? FORMATS)],
    ...(tables.interactions.includes('patch') && { patchFormat: [...PATCH_FORMATS] }),
    rest: [rest(version, tables)],
  };
}

function rest(version: FhirVersion, tables: CapabilityTables): object {
  const system = tables.systemInteractions ?? [];
  const operations = tables.systemOperations ?? [];
  const resources = resourceTypes(version)
    .map((type) => resourceOf(version, tables, type))
    .filter((resource) => resource !== undefined);
  return {
    mode: 'server',
    documentation: PAGES,
    ...(tables.security && { security: securityOf(version, tables.security) }),
    ...(resources.length > 0 && { resource: resources }),
    ...(system.length > 0 && { interaction: system.map((code) => ({ code })) }),
    ...(operations.length > 0 && { operation: operations.map((one) => operationOf(version, one)) }),
    ...(tables.compartments && { compartment: tables.compartments.map(compartmentOf) }),
  };
}

const compartmentOf = (type: string): string =>
  `http://hl7.org/fhir/CompartmentDefinition/${type[0]?.toLowerCase()}${type.slice(1)}`;

function resourceOf(
  version: FhirVersion,
  tables: CapabilityTables,
  type: string,
): object | undefined {
  const codes = (tables.interactionsOf?.(type) ?? tables.interactions).filter((code) => {
    if (SEARCHES.has(code)) return tables.searchTypes?.has(type) ?? true;
    if (READS.has(code)) return tables.readTypes?.has(type) ?? true;
    return true;
  });
  if (codes.length === 0) return undefined;
  const isR4 = version.name === 'R4';
  const isSearched = codes.includes('search-type');
  const parameters = isSearched ? (tables.searchParametersOf?.(type) ?? []) : [];
  const includes = isSearched ? (tables.includesOf?.(type) ?? []) : [];
  const revIncludes = isSearched ? (tables.revIncludesOf?.(type) ?? []) : [];
  const profiles = tables.profilesOf?.(type) ?? [];
  const operations = isR4 ? (tables.operationsOf?.(type) ?? []) : [];
  return {
    type,
    ...(profiles.length > 0 && isR4 && { supportedProfile: [...profiles] }),
    interaction: codes.map((code) => ({ code })),
    versioning: codes.includes('vread') ? 'versioned' : 'no-version',
    ...(codes.includes('update') && { updateCreate: true }),
    ...((tables.isConditional?.(type) ?? true) && conditionalOf(codes)),
    ...(includes.length > 0 && { searchInclude: [...includes] }),
    ...(revIncludes.length > 0 && { searchRevInclude: [...revIncludes] }),
    ...(parameters.length > 0 && {
      searchParam: parameters.map((one) => parameterOf(version, one)),
    }),
    ...(operations.length > 0 && { operation: operations.map((one) => operationOf(version, one)) }),
  };
}

function conditionalOf(codes: readonly string[]): object {
  return {
    ...(codes.includes('read') && { conditionalRead: 'full-support' }),
    ...(codes.includes('update') && { conditionalUpdate: true }),
    ...(codes.includes('create') && { conditionalCreate: true }),
    ...(codes.includes('delete') && { conditionalDelete: 'single' }),
  };
}

function parameterOf(version: FhirVersion, parameter: CapabilityParameter): object {
  const isSpecial = parameter.type === 'special' && version.name === 'STU3';
  return { ...parameter, type: isSpecial ? SPECIAL_IN_STU3 : parameter.type };
}

function operationOf(version: FhirVersion, { name, definition }: CapabilityOperation): object {
  return { name, definition: version.name === 'R4' ? definition : { reference: definition } };
}

function securityOf(
  version: FhirVersion,
  security: NonNullable<CapabilityTables['security']>,
): object {
  const system =
    version.name === 'R4'
      ? 'http://terminology.hl7.org/CodeSystem/restful-security-service'
      : 'http://hl7.org/fhir/restful-security-service';
  const service = security.smart ? 'SMART-on-FHIR' : 'OAuth';
  const uris = [
    ...(security.authorize ? [{ url: 'authorize', valueUri: security.authorize }] : []),
    ...(security.token ? [{ url: 'token', valueUri: security.token }] : []),
  ];
  return {
    ...(uris.length > 0 && { extension: [{ url: OAUTH_URIS, extension: uris }] }),
    cors: false,
    service: [{ coding: [{ system, code: service }] }],
    description: security.description,
  };
}
