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
  readonly components: readonly SearchComponent[];
  readonly expression: string;
}

/** A part of a composite; its expression starts from what the composite's own expression gives. */
export interface SearchComponent {
  readonly kind: SearchKind;
  readonly expression: string;
  readonly systems: readonly string[];
}

/** Top level elements of a type. A choice stands under its bare name: `value` for `value[x]`. */
export interface TopElements {
  readonly summary: ReadonlySet<string>;
  readonly required: ReadonlySet<string>;
  readonly choices: readonly string[];
}

/** Lines by type; what a line says is read when its type is first asked for. */
interface Tables {
  readonly lines: ReadonlyMap<string, readonly string[]>;
  readonly parameters: Map<string, ReadonlyMap<string, SearchParameter>>;
  readonly elements: ReadonlyMap<string, string>;
  /** Of each compartment, type to codes. */
  readonly compartments: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

const loaded = new Map<FhirVersion['name'], Tables>();

/** Finds a parameter of a type, those of all resources included. */
export function searchParameter(
  version: FhirVersion,
  type: string,
  code: string,
): SearchParameter | undefined {
  const own = parametersOf(version, type).get(code);
  if (own || !code.startsWith('_')) return own;
  return (
    parametersOf(version, 'Resource').get(code) ?? parametersOf(version, 'DomainResource').get(code)
  );
}

/**
 * Every parameter of a type in alphabetical order, for capability statements; `Resource` and
 * `DomainResource` have those of all types.
 */
export function searchParametersOf(version: FhirVersion, type: string): SearchParameter[] {
  return [...parametersOf(version, type).values()];
}

/** The concrete resource types of a version. */
export function resourceTypes(version: FhirVersion): string[] {
  return [...tablesOf(version).elements.keys()];
}

/** True when this FHIR version has a resource type of this name. */
export function isResourceType(version: FhirVersion, type: string): boolean {
  return tablesOf(version).elements.has(type);
}

/**
 * Parameters that put a resource of this type in the compartment of an Encounter, Practitioner,
 * RelatedPerson or Device; empty when it is never in one.
 */
export function compartmentParameters(
  version: FhirVersion,
  compartment: string,
  type: string,
): readonly string[] {
  return list(tablesOf(version).compartments.get(compartment)?.get(type), ',');
}

/** Types that have a compartment. */
export function compartmentsOf(version: FhirVersion): readonly string[] {
  return ['Patient', ...tablesOf(version).compartments.keys()];
}

/** Top level elements of a type that are in its summary, and those that must be there. */
export function elementsOf(version: FhirVersion, type: string): TopElements | undefined {
  const columns = tablesOf(version).elements.get(type);
  if (columns === undefined) return undefined;
  const [summary, required, choices] = columns.split('\t').map((field) => list(field, ','));
  return { summary: new Set(summary), required: new Set(required), choices: choices ?? [] };
}

function tablesOf(version: FhirVersion): Tables {
  let tables = loaded.get(version.name);
  if (!tables) {
    tables = load(version);
    loaded.set(version.name, tables);
  }
  return tables;
}

function parametersOf(version: FhirVersion, type: string): ReadonlyMap<string, SearchParameter> {
  const { lines, parameters } = tablesOf(version);
  let ofType = parameters.get(type);
  if (!ofType) {
    const all = (lines.get(type) ?? []).map(parameter);
    ofType = new Map(all.map((one) => [one.code, withSystems(one, all)]));
    if (lines.has(type)) parameters.set(type, ofType);
  }
  return ofType;
}

function parameter(line: string): SearchParameter {
  const [type = '', code = '', kind = '', targets, systems, components, expression = ''] =
    line.split('\t');
  return {
    type,
    code,
    kind: kind as SearchKind,
    targets: targets === '*' ? [] : list(targets, ','),
    systems: list(systems, ' '),
    components: list(components, ';').map(component),
    expression,
  };
}

/** A component is bound to the codes of the parameter that looks at the same element by itself. */
function withSystems(composite: SearchParameter, all: readonly SearchParameter[]): SearchParameter {
  if (composite.components.length === 0) return composite;
  const components = composite.components.map((one) => {
    const whole = `${composite.expression}.${one.expression}`;
    const same = all.find(({ kind, expression }) => kind === one.kind && expression === whole);
    return { ...one, systems: same?.systems ?? [] };
  });
  return { ...composite, components };
}

function load(version: FhirVersion): Tables {
  const lines = new Map<string, string[]>();
  for (const file of ['search-parameters.tsv', 'search-parameters-nl.tsv']) {
    for (const line of linesOf(version, file)) {
      const [type] = keyed(line);
      const ofType = lines.get(type);
      if (ofType) ofType.push(line);
      else lines.set(type, [line]);
    }
  }
  return {
    lines,
    parameters: new Map(),
    elements: new Map(linesOf(version, 'search-parameters.elements.tsv').map(keyed)),
    compartments: compartments(linesOf(version, 'search-parameters.compartments.tsv')),
  };
}

function compartments(lines: readonly string[]): Map<string, Map<string, string>> {
  const found = new Map<string, Map<string, string>>();
  for (const line of lines) {
    const [compartment = '', type = '', codes = ''] = line.split('\t');
    const types = found.get(compartment) ?? new Map<string, string>();
    found.set(compartment, types.set(type, codes));
  }
  return found;
}

function linesOf(version: FhirVersion, file: string): string[] {
  const url = new URL(`../../profiles/${version.profiles}/${file}`, import.meta.url);
  return readFileSync(url, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** The first column, and the rest. */
function keyed(line: string): [string, string] {
  const tab = line.indexOf('\t');
  return [line.slice(0, tab), line.slice(tab + 1)];
}

function list(field: string | undefined, separator: string): string[] {
  return field ? field.split(separator) : [];
}

function component(field: string): SearchComponent {
  const colon = field.indexOf(':');
  const kind = field.slice(0, colon) as SearchKind;
  return { kind, expression: field.slice(colon + 1), systems: [] };
}
