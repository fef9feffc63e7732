/**
 * The elements of every FHIR type of a version, from the compact tables in `profiles/`.
 *
 * One file per version (written by scripts/compile-elements.ts) is read at first use, and each type
 * in it is taken apart at its own first use, so a start costs nothing and memory follows use.
 */
import { readFileSync } from 'node:fs';
import type { FhirVersion } from './fhir-version.ts';

export interface ElementRule {
  /** Name without `[x]`. */
  readonly name: string;
  readonly min: number;
  /** Infinity for `*`. */
  readonly max: number;
  /** True for `value[x]`: the type is part of the name. */
  readonly choice: boolean;
  /** Type names; a name with a dot is a backbone, `Resource` any resource. */
  readonly types: readonly string[];
  /** Resource types a Reference may point at; empty for any. */
  readonly targets: readonly string[];
  /** Name of the code list of a required binding. */
  readonly binding: string | undefined;
  readonly attribute: boolean;
  readonly modifier: boolean;
  readonly summary: boolean;
  /** The spelled names with their types: one, or one for each type of a choice. */
  readonly spellings: readonly Spelling[];
}

export interface Spelling {
  readonly name: string;
  readonly type: string;
  readonly primitive: boolean;
  /** Place of the element in its type, for XML. */
  readonly order: number;
  readonly rule: ElementRule;
}

export interface TypeRules {
  readonly name: string;
  /** Elements in the order of the definition, inherited ones first. */
  readonly elements: readonly ElementRule[];
  readonly required: readonly ElementRule[];
  readonly spelled: ReadonlyMap<string, Spelling>;
}

interface ElementsFile {
  readonly primitives: readonly string[];
  readonly resources: readonly string[];
  readonly codes: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly types: Readonly<Record<string, string>>;
}

interface Book {
  readonly file: ElementsFile;
  readonly primitives: ReadonlySet<string>;
  readonly resources: ReadonlySet<string>;
  readonly types: Map<string, TypeRules>;
  readonly codes: Map<string, ReadonlyMap<string, ReadonlySet<string>>>;
}

const books = new Map<string, Book>();

function bookOf(version: FhirVersion): Book {
  const known = books.get(version.profiles);
  if (known) return known;
  const url = new URL(`../../profiles/${version.profiles}/elements.json`, import.meta.url);
  const file = JSON.parse(readFileSync(url, 'utf8')) as ElementsFile;
  const book: Book = {
    file,
    primitives: new Set(file.primitives),
    resources: new Set(file.resources),
    types: new Map(),
    codes: new Map(),
  };
  books.set(version.profiles, book);
  return book;
}

/** The rules of a resource, data type or backbone (`Patient.contact`), or undefined if unknown. */
export function typeRules(version: FhirVersion, name: string): TypeRules | undefined {
  const book = bookOf(version);
  const known = book.types.get(name);
  if (known) return known;
  if (!Object.hasOwn(book.file.types, name)) return undefined;
  const [base = '', ...lines] = (book.file.types[name] ?? '').split('; ');
  const inherited = base === '' ? undefined : typeRules(version, base);
  const before = inherited?.elements ?? [];
  const own = lines.map((line, at) => elementRule(book, line, before.length + at));
  const elements = [...before, ...own];
  const rules: TypeRules = {
    name,
    elements,
    required: elements.filter((element) => element.min > 0),
    spelled: new Map(
      elements.flatMap((element) => element.spellings.map((spelling) => [spelling.name, spelling])),
    ),
  };
  book.types.set(name, rules);
  return rules;
}

/** One element as the tables spell it: `name min..max type,type =codes !flags`. */
function elementRule(book: Book, line: string, order: number): ElementRule {
  const [spelled = '', range = '', spelledTypes = '', ...rest] = line.split(' ');
  const [min = '0', max = '*'] = range.split('..');
  const choice = spelled.endsWith('[x]');
  const name = choice ? spelled.slice(0, -3) : spelled;
  const flags = rest.find((part) => part.startsWith('!')) ?? '';
  const types: string[] = [];
  let targets: string[] = [];
  for (const type of spelledTypes.split(',')) {
    const [, bare = type, listed] = /^(\w+)\((.*)\)$/.exec(type) ?? [];
    types.push(bare);
    if (listed) targets = listed.split('|');
  }
  const spellings: Spelling[] = [];
  const rule: ElementRule = {
    name,
    min: Number(min),
    max: max === '*' ? Infinity : Number(max),
    choice,
    types,
    targets,
    binding: rest.find((part) => part.startsWith('='))?.slice(1),
    attribute: flags.includes('@'),
    modifier: flags.includes('m'),
    summary: flags.includes('s'),
    spellings,
  };
  for (const type of types) {
    const suffix = choice ? type.charAt(0).toUpperCase() + type.slice(1) : '';
    const primitive = book.primitives.has(type);
    spellings.push({ name: name + suffix, type, primitive, order, rule });
  }
  return rule;
}

/** Names of all resource types of a version. */
export function resourceTypes(version: FhirVersion): readonly string[] {
  return bookOf(version).file.resources;
}

/** True when this FHIR version has a resource type of this name. */
export function isResourceType(version: FhirVersion, name: string): boolean {
  return bookOf(version).resources.has(name);
}

/** True for a primitive data type (`string`, `date`, `code` and so on). */
export function isPrimitive(version: FhirVersion, type: string): boolean {
  return bookOf(version).primitives.has(type);
}

/** The codes of a required binding by code system; undefined for a list that is not kept here. */
export function boundCodes(
  version: FhirVersion,
  binding: string,
): ReadonlyMap<string, ReadonlySet<string>> | undefined {
  const book = bookOf(version);
  const known = book.codes.get(binding);
  if (known) return known;
  const listed = book.file.codes[binding];
  if (!listed) return undefined;
  const codes = new Map(
    Object.entries(listed).map(([system, spelled]) => [system, new Set(spelled.split(' '))]),
  );
  book.codes.set(binding, codes);
  return codes;
}
