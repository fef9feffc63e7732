/**
 * The search parameters of both FHIR versions, from the compact tables in `profiles/`.
 * Read when first asked for; expressions are compiled when first used.
 */
import { readFileSync } from 'node:fs';
import type { FhirVersion } from './fhir-version.ts';

export type SearchKind =
  | 'number'
  | 'date'
  | 'string'
  | 'token'
  | 'reference'
  | 'composite'
  | 'quantity'
  | 'uri'
  | 'special';

export interface SearchParameter {
  readonly type: string;
  readonly code: string;
  readonly kind: SearchKind;
  /** Types a reference may point at; empty when any. */
  readonly targets: readonly string[];
  /** Code systems implied by a bound `code` element. */
  readonly systems: readonly string[];
  readonly components: readonly { readonly kind: SearchKind; readonly expression: string }[];
  readonly expression: string;
}

/** Top level elements of a type. A choice stands under its bare name: `value` for `value[x]`. */
export interface TopElements {
  readonly summary: ReadonlySet<string>;
  readonly required: ReadonlySet<string>;
  readonly choices: readonly string[];
}

interface Tables {
  readonly parameters: ReadonlyMap<string, ReadonlyMap<string, SearchParameter>>;
  readonly elements: ReadonlyMap<string, TopElements>;
  readonly patient: ReadonlyMap<string, readonly string[]>;
}

const loaded = new Map<FhirVersion['name'], Tables>();

/** Finds a parameter of a type, those of all resources included. */
export function searchParameter(
  version: FhirVersion,
  type: string,
  code: string,
): SearchParameter | undefined {
  const { parameters } = tablesOf(version);
  return (
    parameters.get(type)?.get(code) ??
    (code.startsWith('_')
      ? (parameters.get('Resource')?.get(code) ?? parameters.get('DomainResource')?.get(code))
      : undefined)
  );
}

/**
 * Every parameter of a type in alphabetical order, for capability statements; `Resource` has those
 * of all types.
 */
export function searchParametersOf(version: FhirVersion, type: string): SearchParameter[] {
  return [...(tablesOf(version).parameters.get(type)?.values() ?? [])];
}

/** The concrete resource types of a version. */
export function resourceTypes(version: FhirVersion): string[] {
  return [...tablesOf(version).elements.keys()];
}

export function isResourceType(version: FhirVersion, type: string): boolean {
  return tablesOf(version).elements.has(type);
}

/**
 * Parameters that put a resource of this type in a patient's compartment; empty when it is never in
 * one.
 */
export function patientParameters(version: FhirVersion, type: string): readonly string[] {
  return tablesOf(version).patient.get(type) ?? [];
}

/** Top level elements of a type that are in its summary, and those that must be there. */
export function elementsOf(version: FhirVersion, type: string): TopElements | undefined {
  return tablesOf(version).elements.get(type);
}

function tablesOf(version: FhirVersion): Tables {
  let tables = loaded.get(version.name);
  if (!tables) {
    tables = load(version);
    loaded.set(version.name, tables);
  }
  return tables;
}

function load(version: FhirVersion): Tables {
  const parameters = new Map<string, Map<string, SearchParameter>>();
  for (const file of ['search-parameters.tsv', 'search-parameters-nl.tsv']) {
    for (const row of rowsOf(version, file)) {
      const [type = '', code = '', kind = '', targets, systems, components, expression = ''] = row;
      const ofType = parameters.get(type) ?? new Map<string, SearchParameter>();
      parameters.set(type, ofType);
      ofType.set(code, {
        type,
        code,
        kind: kind as SearchKind,
        targets: targets === '*' ? [] : list(targets, ','),
        systems: list(systems, ' '),
        components: list(components, ';').map(component),
        expression,
      });
    }
  }
  const elements = new Map(
    rowsOf(version, 'search-parameters.elements.tsv').map(([type = '', ...columns]) => [
      type,
      topElements(columns),
    ]),
  );
  const patient = new Map(
    rowsOf(version, 'search-parameters.patient.tsv').map(([type = '', codes]) => [
      type,
      list(codes, ','),
    ]),
  );
  return { parameters, elements, patient };
}

function topElements([summary, required, choices]: string[]): TopElements {
  return {
    summary: new Set(list(summary, ',')),
    required: new Set(list(required, ',')),
    choices: list(choices, ','),
  };
}

function rowsOf(version: FhirVersion, file: string): string[][] {
  const url = new URL(`../../profiles/${version.profiles}/${file}`, import.meta.url);
  return readFileSync(url, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('\t'));
}

function list(field: string | undefined, separator: string): string[] {
  return field ? field.split(separator) : [];
}

function component(field: string): SearchParameter['components'][number] {
  const colon = field.indexOf(':');
  return { kind: field.slice(0, colon) as SearchKind, expression: field.slice(colon + 1) };
}
