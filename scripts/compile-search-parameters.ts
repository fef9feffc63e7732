/**
 * Compiles HL7's published definitions (CC0) into the compact search tables of `profiles/`.
 *
 *     node scripts/compile-search-parameters.ts          reads $FIXTURES_DIR/fhir-definitions
 *
 * Writes for each version `search-parameters.tsv` (one line a type and parameter),
 * `search-parameters.elements.tsv` (top elements of each type: in summary, required) and
 * `search-parameters.compartments.tsv` (all but the patient's: whose a resource is, the store knows).
 * `search-parameters-nl.tsv` is ours.
 * Long: it is read from top to bottom as one table of cases.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const DEFINITIONS = join(process.env['FIXTURES_DIR'] ?? '../shared/fixtures', 'fhir-definitions');

interface Definition {
  resourceType: string;
  id: string;
  url: string;
  code?: string;
  name?: string;
  base?: string[];
  type?: string;
  expression?: string;
  target?: string[];
  component?: { definition: string | { reference: string }; expression: string }[];
  abstract?: boolean;
  kind?: string;
  snapshot?: { element: ElementDefinition[] };
  compose?: { include: { system?: string }[] };
  resource?: { code: string; param?: string[] }[];
}

interface ElementDefinition {
  path: string;
  min: number;
  isSummary?: boolean;
  type?: { code: string; targetProfile?: string | string[] }[];
  binding?: {
    strength: string;
    valueSet?: string;
    valueSetUri?: string;
    valueSetReference?: { reference: string };
  };
}

/** Faults in what was published, and what we read instead. */
const CORRECTIONS: Record<string, Partial<Definition>> = {
  // A union of booleans is both true and false as soon as the types differ; what is meant is this.
  'stu3 Condition-abatement-boolean': {
    expression: 'Condition.abatement.exists() and Condition.abatement != false',
  },
  // A Patient of whom it is said that they are not dead has the element too; as R4 reads it.
  'stu3 Patient-deceased': {
    expression: 'Patient.deceased.exists() and Patient.deceased != false',
  },
  // Published as `name | alias`, without the type.
  'r4 InsurancePlan-name': { expression: 'InsurancePlan.name | InsurancePlan.alias' },
  // The two definitions stand in each other's place: `code` is the relation, `target` the document.
  'r4 DocumentReference-relationship': { component: relationship('') },
  'stu3 DocumentReference-relationship': { component: relationship('') },
};

function relationship(at: string): NonNullable<Definition['component']> {
  const base = `http://hl7.org/fhir/SearchParameter/DocumentReference-${at}`;
  return [
    { definition: `${base}relation`, expression: 'code' },
    { definition: `${base}relatesto`, expression: 'target' },
  ];
}

/** R4 spells 'any type' as a list of all of them. */
const ANY_TARGETS_MIN = 100;

/** Not evaluated through an expression; the code knows them by name. */
const WITHOUT_EXPRESSION = new Set(['_text', '_content']);

function bundle(version: string, file: string): Definition[] {
  const read = JSON.parse(readFileSync(join(DEFINITIONS, version, file), 'utf8'));
  return read.entry.map((entry: { resource: Definition }) => entry.resource);
}

function elementsByPath(version: string): Map<string, ElementDefinition> {
  const elements = new Map<string, ElementDefinition>();
  for (const file of ['profiles-types.json', 'profiles-resources.json']) {
    for (const definition of bundle(version, file)) {
      for (const element of definition.snapshot?.element ?? []) elements.set(element.path, element);
    }
  }
  return elements;
}

/**
 * Follows `Patient.name.family` through the data types; undefined where a choice or a filter is in
 * the way.
 */
function elementAt(
  elements: Map<string, ElementDefinition>,
  path: string,
): ElementDefinition | undefined {
  const [first, ...steps] = path.split('.');
  let at = first ?? '';
  let element: ElementDefinition | undefined;
  for (const step of steps) {
    element = elements.get(`${at}.${step}`);
    if (!element) {
      const type = elements.get(at)?.type?.[0]?.code;
      element = type ? elements.get(`${type}.${step}`) : undefined;
      at = `${type}.${step}`;
    } else {
      at = `${at}.${step}`;
    }
    if (!element) return undefined;
  }
  return element;
}

/** The code systems behind a bound `code`, so that `status=system|code` can be answered. */
function impliedSystems(
  element: ElementDefinition | undefined,
  systems: Map<string, string[]>,
): string[] {
  if (element?.type?.length !== 1 || element.type[0]?.code !== 'code') return [];
  const { binding } = element;
  const url = binding?.valueSet ?? binding?.valueSetUri ?? binding?.valueSetReference?.reference;
  return binding?.strength === 'required' && url
    ? (systems.get(url.split('|')[0] ?? '') ?? [])
    : [];
}

function referenceTargets(element: ElementDefinition | undefined): Set<string> {
  const targets = new Set<string>();
  for (const type of element?.type ?? []) {
    for (const profile of [type.targetProfile ?? []].flat()) {
      targets.add(profile.slice(profile.lastIndexOf('/') + 1));
    }
  }
  return targets;
}

/**
 * Where a parameter may point at fewer types than its element (`Encounter.practitioner`, `patient`
 * on `subject`), R4 mostly says so in the expression and STU3 leaves it to the reader. Say it.
 */
function restricted(
  part: string,
  targets: string[],
  element: ElementDefinition | undefined,
): string {
  const allowed = referenceTargets(element);
  if (allowed.size === 0 || allowed.has('Resource') || targets.length === 0) return part;
  const kept = targets.filter((target) => allowed.has(target));
  if (kept.length === 0 || kept.length === allowed.size) return part;
  return `${part}.where(${kept.map((target) => `resolve() is ${target}`).join(' or ')})`;
}

/**
 * A parameter called `patient` is shared by types of which some have groups as subject: it means
 * the person.
 */
function targetsOf(definition: Definition): string[] {
  const { code, target = [] } = definition;
  return code === 'patient' && target.includes('Patient') ? ['Patient'] : target;
}

function splitUnion(expression: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < expression.length; at++) {
    const char = expression[at];
    if (char === '(') depth++;
    if (char === ')') depth--;
    if (char === '|' && depth === 0) {
      parts.push(expression.slice(from, at).trim());
      from = at + 1;
    }
  }
  return [...parts, expression.slice(from).trim()];
}

/**
 * STU3 names components by a URL of type and code that no definition carries; then those two
 * decide.
 */
function componentKind(url: string, byUrl: Map<string, Definition>): string | undefined {
  const [, base = '', code = ''] = /([A-Za-z]+)-([^/]+)$/.exec(url) ?? [];
  return (
    byUrl.get(url)?.type ??
    byUrl.values().find((one) => one.code === code && one.base?.includes(base))?.type
  );
}

function components(definition: Definition, byUrl: Map<string, Definition>): string {
  return (definition.component ?? [])
    .map(({ definition: link, expression }) => {
      const url = typeof link === 'string' ? link : link.reference;
      const kind = componentKind(url, byUrl);
      if (!kind) throw new Error(`${definition.id} has a component of unknown type: ${url}`);
      return `${kind}:${expression.replaceAll(' | ', '|')}`;
    })
    .join(';');
}

function parameterRows(version: string): string[] {
  const elements = elementsByPath(version);
  const systems = new Map<string, string[]>();
  for (const set of bundle(version, 'valuesets.json')) {
    if (set.resourceType !== 'ValueSet') continue;
    const listed = (set.compose?.include ?? []).flatMap((include) => include.system ?? []);
    systems.set(set.url, [...new Set(listed)]);
  }
  const published = bundle(version, 'search-parameters.json');
  const byUrl = new Map(published.map((definition) => [definition.url, definition]));
  const rows: string[] = [];
  for (const original of published) {
    const definition = { ...original, ...CORRECTIONS[`${version} ${original.id}`] };
    const { code = '', type: kind = '', expression = '' } = definition;
    const target = targetsOf(definition);
    if (!expression && !WITHOUT_EXPRESSION.has(code)) continue;
    for (const base of definition.base ?? []) {
      const own = splitUnion(expression).filter((part) => rootOf(part) === base);
      const parts = expression.includes(' and ') ? [expression] : own;
      if (parts.length === 0 && !WITHOUT_EXPRESSION.has(code)) {
        console.warn(`${version} ${base} ${code}: no part of its expression is about this type`);
        continue;
      }
      const written = parts.map((part) =>
        version === 'stu3' && kind === 'reference'
          ? restricted(part, target, elementAt(elements, part))
          : part,
      );
      const implied =
        kind === 'token'
          ? [
              ...new Set(
                parts.flatMap((part) => impliedSystems(elementAt(elements, part), systems)),
              ),
            ]
          : [];
      rows.push(
        [
          base,
          code,
          kind,
          target.length >= ANY_TARGETS_MIN ? '*' : target.join(','),
          implied.join(' '),
          components(definition, byUrl),
          written.join(' | '),
        ].join('\t'),
      );
    }
  }
  return rows.sort();
}

function rootOf(part: string): string {
  return /^\(*([A-Za-z]+)/.exec(part)?.[1] ?? '';
}

/** `Type  summary  required  choices`, top level only: what `_summary` and `_elements` need. */
function elementRows(version: string): string[] {
  const rows: string[] = [];
  for (const definition of bundle(version, 'profiles-resources.json')) {
    if (definition.abstract || definition.kind !== 'resource') continue;
    const top = (definition.snapshot?.element ?? []).filter(
      (element) => element.path.split('.').length === 2,
    );
    const names = (kept: ElementDefinition[]) =>
      kept.map((element) => /\.([^[]+)/.exec(element.path)?.[1]).join(',');
    rows.push(
      [
        definition.id,
        names(top.filter((element) => element.isSummary)),
        names(top.filter((element) => element.min > 0)),
        names(top.filter((element) => element.path.endsWith('[x]'))),
      ].join('\t'),
    );
  }
  return rows.sort();
}

/** What is in the compartment of an Encounter, Practitioner, RelatedPerson or Device. */
function compartmentRows(version: string): string[] {
  const others = bundle(version, 'compartments.json').filter(
    ({ resourceType, code }) => resourceType === 'CompartmentDefinition' && code !== 'Patient',
  );
  return others
    .flatMap(({ code: compartment, resource = [] }) =>
      resource.flatMap(({ code, param = [] }) => {
        const codes = param.map((one) => (one === '{def}' ? '_id' : one));
        return codes.length > 0 ? [`${compartment}\t${code}\t${codes.join(',')}`] : [];
      }),
    )
    .sort();
}

function write(version: string, file: string, columns: string, rows: string[]): void {
  const release = version === 'r4' ? '4.0.1 (hl7.fhir.r4.core)' : '3.0.1 (hl7.fhir.core)';
  const head = [
    `# From HL7 FHIR ${release}, CC0-1.0. HL7 and FHIR are trademarks of HL7 International.`,
    '# Written by scripts/compile-search-parameters.ts: change that, not this.',
    `# ${columns.replaceAll(' ', '\t')}`,
  ];
  writeFileSync(join('profiles', version, file), `${[...head, ...rows].join('\n')}\n`);
  console.log(`profiles/${version}/${file}: ${rows.length} lines`);
}

for (const version of ['r4', 'stu3']) {
  const columns = 'type code kind targets systems components expression';
  write(version, 'search-parameters.tsv', columns, parameterRows(version));
  write(
    version,
    'search-parameters.elements.tsv',
    'type summary required choices',
    elementRows(version),
  );
  write(
    version,
    'search-parameters.compartments.tsv',
    'compartment type parameters',
    compartmentRows(version),
  );
}
