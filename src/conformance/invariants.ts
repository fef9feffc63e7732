/**
 * Invariants in FHIRPath: those of the base specification from the compact tables in `profiles/`,
 * and those of profiles. Evaluated after the commit or when validation is asked for, never on the
 * way in: there base-invariants.ts has the ones that guard meaning as plain functions.
 *
 * The engine and its model are loaded when the first expression is evaluated.
 * https://hl7.org/fhir/R4/conformance-rules.html#constraints
 */
import { readFileSync } from 'node:fs';
import type { Model } from 'fhirpath';
import type { FhirVersion } from './fhir-version.ts';

export interface InvariantRule {
  readonly key: string;
  readonly severity: 'error' | 'warning';
  readonly text: string;
  readonly expression: string;
}

/** What an invariant is evaluated on. */
export interface InvariantContext {
  /** The path in the definition, such as `Observation.component`; types are found by it. */
  readonly path: string;
  readonly value: unknown;
  /** `%resource`: the resource that the element is in, contained or not. */
  readonly resource: unknown;
  /** `%rootResource`: the outermost resource. */
  readonly root: unknown;
}

/** Whether it holds; undefined when the expression cannot be evaluated. */
export type Evaluator = (expression: string, context: InvariantContext) => boolean | undefined;

type Compiled = (value: unknown, variables: Record<string, unknown>) => unknown[];

const EVALUATED_MAX = 2_000;

const tables = new Map<string, ReadonlyMap<string, readonly InvariantRule[]>>();
const evaluators = new Map<string, Promise<Evaluator>>();

/** Invariants of the base specification by the path of their element or the name of its type. */
export function invariantTable(
  version: FhirVersion,
): ReadonlyMap<string, readonly InvariantRule[]> {
  const known = tables.get(version.name);
  if (known) return known;
  const url = new URL(`../../profiles/${version.profiles}/invariants.tsv`, import.meta.url);
  const table = new Map<string, InvariantRule[]>();
  for (const line of readFileSync(url, 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [path = '', key = '', severity, text = '', expression = ''] = line.split('\t');
    const rule: InvariantRule = {
      key,
      severity: severity === 'error' ? 'error' : 'warning',
      text,
      expression,
    };
    table.set(path, [...(table.get(path) ?? []), rule]);
  }
  tables.set(version.name, table);
  return table;
}

/** The FHIRPath engine for one version; every expression is compiled once for each path. */
export function evaluatorOf(version: FhirVersion): Promise<Evaluator> {
  const known = evaluators.get(version.name);
  if (known) return known;
  const made = createEvaluator(version);
  evaluators.set(version.name, made);
  return made;
}

async function createEvaluator(version: FhirVersion): Promise<Evaluator> {
  const [{ default: fhirpath }, { default: model }] = await Promise.all([
    import('fhirpath'),
    version.name === 'R4'
      ? import('fhirpath/fhir-context/r4')
      : import('fhirpath/fhir-context/stu3'),
  ]);
  const compiled = new Map<string, Compiled | undefined>();
  const compile = (path: string, expression: string): Compiled | undefined => {
    try {
      const options = { async: false, traceFn: () => {} } as const;
      return fhirpath.compile({ base: path, expression }, model as Model, options) as Compiled;
    } catch {
      return undefined;
    }
  };
  return (expression, { path, value, resource, root }) => {
    const key = `${path}\n${expression}`;
    if (!compiled.has(key)) {
      if (compiled.size >= EVALUATED_MAX) compiled.clear();
      compiled.set(key, compile(path, expression));
    }
    try {
      const found = compiled.get(key)?.(value, { resource, rootResource: root });
      // An empty result is not true, as in HL7's own validator.
      return found && found.length > 0 && found.every((one) => one === true);
    } catch {
      return undefined;
    }
  };
}
