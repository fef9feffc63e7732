/**
 * FHIRPath Patch carried out on a resource.
 * https://hl7.org/fhir/R4/fhirpatch.html
 */
import { Problem } from '../platform/problem.ts';
import {
  besideAt,
  findElements,
  isPrimitive,
  type Place,
  typeOf,
  valueAt,
} from './element-path.ts';
import { type Spelling, typeRules } from './elements.ts';
import { isObject } from './fhir-json.ts';
import type { FhirVersion } from './fhir-version.ts';
import type { FhirPathOperation, PatchValue } from './fhirpath-operations.ts';
import { copied } from './json-patch.ts';
import type { Resource } from './resource.ts';

type Json = Record<string, unknown>;

/**
 * The resource after all operations, or none of them; the one given is not changed.
 * @throws Problem `unprocessable` naming the operation that does not fit the resource.
 */
export function applyFhirPathPatch(
  version: FhirVersion,
  resource: Resource,
  operations: readonly FhirPathOperation[],
): Resource {
  const root = copied(resource);
  for (const [at, operation] of operations.entries()) {
    applyOne(version, root, operation, `Parameters.parameter[${at}]`);
  }
  // An element of which the last member went is gone itself.
  return operations.some(({ type }) => type === 'delete') ? (pruned(root) as Resource) : root;
}

/** @param isBeside extensions of a list of primitives: each keeps its place in the list */
function pruned(value: unknown, isBeside = false): unknown {
  const isEmpty = (one: unknown) =>
    typeof one === 'object' && one !== null && Object.keys(one).length === 0;
  if (Array.isArray(value)) {
    const left = value.map((one) => pruned(one));
    if (!isBeside) return left.filter((one) => !isEmpty(one));
    return left.every((one) => one === null || isEmpty(one))
      ? []
      : left.map((one) => (isEmpty(one) ? null : one));
  }
  if (!isObject(value) || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, one]) => [name, pruned(one, name.startsWith('_'))] as const)
      .filter(([, one]) => !isEmpty(one)),
  );
}

function applyOne(
  version: FhirVersion,
  root: Resource,
  operation: FhirPathOperation,
  place: string,
): void {
  const found = findElements(version, root, operation.path, place);
  if (operation.type === 'add') {
    const { holder, type } = 'root' in found ? ofRoot(root) : within(version, found.places, place);
    if (!isObject(holder)) throw unfit('Nothing can be added there.', place);
    addTo(version, holder, type, operation, place);
    return;
  }
  if ('root' in found) throw unfit('The resource itself cannot be changed so.', place);
  switch (operation.type) {
    case 'delete':
      if (found.places.length > 0) take(single(found.places, place));
      return;
    case 'replace':
      replaceAt(version, single(found.places, place), operation, place);
      return;
    case 'insert':
    case 'move': {
      const isFirst = operation.type === 'insert' && operation.index === 0;
      if (isFirst && found.places.length === 0) insertFirst(version, root, operation, place);
      else shift(version, found.places, operation, place);
    }
  }
}

const ofRoot = (root: Resource) => ({ holder: root, type: root.resourceType });

/** What can be added to: an element that has members, or the extensions of one that has none. */
function within(version: FhirVersion, places: readonly Place[], place: string) {
  const at = single(places, place);
  const value = valueAt(at);
  return isPrimitive(value)
    ? { holder: besideAt(at, true), type: 'Element' }
    : { holder: value, type: typeOf(version, at) };
}

function single(places: readonly Place[], place: string): Place {
  const [one, ...more] = places;
  if (one && more.length === 0) return one;
  throw unfit('The path must lead to exactly one element.', place);
}

/** The key an element stands under, and whether it is a list: for a choice by the value's type. */
function spellingOf(
  version: FhirVersion,
  type: string,
  name: string,
  suffix: string,
): Spelling | undefined {
  const rules = typeRules(version, type);
  return rules?.spelled.get(name) ?? rules?.spelled.get(`${name}${suffix}`);
}

function addTo(
  version: FhirVersion,
  holder: Json,
  type: string,
  { name = '', value }: FhirPathOperation,
  place: string,
): void {
  if (!value) return;
  const { rule } = spellingOf(version, type, name, suffixOf(value)) ?? {};
  const isThere = rule?.spellings.some((one) => one.name in holder || `_${one.name}` in holder);
  if (rule && rule.max <= 1 && isThere) {
    throw unfit('An element of which there is one is there already: replace it.', place);
  }
  putInto(version, holder, type, { name, value }, place);
}

/** Into an element: one more of a list, else in the place of what stood there. */
function putInto(
  version: FhirVersion,
  holder: Json,
  type: string,
  { name, value }: { readonly name: string; readonly value: PatchValue },
  place: string,
): void {
  const spelling = spellingOf(version, type, name, suffixOf(value));
  if (!spelling) throw unfit('There is no element of this name there.', place);
  const { key, beside } = { key: spelling.name, beside: besideOf(value) };
  const made = fitted(version, spelling, value, place);
  if (spelling.rule.max <= 1) {
    dropChoice(holder, spelling);
    if (made !== undefined) holder[key] = made;
    if (beside) holder[`_${key}`] = beside;
    return;
  }
  const list = Array.isArray(holder[key]) ? (holder[key] as unknown[]) : [];
  const extended = holder[`_${key}`];
  holder[key] = [...list, made ?? null];
  if (!beside && !Array.isArray(extended)) return;
  const before = Array.isArray(extended) ? extended : list.map(() => null);
  holder[`_${key}`] = [...before, beside ?? null];
}

const suffixOf = (value: PatchValue | undefined): string =>
  value && 'suffix' in value ? value.suffix : '';

const besideOf = (value: PatchValue): Json | undefined =>
  'beside' in value ? value.beside : undefined;

/** What was made of parts gets the members of its type; what was sent whole stays as it is. */
function fitted(
  version: FhirVersion,
  { type }: Pick<Spelling, 'type'>,
  value: PatchValue | undefined,
  place: string,
): unknown {
  if (!value || !('parts' in value)) return value?.value;
  const made: Json = {};
  for (const part of value.parts) {
    const spelling = spellingOf(version, type, part.name, suffixOf(part.value));
    const isTwice = spelling?.rule.spellings.some(({ name }) => made[name] !== undefined);
    if (spelling && isTwice && spelling.rule.max <= 1) {
      throw unfit('An element of which there is one was given twice.', `${place}.value`);
    }
    putInto(version, made, type, part, `${place}.value.${part.name}`);
  }
  return made;
}

/** Of a choice only one member may stand. */
function dropChoice(holder: Json, { rule }: Spelling): void {
  for (const { name } of rule.spellings) {
    delete holder[name];
    delete holder[`_${name}`];
  }
}

function replaceAt(
  version: FhirVersion,
  at: Place,
  { value }: FhirPathOperation,
  place: string,
): void {
  const { holder, key, index, holderType } = at;
  const rule = typeRules(version, holderType)?.spelled.get(key)?.rule;
  if (index !== undefined) {
    const spelling = typeRules(version, holderType)?.spelled.get(key);
    (holder[key] as unknown[])[index] = fitted(version, spelling ?? { type: '' }, value, place);
    return;
  }
  const spelling = rule?.choice
    ? spellingOf(version, holderType, rule.name, suffixOf(value))
    : typeRules(version, holderType)?.spelled.get(key);
  if (!spelling) throw unfit('The value is of a type that cannot stand there.', place);
  dropChoice(holder, spelling);
  const made = fitted(version, spelling, value, place);
  if (made !== undefined) holder[spelling.name] = made;
  const beside = value && besideOf(value);
  if (beside) holder[`_${spelling.name}`] = beside;
}

function take({ holder, key, index }: Place): void {
  const list = holder[key];
  if (index === undefined || !Array.isArray(list)) {
    delete holder[key];
    delete holder[`_${key}`];
    return;
  }
  list.splice(index, 1);
  const extended = holder[`_${key}`];
  if (Array.isArray(extended)) extended.splice(index, 1);
  if (list.length > 0) return;
  delete holder[key];
  delete holder[`_${key}`];
}

/** Into a list that is not there yet: its first place is that of one that is added. */
function insertFirst(
  version: FhirVersion,
  root: Resource,
  { path, value }: FhirPathOperation,
  place: string,
): void {
  const at = path.lastIndexOf('.');
  const name = path.slice(at + 1);
  const found = at < 0 ? { root } : findElements(version, root, path.slice(0, at), place);
  const { holder, type } = 'root' in found ? ofRoot(root) : within(version, found.places, place);
  const { rule } = spellingOf(version, type, name, '') ?? {};
  if (!value || !isObject(holder) || !rule || rule.max <= 1) {
    throw unfit('The path must lead to one list.', place);
  }
  putInto(version, holder, type, { name, value }, place);
}

/** `insert` and `move`: the path names the list, and the index a place in it. */
function shift(
  version: FhirVersion,
  places: readonly Place[],
  operation: FhirPathOperation,
  place: string,
): void {
  const [first] = places;
  const list = first?.holder[first.key];
  const isOneList = places.every(
    ({ holder, key }) => holder === first?.holder && key === first.key,
  );
  if (!Array.isArray(list) || !isOneList) throw unfit('The path must lead to one list.', place);
  const { type, index = -1, source = -1, destination = -1, value } = operation;
  if (type === 'insert') {
    if (index < 0 || index > list.length) throw unfit('The list has no such place.', place);
    const spelling = first && typeRules(version, first.holderType)?.spelled.get(first.key);
    list.splice(index, 0, fitted(version, spelling ?? { type: '' }, value, place));
    spliceBeside(first, (extended) =>
      extended.splice(index, 0, (value && besideOf(value)) ?? null),
    );
    return;
  }
  const isIn = (at: number) => at >= 0 && at < list.length;
  if (!isIn(source) || !isIn(destination)) throw unfit('The list has no such place.', place);
  list.splice(destination, 0, ...list.splice(source, 1));
  spliceBeside(first, (extended) => extended.splice(destination, 0, ...extended.splice(source, 1)));
}

/** Extensions of a list of primitives move with it. */
function spliceBeside(first: Place | undefined, act: (extended: unknown[]) => void): void {
  const extended = first?.holder[`_${first.key}`];
  if (Array.isArray(extended)) act(extended);
}

function unfit(text: string, place: string): Problem {
  return new Problem('unprocessable', text, { code: 'patch-path', expression: [place] });
}
