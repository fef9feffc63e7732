/**
 * Search as the specification words it, written a second time and plainly: no index, no narrowing,
 * published expressions through another engine (fhirpath), decimals as whole numbers of their last
 * digit, time zones from the platform. Nothing of src/ but the tables of parameters is used.
 * https://hl7.org/fhir/R4/search.html
 */
import fhirpath from 'fhirpath';
import r4Model from 'fhirpath/fhir-context/r4';
import stu3Model from 'fhirpath/fhir-context/stu3';
import type { FhirVersion } from '../../../src/conformance/fhir-version.ts';
import type { Resource } from '../../../src/conformance/resource.ts';
import { searchParameter } from '../../../src/conformance/search-parameters.ts';
import { plainDate } from './plain-date.ts';
import { plainQuantity } from './plain-quantity.ts';

export interface World {
  readonly version: FhirVersion;
  readonly base: string;
  readonly resources: readonly Resource[];
}

interface Parameter {
  readonly code: string;
  readonly kind: string;
  readonly expression: string;
  readonly systems: readonly string[];
  readonly targets: readonly string[];
  readonly components: readonly { readonly kind: string; readonly expression: string }[];
}

/** A value that an expression found, with its FHIR type. */
interface Node {
  readonly value: unknown;
  readonly type: string;
}

type Json = Record<string, unknown>;

/** Whether a resource answers one parameter, name and value as they stand in the address. */
export function plainlyMatches(
  world: World,
  resource: Resource,
  name: string,
  value: string,
): boolean {
  if (name.startsWith('_has:')) {
    const [, type = '', link = '', ...rest] = name.split(':');
    return world.resources.some(
      (other) =>
        other.resourceType === type &&
        targetsOf(world, other, link).includes(`${resource.resourceType}/${resource.id}`) &&
        plainlyMatches(world, other, rest.join(':'), value),
    );
  }
  const dot = name.indexOf('.');
  const [code = '', modifier] = (dot < 0 ? name : name.slice(0, dot)).split(':');
  if (dot >= 0) {
    return targetsOf(world, resource, code).some((target) => {
      const found = resolved(world, resource, target);
      if (!found || (modifier !== undefined && found.resourceType !== modifier)) return false;
      const rest = name.slice(dot + 1);
      const first = rest.startsWith('_has:') ? '_id' : (rest.split(/[:.]/)[0] ?? '');
      return (
        parameterOf(world, found.resourceType, first) !== undefined &&
        isTarget(world, resource.resourceType, code, found.resourceType) &&
        plainlyMatches(world, found, rest, value)
      );
    });
  }
  return matchesOne(world, resource, code, modifier, value);
}

function isTarget(world: World, type: string, code: string, target: string): boolean {
  const targets = parameterOf(world, type, code)?.targets ?? [];
  return targets.length === 0 || targets.includes(target);
}

export function parameterOf({ version }: World, type: string, code: string): Parameter | undefined {
  return searchParameter(version, type, code);
}

function matchesOne(
  world: World,
  resource: Resource,
  code: string,
  modifier: string | undefined,
  value: string,
): boolean {
  const parameter = parameterOf(world, resource.resourceType, code);
  if (!parameter) throw new Error(`There is no ${resource.resourceType}.${code}.`);
  const nodes = nodesOf(world, resource, parameter.expression);
  if (modifier === 'missing') return (nodes.length === 0) === (value === 'true');
  const values = cut(value, ',').filter((one) => one !== '');
  if (modifier === 'not') {
    return !values.some((one) => nodes.some((node) => isToken(parameter, node, one)));
  }
  if (parameter.kind === 'composite') {
    return nodes.some((node) =>
      values.some((one) => isComposite(world, resource, parameter, node, one)),
    );
  }
  return nodes.some((node) =>
    values.some((one) => isValue(world, resource, parameter, modifier, node, one)),
  );
}

function isComposite(
  world: World,
  resource: Resource,
  { components, expression: own }: Parameter,
  node: Node,
  value: string,
): boolean {
  const parts = cut(value, '$');
  return components.every(({ kind, expression }, at) => {
    const parameter = { code: '', kind, expression, systems: [], targets: [], components: [] };
    return nodesOf(world, node.value, expression, baseOf(own, node)).some((inner) =>
      isValue(world, resource, parameter, undefined, inner, parts[at] ?? ''),
    );
  });
}

/** The path of an element that a composite starts from. */
export function baseOf(expression: string, { type }: Node): string {
  if (!/^(?:Backbone)?Element$/.test(type)) return type;
  return (
    expression
      .split('|')
      .map((one) => one.trim())
      .find((one) => one.includes('.')) ?? type
  );
}

function isValue(
  world: World,
  resource: Resource,
  parameter: Parameter,
  modifier: string | undefined,
  node: Node,
  value: string,
): boolean {
  switch (parameter.kind) {
    case 'date':
      return plainDate(node.value, value);
    case 'number':
    case 'quantity':
      return plainQuantity(node.value, cut(value, '|').map(plain));
    case 'string':
      return isString(modifier, node, plain(value));
    case 'uri':
      return isUri(modifier, String(node.value), plain(value));
    case 'token':
      if (modifier === 'text') return isText(node, plain(value));
      if (modifier === 'of-type') return isOfType(node, cut(value, '|').map(plain));
      return isToken(parameter, node, value);
    case 'reference':
      if (modifier === 'identifier') {
        const { identifier } = node.value as Json;
        return (
          identifier !== undefined &&
          isToken(parameter, { value: identifier, type: 'Identifier' }, value)
        );
      }
      return isReference(world, resource, parameter, modifier, node, plain(value));
    default:
      throw new Error(`No plain form of ${parameter.kind}.`);
  }
}

// ---- strings ----

const LETTERS = new Intl.Collator('en', { sensitivity: 'base', usage: 'search' });

function isString(modifier: string | undefined, node: Node, asked: string): boolean {
  const texts = textsOf(node.value);
  if (modifier === 'exact') return texts.includes(asked);
  const wanted = letters(asked);
  return texts.some((text) => {
    const there = letters(text);
    const starts = modifier === undefined ? [0] : there.map((_, at) => at);
    return (
      (wanted.length === 0 && modifier === undefined) ||
      starts.some((from) => sameLetters(there.slice(from, from + wanted.length), wanted))
    );
  });
}

/** One entry a base letter; runs of white space are one blank, and none stand at the ends. */
function letters(text: string): string[] {
  return [...text.normalize('NFKD').replaceAll('ß', 'ss')]
    .filter((letter) => !/\p{M}/u.test(letter))
    .join('')
    .trim()
    .split(/\s+/)
    .join(' ')
    .split('');
}

function sameLetters(left: readonly string[], right: readonly string[]): boolean {
  return (
    left.length === right.length &&
    left.every((letter, at) => {
      const other = right[at] ?? '';
      return letter === other || (/\p{L}/u.test(letter) && LETTERS.compare(letter, other) === 0);
    })
  );
}

function textsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [String(value)];
  const { use: _use, type: _type, extension: _extension, id: _id, ...parts } = value as Json;
  return Object.values(parts)
    .flatMap((part) => (Array.isArray(part) ? part : [part]))
    .filter((part): part is string => typeof part === 'string');
}

function isUri(modifier: string | undefined, stored: string, asked: string): boolean {
  const under = (child: string, parent: string) =>
    child === parent || child.startsWith(parent.replace(/\/?$/, '/'));
  if (modifier === 'below') return under(stored, asked);
  if (modifier === 'above') return under(asked, stored);
  return stored === asked || (!asked.includes('|') && stored.split('|')[0] === asked);
}

// ---- tokens ----

interface Token {
  readonly system: string | undefined;
  readonly code: string | undefined;
  /** True where the element has no place for a system. */
  readonly bare: boolean;
  /** A Coding: what it is called by may be written in small letters or in capitals. */
  readonly isCode?: boolean;
  /** Of a telephone number or address of e-mail: what it is, which stands for a system. */
  readonly kind?: string | undefined;
}

export function tokensOf({ value, type }: Node): Token[] {
  if (typeof value !== 'object' || value === null) {
    return [{ system: undefined, code: String(value), bare: true }];
  }
  const { coding, system, code, value: text } = value as Record<string, unknown>;
  const stated = (one: unknown) => (typeof one === 'string' && one !== '' ? one : undefined);
  switch (type) {
    case 'CodeableConcept':
      return list(coding).flatMap((one) => tokensOf({ value: one, type: 'Coding' }));
    case 'Identifier':
      return text === undefined
        ? system === undefined
          ? []
          : [{ system: stated(system), code: undefined, bare: false }]
        : [{ system: stated(system), code: String(text), bare: false }];
    case 'ContactPoint':
      return text === undefined
        ? []
        : [{ system: undefined, code: String(text), bare: true, kind: stated(system) }];
    default:
      return system === undefined && code === undefined
        ? []
        : [{ system: stated(system), code: stated(code), bare: false, isCode: true }];
  }
}

function isToken(parameter: Parameter, node: Node, value: string): boolean {
  const [first = '', ...rest] = cut(value, '|');
  const hasBar = rest.length > 0;
  const code = plain(hasBar ? rest.join('|') : first);
  const system = plain(first);
  return tokensOf(node).some((token) => {
    const isSame =
      token.code === code ||
      (token.isCode === true && differsInCapitals(token, code)) ||
      isSameLine(token, code);
    if (code !== '' && !isSame) return false;
    if (!hasBar) return isSame;
    if (system === '') return token.system === undefined && isSame;
    if (token.kind !== undefined) return token.kind === system;
    return token.bare ? parameter.systems.includes(system) : token.system === system;
  });
}

/** All small or all capital is the same code, but where capitals are known to tell codes apart. */
function differsInCapitals({ system = '', code }: Token, asked: string): boolean {
  const host = system.replace('http://', '').replace('terminology.', '');
  const isOfHl7 = host.startsWith('hl7.org/') && !host.startsWith('hl7.org/fhir/sid/');
  if (isOfHl7 || host === 'unitsofmeasure.org' || host.startsWith('urn:ietf:')) return false;
  return code !== undefined && [asked.toLowerCase(), asked.toUpperCase()].includes(code);
}

/** Who is called or written to is the same, however that is written. */
function isSameLine({ kind, code = '' }: Token, asked: string): boolean {
  if (kind === 'email') return code.toLowerCase() === asked.toLowerCase();
  if (kind === undefined || !['phone', 'fax', 'pager', 'sms'].includes(kind)) return false;
  const digits = (text: string) => [...text].filter((sign) => !' \t().-/'.includes(sign)).join('');
  return /[0-9]/.test(asked) && digits(code) === digits(asked);
}

function isText({ value, type }: Node, asked: string): boolean {
  const { text, display, coding, type: kind } = (value ?? {}) as Json;
  const texts = [text, display, ...list(coding).map((one) => one['display'])];
  if (type === 'Identifier') {
    const { text: kindText, coding: kindCoding } = (kind ?? {}) as Json;
    texts.push(kindText, ...list(kindCoding).map((one) => one['display']));
  }
  return texts.some(
    (one) => typeof one === 'string' && isString(undefined, { value: one, type: 'string' }, asked),
  );
}

function isOfType({ value }: Node, [system, code, number]: readonly string[]): boolean {
  const { type, value: own } = value as Json;
  return (
    own === number &&
    list((type as Json | undefined)?.['coding']).some(
      (coding) => coding['system'] === system && coding['code'] === code,
    )
  );
}

// ---- references ----

const ID = /^[A-Za-z0-9\-.]{1,64}$/;

function isReference(
  world: World,
  resource: Resource,
  { targets }: Parameter,
  modifier: string | undefined,
  node: Node,
  asked: string,
): boolean {
  const text =
    typeof node.value === 'string' ? node.value : String((node.value as Json)['reference']);
  const stored = told(world, text);
  const wanted = told(world, asked);
  const type = /(?:^|\/)([A-Z][A-Za-z]+)\/[^/]+$/.exec(stored.target)?.[1];
  if (modifier !== undefined && type !== undefined && type !== modifier) return false;
  if (ID.test(asked)) {
    const types = modifier === undefined ? targets : [modifier];
    const match = /^([A-Z][A-Za-z]+)\/([^/]+)$/.exec(stored.target);
    return match?.[2] === asked && (types.length === 0 || types.includes(match[1] ?? ''));
  }
  if (wanted.version !== undefined && wanted.version !== stored.version) return false;
  if (resource.resourceType === '') return false;
  const canonical =
    !asked.includes('|') && text.startsWith(`${asked}|`) && typeof node.value === 'string';
  return stored.target === wanted.target || canonical;
}

/** `Type/id` where it lies with us, else the address; without its version. */
function told({ base }: World, text: string): { target: string; version: string | undefined } {
  const [whole = '', version] = text.split('/_history/');
  const relative = whole.startsWith(`${base}/`) ? whole.slice(base.length + 1) : whole;
  return { target: relative, version };
}

export function targetsOf(world: World, resource: Resource, code: string): string[] {
  const parameter = parameterOf(world, resource.resourceType, code);
  if (!parameter) return [];
  return nodesOf(world, resource, parameter.expression).flatMap(({ value }) => {
    const text = typeof value === 'string' ? value : (value as Json)['reference'];
    return typeof text === 'string' ? [told(world, text).target] : [];
  });
}

function resolved(world: World, from: Resource, target: string): Resource | undefined {
  if (target.startsWith('#')) {
    return list(from['contained']).find((one) => `#${one['id']}` === target) as
      | Resource
      | undefined;
  }
  return world.resources.find((one) => `${one.resourceType}/${one.id}` === target);
}

// ---- expressions ----

const found = new WeakMap<object, Map<string, readonly Node[]>>();

export function nodesOf(
  { version }: World,
  from: unknown,
  expression: string,
  base?: string,
): readonly Node[] {
  if (typeof from !== 'object' || from === null) return [];
  const known = found.get(from) ?? new Map<string, readonly Node[]>();
  found.set(from, known);
  // Branch by branch: the engine's own union compares quantities, and cannot where one says `<`.
  const nodes =
    known.get(expression) ??
    branches(expression).flatMap((branch) => evaluated(version, from, branch, base));
  known.set(expression, nodes);
  return nodes;
}

/** The sides of a union; none within parentheses is split. */
function branches(expression: string): string[] {
  let depth = 0;
  const parts = [''];
  for (const letter of expression) {
    if (letter === '(') depth++;
    if (letter === ')') depth--;
    if (letter === '|' && depth === 0) parts.push('');
    else parts[parts.length - 1] += letter;
  }
  return parts.map((part) => part.trim());
}

function evaluated(
  version: FhirVersion,
  from: object,
  expression: string,
  base: string | undefined,
): readonly Node[] {
  const model = version.name === 'R4' ? r4Model : stu3Model;
  const path = inFhirPath(expression);
  // The engine writes into what it reads, and knows numbers only.
  const input: unknown = JSON.parse(JSON.stringify(from));
  const { resourceType } = from as Partial<Resource>;
  const nodes = fhirpath.evaluate(
    input,
    base === undefined || resourceType ? path : { base, expression: path },
    { resource: input },
    model,
    { resolveInternalTypes: false },
  ) as unknown[];
  const types = fhirpath.types(nodes) as string[];
  const values = fhirpath.resolveInternalTypes(nodes) as unknown[];
  return values.map((value, at) => ({ value, type: (types[at] ?? '').replace(/^.*\./, '') }));
}

/** What engine and tables spell differently; `resolve()` goes by what the reference says. */
function inFhirPath(expression: string): string {
  return (
    expression
      // `as` is for one value only; the tables use it on lists.
      .replace(/\bas\((\w+)\)/g, (_whole, type: string) => `ofType(${typeName(type)})`)
      .replace(/\(([\w.]+) as (\w+)\)/g, (_whole, path: string, type: string) => {
        return `${path}.ofType(${typeName(type)})`;
      })
      .replace(/resolve\(\) is (\w+)/g, (_whole, type: string) => {
        const literal = `reference.matches('(^|/)${type}/[^/]+(/_history/[^/]+)?$')`;
        // The one contained resource of these worlds is a Patient.
        const inside =
          type === 'Patient' ? " or (reference = '#c' and %resource.contained.exists())" : '';
        return `(${literal} or type = '${type}'${inside})`;
      })
  );
}

function typeName(type: string): string {
  return /^(?:DateTime|Date|String|Uri)$/.test(type)
    ? type.charAt(0).toLowerCase() + type.slice(1)
    : type;
}

// ---- text ----

/** Splits at a separator that no backslash stands before. */
export function cut(text: string, separator: string): string[] {
  const parts = [''];
  for (let at = 0; at < text.length; at++) {
    const letter = text.charAt(at);
    if (letter === '\\') parts[parts.length - 1] += letter + text.charAt(++at);
    else if (letter === separator) parts.push('');
    else parts[parts.length - 1] += letter;
  }
  return parts;
}

function plain(text: string): string {
  return text.replace(/\\([\\,|$])/g, (_whole, letter: string) => letter);
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? (value as Json[]) : [];
}
