/**
 * Writes the compact element tables of both FHIR versions and the table of moved code systems.
 *
 *   node scripts/compile-elements.ts
 *
 * Reads HL7's definitions below FIXTURES_DIR (default ../shared/fixtures), which are far too large
 * to load at run time, and writes profiles/{r4,stu3}/elements.json and
 * profiles/conversion/code-systems.json. Run it again when the definitions or this form change.
 * Long: it is read from top to bottom as one table of cases.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FIXTURES = process.env['FIXTURES_DIR'] ?? '../shared/fixtures';
const DEFINITIONS = join(FIXTURES, 'fhir-definitions');
const LICENCE = 'CC0-1.0 (HL7 and FHIR are trademarks of HL7)';
/**
 * A longer list is a terminology rather than a status: checking it belongs to profile validation.
 */
const CODES_MAX = 300;

interface ElementType {
  code?: string;
  targetProfile?: string | string[];
}
interface ElementDefinition {
  id: string;
  path: string;
  min: number;
  max: string;
  type?: ElementType[];
  contentReference?: string;
  representation?: string[];
  isModifier?: boolean;
  isSummary?: boolean;
  binding?: {
    strength: string;
    valueSet?: string;
    valueSetUri?: string;
    valueSetReference?: { reference: string };
  };
}
interface Definition {
  resourceType: string;
  url: string;
  name: string;
  type: string;
  kind: string;
  abstract?: boolean;
  derivation?: string;
  baseDefinition?: string;
  snapshot: { element: ElementDefinition[] };
  compose?: { include: Include[]; exclude?: Include[] };
  concept?: Concept[];
}
interface Include {
  system?: string;
  concept?: { code: string }[];
  filter?: unknown[];
  valueSet?: string[];
}
interface Concept {
  code: string;
  concept?: Concept[];
}

/** Value set name to its codes by system, for the lists that a required binding names. */
type CodeLists = Record<string, Record<string, string>>;

function entries(version: string, file: string): Definition[] {
  const bundle = JSON.parse(readFileSync(join(DEFINITIONS, version, file), 'utf8')) as {
    entry: { resource: Definition }[];
  };
  return bundle.entry.map((entry) => entry.resource);
}

function terminology(version: string): Map<string, Definition> {
  const files = ['valuesets.json', 'v3-codesystems.json', 'v2-tables.json'];
  return new Map(files.flatMap((file) => entries(version, file)).map((item) => [item.url, item]));
}

function flatten(concepts: readonly Concept[]): string[] {
  return concepts.flatMap((concept) => [concept.code, ...flatten(concept.concept ?? [])]);
}

/** The codes of a value set by system, or undefined where they cannot be listed from here. */
function expand(url: string, known: Map<string, Definition>): Map<string, Set<string>> | undefined {
  const valueSet = known.get(url.split('|')[0] ?? url);
  if (!valueSet?.compose || valueSet.compose.exclude) return undefined;
  const found = new Map<string, Set<string>>();
  for (const include of valueSet.compose.include) {
    if (include.filter) return undefined;
    for (const nested of include.valueSet ?? []) {
      const inner = expand(nested, known);
      if (!inner) return undefined;
      for (const [system, codes] of inner) add(found, system, [...codes]);
    }
    if (!include.system) continue;
    const system = known.get(include.system);
    const listed =
      include.concept?.map((concept) => concept.code) ?? flatten(system?.concept ?? []);
    if (listed.length === 0) return undefined;
    add(found, include.system, listed);
  }
  return found;
}

function add(found: Map<string, Set<string>>, system: string, codes: readonly string[]): void {
  found.set(system, new Set([...(found.get(system) ?? []), ...codes]));
}

/**
 * The last segment of a value set's address: its name in the tables, when its codes were listed.
 */
function bindingOf(
  element: ElementDefinition,
  known: Map<string, Definition>,
  lists: CodeLists,
): string | undefined {
  if (element.binding?.strength !== 'required') return undefined;
  const { valueSet, valueSetUri, valueSetReference } = element.binding;
  const url = (valueSet ?? valueSetUri ?? valueSetReference?.reference ?? '').split('|')[0] ?? '';
  const name = url.split('/').pop() ?? '';
  if (lists[name]) return name;
  const codes = expand(url, known);
  if (!codes) return undefined;
  const all = [...codes.values()].flatMap((set) => [...set]);
  if (all.length > CODES_MAX || all.some((code) => /\s/.test(code))) return undefined;
  lists[name] = Object.fromEntries([...codes].map(([system, set]) => [system, [...set].join(' ')]));
  return name;
}

/**
 * R4 spells ids and extension addresses by their FHIRPath type; the id of a resource is of type id.
 */
function codeOf(element: ElementDefinition, type: ElementType, isResource: boolean): string {
  const isSystem = type.code === undefined || type.code.startsWith('http://hl7.org/fhirpath/');
  if (!isSystem) return type.code ?? 'string';
  if (element.path === 'Extension.url') return 'uri';
  return isResource && /^\w+\.id$/.test(element.path) ? 'id' : 'string';
}

function typesOf(
  element: ElementDefinition,
  isBackbone: boolean,
  ids: Map<string, string>,
  isResource: boolean,
): string {
  if (element.contentReference) {
    const id = element.contentReference.replace(/^.*#/, '');
    return ids.get(id) ?? id;
  }
  if (isBackbone) return element.path;
  const types = new Map<string, Set<string>>();
  for (const type of element.type ?? []) {
    const code = codeOf(element, type, isResource);
    const targets = types.get(code) ?? new Set<string>();
    for (const profile of [type.targetProfile ?? []].flat())
      targets.add(profile.split('/').pop() ?? '');
    types.set(code, targets);
  }
  const spelled = [...types].map(([code, targets]) => {
    if (code !== 'Reference' || targets.size === 0 || targets.has('Resource')) return code;
    return `${code}(${[...targets].toSorted().join('|')})`;
  });
  return spelled.join(',') || 'Element';
}

/** Every type and backbone of one definition as `base; element; element`. */
function tablesOf(
  definition: Definition,
  inherited: Map<string, Set<string>>,
  known: Map<string, Definition>,
  lists: CodeLists,
): [string, string][] {
  const elements = definition.snapshot.element;
  const ids = new Map(elements.map((element) => [element.id, element.path]));
  const parents = new Set(elements.map((element) => element.path.replace(/\.[^.]+$/, '')));
  const tables = new Map<string, string[]>();
  for (const element of elements.slice(1)) {
    const parent = element.path.replace(/\.[^.]+$/, '');
    const name = element.path.slice(parent.length + 1);
    const isRoot = parent === definition.type || parent === definition.name;
    const base = isRoot ? (definition.baseDefinition?.split('/').pop() ?? '') : 'BackboneElement';
    const lines = tables.get(parent) ?? [elementBase(elements, parent, base, isRoot)];
    tables.set(parent, lines);
    if (inherited.get(lines[0] ?? '')?.has(name)) continue;
    const binding = bindingOf(element, known, lists);
    const flags = [
      element.representation?.includes('xmlAttr') ? '@' : '',
      element.isModifier ? 'm' : '',
      element.isSummary ? 's' : '',
    ].join('');
    const line = [
      name,
      `${element.min}..${element.max}`,
      typesOf(element, parents.has(element.path), ids, definition.kind === 'resource'),
      binding ? `=${binding}` : '',
      flags ? `!${flags}` : '',
    ];
    lines.push(line.filter((part) => part !== '').join(' '));
  }
  if (tables.size === 0)
    tables.set(definition.name, [definition.baseDefinition?.split('/').pop() ?? '']);
  return [...tables].map(([name, lines]) => [name, lines.join('; ')]);
}

/** Timing.repeat and its kin are Elements: they have no modifierExtension. */
function elementBase(
  elements: readonly ElementDefinition[],
  path: string,
  base: string,
  isRoot: boolean,
): string {
  if (isRoot) return base;
  const code = elements.find((element) => element.path === path)?.type?.[0]?.code;
  return code === 'Element' ? 'Element' : 'BackboneElement';
}

function compileVersion(version: 'r4' | 'stu3', origin: string): void {
  const known = terminology(version);
  const lists: CodeLists = {};
  const definitions = [
    ...entries(version, 'profiles-types.json'),
    ...entries(version, 'profiles-resources.json'),
  ];
  const types: Record<string, string> = {};
  const inherited = new Map<string, Set<string>>();
  const bases = ['Element', 'BackboneElement', 'Resource', 'DomainResource', 'Quantity'];
  const usable = definitions
    .filter((item) => item.kind !== 'primitive-type' && item.derivation !== 'constraint')
    .toSorted((a, b) => rank(bases, a.name) - rank(bases, b.name));
  for (const definition of usable) {
    for (const [name, table] of tablesOf(definition, inherited, known, lists)) types[name] = table;
    const names = definition.snapshot.element.map((element) => element.path.split('.')[1] ?? '');
    if (bases.includes(definition.name)) inherited.set(definition.name, new Set(names));
  }
  const primitives = definitions
    .filter((item) => item.kind === 'primitive-type')
    .map((item) => item.name);
  const resources = definitions
    .filter((item) => item.kind === 'resource' && !item.abstract)
    .map((item) => item.name);
  const used = new Set(Object.values(types).flatMap((table) => table.match(/(?<==)\S+/g) ?? []));
  const codes = Object.fromEntries(Object.entries(lists).filter(([name]) => used.has(name)));
  write(`profiles/${version}/elements.json`, {
    origin,
    licence: LICENCE,
    form: FORM,
    primitives,
    resources,
    codes,
    types,
  });
}

const FORM =
  'types: base; then elements in order, each `name min..max type,type =codes !flags`; flags @ XML attribute, m modifier, s summary; a type with a dot is a backbone';

function rank(bases: readonly string[], name: string): number {
  const at = bases.indexOf(name);
  return at === -1 ? bases.length : at;
}

/**
 * STU3 code system addresses that moved: the v2, v3 and plain patterns by name, the rest in full.
 */
function compileCodeSystems(): void {
  const rows = readFileSync(join(DEFINITIONS, 'r3maps/derived-codesystem-uris.tsv'), 'utf8')
    .trim()
    .split('\n')
    .slice(1);
  const moved: string[] = [];
  const same = new Set<string>();
  const other: Record<string, string> = {};
  for (const row of rows) {
    const [stu3 = '', r4 = '', kind] = row.split('\t');
    if (kind === 'same') same.add(stu3);
    if (kind !== 'moved' && kind !== 'replaced') continue;
    if (/^http:\/\/hl7\.org\/fhir\/v[23]\/[^/]+$/.test(stu3) && kind === 'moved') {
      if (
        r4 ===
        stu3.replace(
          /^http:\/\/hl7\.org\/fhir\/(v[23])\//,
          'http://terminology.hl7.org/CodeSystem/$1-',
        )
      )
        continue;
    }
    const name = stu3.replace('http://hl7.org/fhir/', '');
    if (r4 === `http://terminology.hl7.org/CodeSystem/${name}`) moved.push(name);
    else other[stu3] = r4;
  }
  const origin = 'hl7.fhir.core 3.0.1 and hl7.fhir.r4.core 4.0.1, code systems compared';
  write('profiles/conversion/code-systems.json', {
    origin,
    licence: LICENCE,
    moved: moved.join(' '),
    other,
    // Known in both versions, whatever else became them: these go back as they are.
    kept: [...new Set(Object.values(other))].filter((r4) => same.has(r4)),
  });
}

function write(file: string, content: object): void {
  const lines = JSON.stringify(content, null, 1);
  writeFileSync(file, `${lines}\n`);
  console.log(`${file}: ${Math.round(lines.length / 1024)} kB`);
}

compileVersion('r4', 'hl7.fhir.r4.core 4.0.1, StructureDefinition snapshots and value sets');
compileVersion('stu3', 'hl7.fhir.core 3.0.1, StructureDefinition snapshots and value sets');
compileCodeSystems();
